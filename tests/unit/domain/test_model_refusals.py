"""Every error that an act on a document can meet, with its parameters and the numbered step that refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from tests.support.market import CALL, GUARDIAN, REGISTRAR, START, Market, address

from portledger.domain.actions import SignedAction, claim_id, document_id
from portledger.domain.acts import Standing
from portledger.domain.codes import BEARER, DAY, MAX_SEQUENCE, MAX_VERSION, ZERO, PartyAct
from portledger.domain.errors import (
    BadParameter,
    CounterFull,
    DeadlineTooFar,
    EpochPassed,
    Expired,
    KindMismatch,
    KindUnknown,
    LedgerError,
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

SOME = b"\7" * 32


def held() -> Market:
    """A bill that the shipper holds; party 3 is a bank with two keys of which critical acts need both."""
    market = Market()
    market.join("carrier", "carrier")
    market.join("shipper", "shipperOrConsignee", scopes=(255, 1))
    market.join("bank", "bank", scopes=(255, 255), threshold=2)
    market.join("platform", "platform")
    market.do("carrier", "ISSUE", to="shipper", endorsee="shipper")
    market.do("shipper", "ACCEPT")
    return market


def refused(market: Market, run: Callable[[], object]) -> LedgerError:
    """What a call raises; nothing of the ledger changed."""
    before = market.control, market.head, market.model.ledger_head
    with pytest.raises(LedgerError) as refusal:
        run()
    assert (market.control, market.head, market.model.ledger_head) == before
    return refusal.value


def locked(market: Market, who: str) -> Market:
    market.do_party(who, PartyAct.LOCK)
    return market


def suspended(market: Market, who: str) -> Market:
    market.model.suspend(REGISTRAR, market.numbers[who], market.now + DAY, market.now, CALL)
    return market


def bank_locked(market: Market) -> Market:
    return locked(market, "bank")


def unchanged(market: Market) -> Market:
    return market


CASES: list[tuple[str, Callable[[Market], Market], str, str, dict[str, Any], LedgerError]] = [
    ("2 deadline", unchanged, "shipper", "REMARK", {"deadline": START - 1}, Expired(deadline=START - 1, time=START)),
    (
        "2 deadline",
        unchanged,
        "shipper",
        "REMARK",
        {"deadline": START + 30 * DAY + 1},
        DeadlineTooFar(deadline=START + 30 * DAY + 1, latest=START + 30 * DAY),
    ),
    ("3 kind", unchanged, "shipper", "REMARK", {"kind": 0x0102}, KindMismatch(given=0x0102, recorded=0x0101)),
    ("4 rule", unchanged, "shipper", "ACCEPT", {}, NoRule(kind=0x0101, state=2, verb=3)),
    (
        "7 actor",
        lambda market: locked(market, "shipper"),
        "shipper",
        "REMARK",
        {"detail": SOME},
        PartyInactive(party=2, why=3),
    ),
    (
        "7 actor",
        lambda market: suspended(market, "shipper"),
        "shipper",
        "REMARK",
        {},
        PartyInactive(party=2, why=2),
    ),
    ("7 actor", unchanged, "shipper", "REMARK", {"actor": 9}, PartyInactive(party=9, why=1)),
    ("8 epoch", unchanged, "shipper", "REMARK", {"epoch": 2}, EpochPassed(party=2, given=2, current=1)),
    ("10 who", unchanged, "bank", "REMARK", {}, NotAllowed(actor=3, who=2)),
    ("10 who", unchanged, "carrier", "VOID", {}, NotAllowed(actor=1, who=3)),
    ("11 parameters", unchanged, "shipper", "REMARK", {"to": "bank"}, BadParameter(parameter=1, found=3, allowed=0)),
    ("11 parameters", unchanged, "shipper", "OFFER", {"to": "shipper"}, BadParameter(parameter=1, found=2, allowed=0)),
    ("11 parameters", unchanged, "shipper", "OFFER", {"to": "carrier"}, BadParameter(parameter=1, found=1, allowed=0)),
    ("11 parameters", unchanged, "shipper", "OFFER", {"to": BEARER}, PartyInactive(party=BEARER, why=1)),
    (
        "11 parameters",
        lambda market: locked(market, "bank"),
        "shipper",
        "OFFER",
        {"to": "bank"},
        PartyInactive(party=3, why=3),
    ),
    ("11 parameters", unchanged, "shipper", "SWITCH_PLATFORM", {"to": "bank"}, RoleMissing(party=3, needed=1 << 16)),
    (
        "11 parameters",
        unchanged,
        "shipper",
        "OFFER",
        {"to": "bank", "endorsee": "carrier"},
        BadParameter(parameter=2, found=1, allowed=0),
    ),
    (
        "11 parameters",
        unchanged,
        "shipper",
        "ENDORSE",
        {"endorsee": BEARER},
        PartyInactive(party=BEARER, why=1),
    ),
    (
        "11 parameters",
        unchanged,
        "shipper",
        "BLANK_ENDORSE",
        {"endorsee": "bank"},
        BadParameter(parameter=2, found=3, allowed=BEARER),
    ),
    (
        "11 parameters",
        unchanged,
        "shipper",
        "REMARK",
        {"endorsee": "bank"},
        BadParameter(parameter=2, found=3, allowed=0),
    ),
    (
        "11 parameters",
        unchanged,
        "shipper",
        "REMARK",
        {"content": SOME},
        BadParameter(parameter=3, found=int.from_bytes(SOME, "big"), allowed=0),
    ),
    (
        "11 parameters",
        unchanged,
        "shipper",
        "REMARK",
        {"document_reference": SOME},
        BadParameter(parameter=4, found=int.from_bytes(SOME, "big"), allowed=0),
    ),
    ("11 parameters", unchanged, "shipper", "REMARK", {"detail": ZERO}, BadParameter(parameter=5, found=0, allowed=0)),
    ("11 parameters", unchanged, "shipper", "REMARK", {"quantity": 5}, BadParameter(parameter=6, found=5, allowed=0)),
]


@pytest.mark.parametrize(("step", "change", "who", "verb", "values", "expected"), CASES)
def test_an_act_is_refused_at_its_step(
    step: str,
    change: Callable[[Market], Market],
    who: str,
    verb: str,
    values: dict[str, Any],
    expected: LedgerError,
) -> None:
    market = change(held())
    found = refused(market, lambda: market.do(who, verb, **values))
    assert found == expected
    assert found.at_step == step


def test_a_kind_that_nobody_defined_is_unknown() -> None:
    market = held()
    action = replace(market.prepare("carrier", "REMARK"), kind=0x0909, document=SOME)
    found = refused(market, lambda: market.model.execute(SignedAction(action, b""), market.now))
    assert found == KindUnknown(kind=0x0909)


def test_a_frozen_record_refuses_control_acts_at_step_5() -> None:
    market = held()
    until = market.now + DAY
    market.model.freeze(GUARDIAN, market.document, until, SOME, market.now)
    found = refused(market, lambda: market.do("shipper", "REMARK"))
    assert (found, found.at_step) == (RecordFrozen(document=market.document, until=until), "5 frozen")


def test_a_document_id_follows_from_family_creator_and_reference() -> None:
    market = held()
    wrong: dict[str, Any] = {"document": SOME, "document_reference": SOME, "to": "shipper", "endorsee": "shipper"}
    with pytest.raises(WrongDocumentId) as refusal:
        market.do("carrier", "ISSUE", **wrong)
    assert refusal.value == WrongDocumentId(given=SOME, expected=document_id(0x0101, 1, SOME))
    assert refusal.value.at_step == "6 document id"


def test_A5_a_number_lives_once_in_all_variants_of_a_family() -> None:
    market = Market()
    market.join("carrier", "carrier")
    market.join("shipper", "shipperOrConsignee")
    market.do("carrier", "ISSUE", document_reference=SOME, to="shipper", endorsee="shipper")
    with pytest.raises(KindMismatch):
        market.do("carrier", "ISSUE", kind=0x0102, document_reference=SOME, to="shipper", endorsee="shipper")
    with pytest.raises(NoRule):
        market.do("carrier", "ISSUE", document_reference=SOME, to="shipper", endorsee="shipper")


def test_only_who_has_the_role_issues() -> None:
    market = held()
    with pytest.raises(RoleMissing) as refusal:
        market.do("shipper", "ISSUE", to="bank", endorsee="bank")
    assert refusal.value == RoleMissing(party=2, needed=1 | 1 << 7 | 1 << 8)
    assert refusal.value.at_step == "9 roles"


def test_an_act_on_another_head_is_stale() -> None:
    market = held()
    found = refused(market, lambda: market.do("shipper", "REMARK", previous=SOME))
    assert found == StalePrevious(document=market.document, given=SOME, head=market.head)
    assert found.at_step == "12 previous"


def signatures_of(market: Market, who: str, verb: str, keys: list[str], **values: Any) -> tuple[Any, bytes]:
    action = market.prepare(who, verb, **values)
    return action, market.sign(action, keys).signatures


@pytest.mark.parametrize(
    ("keys", "spoil", "given"),
    [
        ([], lambda signatures: b"", 0),
        (["shipper 0", "bank 0"], lambda signatures: signatures, 2),
        (["shipper 0"], lambda signatures: signatures[:-1], 0),
        (["shipper 0"], lambda signatures: signatures[:-1] + b"\x00", 0),
        (["bank 0"], lambda signatures: signatures, 0),
    ],
    ids=["none", "too many", "too short", "v of 0", "a stranger's"],
)
def test_signatures_that_do_not_fit_are_refused(keys: list[str], spoil: Callable[[bytes], bytes], given: int) -> None:
    market = held()
    action, signatures = signatures_of(market, "shipper", "REMARK", keys)
    found = refused(market, lambda: market.model.execute(SignedAction(action, spoil(signatures)), market.now))
    assert (found, found.at_step) == (SignaturesRefused(party=2, given=given, needed=1), "13 signatures")


def test_A10_a_critical_act_needs_the_whole_threshold_each_account_once_and_ascending() -> None:
    market = held()
    market.do("shipper", "OFFER", to="bank", endorsee="bank")
    market.do("bank", "ACCEPT")
    action, both = signatures_of(market, "bank", "OFFER", ["bank 0", "bank 1"], to="shipper")
    for signatures, given in ((both[:65], 1), (both[:65] * 2, 1), (both[65:] + both[:65], 1)):
        found = refused(market, partial(market.model.execute, SignedAction(action, signatures), market.now))
        assert found == SignaturesRefused(party=3, given=given, needed=2)
    market.model.execute(SignedAction(action, both), market.now)


def test_C3_a_key_that_files_cannot_move_titles() -> None:
    market = held()
    found = refused(market, lambda: market.do("shipper", "REMARK", keys=["shipper 1"]))
    assert found == ScopeMissing(account=address("shipper 1"), scope=1, needed=4)


def test_A8_a_bumped_epoch_kills_every_signature_given_before() -> None:
    market = held()
    given = market.sign(market.prepare("shipper", "REMARK"), ["shipper 0"])
    market.do_party("shipper", PartyAct.BUMP_EPOCH)
    found = refused(market, lambda: market.model.execute(given, market.now))
    assert found == EpochPassed(party=2, given=1, current=2)


def test_A7_a_note_counts_once_and_blocks_nobody() -> None:
    market = held()
    note = market.sign(market.prepare("carrier", "NOTICE"), ["carrier 0"])
    remark = market.sign(market.prepare("shipper", "REMARK"), ["shipper 0"])
    checked = market.model.execute(note, market.now)
    found = refused(market, lambda: market.model.execute(note, market.now))
    assert (found, found.at_step) == (NoteRepeated(digest=checked.digest), "14 once")
    market.model.execute(remark, market.now)


def test_A6_a_certificate_number_is_claimed_once_by_its_certifier() -> None:
    market = Market("certificate-of-origin")
    market.join("exporter", "shipperOrConsignee")
    market.join("chamber", "certifier")
    market.join("customs", "customs")
    market.do("exporter", "APPLY", to="chamber")
    market.do("chamber", "CERTIFY", endorsee="customs", document_reference=SOME)
    first = market.document
    market.do("exporter", "APPLY", to="chamber")
    found = refused(market, lambda: market.do("chamber", "CERTIFY", endorsee="customs", document_reference=SOME))
    assert found == NumberTaken(claim=claim_id(2, market.numbers["chamber"], SOME), document=first)


@pytest.mark.parametrize(
    ("counters", "counter"),
    [({"version": MAX_VERSION}, 0), ({"sequence": MAX_SEQUENCE}, 1)],
    ids=["version", "sequence"],
)
def test_X7_a_full_counter_is_a_refusal_like_any_other(counters: dict[str, int], counter: int) -> None:
    market = Market()
    market.join("carrier", "carrier")
    market.join("shipper", "shipperOrConsignee")
    market.do("carrier", "ISSUE", to="shipper", endorsee="shipper")
    market.do("shipper", "DECLINE")
    stored = market.model.documents[market.document]
    stored.standing = Standing(replace(stored.standing.control, **counters), stored.standing.head)
    full = market.sign(market.prepare("carrier", "AMEND"), ["carrier 0"])
    (outcome,) = market.model.execute_batch([full], market.now)
    assert outcome.refusal == CounterFull(document=market.document, counter=counter)
    market.do("carrier", "NOTICE")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"to": "carrier"}, BadParameter(parameter=1, found=1, allowed=2)),
        ({"endorsee": "bank"}, BadParameter(parameter=2, found=3, allowed=0)),
    ],
    ids=["another possessor", "another endorsee"],
)
def test_A16_an_acceptance_restates_who_hands_over_and_who_is_endorsed(
    values: dict[str, Any], expected: LedgerError
) -> None:
    market = held()
    market.do("shipper", "OFFER", to="platform")
    assert refused(market, lambda: market.do("platform", "ACCEPT", **values)) == expected


def test_a_batch_skips_what_is_refused_and_applies_the_rest_in_order() -> None:
    market = held()
    remark = market.sign(market.prepare("shipper", "REMARK"), ["shipper 0"])
    note = market.sign(market.prepare("carrier", "NOTICE"), ["carrier 0"])
    outcomes = market.model.execute_batch([note, remark, remark, note], market.now)
    codes = [outcome.refusal.code if outcome.refusal else "applied" for outcome in outcomes]
    assert codes == ["applied", "applied", "StalePrevious", "StalePrevious"]
