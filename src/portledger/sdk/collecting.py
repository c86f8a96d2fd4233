"""k of n: an act waits at the gateway, sealed to the party, until enough of its officers have signed it.

What comes back is believed in nothing. Anybody can seal to the party's public key, so each officer's machine computes
the digest anew from the act, opens what the act writes and says, compares the head with the verified history, and
counts only signatures of accounts that may sign it. An account counts once, however often it signs.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from portledger.domain.actions import Action, SignedAction, document_id
from portledger.domain.codes import ZERO
from portledger.domain.errors import (
    EpochPassed,
    Expired,
    InvalidInput,
    NoRule,
    PortledgerError,
    ScopeMissing,
    SignaturesRefused,
    StalePrevious,
)
from portledger.domain.kinds import KindFile
from portledger.domain.records import Control
from portledger.domain.refusals import Conflict, NotFound, PreconditionFailed
from portledger.domain.signatures import address_of, sign, split
from portledger.domain.table import Rule
from portledger.domain.vault_errors import GrantRefused, NotCanonical
from portledger.domain.verification_errors import VerificationError
from portledger.evidence import reference
from portledger.evidence.history import Act, History
from portledger.formats import api_json as wire
from portledger.sdk import content_rules, trust
from portledger.sdk.errors import (
    UNDECIDED,
    KeyMissing,
    LogChanged,
    NoGrant,
    NotInHistory,
    TooLargeToWait,
    WaitingRefused,
)
from portledger.sdk.opening import fetch_manifest
from portledger.sdk.session import Done, Session, accounts_of
from portledger.sdk.signing import Prepared, Unsigned
from portledger.sdk.verification import content_of, proven
from portledger.vault import details, manifest
from portledger.vault.canonical import decode_canonical, encode
from portledger.vault.contents import SealedContent, open_content
from portledger.vault.details import SealedDetail
from portledger.vault.grants import seal_to
from portledger.vault.padding import pad, unpad
from portledger.vault.wire import bytes_of_base64, with_members

SCHEMA: Final = "portledger/waiting-act/1"
LABEL: Final = b"portledger/waiting-act/1"
WAITING: Final = "waiting"
"""The status of an act that has too few signatures to be submitted."""
_NAMES: Final = frozenset({"schema", "action", "manifest", "contents", "detail"})
_ATTEMPTS: Final = 8
"""How often an officer's signature is added anew because others were faster; each time one of them got through."""


