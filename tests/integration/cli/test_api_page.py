"""docs/api.md: the same call by curl, Python and the command line gives the same answer."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.integration.cli.conftest import Desk

from portledger import samples
from portledger.sdk.client import Client
from portledger.sdk.party import PartySession
from portledger.sdk.wallet import Wallet

PAGE = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
CALLS = re.findall(r"```(sh|python)\n(.*?)```", PAGE, re.DOTALL)
STRAIGHT = Path(samples.__file__).parent / "transport_document_straight.json"


@pytest.fixture
def asked(desk: Desk) -> dict[str, str]:
    """The environment that the page's calls are typed in."""
    words = ["--to", "shipper", "--endorsee", "consignee", "--number", "APIPAGE1"]
    document = str(desk.json("doc", "new", str(STRAIGHT), *words, as_="carrier")["document"])
    with Client(os.environ["PORTLEDGER_GATEWAY"]) as client:
        PartySession(client, Wallet.open(desk.home / "keys" / "shipper.json", "only for trying out")).sign_in()
        assert client.token is not None
        return {"GATEWAY": client.url, "TOKEN": client.token, "DOCUMENT": document}


def test_curl_python_and_the_command_line_give_the_same_answer(desk: Desk, asked: dict[str, str]) -> None:
    (first, curl), (second, python), (third, command) = CALLS[:3]
    assert (first, second, third) == ("sh", "python", "sh")
    assert curl.startswith("curl ")
    by_command: dict[str, Any] = desk.json(*_words(command, asked))
    names = "".join(f"{name} = {value!r}\n" for name, value in asked.items())
    said = subprocess.run([sys.executable, "-c", names + python], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == by_command["state"] == "OFFERED"
    if shutil.which("curl") is None:
        pytest.skip("no curl on this machine")
    answer = subprocess.run(["sh", "-c", curl], env={**os.environ, **asked}, capture_output=True, text=True, check=True)
    found = json.loads(answer.stdout)
    assert found == by_command


def _words(command: str, asked: dict[str, str]) -> list[str]:
    words = [asked[word.strip('"$')] if "$" in word else word for word in command.split()]
    assert (words[0], words[-1]) == ("portledger", "--json")
    return words[1:-1]
