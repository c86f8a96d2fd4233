"""execute: the numbered checks in their order, each with its typed error; what follows from an applied act."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.contracts.twin import ANYBODY, CONTENT, DETAIL, GUARDIAN, REGISTRAR, Twin, hexed

from portledger.chain.encoding import execute
from portledger.domain.actions import SignedAction, document_id
from portledger.domain.codes import BEARER, DAY, FULL_SCOPE, ZERO, PartyAct, Scope
from portledger.domain.errors import (
    BadParameter,
    CounterFull,
    DeadlineTooFar,
    EpochPassed,
    Expired,
    KindMismatch,
    KindUnknown,
    NoRule,
    NotAllowed,
    NoteRepeated,
    NumberTaken,
    PartyInactive,
    RecordFrozen,
    RoleMissing,
    ScopeMissing,
    SignaturesRefused,
    StalePrevious,
    WrongDocumentId,
)
from portledger.domain.hashing import keccak
from portledger.domain.signatures import sign


def test_a_bill_is_issued_and_accepted(twin: Twin) -> None:
    document = twin.held("first")
    standing = twin.model.document(document).standing
    assert twin.number("control(bytes32)", document) == standing.control.pack()
    assert twin.read("head(bytes32)", document) == standing.head
    assert standing.control.possessor == standing.control.endorsee == twin.members["shipper"].id


def test_terms_with_a_bit_above_the_216_are_refused(twin: Twin) -> None:
    document = twin.held("first")
    signed = twin.act("ENDORSE", "shipper", document, endorsee="bank")
    data = bytearray(execute(signed))
    at = 4 + 32 + 5 * 32
    data[at + 4] = 1  # bit 216
    found = int.from_bytes(data[at : at + 32], "big")
    assert twin.tried(ANYBODY, bytes(data)) == BadParameter(parameter=0, found=found, allowed=(1 << 216) - 1)


def test_a_deadline_is_good_to_its_last_second_and_no_longer(twin: Twin) -> None:
    document = twin.held("first")
    now = twin.time
    last = twin.act("ENDORSE", "shipper", document, endorsee="bank", deadline=now)
    late = twin.act("ENDORSE", "shipper", document, endorsee="bank", deadline=now - 1)
    assert twin.execute(late) == Expired(deadline=now - 1, time=now)
    assert twin.execute(last) is None


def test_a_deadline_lies_at_most_thirty_days_ahead(twin: Twin) -> None:
    document = twin.held("first")
    latest = twin.time + 30 * DAY
    assert twin.do("ENDORSE", "shipper", document, endorsee="bank", deadline=latest + 1) == DeadlineTooFar(
        deadline=latest + 1, latest=latest
    )
    assert twin.do("ENDORSE", "shipper", document, endorsee="bank", deadline=latest) is None


def test_a_record_keeps_its_kind(twin: Twin) -> None:
    document = twin.held("first")
    assert twin.do("REMARK", "shipper", document, 0x0102, detail=DETAIL) == KindMismatch(given=0x0102, recorded=0x0101)


def test_an_undefined_kind_is_unknown(twin: Twin) -> None:
    signed = twin.sign(twin.action(0x0999, 1, 1, ZERO))
    assert twin.execute(signed) == KindUnknown(kind=0x0999)


def test_a_state_without_a_row_for_the_verb_refuses_it(twin: Twin) -> None:
    document = twin.issued("first")
    refused = twin.do("ENDORSE", "shipper", document, endorsee="bank")
    state = twin.model.document(document).standing.control.state
    verb = 6 if not isinstance(refused, NoRule) else refused.verb
    assert refused == NoRule(kind=0x0101, state=state, verb=verb)


def test_a_frozen_record_takes_notes_and_no_control_act(twin: Twin) -> None:
    document = twin.held("first")
    until = twin.time + 5 * DAY
    assert twin.power(GUARDIAN, "freeze(bytes32,uint40,bytes32)", document, until, DETAIL) is None
    assert twin.do("ENDORSE", "shipper", document, endorsee="bank") == RecordFrozen(document=document, until=until)
    assert twin.do("NOTICE", "carrier", document, detail=DETAIL) is None
    twin.advance(5 * DAY)
    assert twin.do("ENDORSE", "shipper", document, endorsee="bank") is None
    assert not twin.model.document(document).standing.control.frozen


def test_a_document_id_follows_from_family_creator_and_reference(twin: Twin) -> None:
    carrier, reference = twin.members["carrier"].id, keccak(b"x")
    wrong = keccak(b"wrong")
    assert twin.do(
        "ISSUE", "carrier", wrong, content=CONTENT, document_reference=reference, counterparty="shipper", endorsee=2
    ) == WrongDocumentId(given=wrong, expected=document_id(0x0101, carrier, reference))


def test_an_actor_must_be_registered_not_suspended_and_not_locked(twin: Twin) -> None:
    document = twin.held("first")
    verb = twin.act("REMARK", "shipper", document, detail=DETAIL).action.verb
    for nobody in (0, 99, BEARER):
        unknown = twin.sign(twin.action(0x0101, verb, nobody, document, detail=DETAIL))
        assert twin.execute(unknown) == PartyInactive(party=nobody, why=1)
    shipper = twin.members["shipper"]
    with twin.undone():
        assert twin.power(REGISTRAR, "suspend(uint32,uint40)", shipper.id, twin.time + DAY) is None
        assert twin.do("REMARK", "shipper", document, detail=DETAIL) == PartyInactive(party=shipper.id, why=2)
    assert twin.party_act(shipper, PartyAct.LOCK) is None
    assert twin.do("REMARK", "shipper", document, detail=DETAIL) == PartyInactive(party=shipper.id, why=3)


def test_a_stopped_party_is_named_nowhere_and_keeps_what_it_holds_and_is_owed(twin: Twin) -> None:
    document, shipper, bank = twin.held("first"), twin.members["shipper"], twin.members["bank"]

    def suspend(party: int) -> None:
        assert twin.power(REGISTRAR, "suspend(uint32,uint40)", party, twin.time + DAY) is None

    with twin.undone():
        suspend(bank.id)
        for verb, named in (("OFFER", {"counterparty": "bank"}), ("ENDORSE", {"endorsee": "bank"})):
            assert twin.do(verb, "shipper", document, **named) == PartyInactive(party=bank.id, why=2)
    with twin.undone():
        assert twin.party_act(bank, PartyAct.LOCK) is None
        for verb, named in (("OFFER", {"counterparty": "bank"}), ("ENDORSE", {"endorsee": "bank"})):
            assert twin.do(verb, "shipper", document, **named) == PartyInactive(party=bank.id, why=3)
    assert twin.do("OFFER", "shipper", document, counterparty="bank", endorsee="bank") is None
    with twin.undone():
        suspend(shipper.id)
        assert twin.do("ACCEPT", "bank", document, counterparty="shipper", endorsee="bank") is None
    suspend(bank.id)
    accept = twin.do("ACCEPT", "bank", document, counterparty="shipper", endorsee="bank")
    assert accept == PartyInactive(party=bank.id, why=2)
    twin.advance(DAY)
    assert twin.do("ACCEPT", "bank", document, counterparty="shipper", endorsee="bank") is None
    control = twin.model.document(document).standing.control
    assert control.possessor == control.endorsee == bank.id


def test_a_passed_epoch_and_a_coming_one_are_refused(twin: Twin) -> None:
    document, shipper = twin.held("first"), twin.members["shipper"]
    old = twin.act("REMARK", "shipper", document, detail=DETAIL)
    coming = twin.act("REMARK", "shipper", document, detail=DETAIL, epoch=2)
    assert twin.execute(coming) == EpochPassed(party=shipper.id, given=2, current=1)
    assert twin.party_act(shipper, PartyAct.BUMP_EPOCH) is None
    assert twin.execute(old) == EpochPassed(party=shipper.id, given=1, current=2)
    assert twin.execute(coming) is None


def test_a_row_asks_for_a_role_of_the_actor_and_of_the_counterparty(twin: Twin) -> None:
    bank, reference = twin.members["bank"].id, keccak(b"x")
    issued = twin.do(
        "ISSUE", "bank", document_id(0x0101, bank, reference), content=CONTENT, document_reference=reference,
        counterparty="shipper", endorsee=2,
    )  # fmt: skip
    assert isinstance(issued, RoleMissing)
    assert issued.party == bank
    document = twin.held("first")
    switch = twin.do("SWITCH_PLATFORM", "shipper", document, counterparty="bank", detail=DETAIL)
    assert isinstance(switch, RoleMissing)
    assert switch.party == bank
    assert twin.do("SWITCH_PLATFORM", "shipper", document, counterparty="platform", detail=DETAIL) is None


def test_only_who_stands_to_the_record_as_the_row_says_may_act(twin: Twin) -> None:
    document = twin.held("first")
    bank = twin.members["bank"].id
    assert twin.do("REMARK", "bank", document, detail=DETAIL) == NotAllowed(actor=bank, who=2)
    assert twin.do("VOID", "shipper", document, detail=DETAIL) == NotAllowed(actor=2, who=3)


@pytest.mark.parametrize(
    ("verb", "actor", "values", "error"),
    [
        ("OFFER", "shipper", {"counterparty": 1}, BadParameter(parameter=1, found=1, allowed=0)),
        ("OFFER", "shipper", {"counterparty": 2}, BadParameter(parameter=1, found=2, allowed=0)),
        ("OFFER", "shipper", {"counterparty": 0}, PartyInactive(party=0, why=1)),
        ("OFFER", "shipper", {"counterparty": BEARER}, PartyInactive(party=BEARER, why=1)),
        ("OFFER", "shipper", {"counterparty": 4, "endorsee": 1}, BadParameter(parameter=2, found=1, allowed=0)),
        ("ENDORSE", "shipper", {"endorsee": 1}, BadParameter(parameter=2, found=1, allowed=0)),
        ("ENDORSE", "shipper", {"endorsee": BEARER}, PartyInactive(party=BEARER, why=1)),
        ("ENDORSE", "shipper", {"endorsee": 4, "counterparty": 3}, BadParameter(parameter=1, found=3, allowed=0)),
        ("BLANK_ENDORSE", "shipper", {"endorsee": 4}, BadParameter(parameter=2, found=4, allowed=BEARER)),
        ("RENOUNCE", "shipper", {"endorsee": 4, "detail": DETAIL}, BadParameter(parameter=2, found=4, allowed=2)),
        ("REMARK", "shipper", {}, BadParameter(parameter=5, found=0, allowed=0)),
        (
            "REMARK", "shipper", {"detail": DETAIL, "content": CONTENT},
            BadParameter(parameter=3, found=int.from_bytes(CONTENT, "big"), allowed=0),
        ),
        (
            "REMARK", "shipper", {"detail": DETAIL, "document_reference": CONTENT},
            BadParameter(parameter=4, found=int.from_bytes(CONTENT, "big"), allowed=0),
        ),
        ("REMARK", "shipper", {"detail": DETAIL, "quantity": 1}, BadParameter(parameter=6, found=1, allowed=0)),
        ("SURRENDER_FOR_DELIVERY", "shipper", {"endorsee": 4}, BadParameter(parameter=2, found=4, allowed=0)),
    ],
)  # fmt: skip
def test_a_parameter_that_the_mode_does_not_allow_is_refused(twin, verb, actor, values, error) -> None:  # type: ignore[no-untyped-def]
    document = twin.held("first")
    assert twin.do(verb, actor, document, **values) == error


def test_another_previous_than_the_head_is_stale(twin: Twin) -> None:
    document = twin.held("first")
    head = twin.model.document(document).standing.head
    assert twin.do("REMARK", "shipper", document, detail=DETAIL, previous=CONTENT) == StalePrevious(
        document=document, given=CONTENT, head=head
    )


def test_signatures_come_in_one_form_and_number(twin: Twin) -> None:
    document, shipper = twin.held("first"), twin.members["shipper"].id
    good = twin.act("REMARK", "shipper", document, detail=DETAIL)
    s = good.signatures
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high = s[:32] + (order - int.from_bytes(s[32:64], "big")).to_bytes(32, "big") + bytes([55 - s[64]])
    for bad, given in (
        (b"", 0), (s[:64], 0), (s + b"\0", 1), (s + s, 2), (high, 0), (s[:64] + bytes([s[64] - 27]), 0), (bytes(65), 0),
    ):  # fmt: skip
        assert twin.execute(SignedAction(good.action, bad)) == SignaturesRefused(party=shipper, given=given, needed=1)
    stranger = twin.sign(good.action, keccak(b"stranger"))
    assert twin.execute(stranger) == SignaturesRefused(party=shipper, given=0, needed=1)
    assert twin.execute(good) is None


def test_a_critical_row_takes_exactly_the_threshold_ascending(twin: Twin) -> None:
    joint = twin.member("joint", 1, accounts=3, threshold=2)
    reference = keccak(b"joint")
    document = document_id(0x0101, joint.id, reference)
    values = {"content": CONTENT, "document_reference": reference, "counterparty": "shipper", "endorsee": 2}
    one = twin.act("ISSUE", "joint", document, keys=joint.keys[:1], **values)
    assert twin.execute(one) == SignaturesRefused(party=joint.id, given=1, needed=2)
    three = twin.act("ISSUE", "joint", document, keys=joint.keys, **values)
    assert twin.execute(three) == SignaturesRefused(party=joint.id, given=3, needed=2)
    good = twin.act("ISSUE", "joint", document, **values)
    swapped = SignedAction(good.action, good.signatures[65:] + good.signatures[:65])
    assert twin.execute(swapped) == SignaturesRefused(party=joint.id, given=1, needed=2)
    doubled = SignedAction(good.action, good.signatures[:65] * 2)
    assert twin.execute(doubled) == SignaturesRefused(party=joint.id, given=1, needed=2)
    assert twin.execute(good) is None
    # REMARK-like rows that are not critical take one.
    assert twin.do("WITHDRAW", "joint", document) is None


def test_an_account_signs_only_what_its_scope_covers(twin: Twin) -> None:
    desk = twin.member("desk", 1, accounts=2, scopes=(FULL_SCOPE, int(Scope.FILING)))
    reference = keccak(b"desk")
    document = document_id(0x0101, desk.id, reference)
    values = {"content": CONTENT, "document_reference": reference, "counterparty": "shipper", "endorsee": 2}
    filing = twin.act("ISSUE", "desk", document, keys=desk.keys[1:], **values)
    assert twin.execute(filing) == ScopeMissing(account=desk.accounts[1], scope=1, needed=2)
    assert twin.execute(twin.act("ISSUE", "desk", document, keys=desk.keys[:1], **values)) is None


def applied_for(twin: Twin, name: str) -> bytes:
    reference = keccak(name.encode())
    document = document_id(0x0201, twin.members["shipper"].id, reference)
    assert twin.do("APPLY", "shipper", document, 0x0201, content=CONTENT, document_reference=reference,
                   counterparty="certifier") is None  # fmt: skip
    return document


def test_a_certificate_number_lives_once(twin: Twin) -> None:
    first, second = applied_for(twin, "one"), applied_for(twin, "two")
    values = {"content": CONTENT, "endorsee": "customs", "document_reference": keccak(b"number")}
    assert twin.do("CERTIFY", "certifier", first, 0x0201, **values) is None
    taken = twin.do("CERTIFY", "certifier", second, 0x0201, **values)
    assert isinstance(taken, NumberTaken)
    assert taken.document == first
    assert twin.do("CERTIFY", "certifier", second, 0x0201, **{**values, "document_reference": CONTENT}) is None


def test_a_note_counts_once(twin: Twin) -> None:
    document = twin.held("first")
    note = twin.act("NOTICE", "carrier", document, detail=DETAIL)
    assert twin.execute(note) is None
    refused = twin.execute(note)
    assert isinstance(refused, NoteRepeated)
    assert twin.number("noted(bytes32)", refused.digest) == 1
    other = replace(note.action, deadline=note.action.deadline - 1)
    assert twin.execute(twin.sign(other)) is None


def test_full_counters_are_refused_like_anything_else(twin: Twin) -> None:
    """The counters are set to their ends in storage, in slot 13 (records), on both sides."""
    document = twin.held("first")
    stored = twin.model.documents[document]
    for changed, counter, verb, actor in (
        ({"sequence": 2**24 - 1}, 1, "REMARK", "shipper"),
        ({"version": 65_535, "possessor": 1}, 0, "AMEND", "carrier"),
    ):
        with twin.undone():
            control = replace(stored.standing.control, **changed)
            twin.model.documents[document].standing = replace(twin.model.documents[document].standing, control=control)
            slot = keccak(document, (13).to_bytes(32, "big"))
            twin.rpc("anvil_setStorageAt", hexed(twin.address), hexed(slot), hexed(control.pack().to_bytes(32, "big")))
            twin.rpc("evm_mine", {"timestamp": twin.time})
            values = {"content": CONTENT} if verb == "AMEND" else {}
            refused = twin.do(verb, actor, document, detail=DETAIL, **values)
            assert refused == CounterFull(document=document, counter=counter)
        stored = twin.model.documents[document]


def test_the_signature_of_another_chain_id_or_salt_is_none_here(twin: Twin) -> None:
    document, shipper = twin.held("first"), twin.members["shipper"]
    action = twin.act("REMARK", "shipper", document, detail=DETAIL).action
    intent = twin.model.intent_hash(action.kind, action.verb)
    for domain in (
        replace(twin.domain, chain_id=1), replace(twin.domain, salt=keccak(b"x")),
        replace(twin.domain, ledger=bytes(20)),
    ):  # fmt: skip
        foreign = SignedAction(action, sign(action.digest_with(domain, intent), shipper.keys[0]))
        assert twin.execute(foreign) == SignaturesRefused(party=shipper.id, given=0, needed=1)


def test_the_domain_is_the_one_that_clients_compute(twin: Twin) -> None:
    assert twin.read("domainSeparator()") == twin.domain.separator()
    assert twin.read("salt()") == twin.domain.salt