@dataclass(frozen=True, slots=True)
class Collected:
    """A waiting act, opened and checked. signatures: account (20 bytes) -> 65 bytes, only those that count; detail: the
    act's opened detail."""

    tag: str
    act: Unsigned
    signatures: Mapping[bytes, bytes] = field(repr=False)
    detail: dict[str, Any] | None = field(default=None, repr=False)

    @property
    def digest(self) -> str:
        return self.act.digest.hex()

    @property
    def missing(self) -> int:
        """How many more signatures it needs."""
        return max(0, self.act.needed - len(self.signatures))


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of what waits. digest: 64 hex; deadline: unix seconds, as the gateway says; problem: why it can not be
    signed any more, None where it can."""

    digest: str
    deadline: int
    found: Collected | None = None
    problem: PortledgerError | None = None


class Collecting(Session):
    """A session whose acts may wait for other officers of the party."""

    collects: bool = False
    """An act for which the wallet holds too few accounts waits for other officers, instead of being refused."""
    _seen: tuple[Any, Mapping[str, Waiting]] = (None, {})
    """What `waiting` opened last, by digest, and what the party was then."""

    def finish(self, unsigned: Unsigned, *, wait: bool = True) -> Done:
        if self.collects and self.lacks(unsigned):
            return self.propose(unsigned)
        return super().finish(unsigned, wait=wait)

    def lacks(self, unsigned: Unsigned, given: Iterable[bytes] = ()) -> int:
        """How many signatures of other officers the act needs besides all that this wallet can make.

        given: signatures made elsewhere, 65 bytes each. Raises SignaturesRefused, ScopeMissing for those.
        """
        here = {address_of(key) for key in self._own(unsigned)} | {unsigned.signer(one) for one in given}
        return max(0, unsigned.needed - len(here))

    def _own(self, unsigned: Unsigned) -> list[bytes]:
        """The wallet's keys whose accounts may sign, the own file's first; each account once."""
        able = set(unsigned.able)
        known = dict.fromkeys((*self.wallet.keys.accounts, *self.wallet.co_signers))
        return [key for key in known if address_of(key) in able]

    # --- the first officer -----------------------------------------------------------------------------------------

    def propose(self, unsigned: Unsigned, given: Sequence[bytes] = (), *, own: Collection[bytes] | None = None) -> Done:
        """Signs with what this wallet has, and lets the act wait for the rest. Again is as once.

        given: signatures made elsewhere, 65 bytes each; own: the wallet's accounts (20 bytes) that sign, None = all
        that may. Raises SignaturesRefused, ScopeMissing for the ones given, KeyMissing when there are none and no
        account of the wallet may sign it.
        """
        signatures = self._with_own(unsigned, {}, given, own)
        if not signatures:
            raise _nobody(unsigned)
        try:
            self._put(unsigned, signatures, None)
        except PreconditionFailed:  # it waits already: with this officer's signature it waits on
            return self.cosign(unsigned.digest.hex(), given, sends=False, own=own)
        return _waits(unsigned, len(signatures))

    def _put(self, act: Unsigned, signatures: Mapping[bytes, bytes], tag: str | None) -> None:
        me = self._recipient(self.party)
        text = encode(_body(act, signatures))
        sealed = seal_to(me.public, me.ledger_digest, pad(text), self._info(act.digest))
        if len(sealed) > wire.MAX_WAITING_BYTES:
            raise TooLargeToWait(f"an act of {len(sealed)} sealed bytes", f"at most {wire.MAX_WAITING_BYTES} bytes")
        self.client.put_waiting(act.digest.hex(), sealed, act.action.deadline, tag=tag, blobs=act.attachments)

    def _info(self, digest: bytes) -> bytes:
        domain = self.domain
        members = {"chainId": domain.chain_id, "ledger": domain.ledger.hex(), "party": self.party}
        return LABEL + b"\0" + encode({**members, "digest": digest.hex()})

    # --- the others ------------------------------------------------------------------------------------------------

    def waiting(self, heads: Mapping[str, str] | None = None) -> list[Waiting]:
        """Everything of this party that waits, what ends first first; each opened and checked, or with what is wrong.

        What another officer has completed meanwhile is left out, and what he left undone after it is done. heads: of
        the party's documents as the gateway tells them now (64 hex each); where they are given, what this session
        opened before of the same bytes is told again as long as neither its document nor the party changed since: for
        a list that is asked for often. What is signed is opened anew.
        """
        lines = []
        me = self.me()
        party = (me.epoch, me.threshold, accounts_of(me))
        seen = self._seen[1] if self._seen[0] == party and heads is not None else {}
        for one in self.client.waiting():
            known = seen.get(one.digest)
            if known is not None and self._stands(known, one, heads or {}):
                lines.append(known)
                continue
            try:
                lines.append(Waiting(one.digest, one.deadline, self.collected(one.digest)))
            except NotFound:
                continue
            except PortledgerError as problem:
                status = self._status(one.digest)
                if status in ("", "refused"):
                    if not (status and isinstance(problem, Expired)):  # the gateway keeps longer what was submitted
                        lines.append(Waiting(one.digest, one.deadline, problem=problem))
                    continue
                with suppress(PortledgerError):
                    self._finish_sent(one.digest)
        self._seen = party, {line.digest: line for line in lines}
        return lines

    def _stands(self, known: Waiting, told: wire.WaitingJson, heads: Mapping[str, str]) -> bool:
        """Whether what was opened before is what is told now, of a document that is where it was."""
        if known.found is None or (known.found.tag, known.deadline) != (told.tag, told.deadline):
            return False
        action = known.found.act.action
        head = heads.get(action.document.hex(), ZERO.hex())
        return action.deadline > self.now() and head == action.previous.hex()

    def collected(self, digest: str) -> Collected:
        """One waiting act (64 hex), opened and checked anew.

        Raises NotFound, WaitingRefused, VaultError, Expired, EpochPassed, StalePrevious, NoRule, VerificationError
        (among them ReferenceRefused).
        """
        return self._checked(digest, self.client.waiting_act(digest))

    def cosign(
        self,
        digest: str,
        given: Sequence[bytes] = (),
        *,
        sends: bool = True,
        own: Collection[bytes] | None = None,
        wait: bool = True,
    ) -> Done:
        """Adds this officer's signatures; with enough of them the act is sent, and waits no longer.

        given, own: as of `propose`; sends: False only adds; wait: False sends it and leaves the rest, which is to be
        final and to give the keys, to whoever repeats this. Safe to repeat: an act that is on the ledger is told as
        done. Raises what `collected` raises, SignaturesRefused and ScopeMissing for the ones given, and KeyMissing
        when every account of this wallet that may sign has signed.
        """
        for _ in range(_ATTEMPTS):
            try:
                found = self.collected(digest)
            except (NotFound, StalePrevious, Expired, EpochPassed, NoRule):
                done = self._done_before(digest)
                if done is None:
                    raise
                return done
            signatures = self._with_own(found.act, found.signatures, given, own)
            if sends and len(signatures) == len(found.signatures) < found.act.needed:
                raise _nobody(found.act, signatures)
            if sends and len(signatures) >= found.act.needed:
                return self._send_collected(found.act, signatures, wait)
            try:
                if len(signatures) > len(found.signatures):
                    self._put(found.act, signatures, found.tag)
            except PreconditionFailed:
                continue
            return _waits(found.act, len(signatures))
        raise PreconditionFailed(f"{_ATTEMPTS} changes by others", "a moment without one", "Sign once more.")

    def _with_own(
        self, act: Unsigned, have: Mapping[bytes, bytes], given: Sequence[bytes], own: Collection[bytes] | None
    ) -> dict[bytes, bytes]:
        """By account: what there is, what is given, and of the wallet's own as many as are missing then."""
        signatures = {**have, **{act.signer(one): one for one in given}}
        keys = [key for key in self._own(act) if own is None or address_of(key) in own]
        left = [key for key in keys if address_of(key) not in signatures]
        for key in left[: max(0, act.needed - len(signatures))]:
            signatures[address_of(key)] = sign(act.digest, key)
        return signatures

    def _send_collected(self, act: Unsigned, signatures: Mapping[bytes, bytes], wait: bool) -> Done:
        done = self.send(act.signed(list(signatures.values())[: act.needed]), wait=wait)
        if wait:
            self.client.delete_waiting(act.digest.hex(), submitted=True)
        return done

    def stop_waiting(self, digest: str) -> None:
        """Any officer withdraws an act. Again is as once; signatures that others have seen stay valid until its
        deadline, or until something else happens to the document. Raises Conflict for one that was sent: what lies here
        may be the only copy of its contents' keys until they are given."""
        status = self._status(digest)
        if status not in ("", "refused"):
            raise Conflict("an act that was sent", "one that still waits", "Look at the document: it is on its way.")
        self.client.delete_waiting(digest, submitted=status == "refused")

    def is_sent(self, digest: str) -> bool:
        """Whether an act (64 hex) is on the ledger or on its way there."""
        return self._status(digest) not in ("", "refused")

    def _status(self, digest: str) -> str:
        """Of an act that was submitted; empty where it was not."""
        with suppress(NotFound):
            return self.client.status(digest).status
        return ""

    def is_refused(self, digest: str) -> bool:
        """Whether the gateway says that an act (64 hex) is neither on the ledger nor on its way there. False where it
        does not say."""
        try:
            return not self.is_sent(digest)
        except PortledgerError:
            return False

    def _finish_sent(self, digest: str) -> None:
        """Gives the keys of an act that is final and whose sender went away before it gave them; once in a session, for
        whatever keeps them from a party is likely to do so again."""
        tried: set[str] = self.__dict__.setdefault("_finished", set())
        if digest not in tried and self.client.status(digest).status == "final":
            tried.add(digest)
            try:
                self._done_before(digest)
            except (*UNDECIDED, VerificationError, LogChanged):  # answers of two moments do not fit together
                tried.discard(digest)
                raise

    def _done_before(self, digest: str) -> Done | None:
        """The act as done, where it was sent already; its keys are given, should who sent it not have come to that."""
        if not self.is_sent(digest):
            return None
        status = self._until_final(digest)
        document = status.document or ""
        facts, history, _ = proven(self, document, self.node)
        found = [one for one in (*history.entries, *history.notes)
                 if isinstance(one, Act) and one.digest.hex() == digest]  # fmt: skip
        if not found:
            raise NotInHistory(f"an act said to be done that document {document} does not have", "its entry there")
        before, now = _before(history, found[0]), Control.unpack(facts.control)
        left = self._left_over(digest, before, now)
        if left is not None:
            self._give_keys_in(left, now, self._given(document))
            # What lies here may be the only copy of the keys: it goes when they are given, and stays, for a week
            # after its deadline, for an officer whose key file opens it.
            self.client.delete_waiting(digest, submitted=True)
        elif found[0].action.content == content_of(history, now.version) and not self._has_keys(document, history):
            raise NoGrant("an act on the ledger whose contents' keys nobody of your party has", "its keys, given",
                          "Whoever sent it may still have them, and gives them by sending it again.")  # fmt: skip
        return Done(document, history.kind.verb_name(found[0].action.verb), digest, status)

    def _has_keys(self, document: str, history: History) -> bool:
        """Whether the party was given all keys of the newest contents; this officer's key file may open none."""
        manifest = fetch_manifest(self.client, document)
        self._check_manifest(manifest, history)
        grants = self.client.grants(document)
        own = {(one.dataset, one.sealed_version) for one in grants if one.recipient == self.party}
        return all((name, manifest.entry(name).sealed_version) in own for name in manifest.names())

    def _left_over(self, digest: str, before: Control, now: Control) -> Prepared | None:
        """An act whose sender may have died before giving the keys: of what it wrote, or to whom it brought in. None
        where what waited is gone. before, now: the record before the act, and as it is. Raises WaitingRefused and
        VaultError where it does not open."""
        try:
            kept = self.client.waiting_act(digest)
        except NotFound:
            return None
        members, action, _ = self._opened(digest, kept)
        kind, content = self.kind(action.kind), None
        if members["manifest"] is not None and now.version == manifest.parse(members["manifest"]).version:
            content = self._content(members, action, kind, None)
        return Prepared(SignedAction(action, b""), bytes.fromhex(digest), kind.verb_name(action.verb), kind, before,
                        content)  # fmt: skip

    # --- checking --------------------------------------------------------------------------------------------------

    def _opened(self, digest: str, kept: wire.WaitingAct) -> tuple[dict[str, Any], Action, list[bytes]]:
        """The members, the act and its signatures as they were sealed; the act is the one of this digest, of this
        party. Raises WaitingRefused, GrantRefused."""
        sealed, wanted = wire.base64_bytes(kept.sealed, "$.sealed"), bytes.fromhex(digest)
        try:
            members = with_members(decode_canonical(unpad(self._unsealed(sealed, wanted))), _NAMES, "waiting act",
                                   NotCanonical)  # fmt: skip
            if members["schema"] != SCHEMA:
                raise WaitingRefused(str(members["schema"])[:60], SCHEMA)
            signed = wire.signed_action(wire.decode(encode(members["action"]), wire.SignedActionJson))
            action = signed.action
            own = action.digest(self.domain, self.kind(action.kind).intent(action.verb))
        except (NotCanonical, InvalidInput) as error:
            raise WaitingRefused(error.found, error.allowed) from error
        if own != wanted or action.actor != self.party:
            raise WaitingRefused(f"an act with digest {own.hex()} of party {action.actor}", f"{digest} of your party")
        return members, action, split(signed.signatures)

    def _unsealed(self, sealed: bytes, digest: bytes) -> bytes:
        for key in self.wallet.encryption:
            with suppress(GrantRefused):
                return key.open(sealed, self._info(digest))
        raise WaitingRefused("sealed bytes that your keys do not open", "what an officer of your party sealed")

    def _checked(self, digest: str, kept: wire.WaitingAct) -> Collected:
        members, action, signatures = self._opened(digest, kept)
        kind, me = self.kind(action.kind), self.me()
        if action.deadline <= self.now():
            raise Expired(deadline=action.deadline, time=self.now())
        if action.epoch != me.epoch:
            raise EpochPassed(party=self.party, given=action.epoch, current=me.epoch)
        before, rule = self._standing(action, kind)
        content = self._content(members, action, kind, before)
        if (content is not None) != rule.writes_content:
            raise WaitingRefused("content where the act writes none, or none where it does", "what the act writes")
        if content is not None:
            self._check_rules(kind, action, content)
        box, detail = self._detail(members, action, kind)
        act = Unsigned(
            action=action,
            domain=self.domain,
            verb=kind.verb_name(action.verb),
            kind=kind,
            before=before,
            scope=rule.scope,
            needed=me.threshold if rule.critical else 1,
            accounts=accounts_of(me),
            content=content,
            detail=box,
            attachments=content_rules.files(kind, content.opened) if content else (),
        )
        counted: dict[bytes, bytes] = {}
        for one in signatures:
            with suppress(SignaturesRefused, ScopeMissing):
                counted[act.signer(one)] = one
        if not counted:
            raise WaitingRefused("no signature of an account of your party that may sign it", "one at least")
        return Collected(kept.tag, act, counted, detail)

    def _standing(self, action: Action, kind: KindFile) -> tuple[Control, Rule]:
        """What the record is before the act, by its verified history, and the row. Raises StalePrevious, NoRule."""
        document, before, head = action.document, Control(), ZERO
        if action.previous != ZERO or self.exists(document.hex()):
            facts, history, _ = proven(self, document.hex(), self.node)
            before, head = Control.unpack(facts.control), facts.head
            if history.kind.number != action.kind:
                raise WaitingRefused(f"an act of kind {action.kind}", f"kind {history.kind.number}, the document's")
        elif document != document_id(action.kind, self.party, action.document_reference):
            raise WaitingRefused(f"document {document.hex()}", "the id that the act's reference makes")
        if action.previous != head:
            raise StalePrevious(document=document, given=action.previous, head=head)
        rule = kind.rule(before.state, action.verb)
        if rule is None:
            raise NoRule(kind=action.kind, state=before.state, verb=action.verb)
        return before, rule

    def _content(
        self, members: Mapping[str, Any], action: Action, kind: KindFile, before: Control | None
    ) -> SealedContent | None:
        """What the act writes, opened. before: None where it is on the ledger already."""
        if members["manifest"] is None:
            return None
        made = manifest.parse(members["manifest"])
        made.check_content(action.content)
        made.check_place(self.place(action.document, action.kind), None if before is None else before.version + 1)
        made.check_datasets([one.name for one in kind.datasets])
        if not isinstance(members["contents"], dict):
            raise WaitingRefused("contents that are no object", "the datasets that the act writes")
        keys, blobs = {}, {}
        for name, one in members["contents"].items():
            parts = with_members(one, frozenset({"key", "blob"}), f"contents/{name}", NotCanonical)
            keys[name] = bytes_of_base64(parts["key"], f"contents/{name}", NotCanonical)
            blobs[made.entry(name).ciphertext_sha256] = bytes_of_base64(parts["blob"], f"contents/{name}", NotCanonical)
        opened = open_content(made, keys, blobs)
        kept = [name for name in made.names() if name not in opened]
        if kept and before is not None:
            now = self.open(action.document.hex())
            made.check_successor_of(now.manifest)
            for name in kept:
                if name not in now.opened or made.entry(name) != now.manifest.entry(name):
                    raise WaitingRefused(f"dataset {name} that does not open", "every dataset, to be read before")
                opened[name] = now.opened[name]
        return SealedContent(made, keys, blobs, {name: opened[name] for name in made.names() if name in opened})

    def _check_rules(self, kind: KindFile, action: Action, content: SealedContent) -> None:
        """What the first officer's machine held the content to, held to it again: the schemas, the kind's checks, and
        of a new document that its number is the one of its reference. Raises WaitingRefused, ReferenceRefused."""
        values = {name: one.value for name, one in content.opened.items()}
        header = values.get("header", {})
        certified = kind.family != content_rules.CERTIFICATES or "certificateNumber" in header
        try:
            content_rules.check(kind, values, certified=certified)
        except InvalidInput as error:
            raise WaitingRefused(f"{error.where}: {error.found}", error.allowed) from error
        if action.previous == ZERO:
            reference.created(kind.family, action, header, self._own_profile)

    def _own_profile(self, party: int) -> dict[str, Any] | None:
        return trust.profile(self.client, self.domain, party, self.known, self.node)

    def _detail(
        self, members: Mapping[str, Any], action: Action, kind: KindFile
    ) -> tuple[SealedDetail | None, dict[str, Any] | None]:
        if (members["detail"] is not None) != (action.detail != ZERO):
            raise WaitingRefused("a detail where the act has none, or none where it has", "the act's detail")
        if members["detail"] is None:
            return None, None
        blob, place = (
            bytes_of_base64(members["detail"], "detail", NotCanonical),
            self.place(action.document, kind.number),
        )
        for key in self.wallet.encryption:
            with suppress(GrantRefused):
                return SealedDetail(action.detail, blob), details.open_detail(
                    place, action.detail, blob, self.party, key
                )
        raise WaitingRefused("a detail that your keys do not open", "one that is sealed to your party")


