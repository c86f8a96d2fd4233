"""One test for each row of docs/protocol §13 that concerns the contract; the name begins with the row's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.contracts import test_define_kind as tables
from tests.contracts.calls import ADD, ENACT, FREEZE, NEW, ORDER, PROPOSE, REINSTATE, SUSPEND, veto
from tests.contracts.test_execute import applied_for
from tests.contracts.twin import ANYBODY, CONTENT, DETAIL, GOVERNOR, GUARDIAN, REGISTRAR, Twin, call, hexed

from portledger.chain.encoding import execute, signed_action
from portledger.domain.actions import Registration, SignedAction, document_id
from portledger.domain.codes import BEARER, DAY, FULL_SCOPE, ZERO, Scope
from portledger.domain.errors import (
    AccountTaken,
    BadConsent,
    BadKind,
    BadParameter,
    DeadlineTooFar,
    EpochPassed,
    KindMismatch,
    NoRecord,
    NoRule,
    NotAllowed,
    NotReady,
    NotVetoable,
    NumberTaken,
    PartyInactive,
    PowerMissing,
    RecordFrozen,
    ScopeMissing,
    SignaturesRefused,
    StalePrevious,
    WrongDocumentId,
)
from portledger.domain.events import ActionApplied
from portledger.domain.hashing import abi_words, entry, keccak
from portledger.domain.parties import account_value
from portledger.domain.signatures import address_of, sign, signers_word
from portledger.resources import kinds


def standing(twin: Twin, document: bytes):  # type: ignore[no-untyped-def]
    return twin.model.document(document).standing.control


def declined(twin: Twin, name: str) -> bytes:
    """A bill whose first shipper declined: issuer and possessor are one, in ISSUED."""
    document = twin.issued(name)
    assert twin.do("DECLINE", "shipper", document) is None
    return document


def surrendered(twin: Twin, name: str, kind: int = 0x0101) -> bytes:
    """Surrendered for amendment and taken in by the issuer."""
    document = twin.held(name, kind=kind)
    assert twin.do("SURRENDER_FOR_AMENDMENT", "shipper", document, kind, detail=DETAIL) is None
    assert twin.do("ACCEPT_SURRENDER", "carrier", document, kind, counterparty="shipper") is None
    return document


def test_A1_a_held_offer_dies_when_anything_else_happens(twin: Twin) -> None:
    document = twin.held("a")
    held = twin.act("OFFER", "shipper", document, counterparty="bank", endorsee="bank")
    other = twin.act("OFFER", "shipper", document, counterparty="bank")
    assert twin.execute(other) is None
    assert isinstance(twin.execute(held), NoRule)
    assert twin.do("WITHDRAW", "shipper", document) is None
    assert isinstance(twin.execute(held), StalePrevious), "although the state is ISSUED again"


def test_A2_a_possessor_without_title_cannot_offer_an_endorsement(twin: Twin) -> None:
    document = twin.held("a")
    assert twin.do("OFFER", "shipper", document, counterparty="bank") is None
    assert twin.do("ACCEPT", "bank", document, counterparty="shipper") is None
    refused = twin.do("OFFER", "bank", document, counterparty="consignee", endorsee="consignee")
    assert refused == BadParameter(parameter=2, found=3, allowed=0)


def test_A3_possession_never_goes_back_to_the_issuer_by_offer(twin: Twin) -> None:
    document = twin.held("a")
    assert twin.do("OFFER", "shipper", document, counterparty="carrier") == BadParameter(
        parameter=1, found=1, allowed=0
    )
    assert isinstance(twin.do("VOID", "carrier", document, detail=DETAIL), NotAllowed)


def test_A4_the_surrenderer_keeps_the_claim_to_the_amended_bill(twin: Twin) -> None:
    document = surrendered(twin, "a")
    assert standing(twin, document).offeree == twin.members["shipper"].id
    amend = {"content": CONTENT, "detail": DETAIL, "endorsee": "shipper"}
    wrong = twin.do("AMEND", "carrier", document, counterparty="bank", **amend)
    assert wrong == BadParameter(parameter=1, found=4, allowed=2)
    assert twin.do("AMEND", "carrier", document, counterparty="shipper", **amend) is None
    assert isinstance(twin.do("ACCEPT", "bank", document, counterparty="carrier", endorsee="shipper"), NotAllowed)
    with twin.undone():
        assert twin.do("DECLINE", "shipper", document, detail=DETAIL) is None
    assert twin.do("ACCEPT", "shipper", document, counterparty="carrier", endorsee="shipper") is None


def test_A5_a_number_lives_once_in_a_family_whatever_the_variant(twin: Twin) -> None:
    document = twin.held("a")
    values = {"content": CONTENT, "document_reference": keccak(b"a"), "counterparty": "shipper", "endorsee": "shipper"}
    again = twin.do("ISSUE", "carrier", document, 0x0102, previous=ZERO, **values)
    assert again == KindMismatch(given=0x0102, recorded=0x0101)
    assert isinstance(twin.do("ISSUE", "carrier", document, 0x0101, previous=ZERO, **values), NoRule)
    assert document_id(0x0101, 1, keccak(b"a")) == document_id(0x0102, 1, keccak(b"a"))
    assert document_id(0x0101, 1, keccak(b"a")) != document_id(0x0201, 1, keccak(b"a"))


def test_A6_a_certificate_number_lives_once_under_its_certifier(twin: Twin) -> None:
    first, second = applied_for(twin, "one"), applied_for(twin, "two")
    values = {"content": CONTENT, "endorsee": "customs", "document_reference": keccak(b"number")}
    assert twin.do("CERTIFY", "certifier", first, 0x0201, **values) is None
    assert isinstance(twin.do("CERTIFY", "certifier", second, 0x0201, **values), NumberTaken)


def test_A7_notes_block_neither_titles_nor_each_other(twin: Twin) -> None:
    document = twin.held("a")
    held = twin.act("ENDORSE", "shipper", document, endorsee="bank")
    notes = [twin.act("NOTICE", "carrier", document, detail=keccak(bytes([n]))) for n in range(3)]
    assert [twin.execute(note) for note in notes] == [None] * 3
    assert twin.execute(held) is None
    assert isinstance(twin.execute(notes[0]), StalePrevious), "a note speaks about one history"


def test_A8_a_signature_given_away_can_be_killed(twin: Twin) -> None:
    document, shipper = twin.held("a"), twin.members["shipper"]
    held = twin.act("ENDORSE", "shipper", document, endorsee="bank")
    with twin.undone():
        assert twin.do("REMARK", "shipper", document, detail=DETAIL) is None
        assert isinstance(twin.execute(held), StalePrevious)
    with twin.undone():
        assert twin.party_act(shipper, 6) is None
        assert isinstance(twin.execute(held), EpochPassed)
    far = twin.act("ENDORSE", "shipper", document, endorsee="bank", deadline=twin.time + 31 * DAY)
    assert isinstance(twin.execute(far), DeadlineTooFar)


def test_A9_an_act_of_another_ledger_or_chain_is_none_here(twin: Twin) -> None:
    document, shipper = twin.held("a"), twin.members["shipper"]
    action = twin.act("REMARK", "shipper", document, detail=DETAIL).action
    words = twin.model.intent_hash(action.kind, action.verb)
    for domain in (replace(twin.domain, salt=CONTENT), replace(twin.domain, chain_id=1)):
        foreign = SignedAction(action, sign(action.digest_with(domain, words), shipper.keys[0]))
        assert isinstance(twin.execute(foreign), SignaturesRefused)


def test_A10_a_contract_is_no_signer_and_one_of_two_is_too_few(twin: Twin) -> None:
    wrapper = twin.wrap()
    twin.wrapper = None
    plain = Registration(CONTENT, 1, CONTENT, 1, False, (wrapper,), (FULL_SCOPE,), (bytes(65),))
    assert twin.register(plain) == BadConsent(account=wrapper)
    joint = twin.member("joint", 1, accounts=2, threshold=2)
    document = document_id(0x0101, joint.id, CONTENT)
    issue = {"content": CONTENT, "document_reference": CONTENT, "counterparty": "shipper", "endorsee": "shipper"}
    one = twin.act("ISSUE", "joint", document, keys=joint.keys[:1], **issue)
    assert twin.execute(one) == SignaturesRefused(party=joint.id, given=1, needed=2)
    doubled = SignedAction(one.action, one.signatures * 2)
    assert twin.execute(doubled) == SignaturesRefused(party=joint.id, given=1, needed=2)


def test_A11_signatures_have_one_form_and_decide_no_identity(twin: Twin) -> None:
    document = twin.held("a")
    good = twin.act("REMARK", "shipper", document, detail=DETAIL)
    s = good.signatures
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high = s[:32] + (order - int.from_bytes(s[32:64], "big")).to_bytes(32, "big") + bytes([55 - s[64]])
    compact = s[:32] + (int.from_bytes(s[32:64], "big") | (s[64] - 27) << 255).to_bytes(32, "big")
    for other in (high, compact, s[:64] + bytes([s[64] - 27])):
        assert isinstance(twin.execute(SignedAction(good.action, other)), SignaturesRefused)


def test_A12_one_malformed_item_does_not_revert_the_batch(twin: Twin) -> None:
    documents = [twin.held("a"), twin.held("b")]
    items = [twin.act("REMARK", "shipper", document, detail=DETAIL) for document in documents]
    bad = bytearray(signed_action(items[0]))
    bad[5 * 32] = 0xFF  # the top byte of terms
    good = signed_action(items[1])
    selector = keccak(b"executeBatch((bytes32,bytes32,bytes32,bytes32,bytes32,uint256,bytes)[])")[:4]
    data = selector + abi_words(32, 2, 64, 64 + len(bad)) + bytes(bad) + good
    twin.transact(ANYBODY, twin.address, data)
    assert twin.read("head(bytes32)", documents[0]) == twin.model.document(documents[0]).standing.head
    assert twin.read("head(bytes32)", documents[1]) != twin.model.document(documents[1]).standing.head


def test_A13_items_copied_out_of_a_batch_are_applied_once(twin: Twin) -> None:
    document = twin.held("a")
    signed = twin.act("REMARK", "shipper", document, detail=DETAIL)
    assert twin.execute(signed) is None
    assert isinstance(twin.batch([signed])[0], StalePrevious)


def test_A14_the_words_that_the_wallet_shows_are_part_of_what_is_signed(twin: Twin) -> None:
    document, shipper = twin.held("a"), twin.members["shipper"]
    action = twin.act("REMARK", "shipper", document, detail=DETAIL).action
    harmless = SignedAction(action, sign(action.digest(twin.domain, "Bill of lading: NOTHING"), shipper.keys[0]))
    assert isinstance(twin.execute(harmless), SignaturesRefused)
    kind = kinds()[0x0101]
    honest = SignedAction(action, sign(action.digest(twin.domain, kind.intent(action.verb)), shipper.keys[0]))
    assert twin.execute(honest) is None


def test_A16_accept_restates_possessor_and_endorsee(twin: Twin) -> None:
    document = twin.issued("a")
    refused = twin.do("ACCEPT", "shipper", document, counterparty="carrier", endorsee=0)
    assert refused == BadParameter(parameter=2, found=0, allowed=2)
    refused = twin.do("ACCEPT", "shipper", document, counterparty="bank", endorsee="shipper")
    assert refused == BadParameter(parameter=1, found=4, allowed=1)


def test_A17_an_unanswered_surrender_is_withdrawn(twin: Twin) -> None:
    for verb, members in (
        ("SURRENDER_FOR_DELIVERY", {}),
        ("SURRENDER_FOR_AMENDMENT", {"detail": DETAIL}),
        ("SWITCH_TO_PAPER", {"detail": DETAIL}),
        ("SWITCH_PLATFORM", {"detail": DETAIL, "counterparty": "platform"}),
    ):
        document = twin.held(verb)
        assert twin.do(verb, "shipper", document, **members) is None
        assert twin.do("WITHDRAW", "shipper", document) is None
        assert standing(twin, document).possessor == twin.members["shipper"].id


def test_A19_a_wrapper_makes_several_acts_all_or_nothing(twin: Twin) -> None:
    documents = [twin.held("a"), twin.held("b")]
    items = [twin.act("REMARK", "shipper", document, detail=DETAIL) for document in documents]
    wrapper = twin.wrap()
    twin.wrapper = None
    before = twin.read("ledgerHead()")
    signature = "all(address,(bytes32,bytes32,bytes32,bytes32,bytes32,uint256,bytes)[])"

    def packed(signed: SignedAction) -> tuple[object, ...]:
        a = signed.action
        return (a.document, a.previous, a.content, a.document_reference, a.detail, a.terms(), signed.signatures)

    stale = twin.sign(replace(items[1].action, previous=CONTENT))
    with pytest.raises(AssertionError, match="reverted"):
        twin.transact(ANYBODY, wrapper, call(signature, hexed(twin.address), [packed(items[0]), packed(stale)]))
    assert twin.read("ledgerHead()") == before
    twin.transact(ANYBODY, wrapper, call(signature, hexed(twin.address), [packed(item) for item in items]))
    for item in items:
        twin.model.execute(item, twin.time)
    twin.agree()


def test_B2_a_profile_changes_late_and_can_be_vetoed(twin: Twin) -> None:
    shipper = twin.members["shipper"]
    assert twin.power(REGISTRAR, PROPOSE, shipper.id, 4, CONTENT) is None
    change = twin.newest_change()
    assert isinstance(twin.power(ANYBODY, ENACT, change, b""), NotReady)
    assert veto(twin, shipper, change, shipper.keys[0]) is None


def test_B3_an_account_has_one_party_one_interval_and_one_scope(twin: Twin) -> None:
    firm = twin.member("firm", 1, accounts=3, threshold=2)
    added = twin.time
    twin.advance(100)
    assert twin.party_act(firm, 2, account_value(firm.accounts[2]), firm.keys[:2]) is None
    word = twin.number("account(address)", hexed(firm.accounts[2]))
    assert word == firm.id | added << 32 | twin.time << 72 | 255 << 112
    again = twin.registration([firm.keys[2]])
    assert twin.register(again) == AccountTaken(account=firm.accounts[2])


def test_B4_nobody_is_registered_without_his_consent(twin: Twin) -> None:
    victim = keccak(b"victim")
    squatted = replace(twin.registration([victim]), consents=(sign(CONTENT, keccak(b"squatter")),))
    assert twin.register(squatted) == BadConsent(account=address_of(victim))


def test_B6_the_ledgers_head_runs_over_records_and_parties(twin: Twin) -> None:
    heads = {twin.read("ledgerHead()")}
    document = twin.held("a")
    heads.add(twin.read("ledgerHead()"))
    twin.member("b")
    heads.add(twin.read("ledgerHead()"))
    assert twin.power(GUARDIAN, FREEZE, document, twin.time + DAY, DETAIL) is None
    heads.add(twin.read("ledgerHead()"))
    assert len(heads) == 4


def test_B7_a_head_binds_the_resulting_state(twin: Twin) -> None:
    """The whole packed state after the act is one of the words of the head: another state would be another head."""
    document = twin.held("a")
    before = twin.read("head(bytes32)", document)
    assert twin.do("ENDORSE", "shipper", document, endorsee="bank") is None
    applied = twin.events()[-1]
    assert isinstance(applied, ActionApplied)
    signer = signers_word(twin.members["shipper"].accounts)
    control = twin.read("control(bytes32)", document)
    assert applied.record().endorsee == twin.members["bank"].id
    assert control == applied.control.to_bytes(32, "big")
    head = entry(before, applied.digest, control, signer, twin.time)
    assert twin.read("head(bytes32)", document) == applied.head == head


def test_C1_a_hostile_table_is_refused(twin: Twin) -> None:
    row = replace(tables.ROWS[tables.FREE, tables.SECURE], effects=1 | 2048)
    assert isinstance(twin.define(tables.with_row(tables.FREE, tables.SECURE, row.word())), BadKind)


def test_C2_rows_can_ask_for_issuer_and_possessor_in_one(twin: Twin) -> None:
    document = twin.held("a")
    for actor in ("carrier", "shipper"):
        assert isinstance(twin.do("VOID", actor, document, detail=DETAIL), NotAllowed)
    assert twin.do("VOID", "carrier", declined(twin, "b"), detail=DETAIL) is None


def test_C3_a_filing_key_moves_no_title(twin: Twin) -> None:
    erp = twin.member("erp", 1 << 9, accounts=2, scopes=(FULL_SCOPE, int(Scope.FILING)))
    document = twin.issued("a")
    assert twin.do("WITHDRAW", "carrier", document) is None
    assert twin.do("REOFFER", "carrier", document, counterparty="erp", endorsee="erp") is None
    accept = twin.act("ACCEPT", "erp", document, counterparty="carrier", endorsee="erp", keys=erp.keys[1:])
    assert twin.execute(accept) == ScopeMissing(account=erp.accounts[1], scope=1, needed=4)


def certified(twin: Twin, endorsee: int | str = "customs") -> bytes:
    document = applied_for(twin, "certificate")
    assert twin.do("CERTIFY", "certifier", document, 0x0201, content=CONTENT, endorsee=endorsee,
                   document_reference=keccak(b"number")) is None  # fmt: skip
    return document


def test_D1_uses_are_ordered_and_counted_in_parts_per_million(twin: Twin) -> None:
    document = certified(twin)
    use = {"detail": DETAIL, "kind": 0x0201}
    stale = twin.act("USE_PART", "customs", document, quantity=500_000, **use)
    assert twin.do("USE_PART", "customs", document, quantity=400_000, **use) is None
    assert isinstance(twin.execute(stale), StalePrevious)
    assert twin.do("USE_PART", "customs", document, quantity=399_999, **use) == BadParameter(
        parameter=6, found=399_999, allowed=400_000
    )
    assert twin.do("USE_PART", "customs", document, quantity=1_000_001, **use) == BadParameter(
        parameter=6, found=1_000_001, allowed=1_000_000
    )
    assert standing(twin, document).used == 400_000


def test_F1_a_registrars_account_comes_late_and_can_be_vetoed(twin: Twin) -> None:
    shipper = twin.members["shipper"]
    assert twin.power(REGISTRAR, PROPOSE, shipper.id, 1, ADD) is None
    change = twin.newest_change()
    consent = twin.consent(shipper.id, ADD, change, NEW)
    twin.advance(14 * DAY - 1)
    assert isinstance(twin.power(ANYBODY, ENACT, change, consent), NotReady)
    assert veto(twin, shipper, change, shipper.keys[0]) is None
    twin.advance(1)
    assert isinstance(twin.power(ANYBODY, ENACT, change, consent), NotReady)


def test_F2_a_suspended_party_vetoes_and_keeps_its_accounts(twin: Twin) -> None:
    shipper = twin.members["shipper"]
    assert twin.power(REGISTRAR, PROPOSE, shipper.id, 1, ADD) is None
    change = twin.newest_change()
    assert twin.power(REGISTRAR, SUSPEND, shipper.id, twin.time + 30 * DAY) is None
    assert isinstance(twin.power(REGISTRAR, PROPOSE, shipper.id, 2, account_value(shipper.accounts[0])), BadParameter)
    assert veto(twin, shipper, change, shipper.keys[0]) is None


def test_F3_a_thief_with_one_key_adds_nothing_at_once(twin: Twin) -> None:
    firm = twin.member("firm", 1, accounts=3)
    assert twin.party_act(firm, 1, ADD, firm.keys[:1]) is None
    change = twin.newest_change()
    assert not twin.number("account(address)", hexed(address_of(NEW)))
    assert twin.party_act(firm, 7, keys=firm.keys[1:2]) is None
    assert veto(twin, firm, change, firm.keys[2]) is None


def test_F4_no_suspension_or_freeze_lasts_for_ever(twin: Twin) -> None:
    document = twin.held("a")
    assert isinstance(twin.power(REGISTRAR, SUSPEND, 2, twin.time + 31 * DAY), BadParameter)
    assert isinstance(twin.power(GUARDIAN, FREEZE, document, twin.time + 31 * DAY, DETAIL), BadParameter)
    end = twin.time + 30 * DAY
    assert twin.power(GUARDIAN, FREEZE, document, end, DETAIL) is None
    twin.advance(30 * DAY)
    assert twin.power(GUARDIAN, FREEZE, document, twin.time + DAY, DETAIL) == NotReady(ready_at=end + 90 * DAY)
    assert twin.do("REMARK", "shipper", document, detail=DETAIL) is None


def test_F5_a_freeze_kills_a_pending_acceptance_visibly(twin: Twin) -> None:
    document = twin.issued("a")
    held = twin.act("ACCEPT", "shipper", document, counterparty="carrier", endorsee="shipper")
    assert twin.power(GUARDIAN, FREEZE, document, twin.time + DAY, DETAIL) is None
    assert isinstance(twin.execute(held), RecordFrozen)
    assert twin.power(GUARDIAN, "unfreeze(bytes32)", document) is None
    assert isinstance(twin.execute(held), StalePrevious)
    assert twin.do("ACCEPT", "shipper", document, counterparty="carrier", endorsee="shipper") is None


def test_H1_a_party_that_lost_its_only_key_is_recovered(twin: Twin) -> None:
    shipper = twin.members["shipper"]
    assert twin.power(REGISTRAR, PROPOSE, shipper.id, 1, ADD) is None
    change = twin.newest_change()
    twin.advance(14 * DAY)
    assert twin.power(ANYBODY, ENACT, change, twin.consent(shipper.id, ADD, change, NEW)) is None
    document = twin.issued("a")
    accept = twin.act("ACCEPT", "shipper", document, counterparty="carrier", endorsee="shipper", keys=(NEW,))
    assert twin.execute(accept) is None


def test_H2_a_thief_who_vetoes_recovery_meets_the_order(twin: Twin) -> None:
    shipper = twin.members["shipper"]
    assert twin.power(REGISTRAR, PROPOSE, shipper.id, 1, ADD) is None
    assert veto(twin, shipper, twin.newest_change(), shipper.keys[0]) is None
    assert twin.power(GOVERNOR, ORDER, shipper.id, 1, ADD, DETAIL) is None
    change = twin.newest_change()
    assert veto(twin, shipper, change, shipper.keys[0]) == NotVetoable(change_id=change)
    assert isinstance(
        twin.do("ACCEPT", "shipper", twin_issued_before(twin), counterparty="carrier", endorsee=2), PartyInactive
    )


def twin_issued_before(twin: Twin) -> bytes:
    """A bill offered to nobody suspended: the shipper cannot be named any more, so the consignee is."""
    reference = keccak(b"other")
    document = document_id(0x0101, twin.members["carrier"].id, reference)
    assert twin.do("ISSUE", "carrier", document, content=CONTENT, document_reference=reference,
                   counterparty="consignee", endorsee="consignee") is None  # fmt: skip
    return document


def test_H3_a_party_can_bar_every_recovery(twin: Twin) -> None:
    firm = twin.member("firm", 1, accounts=3, threshold=2)
    assert twin.party_act(firm, 9, keys=firm.keys[:2]) is None
    barred = BadParameter(parameter=18, found=1, allowed=0)
    assert twin.power(REGISTRAR, PROPOSE, firm.id, 1, ADD) == barred
    assert twin.power(GOVERNOR, ORDER, firm.id, 1, ADD, DETAIL) == barred


def test_X1_a_consent_binds_the_whole_registration(twin: Twin) -> None:
    victim, second = keccak(b"victim"), keccak(b"registrar's own")
    honest = twin.registration([victim])
    joined = twin.registration([victim, second])
    stolen = replace(joined, consents=(honest.consents[0], joined.consents[1]))
    assert twin.register(stolen) == BadConsent(account=address_of(victim))
    assert twin.register(replace(honest, encryption_key=DETAIL)) == BadConsent(account=address_of(victim))


def test_X2_no_row_hides_behind_an_honest_files_digest(twin: Twin) -> None:
    assert twin.define(tables.table()) is None
    honest = twin.read("kindDigest(uint16)", tables.KIND)
    words = [*tables.LIST[:-1], tables.LIST[-1] ^ 1]
    assert twin.define(tables.table(kind=tables.KIND + 1, words=words)) is None
    assert twin.read("kindDigest(uint16)", tables.KIND + 1) != honest


def test_X3_signatures_are_in_the_event_whoever_carried_the_act(twin: Twin) -> None:
    document = twin.held("a")
    signed = twin.act("REMARK", "shipper", document, detail=DETAIL)
    wrapper = twin.wrap()
    twin.wrapper = None
    receipt = twin.transact(ANYBODY, wrapper, call("forward(address,bytes)", hexed(twin.address), execute(signed)))
    (log,) = receipt["logs"]
    assert signed.signatures.hex() in log["data"]
    twin.model.execute(signed, twin.time)
    twin.agree()


def test_X4_an_endorsee_who_refuses_renounces_and_the_issuer_is_never_endorsee(twin: Twin) -> None:
    document = twin.held("a")
    assert twin.do("ENDORSE", "shipper", document, endorsee="carrier") == BadParameter(parameter=2, found=1, allowed=0)
    assert twin.do("ENDORSE", "shipper", document, endorsee="bank") is None
    assert isinstance(twin.do("SURRENDER_FOR_DELIVERY", "shipper", document), NotAllowed)
    assert twin.do("RENOUNCE", "bank", document, endorsee="shipper", detail=DETAIL) is None
    assert twin.do("SURRENDER_FOR_DELIVERY", "shipper", document) is None


def test_X5_an_amended_consignee_is_restated_and_accepted(twin: Twin) -> None:
    document = surrendered(twin, "a")
    assert twin.do("AMEND", "carrier", document, counterparty="shipper", endorsee="consignee", content=CONTENT,
                   detail=DETAIL) is None  # fmt: skip
    assert twin.do("ACCEPT", "shipper", document, counterparty="carrier", endorsee="consignee") is None
    assert standing(twin, document).endorsee == twin.members["consignee"].id


def test_X6_a_certificate_of_several_items_may_be_used_without_growth(twin: Twin) -> None:
    document = certified(twin)
    for _ in range(2):
        assert twin.do("USE_PART", "customs", document, 0x0201, quantity=400_000, detail=DETAIL) is None
    assert twin.do("CORRECT_USE", "customs", document, 0x0201, quantity=300_000, detail=DETAIL) is None


def test_X8_a_freeze_needs_a_record_and_a_future_end(twin: Twin) -> None:
    assert twin.power(GUARDIAN, FREEZE, CONTENT, twin.time + DAY, DETAIL) == NoRecord(document=CONTENT)
    document = twin.held("a")
    assert isinstance(twin.power(GUARDIAN, FREEZE, document, twin.time - 1, DETAIL), BadParameter)


def test_X9_closing_a_certificate_is_critical_and_for_the_named_customs(twin: Twin) -> None:
    office = twin.member("office", 1 << 13, accounts=2, threshold=2)
    document = certified(twin, "office")
    use = {"kind": 0x0201, "quantity": 1_000_000, "detail": DETAIL}
    assert isinstance(twin.do("USE_FULL", "customs", document, **use), NotAllowed)
    one = twin.act("USE_FULL", "office", document, keys=office.keys[:1], **use)
    assert twin.execute(one) == SignaturesRefused(party=office.id, given=1, needed=2)
    assert twin.do("USE_FULL", "office", document, **use) is None


def test_X10_taking_roles_away_waits_and_can_be_vetoed_giving_cannot(twin: Twin) -> None:
    shipper = twin.members["shipper"]
    roles = twin.model.parties[shipper.id].roles
    assert twin.power(REGISTRAR, PROPOSE, shipper.id, 11, bytes(32)) is None
    assert veto(twin, shipper, twin.newest_change(), shipper.keys[0]) is None
    twin.advance(1)
    assert twin.power(REGISTRAR, PROPOSE, shipper.id, 11, (roles | 1).to_bytes(32, "big")) is None
    change = twin.newest_change()
    assert veto(twin, shipper, change, shipper.keys[0]) == NotVetoable(change_id=change)


def test_X11_a_locked_possessors_offer_sleeps_and_is_withdrawn(twin: Twin) -> None:
    document, shipper = twin.held("a"), twin.members["shipper"]
    assert twin.do("OFFER", "shipper", document, counterparty="bank", endorsee="bank") is None
    assert twin.party_act(shipper, 7) is None
    accept = twin.do("ACCEPT", "bank", document, counterparty="shipper", endorsee="bank")
    assert accept == PartyInactive(party=shipper.id, why=3)
    assert twin.do("WITHDRAW", "shipper", document) is None
    assert standing(twin, document).offeree == 0


def test_X12_sources_have_places_of_their_own_and_an_order_frees_nobody_early(twin: Twin) -> None:
    firm = twin.member("firm", 1, accounts=3)
    assert twin.party_act(firm, 1, ADD, firm.keys[:1]) is None
    assert twin.power(REGISTRAR, PROPOSE, firm.id, 1, ADD) is None
    assert twin.power(GOVERNOR, ORDER, firm.id, 1, ADD, DETAIL) is None
    assert twin.power(REGISTRAR, REINSTATE, firm.id) == PowerMissing(power=1, sender=REGISTRAR)


def test_X14_after_surrender_only_the_surrenderer_voids(twin: Twin) -> None:
    document = surrendered(twin, "a")
    assert isinstance(twin.do("VOID", "carrier", document, detail=DETAIL), NotAllowed)
    assert twin.do("VOID", "shipper", document, detail=DETAIL) is None


def test_X17_only_the_titleholder_takes_a_bill_to_another_platform(twin: Twin) -> None:
    document = twin.held("a")
    assert twin.do("OFFER", "shipper", document, counterparty="bank") is None
    assert twin.do("ACCEPT", "bank", document, counterparty="shipper") is None
    switch = twin.do("SWITCH_PLATFORM", "bank", document, counterparty="platform", detail=DETAIL)
    assert isinstance(switch, NotAllowed)


def test_X18_a_straight_bills_amendment_restates_a_consignee(twin: Twin) -> None:
    document = surrendered(twin, "a", 0x0102)
    amend = {"counterparty": "shipper", "content": CONTENT, "detail": DETAIL}
    for nobody in (0, BEARER):
        assert isinstance(twin.do("AMEND", "carrier", document, 0x0102, endorsee=nobody, **amend), PartyInactive)
    assert twin.do("AMEND", "carrier", document, 0x0102, endorsee="consignee", **amend) is None


def test_a_front_run_issue_is_the_issuers_own(twin: Twin) -> None:
    reference = keccak(b"front")
    mine = document_id(0x0101, twin.members["carrier"].id, reference)
    thief = twin.member("thief", 1)
    stolen = twin.do("ISSUE", "thief", mine, content=CONTENT, document_reference=reference, counterparty="shipper",
                     endorsee="shipper")  # fmt: skip
    assert stolen == WrongDocumentId(given=mine, expected=document_id(0x0101, thief.id, reference))
