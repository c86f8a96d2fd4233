"""What every command has in common: options, the passphrase, the gateway, the party that acts."""

from __future__ import annotations

import functools
import getpass
import inspect
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, get_type_hints

import typer

from portledger.cli import output, settings
from portledger.domain.actions import Domain
from portledger.domain.codes import BEARER
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.refusals import NotFound, NotSignedIn
from portledger.sdk import trust
from portledger.sdk.client import Client
from portledger.sdk.errors import KeyMissing
from portledger.sdk.party import PartySession
from portledger.sdk.registration import domain_of
from portledger.sdk.trust import Known
from portledger.sdk.verify import LogReader
from portledger.sdk.wallet import Wallet, public_of

HELP_WIDTH: Final = 100
CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": HELP_WIDTH}

_JSON = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
_HOME = Annotated[
    str | None, typer.Option("--home", metavar="DIR", help="Your folder; else PORTLEDGER_HOME, else ~/.portledger.")
]
_GATEWAY = Annotated[
    str | None, typer.Option("--gateway", metavar="URL", help="Gateway; else PORTLEDGER_GATEWAY, else the config's.")
]
_AS = Annotated[
    str | None,
    typer.Option(
        "--as", metavar="NAME", help="Whose keys: a name in your folder, or a key file; else PORTLEDGER_PARTY."
    ),
]
_PASSPHRASE = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        help="Read the passphrase from the file's first line; else PORTLEDGER_PASSPHRASE, else you are asked.",
    ),
]

_KEYS = Annotated[
    list[str] | None,
    typer.Option(
        "--key", metavar="NAME", help="A further key file whose accounts sign too, where several must; repeat it."
    ),
]

_PROPOSE = Annotated[
    bool,
    typer.Option(
        "--propose", help="Where an act needs more signatures than your key files have: let it wait for other officers."
    ),
]

_COMMON: Final[dict[str, tuple[Any, Any]]] = {
    "json_wanted": (_JSON, False),
    "home": (_HOME, None),
    "gateway": (_GATEWAY, None),
    "as_name": (_AS, None),
    "passphrase_file": (_PASSPHRASE, None),
    "further_keys": (_KEYS, None),
    "propose": (_PROPOSE, False),
}


def group(help_text: str) -> typer.Typer:
    """A group of commands; plain help of steady width, no colour."""
    return typer.Typer(
        help=help_text,
        no_args_is_help=True,
        rich_markup_mode=None,
        context_settings=CONTEXT,
        add_completion=False,
        pretty_exceptions_enable=False,
    )


