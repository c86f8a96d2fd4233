"""The same act outside the desk: what the document's page shows is really run here, and does what it says."""

from __future__ import annotations

import html
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from tests.desk.conftest import PASSPHRASE, Office, Visitor
from tests.desk.test_waiting import Two, held, two

from portledger import resources
from portledger.cli.main import build, main
from portledger.desk import acting
from portledger.desk.calls import Where, calls, sending
from portledger.domain.kind_file import KindFile
from portledger.domain.records import Control


def shown(visitor: Visitor, document: str, party: str = "shipper") -> dict[str, list[str]]:
    """Title of an act -> command, Python, the signing Python, curl."""
    page = visitor.get(f"/as/{party}/documents/{document}")
    folded = page.split("<details><summary>The same from")[1].split("</details>")[0]
    return {
        part.split("</h3>")[0]: [html.unescape(one) for one in re.findall(r"<code>(.*?)</code>", part, re.DOTALL)]
        for part in folded.split("<h3>")[1:]
    }


def filled(text: str, party: int) -> str:
    """What a person puts in where capitals stand."""
    return text.replace("COUNTERPARTY", str(party)).replace("ENDORSEE", str(party)).replace("TEXT", "wrong consignee")


def command(text: str, tmp_path: Path) -> int:
    secret = tmp_path / "passphrase"
    secret.write_text(PASSPHRASE)
    program, *words = shlex.split(text)
    assert program == "portledger"
    return main([*words, "--passphrase-file", str(secret)])


