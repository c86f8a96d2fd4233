"""What a running desk holds in memory, and never on disk: who may look in, open keys, summaries that were shown."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from portledger.desk.held import Form, Held
from portledger.desk.jobs import Runner
from portledger.desk.kept import KeptPages, Page
from portledger.desk.powers import Order, Powers
from portledger.domain.codes import BEARER
from portledger.domain.errors import PortledgerError
from portledger.domain.refusals import SignInRefused, Unavailable
from portledger.sdk import fingerprints, joining, trust
from portledger.sdk.bulk import BulkSession
from portledger.sdk.client import Client
from portledger.sdk.errors import GatewayUnreachable, KeyMissing
from portledger.sdk.party import PartySession
from portledger.sdk.registration import Profile
from portledger.sdk.shelf import Shelf
from portledger.sdk.signing import Unsigned
from portledger.sdk.verify import LogReader
from portledger.sdk.wallet import Wallet, public_of

if TYPE_CHECKING:
    from portledger.desk.finding import Index
    from portledger.desk.live import Feed
    from portledger.desk.officers import OwnChange

IDLE_SECONDS: Final = 900.0
"""How long open keys stay open without a request."""
SUMMARIES: Final = 100
"""How many summaries may wait to be signed; the oldest are forgotten."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What was shown to be signed. session: of the party that reads it; verb: of an act, or DISCLOSE; arguments: the
    rows or fields chosen; act: what is signed, whole; template, values: the page that shows the act; signed: accounts
    (20 bytes) that have signed it; whole: its page cuts nothing; else nothing of it is signed."""

    DISCLOSE: ClassVar[str] = "*disclose"
    """Instead of a verb, which no kind calls so: a presentation."""

    session: PartySession = field(repr=False)
    document: str
    verb: str
    arguments: dict[str, Any] = field(repr=False, default_factory=dict)
    act: Unsigned | None = field(repr=False, default=None)
    template: str = ""
    values: dict[str, Any] = field(repr=False, default_factory=dict)
    signed: tuple[bytes, ...] = ()
    whole: bool = True


def _verify(gateway: str) -> str:
    return f"{gateway.rstrip('/')}/verify"


class Desk:
    """One desk. Its secrets: a ticket that works once, then a cookie and a form token, new at every start."""

    def __init__(
        self,
        keys: Path,
        gateway: str,
        node: str | None = None,
        *,
        powers: Powers | None = None,
        verify_page: str = "",
        files: Path | None = None,
        idle: float = IDLE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """keys: folder of key files; gateway, node: base addresses; verify_page: where PDFs lead (default: the
        gateway's); powers: of a registrar's desk; files: folder of sealed drafts and jobs (default: `desk` beside the
        keys); idle: seconds; clock: seconds, monotonic."""
        self.keys, self.gateway = keys, gateway
        self.verify_page = verify_page or _verify(gateway)
        self.files = files or keys.parent / "desk"
        self.jobs = Runner()
        self.ticket, self.cookie, self.form_token = (secrets.token_urlsafe(32) for _ in range(3))
        self.language = "en"
        self.lock = threading.RLock()
        self.powers, self.powers_locked = powers, False
        self._orders: dict[str, Order] = {}
        self._own_changes: dict[str, OwnChange] = {}
        self.node, self._idle, self._clock = node, idle, clock
        self._used = clock()
        self._open: dict[str, PartySession] = {}
        self.indexes: dict[PartySession, Index] = {}
        """What was read of documents, of the open parties; see finding.py."""
        self.feeds: dict[PartySession, Feed] = {}
        """What the open parties hear; see live.py."""
        self.joining: dict[str, Wallet] = {}
        """Open keys of parties that are not registered yet, by the name of their file."""
        self._summaries: dict[str, Summary] = {}
        self._pages = KeptPages()
        self.held = Held()
        self._typed: dict[str, dict[str, str]] = {}
        self._requests: dict[str, tuple[str, Profile]] = {}
        self._names: dict[int, str] = {}

    # --- who looks in ----------------------------------------------------------------------------------------------

    def start(self, ticket: str) -> bool:
        """Whether this is the start link's ticket; it is spent by that."""
        with self.lock:
            good = bool(self.ticket) and hmac.compare_digest(ticket.encode(), self.ticket.encode())
            if good:
                self.ticket = ""
            return good

    def knows(self, cookie: str) -> bool:
        return hmac.compare_digest(cookie.encode(), self.cookie.encode())

    def own_form(self, token: str) -> bool:
        return hmac.compare_digest(token.encode(), self.form_token.encode())

    # --- keys ------------------------------------------------------------------------------------------------------

    def key_files(self) -> list[str]:
        """Names of the registered parties' key files in the folder; others are no parties yet."""
        return [name for name, registered in self._files() if registered]

    def new_files(self) -> list[str]:
        """Names of key files whose party is not registered yet."""
        return [name for name, registered in self._files() if not registered]

    def _files(self) -> Iterator[tuple[str, bool]]:
        """(name, whether its party is registered) of every key file."""
        for path in sorted(self.keys.glob("*.json")):
            try:
                yield path.stem, public_of(path).public.party is not None
            except (PortledgerError, OSError, ValueError):
                continue

    def key_path(self, name: str) -> Path:
        return self.keys / f"{name}.json"

    def unlock(self, name: str, passphrase: str) -> None:
        """Opens a party's keys and signs in; of a party that was admitted meanwhile, too.

        Raises KeyMissing, WrongPassphrase, GatewayUnreachable, LedgerChanged, NotFinalYet, NotAdmitted.
        """
        path = self.key_path(name)
        if name in self.new_files() and joining.asked(path):
            with Client(self.gateway) as client:
                wallet = joining.finish(client, path, passphrase)
            self.joining.pop(name, None)
        elif name in self.key_files():
            wallet = Wallet.open(path, passphrase)
        else:
            raise KeyMissing(f"no registered party's key file {name}", "one of the key files shown")
        node = LogReader(self.node) if self.node else None
        session = PartySession(Client(self.gateway), wallet, node=node)
        try:
            session.sign_in()
        except PortledgerError:
            session.client.close()
            raise
        with self.lock:
            self._end(name)
            self._open[name] = session
            self._typed |= self.held.take_typed(name, wallet.encryption)
            self.touch()

    def choose(self, gateway: str) -> None:
        """Another gateway, once it has said which ledger it is of; every key is locked by that.

        Raises GatewayUnreachable, GatewayProblem.
        """
        with Client(gateway) as client:
            client.ledger()
        with self.lock:
            self.lock_up()
            self.held.clear()
            if self.verify_page == _verify(self.gateway):
                self.verify_page = _verify(gateway)
            self.gateway = gateway

    def fingerprint(self, language: str) -> str:
        """The gateway's ledger in words; empty where the gateway does not answer."""
        try:
            with Client(self.gateway, timeout=5, pause=lambda _: None) as client:
                return fingerprints.spoken(fingerprints.ledger_digest(client.ledger()), language)
        except PortledgerError:
            return ""

    def touch(self) -> None:
        """A person used the desk just now."""
        self._used = self._clock()

    def open_parties(self) -> list[str]:
        self.lock_if_idle()
        return list(self._open)

    def session(self, name: str) -> PartySession | None:
        """An unlocked party, signed in as far as the gateway answers; None when it is locked: by that, too, that none
        of its accounts may sign in any more.

        What needs no gateway, such as keeping a draft, is done without one; what does finds out for itself.
        """
        with self.lock:
            self.lock_if_idle()
            session = self._open.get(name)
            if session and session.signed_in_until < time.time() + 60:
                try:
                    with suppress(GatewayUnreachable, Unavailable):
                        session.sign_in()
                except SignInRefused:
                    self._end(name)
                    self._pages.clear()  # with no party open, none would ever be cleared for idleness
                    return None
            return session

    def feed(self, name: str, made: Callable[[PartySession], Feed]) -> Feed | None:
        """What an unlocked party hears, made by its first window; None when it is locked. Windows ask for it all the
        time, and nobody uses the desk by that: it waits for no page, and locks when it is time."""
        self.lock_if_idle()
        session = self._open.get(name)
        found = self.feeds.get(session) if session else None
        if session is None or found is not None:
            return found
        with self.lock:
            if self._open.get(name) is not session:
                return None
            if session not in self.feeds:
                self.feeds[session] = made(session)
            return self.feeds[session]

    def _end(self, name: str) -> None:
        """Closes one party, if it is open."""
        session = self._open.pop(name, None)
        if session is not None:
            self.indexes.pop(session, None)
            self._end_feed(session)
            self._close(session)

    def _end_feed(self, session: PartySession) -> None:
        if feed := self.feeds.pop(session, None):
            feed.close()

    def lock_if_idle(self) -> None:
        at_work = self._open or self.joining or (self.powers and not self.powers_locked)
        if at_work and self._clock() - self._used > self._idle:
            with self.lock:
                self._hold_typed()
                self.lock_up()

    def _hold_typed(self) -> None:
        """Seals what was typed, for when the party that typed it is open again: nobody asked for this lock."""
        for name in self._open:
            typed = {at: told for at, told in self._typed.items() if at.startswith(f"/as/{name}/")}
            if typed and (public := self._public(name)):
                self.held.keep_typed(name, public, typed)

    def hold(self, name: str, form: Form) -> None:
        """Keeps a form of a locked party, if it is one of this desk."""
        with self.lock:
            if public := self._public(name):
                self.held.keep(name, public, form)

    def _public(self, name: str) -> bytes:
        """A registered party's encryption key, empty where there is no such key file."""
        try:
            return public_of(self.key_path(name)).public.encryption if name in self.key_files() else b""
        except (PortledgerError, OSError, ValueError):
            return b""

    def lock_up(self) -> None:
        """Forgets every key, name and summary; jobs stop after the batch that is under way, and the powers come back
        with a new start only."""
        self.jobs.stop()
        with self.lock:
            self.jobs.stop()  # one may have begun before the lock was had
            self.powers_locked = self.powers is not None
            self._orders.clear()
            self._own_changes.clear()
            for session in self._open.values():
                self._end_feed(session)
                self._close(session)
            self._open.clear()
            self.indexes.clear()
            self.joining.clear()
            self._requests.clear()
            self._summaries.clear()
            self._pages.clear()
            self._typed.clear()
            self._names.clear()

    @staticmethod
    def _close(session: PartySession) -> None:
        session.client.close()
        if session.node is not None:
            session.node.close()

    def for_a_job(self, session: PartySession) -> BulkSession:
        """A session of its own for a job that goes on while pages are shown."""
        node = LogReader(self.node) if self.node else None
        return BulkSession(Client(session.client.url), session.wallet, node=node)

    def shelf(self, session: PartySession, sort: str) -> Shelf:
        """The sealed files of a party: sort: such as "draft"."""
        return Shelf(self.files, session.wallet, session.domain, sort)

    # --- what is shown ---------------------------------------------------------------------------------------------

    def party_name(self, session: PartySession, party: int) -> str:
        """The name in a party's profile, checked against its log; empty where none can be shown."""
        if party in (0, BEARER):
            return ""
        if party not in self._names:
            try:
                told = trust.profile(session.client, session.domain, party, session.known, session.node)
                self._names[party] = str(told.get("name") or "")
            except PortledgerError:
                return ""
        return self._names[party]

    def typed(self, at: str, given: Mapping[str, str]) -> None:
        """Remembers what was typed into a form, for when it is gone back to. at: the form's address."""
        with self.lock:
            self._typed.pop(at, None)
            self._typed[at] = {name: text for name, text in given.items() if name != "token"}
            while len(self._typed) > SUMMARIES:
                self._typed.pop(next(iter(self._typed)))

    def typed_at(self, at: str) -> dict[str, str]:
        with self.lock:
            return dict(self._typed.get(at, {}))

    def last_typed(self, beginning: str) -> str:
        """The address of the form that was filled in last, of those whose address begins so; empty for none."""
        with self.lock:
            return next((at for at in reversed(self._typed) if at.startswith(beginning)), "")

    def forget_typed(self, beginning: str) -> None:
        """What was typed has been signed. beginning: of the forms' addresses."""
        with self.lock:
            self._typed = {at: told for at, told in self._typed.items() if not at.startswith(beginning)}

    def lockings(self) -> int:
        """How often the desk was locked: what is larger after a page was made than before must not be kept."""
        return self._pages.cleared

    def keep_page(self, page: Page, lockings: int) -> str:
        """Keeps a page that answers a form until the desk is locked; its token, empty when that happened meanwhile."""
        with self.lock:
            return self._pages.keep(page) if lockings == self._pages.cleared else ""

    def kept_page(self, token: str) -> Page | None:
        """A page that answered a form; None once the keys are locked."""
        with self.lock:
            self.lock_if_idle()
            found = self._pages.get(token)
            if found is not None:
                self.touch()
            return found

    def shown(self, summary: Summary) -> str:
        """Keeps an act that a page shows now; the token signs it once."""
        with self.lock:
            token = secrets.token_urlsafe(24)
            self._summaries[token] = summary
            while len(self._summaries) > SUMMARIES:
                self._summaries.pop(next(iter(self._summaries)))
            return token

    def take(self, token: str, session: PartySession, document: str, verb: str = "") -> Summary | None:
        """The summary behind a token, once; None if it was not shown to this party for this document, or was of
        something else. verb: DISCLOSE, or empty for any act."""
        with self.lock:
            found = self._summaries.get(token)
            if found is None or found.session is not session or found.document != document:
                return None
            if (found.verb == Summary.DISCLOSE) != (verb == Summary.DISCLOSE):
                return None
            return self._summaries.pop(token)

    def shown_order(self, order: Order) -> str:
        """Keeps a registrar's act that a page shows now; the token carries it once."""
        with self.lock:
            token = secrets.token_urlsafe(24)
            self._orders[token] = order
            while len(self._orders) > SUMMARIES:
                self._orders.pop(next(iter(self._orders)))
            return token

    def take_order(self, token: str, party: int) -> Order | None:
        """The act behind a token, once; None if it was not shown of this party."""
        with self.lock:
            found = self._orders.get(token)
            if found is None or found.party != party:
                return None
            return self._orders.pop(token)

    def shown_own_change(self, change: OwnChange) -> str:
        """Keeps a party's act on itself that a page shows now, until it has its end; the token signs it."""
        with self.lock:
            token = secrets.token_urlsafe(24)
            self._own_changes[token] = change
            while len(self._own_changes) > SUMMARIES:
                self._own_changes.pop(next(iter(self._own_changes)))
            return token

    def own_change(self, token: str, session: PartySession) -> OwnChange | None:
        """The party's act behind a token, which stays; None if it was not shown to this party."""
        with self.lock:
            found = self._own_changes.get(token)
            return found if found is not None and found.session is session else None

    def drop_own_change(self, token: str) -> None:
        """The party's act behind a token has its end: it is on the ledger, or was refused."""
        with self.lock:
            self._own_changes.pop(token, None)

    def shown_request(self, name: str, profile: Profile) -> str:
        """Keeps a registration that a page shows now, of the keys in this file; the token sends it once."""
        with self.lock:
            token = secrets.token_urlsafe(24)
            self._requests = {name: (token, profile)}
            return token

    def take_request(self, token: str, name: str) -> Profile | None:
        """The registration behind a token, once; None if it was not shown for this file."""
        with self.lock:
            kept, profile = self._requests.get(name, ("", None))
            if not kept or not hmac.compare_digest(kept.encode(), token.encode()):
                return None
            del self._requests[name]
            return profile
