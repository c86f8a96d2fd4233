"""All state, every head and every signature are rebuilt from the events alone, with all acts sent through a wrapper."""

from __future__ import annotations

from tests.contracts.calls import ENACT, PROPOSE, VETO
from tests.contracts.twin import ANYBODY, CONTENT, DETAIL, GOVERNOR, GUARDIAN, REGISTRAR, Twin, hexed

from portledger.domain.actions import Veto, document_id
from portledger.domain.calls_decode import call_digest
from portledger.domain.codes import DAY, FULL_SCOPE, ZERO
from portledger.domain.events import (
    ActionApplied,
    ActionRefused,
    Appointed,
    ChangeEnacted,
    ChangeProposed,
    ChangeVetoed,
    Frozen,
    KindDefined,
    LedgerEvent,
    NoteApplied,
    PartyChanged,
    Unfrozen,
)
from portledger.domain.hashing import abi_words, entry, keccak
from portledger.domain.model import freeze_digest, unfreeze_digest
from portledger.domain.parties import account_value
from portledger.domain.signatures import address_of, recover, sign, signers_word, split
from portledger.evidence.audit.replay import Auditor

NEW = keccak(b"new account")
ADD = account_value(address_of(NEW), FULL_SCOPE)


def story(twin: Twin) -> None:
    """Something of everything."""
    twin.wrap()
    document = twin.held("first")
    assert twin.do("NOTICE", "carrier", document, detail=DETAIL) is None
    assert twin.power(GUARDIAN, "freeze(bytes32,uint40,bytes32)", document, twin.time + DAY, DETAIL) is None
    assert twin.power(GOVERNOR, "unfreeze(bytes32)", document) is None
    twin.advance(60)
    stale = twin.act("ENDORSE", "shipper", document, endorsee="bank", previous=CONTENT)
    good = twin.act("ENDORSE", "shipper", document, endorsee="bank")
    assert [r is None for r in twin.batch([stale, good])] == [False, True]
    reference = keccak(b"certificate")
    certificate = document_id(0x0201, twin.members["shipper"].id, reference)
    assert twin.do("APPLY", "shipper", certificate, 0x0201, content=CONTENT, document_reference=reference,
                   counterparty="certifier") is None  # fmt: skip
    assert twin.do("CERTIFY", "certifier", certificate, 0x0201, content=CONTENT, endorsee="customs",
                   document_reference=keccak(b"number")) is None  # fmt: skip
    firm = twin.member("firm", 1, accounts=3, threshold=2)
    joint = document_id(0x0101, firm.id, CONTENT)
    assert twin.do("ISSUE", "firm", joint, content=CONTENT, document_reference=CONTENT, counterparty="shipper",
                   endorsee="shipper") is None  # fmt: skip
    assert twin.party_act(firm, 1, ADD, firm.keys[:2], consent_key=NEW) is None
    assert twin.party_act(firm, 2, account_value(firm.accounts[2])) is None
    removal = twin.newest_change()
    assert twin.power(REGISTRAR, PROPOSE, firm.id, 3, (1).to_bytes(32, "big")) is None
    change = twin.newest_change()
    signature = sign(Veto(firm.id, change).digest(twin.domain), firm.keys[2])
    assert twin.power(ANYBODY, VETO, change, signature) is None
    twin.advance(7 * DAY)
    assert twin.power(ANYBODY, ENACT, removal, b"") is None
    assert twin.power(REGISTRAR, "suspend(uint32,uint40)", firm.id, twin.time + DAY) is None
    assert twin.power(GOVERNOR, "appoint(uint8,address)", 3, hexed(CONTENT[12:])) is None
    twin.advance(7 * DAY)
    assert twin.power(CONTENT[12:], "accept(uint8)", 3) is None


