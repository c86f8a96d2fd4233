"""portledger desk: the party's web page, on its own machine."""

from __future__ import annotations

import os
import webbrowser
from pathlib import Path
from typing import Annotated, Any

import typer

from portledger.cli import code_lists, output
from portledger.cli.command import Run, command
from portledger.desk.powers import Powers
from portledger.domain.errors import InvalidInput
from portledger.formats import api_json as wire


def add(app: typer.Typer) -> None:
    """Adds `desk` to the top level."""
    command(app, "desk", example="portledger desk")(desk)


def registrar(data: Path) -> Powers:
    """The registrar's power of the system in a data folder. Raises InvalidInput where there is none."""
    from portledger.cli import operator  # the system's own rooms take a second to load: only for who needs them

    class Carried:
        def waiting(self) -> list[tuple[str, wire.RegistrationRequest]]:
            return operator.waiting(data)

        def admit(self, request: str) -> wire.RegistrationStatus:
            return operator.admit(data, request)

        def refuse(self, request: str, reason: str) -> None:
            operator.refuse(data, request, reason)

        def parties(self) -> list[tuple[wire.PartyJson, dict[str, Any]]]:
            return operator.members(data)

        def propose(self, party: int, what: int, value: bytes) -> None:
            operator.carry(data, "registrar", "propose", (party, what, value), party)

        def suspend(self, party: int, until: int) -> None:
            operator.carry(data, "registrar", "suspend", (party, until), party)

        def reinstate(self, party: int) -> None:
            operator.carry(data, "registrar", "reinstate", (party,), party)

    with operator.databases_of(data, "--consortium"):
        return Carried()


def desk(
    run: Run,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="On this machine; 0: any free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser with the link.")] = True,
    idle: Annotated[int, typer.Option("--lock-after", min=1, help="Minutes without use after which keys lock.")] = 15,
    verify_page: Annotated[
        str, typer.Option("--verify-page", metavar="URL", help="Where the QR code of PDFs leads; else the gateway's.")
    ] = "",
    consortium: Annotated[
        Path | None,
        typer.Option(
            "--consortium", metavar="DIR", help="The data folder of `portledger up`: with the registrar's pages."
        ),
    ] = None,
    codes: Annotated[
        Path | None,
        typer.Option(
            "--codes", metavar="DIR", help="Whole code lists as they are published; else the folder codes at home."
        ),
    ] = None,
    language: Annotated[str, typer.Option("--language", help="en or ja; else by LC_ALL, LANG.")] = "",
) -> None:
    """Open your desk: a page on this machine where you read, check and sign. Stop it with Ctrl-C."""
    from portledger.desk.serving import serve
    from portledger.desk.state import Desk

    def told(link: str) -> None:
        run.show({"link": link}, link)
        output.say("The link works once, on this machine only. Stop the desk with Ctrl-C.")
        if browser:
            webbrowser.open(link)

    wanted = language or ("ja" if (os.environ.get("LC_ALL") or os.environ.get("LANG") or "").startswith("ja") else "en")
    if wanted not in ("en", "ja"):
        raise InvalidInput("--language", wanted, "en or ja")
    settings = run.settings
    lists = codes or settings.home / "codes"
    if codes is not None or lists.is_dir():
        output.say(code_lists.said(*code_lists.load(lists)))
    try:
        made = Desk(
            settings.home / "keys", settings.gateway, settings.node,
            powers=registrar(consortium) if consortium else None, verify_page=verify_page, idle=idle * 60,
        )  # fmt: skip
        serve(made, port, wanted, told)
    except OSError as taken:
        raise InvalidInput("--port", f"{port}: {taken.strerror}", "a free port, or 0 for any") from taken