def _before(history: History, act: Act) -> Control:
    """The record before an act of a verified history; of a note, which changes nothing, the one it speaks about."""
    if act not in history.entries:
        return Control.unpack(act.control)
    number = history.entries.index(act)
    return Control.unpack(history.entries[number - 1].control) if number else Control()


def _body(act: Unsigned, signatures: Mapping[bytes, bytes]) -> dict[str, Any]:
    joined = b"".join(signatures[one] for one in sorted(signatures))
    action = json.loads(wire.encode(wire.signed_action_json(SignedAction(act.action, joined))))
    content = act.content
    contents = {}
    for name, key in (content.keys if content else {}).items():
        assert content is not None
        blob = content.blobs[content.manifest.entry(name).ciphertext_sha256]
        contents[name] = {"key": wire.base64_text(key), "blob": wire.base64_text(blob)}
    return {
        "schema": SCHEMA,
        "action": action,
        "manifest": content.manifest.members() if content else None,
        "contents": contents,
        "detail": wire.base64_text(act.detail.blob) if act.detail else None,
    }


def _waits(act: Unsigned, signatures: int) -> Done:
    document, digest = act.action.document.hex(), act.digest.hex()
    status = wire.ActionStatus(digest, WAITING, document)
    return Done(document, act.verb, digest, status, max(0, act.needed - signatures))


def _nobody(act: Unsigned, signed: Mapping[bytes, bytes] | None = None) -> KeyMissing:
    have = ", ".join(f"0x{one.hex()}" for one in sorted(signed or {})) or "nobody"
    return KeyMissing(
        f"key files without a further account that may sign this (signed: {have})",
        f"{act.needed} different accounts of the party with that scope",
        "Another officer signs, with a key file that holds another account: an account never counts twice.",
    )