def python(text: str, folder: Path) -> None:
    """As a program of its own, which is told the passphrase as by a person."""
    told = f"import getpass\ngetpass.getpass = lambda: {PASSPHRASE!r}\n"
    done = subprocess.run([sys.executable, "-c", told + text], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_shown_commands_accept_and_offer(
    office: Office,
    visitor: Visitor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The one that accepts shows the document and asks; without an answer nothing is signed."""
    document = office.bill()
    visitor.unlock("shipper")
    first = shown(visitor, document)
    accept = next(iter(one for one in first.values() if " accept " in one[0]))[0]
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert command(accept, tmp_path) != 0
    assert office.carrier.record(document).possessor == office.carrier.party
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert command(accept, tmp_path) == 0
    assert f"DESK26{office.made:05}" in capsys.readouterr().err
    assert office.carrier.record(document).possessor == office.shipper
    offer = next(one for one in shown(visitor, document).values() if " OFFER " in one[0])[0]
    bank = int(office.name_of("bank").rpartition("(")[2][:-1])
    assert command(filled(offer, bank), tmp_path) == 0
    assert office.carrier.record(document).offeree == bank


def test_every_shown_command_is_one_that_the_command_line_takes(office: Office, visitor: Visitor) -> None:
    document = office.bill()
    visitor.unlock("shipper")
    visitor.unlock("carrier")
    every = [one[0] for party in ("shipper", "carrier") for one in shown(visitor, document, party).values()]
    assert len(every) >= 4
    for line in every:
        parsed(line)


def parsed(line: str) -> dict[str, Any]:
    """The options and arguments of a command, by the command line's own parser."""
    words = shlex.split(line)[1:]
    here: Any = typer.main.get_command(build(words[0]))
    while hasattr(here, "commands"):
        here = here.commands[words.pop(0)]
    return dict(here.make_context("shown", words).params)


WHERE = Where("a key", "/a b/keys/a key.json", "/a b", "http://127.0.0.1:1")


@pytest.mark.parametrize("kind", resources.kinds().values(), ids=lambda kind: kind.id)
@pytest.mark.parametrize("waits", [False, True], ids=["at once", "waits"])
def test_the_command_of_every_act_of_every_kind_parses_and_says_what_the_page_says(kind: KindFile, waits: bool) -> None:
    count = 0
    for state, verb in kind.rows:
        control = Control(kind=kind.number, state=state, issuer=1, possessor=2, endorsee=2, offeree=2)
        if not state or not acting.on_a_page(kind, control, verb, 2):
            continue
        count += 1
        made = calls(kind, control, verb, 2, "ab" * 32, WHERE, waits=waits)
        given = parsed(made.command)
        assert (given["propose"], given.get("yes", False)) == (waits, False)
        assert given["document"] == "ab" * 32
        if " act " in made.command:
            assert given["verb"] == kind.verb_name(verb)
            wanted = [one for one in acting.questions(kind, control, verb, 2) if one.needed]
            assert bool(given["to"]) == any(one.name == "counterparty" for one in wanted)
            assert bool(given["endorsee"]) == any(one.name == "endorsee" for one in wanted)
            texts = [one.name for one in wanted if one.what == "text"]
            assert [one.partition("=")[0] for one in given["detail"] or []] == texts
        compile(made.python, "shown", "exec")
        assert ("session.collects = True" in made.python) == waits
        assert bool(made.curl) != waits
        compile(made.curl, "shown", "exec")
    assert count


@pytest.fixture
def line(office: Office, tmp_path: Path) -> Iterator[Two]:
    made = two(office.url, tmp_path)
    yield made
    made.whole.client.close()


@pytest.mark.parametrize("way", [0, 1], ids=["the command", "the Python"])
def test_an_act_that_needs_another_officer_waits_whichever_way_is_taken(
    office: Office, line: Two, tmp_path: Path, way: int
) -> None:
    bill = held(office, line)
    with line.desk("first", 0) as first:
        ways = shown(first, bill, "first")
        (offer,) = [one for one in ways.values() if " OFFER " in one[0]]
        assert len(offer) == 2, "nothing for curl"
        (remark,) = [one for one in ways.values() if " REMARK " in one[0]]
        assert "--propose" not in remark[0], "one signature is enough for it"
        text = filled(offer[way], office.shipper)
        assert command(text, tmp_path) == 0 if way == 0 else python(text, tmp_path) is None
    (one,) = line.whole.waiting()
    assert one.found is not None
    assert (one.found.act.verb, one.found.missing) == ("OFFER", 1)
    assert line.whole.record(bill).offeree == 0


def test_the_shown_python_accepts(office: Office, visitor: Visitor, tmp_path: Path) -> None:
    document = office.bill()
    visitor.unlock("shipper")
    (accept,) = [one[1] for one in shown(visitor, document).values() if "'ACCEPT'" in one[1]]
    python(accept, tmp_path)
    assert office.carrier.record(document).possessor == office.shipper


def test_what_the_shown_python_signs_curl_sends(office: Office, visitor: Visitor, tmp_path: Path) -> None:
    document = office.bill()
    visitor.unlock("shipper")
    (decline,) = [one for one in shown(visitor, document).values() if "'DECLINE'" in one[1]]
    before = len(office.carrier.history(document))
    python(filled(decline[2], 0), tmp_path)
    assert len(office.carrier.history(document)) == before
    sent = subprocess.run(shlex.split(decline[3]), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert sent.returncode == 0, sent.stdout
    (digest,) = re.findall(r'"digest":"([0-9a-f]{64})"', sent.stdout)
    office.carrier.client.until_final(digest, 60)
    assert len(office.carrier.history(document)) == before + 1


def test_no_contents_and_no_secrets_stand_in_the_shown_calls(office: Office, visitor: Visitor) -> None:
    document = office.bill(termsAndConditions="a term between us")
    visitor.unlock("shipper")
    session = visitor.desk.session("shipper")
    assert session is not None
    text = "".join(part for one in shown(visitor, document).values() for part in one)
    secrets = [PASSPHRASE, visitor.desk.cookie, visitor.desk.form_token, str(session.client.token)]
    secrets += ["a term between us", f"DESK26{office.made:05}"]
    assert [one for one in secrets if one in text] == []


def test_a_gateway_or_key_of_a_hostile_name_is_quoted() -> None:
    kind = resources.kind("ebl-negotiable")
    where = Where("$(id) 'x'", "/keys/$(id) 'x'.json", "/a b", "http://127.0.0.1:1/$(id)'")
    offered = next(state for state, verb in kind.rows if kind.verb_name(verb) == "ACCEPT")
    control = Control(kind=kind.number, state=offered, issuer=1, possessor=1, offeree=2)
    made = calls(kind, control, kind.verb("ACCEPT").number, 2, "ab" * 32, where)
    assert where.key in shlex.split(made.command)
    assert shlex.split(sending(where))[2] == f"{where.gateway}/v1/actions"
    compile(made.python, "shown", "exec")
    compile(made.curl, "shown", "exec")
    assert repr(where.path) in made.python
