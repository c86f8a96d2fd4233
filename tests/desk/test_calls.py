"""The same act outside the desk: what the document's page shows is really run here, and does what it says."""

from __future__ import annotations

import html
import re
import shlex
import subprocess
import sys
from pathlib import Path

import typer.main
from tests.desk.conftest import PASSPHRASE, Office, Visitor

from portledger import resources
from portledger.cli.main import build, main
from portledger.desk.calls import Where, calls, sending
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


def test_the_shown_commands_accept_and_offer(office: Office, visitor: Visitor, tmp_path: Path) -> None:
    document = office.bill()
    visitor.unlock("shipper")
    first = shown(visitor, document)
    assert command(next(iter(one for one in first.values() if " accept " in one[0]))[0], tmp_path) == 0
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
        words = shlex.split(line)[1:]
        here = typer.main.get_command(build(words[0]))
        while hasattr(here, "commands"):
            here = here.commands[words.pop(0)]
        here.make_context("shown", words)


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