class Rebuilt:
    """State from events, each head recomputed from what its event says."""

    def __init__(self, twin: Twin) -> None:
        self.twin = twin
        self.heads: dict[bytes, bytes] = {}
        self.notes: dict[bytes, bytes] = {}
        self.controls: dict[bytes, int] = {}
        self.parties: dict[int, PartyChanged] = {}
        self.accounts: dict[bytes, int] = {}
        self.changes: dict[bytes, list[int]] = {}
        self.log0 = self.ledger_head = ZERO
        self.holders = [GOVERNOR, REGISTRAR, GUARDIAN]

    def take(self, event: LedgerEvent) -> None:
        head = None
        if isinstance(event, ActionApplied | NoteApplied):
            head = self._act(event)
        elif isinstance(event, Frozen):
            digest = freeze_digest(event.document, event.until, event.reason)
            head = self._control(event.document, digest, event.control, signers_word([event.sender]), event.time)
        elif isinstance(event, Unfrozen):
            digest = unfreeze_digest(event.document)
            head = self._control(event.document, digest, event.control, signers_word([event.sender]), event.time)
        elif isinstance(event, PartyChanged):
            head = self._party(event)
        elif isinstance(event, KindDefined):
            head = self._consortium(call_digest(event.call), event, event.kind, event.kind_digest)
        elif isinstance(event, Appointed):
            if event.ready_at == 0:
                self.holders[event.power - 1] = event.account
            name = "accept(uint8)" if event.ready_at == 0 else "appoint(uint8,address)"
            arguments = (event.power,) if event.ready_at == 0 else (event.power, event.account)
            call = keccak(name.encode())[:4] + abi_words(*arguments)
            head = self._consortium(call_digest(call), event, 0, ZERO)
        elif isinstance(event, ChangeProposed):
            self.changes[event.change_id] = [event.party, event.what, event.source, event.time, event.ready_at, 0]
        elif isinstance(event, ChangeVetoed | ChangeEnacted):
            self.changes[event.change_id][5] = 1
        if head is not None:
            assert head == event.head  # type: ignore[attr-defined]
            self.ledger_head = keccak(self.ledger_head, head)

    def _act(self, event: ActionApplied | NoteApplied) -> bytes:
        action = event.signed(self.heads.get(event.document, ZERO)).action
        words = self.twin.model.intent_hash(action.kind, action.verb)
        assert action.digest_with(self.twin.domain, words) == event.digest
        signers = [recover(event.digest, signature) for signature in split(event.signatures)]
        assert all(self.accounts_of(action.actor, signer) for signer in signers)
        word = signers_word(signers)
        if isinstance(event, ActionApplied):
            return self._control(event.document, event.digest, event.control, word, event.time)
        result = keccak(abi_words(self.heads[event.document], self.controls[event.document]))
        head = entry(self.notes.get(event.document, ZERO), event.digest, result, word, event.time)
        self.notes[event.document] = head
        return head

    def accounts_of(self, party: int, signer: bytes) -> bool:
        return self.twin.model.accounts[signer].party == party

    def _control(self, document: bytes, digest: bytes, control: int, signers: bytes, time: int) -> bytes:
        head = entry(self.heads.get(document, ZERO), digest, control.to_bytes(32, "big"), signers, time)
        self.heads[document], self.controls[document] = head, control
        return head

    def _party(self, event: PartyChanged) -> bytes:
        before = self.parties.get(event.party)
        result = keccak(abi_words(event.party_word, event.profile, event.encryption_key, event.account_word))
        self.parties[event.party] = event
        return entry(before.head if before else ZERO, event.digest, result, event.signers, event.time)

    def _consortium(self, digest: bytes, event: KindDefined | Appointed, kind: int, kind_digest: bytes) -> bytes:
        result = keccak(abi_words(*self.holders, kind, kind_digest))
        self.log0 = entry(self.log0, digest, result, signers_word([event.sender]), event.time)
        return self.log0


def test_everything_is_rebuilt_from_events_alone(twin: Twin) -> None:
    story(twin)
    found = twin.events()
    kinds_of_events = {type(event) for event in found}
    assert kinds_of_events == {
        ActionApplied, NoteApplied, ActionRefused, Frozen, Unfrozen, PartyChanged, ChangeProposed, ChangeVetoed,
        ChangeEnacted, KindDefined, Appointed,
    }  # fmt: skip
    state = Rebuilt(twin)
    for event in found:
        state.take(event)
    assert state.ledger_head == twin.read("ledgerHead()")
    assert state.log0 == twin.read("partyHead(uint32)", 0)
    for document, head in state.heads.items():
        assert twin.read("head(bytes32)", document) == head
        assert twin.number("control(bytes32)", document) == state.controls[document]
        assert twin.read("notesHead(bytes32)", document) == state.notes.get(document, ZERO)
    assert len(state.parties) == twin.number("lastParty()")
    for party, event in state.parties.items():
        assert twin.number("party(uint32)", party) == event.party_word
        assert twin.read("partyHead(uint32)", party) == event.head
        assert twin.read("profile(uint32)", party) == event.profile
        assert twin.read("encryptionKey(uint32)", party) == event.encryption_key
    for change, (party, what, source, proposed, ready, dead) in state.changes.items():
        packed = party | what << 32 | source << 40 | proposed << 48 | ready << 88 | dead << 128
        assert twin.number("changes(bytes32)", change) == packed
    assert [twin.read(f"{name}()")[12:] for name in ("governor", "registrar", "guardian")] == state.holders


def test_the_audit_follows_everything_that_the_contract_did(twin: Twin) -> None:
    """The contract's events, carried through a wrapper, lead the auditor's model to the contract's ledgerHead."""
    story(twin)
    auditor = Auditor(twin.domain, (GOVERNOR, REGISTRAR, GUARDIAN), twin.first_block)
    for event in twin.events():
        auditor.take(event)
    auditor.finish(twin.read("ledgerHead()"), 2**40)
    for document, control, _, _ in auditor.ledger.documents_now():
        assert twin.number("control(bytes32)", document) == control.pack()
        assert twin.read("notesHead(bytes32)", document) == auditor.ledger.notes_head_of(document)
    for party in auditor.ledger.parties:
        assert twin.read("partyHead(uint32)", party) == auditor.ledger.party_heads[party]
