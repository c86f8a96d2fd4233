"""A party at a gateway that looks: the ledger and its kinds, signing in, documents opened and checked, the inbox."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from portledger import resources
from portledger.domain.actions import Domain
from portledger.domain.errors import PortledgerError
from portledger.domain.kinds import KindFile
from portledger.domain.records import Control
from portledger.domain.refusals import SignInRefused
from portledger.domain.vault_errors import GrantRefused
from portledger.evidence.history import History
from portledger.formats import api_json as wire
from portledger.sdk import acts
from portledger.sdk.client import Client
from portledger.sdk.errors import KindNotShipped
from portledger.sdk.opening import OpenedDocument, fetch_manifest, open_document
from portledger.sdk.registration import domain_of
from portledger.sdk.trust import Known
from portledger.sdk.verification import content_of, number_shown, proven
from portledger.sdk.verify import LogReader
from portledger.sdk.wallet import Wallet, sign_in_text
from portledger.vault import details
from portledger.vault.manifest import Manifest, Place

DEADLINE_SECONDS: Final = 24 * 3600
"""How long a signed act may be carried to the ledger; the ledger takes at most 30 days."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One line of the inbox. verbs: what this party may do now; why: its relation to the record."""

    record: wire.DocumentJson
    verbs: tuple[str, ...]
    why: tuple[str, ...]
    mine: bool
    """Whether the record waits for this party, rather than merely letting it act."""


