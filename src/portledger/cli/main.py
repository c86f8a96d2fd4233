"""`portledger`: every group of commands under one roof, and every error on its way out."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated, Final

import typer
from typer.exceptions import TyperException

from portledger.cli.command import CONTEXT
from portledger.cli.exit_codes import Exit, exit_of, table
from portledger.cli.output import complain, console
from portledger.domain.errors import PortledgerError

WORDS: Final = (
    "up", "demo", "key", "party", "kind", "doc", "grant", "inbox", "waiting", "statement", "desk", "verify", "fresh",
    "audit", "consortium", "admin", "config", "gateway", "relayer", "indexer", "doctor",
)  # fmt: skip
"""What a command begins with, in the help's order; each is a module beside this one, with `add` or an `app`."""

_HELP = f"""Trade documents as controllable originals: bills of lading, certificates of origin.

Every command takes --json (same bytes on a terminal and in a pipe) and --help (with an example). Results go to stdout,
everything said to a person goes to stderr.

\b
First steps:
  portledger demo                 watch one whole deal, nothing to set up
  portledger up --data ./data     start ledger and gateway, leave it running
  portledger key new shipper      make keys
  portledger party register --as shipper --name "Example Shipper" --role shipperOrConsignee
  portledger inbox --as shipper   whose turn is it?

\b
Exit codes:
{table()}
"""


def _version(wanted: bool) -> None:
    if wanted:
        from portledger import __version__

        typer.echo(f"portledger {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Only holds the help."""


def build(only: str | None = None) -> typer.Typer:
    """The whole command line; or, if `only` is its first word, that word's commands: the others' rooms stay unloaded.

    Loading all of them takes a third of a second of a core, which every command would pay.
    """
    app = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        context_settings=CONTEXT,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback(help=_HELP)(_root)
    for word in [only] if only in WORDS else WORDS:
        room = importlib.import_module(f"portledger.cli.{word}")
        if hasattr(room, "add"):
            room.add(app)
        else:
            app.add_typer(room.app, name=word)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; no expected error leaves a traceback."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = build(given[0] if given else None)(given, prog_name="portledger", standalone_mode=False)
        return result if isinstance(result, int) else Exit.DONE
    except PortledgerError as error:
        complain(error, json_wanted="--json" in given)
        return exit_of(error)
    except (KeyboardInterrupt, typer.Abort):
        console(stderr=True).print("interrupted")
        return Exit.INTERRUPTED
    except typer.Exit as end:
        return end.exit_code
    except TyperException as wrong:
        _usage(wrong)
        return Exit.USAGE
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (who read us has gone; nothing is left to say)
        return Exit.DONE
    except Exception as unexpected:  # noqa: BLE001  (the last place where anything can be said)
        return _bug(unexpected)


def _usage(wrong: TyperException) -> None:
    """A wrong command line: usage and what is wrong with it, on stderr."""
    show = getattr(wrong, "show", None)
    if show is not None:
        show()
    else:
        console(stderr=True).print(wrong.format_message(), markup=False)


def _bug(unexpected: Exception) -> int:
    out = console(stderr=True)
    out.print(f"portledger failed unexpectedly: {type(unexpected).__name__}: {unexpected}", markup=False)
    if os.environ.get("PORTLEDGER_DEBUG"):
        traceback.print_exception(unexpected)
    else:
        out.print("Set PORTLEDGER_DEBUG=1 and run it again for the traceback; please report it.")
    return Exit.BUG


def run() -> None:
    """The console script."""
    sys.exit(main())
