"""The same act outside the desk: a command, Python, curl. No contents and no secrets stand in it. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Container, Iterator
from dataclasses import dataclass

from portledger.desk import acting
from portledger.domain.codes import Effect
from portledger.domain.kind_file import KindFile
from portledger.domain.records import Control


@dataclass(frozen=True, slots=True)
class Where:
    """Who acts where. key: name of the key file; path, home: of it and of the folder around it; gateway: address."""

    key: str
    path: str
    home: str
    gateway: str


@dataclass(frozen=True, slots=True)
class Calls:
    """One act, three ways. In capitals stands what the person puts in: COUNTERPARTY, ENDORSEE, TEXT.

    curl: the Python that signs what `sending` sends; empty where the act waits for other officers, since with too few
    signatures nothing can be sent.
    """

    verb: int
    command: str
    python: str
    curl: str


_SETTING = """\
from getpass import getpass
from pathlib import Path

from portledger.sdk.client import Client
from portledger.sdk.party import PartySession
from portledger.sdk.wallet import Wallet
"""


def calls(
    kind: KindFile, control: Control, verb: int, me: int, document: str, where: Where, *, waits: bool = False
) -> Calls:
    """The act on the record as it is now, of a party that may do it, without optional members. waits: it needs more
    signatures than the key file gives."""
    name = kind.verb_name(verb)
    takes = bool(kind.rows[control.state, verb].effects & Effect.TAKE)
    options, arguments = _terms(kind, control, verb, me)
    common = ["--as", where.key, "--home", where.home, "--gateway", where.gateway]
    if waits:
        common.append("--propose")
    words = ["accept", document] if takes else ["act", document, name, *options]
    if takes:
        arguments = ["inspected=session.inspect(document)", *arguments]
    said = "".join(f", {one}" for one in arguments)
    opened = (
        f"document = {document!r}\n"
        f"wallet = Wallet.open(Path({where.path!r}), getpass())\n"
        f"with Client({where.gateway!r}) as client:\n"
        "    session = PartySession(client, wallet)\n"
        "    session.sign_in()\n"
    )
    collecting = "    session.collects = True\n" if waits else ""
    signing = (
        f"    act = session.prepare(document, {name!r}{said})\n"
        "    if act.detail:\n"
        "        client.put_blob(act.detail.blob)\n"
        '    Path("act.json").write_bytes(wire.encode(session.request(act)))\n'
    )
    return Calls(
        verb=verb,
        command=shlex.join(["portledger", "doc", *words, *common]),
        python=f"{_SETTING}\n{opened}{collecting}    session.act(document, {name!r}{said})\n",
        curl="" if waits else f"{_SETTING}from portledger.formats import api_json as wire\n\n{opened}{signing}",
    )


def sending(where: Where) -> str:
    """What curl does with the signed act, whatever it is."""
    return shlex.join(
        ["curl", "--fail-with-body", f"{where.gateway.rstrip('/')}/v1/actions", "--header",
         "Content-Type: application/json", "--data-binary", "@act.json"]
    )  # fmt: skip


def _terms(kind: KindFile, control: Control, verb: int, me: int) -> tuple[list[str], list[str]]:
    """(options of the command, arguments in Python) of what must be said."""
    options, arguments, texts = [], [], []
    for one in acting.questions(kind, control, verb, me):
        if not one.needed:
            continue
        if one.what == "party":
            options += ["--to" if one.name == "counterparty" else "--endorsee", one.name.upper()]
            arguments.append(f"{one.name}={one.name.upper()}")
        else:
            options += ["--detail", f"{one.name}=TEXT"]
            texts.append(f'"{one.name}": "TEXT"')
    if texts:
        arguments.append(f"detail={{{', '.join(texts)}}}")
    return options, arguments


def every(
    kind: KindFile,
    control: Control,
    verbs: tuple[int, ...],
    me: int,
    document: str,
    where: Where,
    waiting: Container[int],
) -> Iterator[Calls]:
    """What the party may do now and the desk has a page for: acts that write contents take files of their own forms.
    waiting: the verbs that need more signatures than the key file gives."""
    for verb in verbs:
        if acting.on_a_page(kind, control, verb, me):
            yield calls(kind, control, verb, me, document, where, waits=verb in waiting)