class Run:
    """One run of a command: its settings, and what is opened only when it is needed."""

    def __init__(
        self,
        *,
        json_wanted: bool = False,
        home: str | None = None,
        gateway: str | None = None,
        as_name: str | None = None,
        passphrase_file: Path | None = None,
        further_keys: Sequence[str] | None = None,
        propose: bool = False,
    ) -> None:
        self._propose = propose
        self._further_keys = further_keys or ()
        self.json_wanted = json_wanted
        self.settings = settings.load(home, gateway, as_name)
        self._as_name, self._passphrase_file = as_name, passphrase_file
        self._client: Client | None = None
        self._domain: Domain | None = None
        self._wallet: Wallet | None = None
        self._kept_used = False
        self._names: dict[int, str] = {}

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            self._client.close()

    def show(self, value: Any, shown: output.Shown | str | None) -> None:
        output.emit(value, shown, json_wanted=self.json_wanted)

    @property
    def client(self) -> Client:
        if self._client is None:
            self._client = Client(self.settings.gateway)
        return self._client

    @property
    def key_path(self) -> Path:
        return self.settings.key_file(self._as_name)

    def passphrase(self, question: str = "Passphrase", *, twice: bool = False) -> str:
        return passphrase(self._passphrase_file, question, twice=twice)

    @property
    def wallet(self) -> Wallet:
        """The acting party's keys, unlocked once."""
        if self._wallet is None:
            others = [self.open_keys(self.settings.key_path(name)).keys.accounts for name in self._further_keys]
            own = self.open_keys(self.key_path)
            self._wallet = replace(own, co_signers=tuple(key for accounts in others for key in accounts))
        return self._wallet

    def open_keys(self, path: Path) -> Wallet:
        """A key file, unlocked. Raises KeyMissing, WrongPassphrase."""
        if not path.exists():
            raise KeyMissing(f"no key file {path}", "a key file", "Make one with `portledger key new NAME`.")
        return Wallet.open(path, self.passphrase(f"Passphrase of {path.stem}"))

    def session(self) -> PartySession:
        """The acting party, signed in."""
        session = PartySession(self.client, self.wallet, node=self.node())
        session.collects = self._propose
        self.sign_in(session)
        return session

    def sign_in(self, session: PartySession) -> None:
        """Anew, and kept; also when the account that had signed in was just removed."""
        session.sign_in()
        self._keep(session)
        self._kept_used = False

    def reader(self) -> Client:
        """A client that may read: by a kept sign-in when there is one, so that reading asks for no passphrase."""
        if self.client.token:
            return self.client
        kept = settings.read_session(self._session_path)
        if kept and kept.get("gateway") == self.client.url and kept.get("expiresAt", 0) > time.time() + 60:
            self.client.token, self._kept_used = kept["token"], True
        else:
            self.session()
        return self.client

    @property
    def _session_path(self) -> Path:
        return self.settings.home / "sessions" / (self.key_path.stem + ".json")

    def forget_session(self) -> bool:
        """Drops the kept sign-in, if this run went by it: the gateway has ended it, with its account or by itself."""
        if self._kept_used:
            self._session_path.unlink(missing_ok=True)
        return self._kept_used

    def _keep(self, session: PartySession) -> None:
        value = {"gateway": self.client.url, "token": self.client.token, "expiresAt": session.signed_in_until}
        settings.write_session(self._session_path, value)

    def node(self, url: str | None = None) -> LogReader | None:
        """The node whose word on the ledger counts, when one is named."""
        wanted = url or self.settings.node
        return LogReader(wanted) if wanted else None

    def me(self) -> int:
        """The acting party's id, from the public part of its key file."""
        return public_of(self.key_path).party_or_refuse()

    def party(self, text: str) -> int:
        """A party as people name it: its id, `bearer`, `nobody`, or the name of a key file in the home folder."""
        if text.isdigit() and int(text) < BEARER:
            return int(text)
        special = {"bearer": BEARER, "nobody": 0}
        if text.lower() in special:
            return special[text.lower()]
        path = self.settings.key_path(text)
        if path.exists():
            return public_of(path).party_or_refuse()
        raise InvalidInput(
            "party", repr(text), "an id, bearer, or the name of a key file in " + str(path.parent),
            "`portledger party list` shows ids and names.",
        )  # fmt: skip

    def document(self, text: str) -> str:
        """A document's id from its first hex digits (at least 6), among those the party may see."""
        wanted = text.lower().removeprefix("0x")
        if len(wanted) == 64:
            return wanted
        if len(wanted) < 6 or any(digit not in "0123456789abcdef" for digit in wanted):
            raise InvalidInput("document", repr(text), "a document id: 64 hex digits, or its first 6 or more")
        found = [item.document for item in self.reader().documents() if item.document.startswith(wanted)]
        if not found:
            raise NotFound(
                f"no document that begins with {wanted}", "a document that your party is or was a party to",
                "`portledger doc list` shows those that you may see.",
            )  # fmt: skip
        if len(found) > 1:
            raise InvalidInput("document", f"{len(found)} documents that begin with {wanted}", "more of its digits")
        return found[0]

    def profile(self, party: int) -> dict[str, Any]:
        """Who a party is, by the digest in its log: a gateway that shows another's name is refused."""
        client, known = self.reader(), Known.beside(self.key_path)
        if self._domain is None:
            self._domain = domain_of(known.ledger(client.ledger()))
        return trust.profile(client, self._domain, party, known, self.node())

    def names(self, parties: Iterable[int]) -> dict[int, str]:
        """The names in the parties' profiles, of those whose profile the gateway shows; asked for once a run."""
        for party in sorted(set(parties) - {0, BEARER} - set(self._names)):
            try:
                self._names[party] = str(self.profile(party).get("name") or "")
            except PortledgerError:
                self._names[party] = ""  # what a command is about does not fail for want of a name
        return {party: name for party, name in self._names.items() if name}


def passphrase(file: Path | None, question: str, *, twice: bool = False) -> str:
    """From the file, the environment, or the person at the terminal; never from an argument."""
    if file is not None:
        try:
            return file.read_text().split("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as wrong:
            raise InvalidInput("--passphrase-file", f"{file}: {wrong}", "a readable text file") from wrong
    kept = os.environ.get("PORTLEDGER_PASSPHRASE")
    if kept is not None:
        return kept
    if not sys.stdin.isatty():
        raise KeyMissing(
            "no passphrase, and nobody at a terminal to ask", "a passphrase",
            "Give --passphrase-file FILE, or set PORTLEDGER_PASSPHRASE.",
        )  # fmt: skip
    entered = getpass.getpass(f"{question}: ", stream=sys.stderr)
    if twice and getpass.getpass("Once more: ", stream=sys.stderr) != entered:
        raise InvalidInput("passphrase", "two different texts", "the same passphrase twice")
    return entered


def command(
    app: typer.Typer, name: str, *, example: str, hidden: bool = False
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Makes a function (first parameter: Run) a command with the common options and an example in its help."""

    def wrap(function: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(function, include_extras=True)
        own = [
            parameter.replace(annotation=hints[parameter.name])
            for parameter in list(inspect.signature(function).parameters.values())[1:]
        ]
        common = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for key, (annotation, default) in _COMMON.items()
        ]

        @functools.wraps(function)
        def called(**values: Any) -> None:
            shared = {key: values.pop(key) for key in _COMMON}
            run = Run(**shared)
            try:
                with run:
                    function(run, **values)
            except NotSignedIn:
                if not run.forget_session():
                    raise
                with Run(**shared) as again:
                    function(again, **values)

        parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own] + common
        called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        del called.__wrapped__
        text = inspect.cleandoc(function.__doc__ or "")
        app.command(name, help=f"{text}\n\n\b\nExample:\n  {example}", hidden=hidden, context_settings=CONTEXT)(called)
        return function

    return wrap
