"""`portledger desk` as a person starts it, in a process of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from tests.integration.cli.conftest import Desk
from tests.support.terminal import LINE


@contextmanager
def visitor(*options: str) -> Iterator[httpx.Client]:
    """A browser, after the start link."""
    command = [*LINE, "desk", "--no-browser", "--json", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
        try:
            assert started.stdout is not None
            said = ""
            while "}" not in said:
                line = started.stdout.readline()
                assert line, said
                said += line
            link = json.loads(said)["link"]
            with httpx.Client(base_url=link.partition("/start")[0], follow_redirects=True) as http:
                assert http.get(link).status_code == 200
                yield http
        finally:
            started.terminate()


def test_with_a_data_folder_it_has_the_registrar_s_pages(desk: Desk) -> None:
    with visitor("--consortium", str(desk.data)) as http:
        assert 'href="/consortium"' in http.get("/unlock").text
        page = http.get("/consortium")
        assert page.status_code == 200
        assert "Example Line" in page.text


def test_without_one_it_has_none_of_them(desk: Desk) -> None:
    with visitor() as http:
        assert "/consortium" not in http.get("/unlock").text
        assert http.get("/consortium").status_code == 404


def test_a_folder_without_a_system_is_refused_before_anything_starts(desk: Desk, tmp_path: Path) -> None:
    said = desk.json("desk", "--no-browser", "--consortium", str(tmp_path), code=3)
    said = said["error"]
    assert (said["code"], said["parameters"]) == ("InvalidInput", {"where": "--consortium"})


def test_it_speaks_the_language_that_it_is_told_and_knows_the_key_files_at_home(desk: Desk) -> None:
    with visitor("--language", "ja") as http:
        page = http.get("/unlock").text
        assert 'lang="ja"' in page
        assert "carrier" in page