class Reading:
    """One party at one gateway. Refuses kinds whose table is not the one that this release ships."""

    def __init__(
        self,
        client: Client,
        wallet: Wallet,
        *,
        clock: Callable[[], float] = time.time,
        deadline_seconds: int = DEADLINE_SECONDS,
        known: Known | None = None,
        node: LogReader | None = None,
    ) -> None:
        """known: what was learnt of this ledger (default: the file beside the key file); node: whose word counts."""
        self.client, self.wallet, self.node = client, wallet, node
        self.known = known or Known.beside(wallet.path)
        self.party = wallet.party
        self.signed_in_until = 0
        self._clock, self._deadline_seconds = clock, deadline_seconds
        self._ledger: wire.LedgerJson | None = None
        self._kinds: dict[int, KindFile] = {}

    # --- where we are ----------------------------------------------------------------------------------------------

    @property
    def ledger(self) -> wire.LedgerJson:
        """Raises LedgerChanged when the gateway names another ledger than before."""
        if self._ledger is None:
            self._ledger = self.known.ledger(self.client.ledger())
        return self._ledger

    @property
    def domain(self) -> Domain:
        return domain_of(self.ledger)

    def kind(self, which: int | str) -> KindFile:
        """The shipped kind, after comparing its digest with the ledger's. Raises KindNotShipped."""
        shipped = resources.kind(which)
        if shipped.number not in self._kinds:
            there = {item.kind: item.kind_digest for item in self.ledger.kinds}
            if there.get(shipped.number) != shipped.kind_digest.hex():
                raise KindNotShipped(
                    f"kind 0x{shipped.number:04x} with digest {there.get(shipped.number, 'none')}",
                    f"digest {shipped.kind_digest.hex()}, which this release ships",
                )
            self._kinds[shipped.number] = shipped
        return self._kinds[shipped.number]

    def sign_in(self) -> wire.SessionAnswer:
        """Opens a session at the gateway (EIP-4361), with the first of the wallet's accounts that it takes.

        An account that was removed from the party, or is not yet its own, is passed over. Raises SignInRefused when the
        gateway takes none, or asks to sign for another site.
        """
        refused: SignInRefused | None = None
        for account in self.wallet.keys.addresses():
            text = self._sign_in_text(account)
            try:
                answer = self.client.open_session(text, self.wallet.sign_text(text, account))
            except SignInRefused as why:
                refused = refused or why
                continue
            self.signed_in_until = answer.expires_at
            return answer
        raise refused or SignInRefused("a wallet without accounts", "an account of the party")

    def _sign_in_text(self, account: bytes) -> str:
        """What the account signs, on a nonce of its own. Raises SignInRefused when asked to sign for another site."""
        asked = self.client.nonce()
        if asked.domain != _host(self.client.url):
            raise SignInRefused(
                f"a sign-in for {asked.domain}", _host(self.client.url),
                "Connect under the gateway's own name; if you did, do not trust it: it may pass your signature on.",
            )  # fmt: skip
        return sign_in_text(asked.domain, asked.uri, account, self.ledger.chain_id, asked.nonce, self._clock())

    def me(self) -> wire.PartyJson:
        return self.client.party(self.party)

    # --- reading ---------------------------------------------------------------------------------------------------

    def record(self, document: str) -> wire.DocumentJson:
        return self.client.document(document)

    def history(self, document: str) -> list[wire.HistoryEntry]:
        return self.client.history(document).entries

    def open(self, document: str, *, version: int | None = None, only: Iterable[str] | None = None) -> OpenedDocument:
        """What this party was granted of a document, opened with every check.

        The manifest is the one that an act in the verified history names: anybody can make a manifest with sealed
        bytes and grants that fit it. Raises VerificationError, ManifestRefused.
        """
        opened = open_document(self.client, document, self.party, self.wallet.encryption, version=version, only=only)
        self._check_manifest(opened.manifest, self.proven(document), version)
        return opened

    def numbered(self, document: str) -> tuple[OpenedDocument, str]:
        """`open`, and the document's number: empty where it is not proven for now, or not to this party.

        Raises VerificationError, ManifestRefused.
        """
        opened = open_document(self.client, document, self.party, self.wallet.encryption)
        history = self.proven(document)
        self._check_manifest(opened.manifest, history)
        try:
            return opened, number_shown(self, history, opened.values().get("header", {}))
        except PortledgerError:  # the contents hold without it
            return opened, ""

    def _check_manifest(self, manifest: Manifest, history: History, version: int | None = None) -> None:
        """Raises ManifestRefused unless a verified history names it. version: None = the newest."""
        wanted = Control.unpack(history.entries[-1].control).version if version is None else version
        manifest.check_content(content_of(history, wanted))
        manifest.check_place(self.place(history.document, history.kind.number), wanted)

    def current(self, document: str) -> tuple[Control, Manifest]:
        """A document's word and manifest now, both by its verified history. Raises VerificationError, ManifestRefused,
        LogChanged."""
        manifest = fetch_manifest(self.client, document)
        facts, history, _ = proven(self, document, self.node)
        self._check_manifest(manifest, history)
        return Control.unpack(facts.control), manifest

    def proven(self, document: str) -> History:
        """The document's history, verified from its signatures up, against the node where one is named."""
        return proven(self, document, self.node)[1]

    def is_away(self) -> bool:
        """Whether the gateway, or the node where one is named, answers nothing at all for now."""
        try:
            self.client.ledger()
            if self.node is not None:
                self.node.domain(self.domain.ledger)
        except PortledgerError:
            return True
        return False

    def control(self, document: str) -> Control:
        """The record's word now, by its verified history: whom keys and details are sealed to is decided by this, and
        not by what the gateway says of the record. Raises VerificationError, LogChanged."""
        facts, _, _ = proven(self, document, self.node)
        return Control.unpack(facts.control)

    def detail(self, entry: wire.HistoryEntry, document: str) -> dict[str, Any] | None:
        """The detail of an act; None when it has none, or none that was sealed to this party."""
        if entry.action is None or entry.details is None:
            return None
        place = self.place(bytes.fromhex(document), entry.action.kind)
        digest = bytes.fromhex(entry.action.detail)
        blob = self.client.get_blob(entry.details.detail_blob)
        for key in self.wallet.encryption:
            try:
                return details.open_detail(place, digest, blob, self.party, key)
            except GrantRefused:
                continue
        return None

    def place(self, document: bytes, kind: int) -> Place:
        return Place(self.ledger.chain_id, self.domain.ledger, document, kind)

    def relations(self, control: Control) -> list[str]:
        """What this party is to a record: issuer, possessor, endorsee, offeree."""
        return relations(control, self.party)

    def inbox(self) -> list[Turn]:
        """Every live document of the party with what it may do now; those that wait for it first."""
        roles = self.me().roles
        turns = [self._turn(record, roles) for record in self.client.documents()]
        live = [turn for turn in turns if turn.verbs]
        return sorted(live, key=lambda turn: (not turn.mine, -turn.record.updated_at))

    def _turn(self, record: wire.DocumentJson, roles: int) -> Turn:
        kind, control = self.kind(record.kind), wire.control_of(record)
        verbs = [
            verb
            for verb in kind.verbs_in(control.state)
            if (rule := kind.rule(control.state, verb)) and acts.may(rule, control, self.party, roles)
        ]
        return Turn(
            record,
            tuple(kind.verb_name(verb) for verb in verbs),
            tuple(self.relations(control)),
            acts.waits_for(kind, control, self.party, roles),
        )


def relations(control: Control, party: int) -> list[str]:
    """What a party is to a record, in the words of the kinds' readers. Under BEARER the possessor is endorsee too."""
    named = {
        "issuer": control.issuer,
        "possessor": control.possessor,
        "endorsee": control.endorsee,
        "offeree": control.offeree,
    }
    found = [name for name, holder in named.items() if holder == party]
    if control.offered_endorsee == party and "endorsee" not in found:
        found.append("endorsee")
    return found


def _host(url: str) -> str:
    return url.split("://", 1)[-1].split("/", 1)[0]
