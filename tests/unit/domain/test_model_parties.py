"""Lives of parties on the model: keys that come and go, changes that wait, what the powers may and may not do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.support.market import CALL, GOVERNOR, REGISTRAR, STRANGER, Market, address, secret_key

from portledger.domain.codes import DAY, FULL_SCOPE, ZERO, PartyAct, Role, Source
from portledger.domain.errors import (
    AccountTaken,
    BadConsent,
    BadParameter,
    ChangeOpen,
    DeadlineTooFar,
    Expired,
    LedgerError,
    NotReady,
    NotVetoable,
    PartyInactive,
    PowerMissing,
    ScopeMissing,
    SignaturesRefused,
    TooLong,
)
from portledger.domain.parties import account_value

SOME = b"\7" * 32
WEEK = 7 * DAY
ADD, REMOVE, THRESHOLD = PartyAct.ADD_ACCOUNT, PartyAct.REMOVE_ACCOUNT, PartyAct.SET_THRESHOLD


def number(value: int) -> bytes:
    return value.to_bytes(32, "big")


def firm(threshold: int = 2, **values: Any) -> Market:
    """A party of three full accounts and one that may only sign titles."""
    market = Market()
    market.join("firm", "carrier", scopes=(255, 255, 255, 4), threshold=threshold, **values)
    market.join("other", "bank")
    return market


def refused(market: Market, run: Callable[[], object], expected: LedgerError) -> None:
    before = market.model.ledger_head, dict(market.model.parties), dict(market.model.accounts)
    with pytest.raises(LedgerError) as refusal:
        run()
    assert refusal.value == expected
    assert (market.model.ledger_head, market.model.parties, market.model.accounts) == before


def keys(*which: int) -> list[str]:
    return [f"firm {at}" for at in which]


def opened(market: Market, source: Source, what: PartyAct) -> bytes:
    return market.model.open_changes[market.numbers["firm"], source, what]


# ---- registration ----------------------------------------------------------------------------------------------------


def test_a_registered_party_starts_with_epoch_one_and_counts_its_full_accounts() -> None:
    party = firm().party("firm")
    assert (party.epoch, party.threshold, party.accounts, party.roles) == (1, 2, 3, Role.CARRIER)
    assert not party.locked
    assert not party.recovery_barred


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"scopes": (255,) * 16}, TooLong(found=16, allowed=15)),
        ({"scopes": (255,), "accounts": ()}, BadParameter(parameter=16, found=1, allowed=0)),
        ({"threshold": 0}, BadParameter(parameter=17, found=0, allowed=1)),
        ({"threshold": 2}, BadParameter(parameter=17, found=2, allowed=1)),
        ({"scopes": (4,)}, BadParameter(parameter=17, found=1, allowed=0)),
        ({"recovery_barred": True}, BadParameter(parameter=18, found=1, allowed=0)),
        ({"scopes": (255, 0)}, BadParameter(parameter=19, found=0, allowed=0)),
        ({"scopes": (255, 255), "accounts": (address("new 0"),) * 2}, AccountTaken(account=address("new 0"))),
        ({"accounts": (address("firm 0"),)}, AccountTaken(account=address("firm 0"))),
        ({"accounts": (bytes(20),)}, AccountTaken(account=bytes(20))),
    ],
)
def test_a_registration_is_refused(values: dict[str, Any], expected: LedgerError) -> None:
    market = firm()
    registration = market.consented("new", market.registration("new", **values))
    refused(market, lambda: market.model.register(REGISTRAR, registration, market.now, CALL), expected)


def test_X1_a_consent_binds_the_whole_registration() -> None:
    market = firm()
    honest = market.consented("new", market.registration("new"))
    for altered in (
        replace(honest, encryption_key=SOME),
        replace(honest, roles=honest.roles | Role.BANK),
        replace(
            honest,
            accounts=(*honest.accounts, address("thief")),
            scopes=(FULL_SCOPE, FULL_SCOPE),
            consents=honest.consents * 2,
        ),
    ):
        expected = BadConsent(account=address("new 0"))
        refused(market, lambda it=altered: market.model.register(REGISTRAR, it, market.now, CALL), expected)  # type: ignore[misc]


def test_only_the_registrar_registers() -> None:
    market = firm()
    registration = market.consented("new", market.registration("new"))
    expected = PowerMissing(power=2, sender=STRANGER)
    refused(market, lambda: market.model.register(STRANGER, registration, market.now, CALL), expected)


# ---- a party's own acts ----------------------------------------------------------------------------------------------


def test_two_signatures_add_an_account_at_once_with_its_consent() -> None:
    market = firm()
    value = account_value(address("new"), FULL_SCOPE)
    assert market.do_party("firm", ADD, value, keys(0, 1), adding=("new", FULL_SCOPE))
    assert market.party("firm").accounts == 4
    assert market.party("firm").epoch == 1
    assert market.model.accounts[address("new")].added_at == market.now


def test_F3_one_signature_only_opens_a_change_that_any_account_vetoes() -> None:
    market = firm()
    value = account_value(address("thief"), FULL_SCOPE)
    assert not market.do_party("firm", ADD, value, keys(0))
    change = opened(market, Source.PARTY, ADD)
    market.veto("firm", change, "firm 3")
    market.pass_time(WEEK)
    ready = market.now
    refused(market, lambda: market.model.enact(change, b"", market.now, CALL), NotReady(ready_at=ready))


def test_a_change_is_enacted_in_its_window_only_and_bumps_the_epoch() -> None:
    market = firm()
    market.do_party("firm", THRESHOLD, number(3), keys(0))
    change, ready = opened(market, Source.PARTY, THRESHOLD), market.now + WEEK
    market.now = ready - 1
    refused(market, lambda: market.model.enact(change, b"", market.now, CALL), NotReady(ready_at=ready))
    market.now = ready + 14 * DAY + 1
    refused(market, lambda: market.model.enact(change, b"", market.now, CALL), NotReady(ready_at=ready))
    market.now = ready + 14 * DAY
    market.model.enact(change, b"", market.now, CALL)
    assert (market.party("firm").threshold, market.party("firm").epoch) == (3, 2)
    refused(market, lambda: market.model.enact(change, b"", market.now, CALL), NotReady(ready_at=ready))
    refused(market, lambda: market.model.enact(SOME, b"", market.now, CALL), NotReady(ready_at=0))


def test_an_account_added_by_a_change_consents_to_that_change() -> None:
    market = firm()
    market.do_party("firm", ADD, account_value(address("new"), 5), keys(0))
    change = opened(market, Source.PARTY, ADD)
    market.pass_time(WEEK)
    wrong = market.consent("firm", "new", 5, SOME)
    expected = BadConsent(account=address("new"))
    refused(market, lambda: market.model.enact(change, wrong, market.now, CALL), expected)
    market.model.enact(change, market.consent("firm", "new", 5, change), market.now, CALL)
    assert market.party("firm").accounts == 3


def test_an_account_of_any_scope_removes_itself_at_once() -> None:
    market = firm()
    assert market.do_party("firm", REMOVE, account_value(address("firm 3")), keys(3))
    assert market.model.accounts[address("firm 3")].removed_at == market.now
    expected = BadParameter(parameter=21, found=int.from_bytes(address("firm 3"), "big"), allowed=0)
    value = account_value(address("firm 3"))
    refused(market, lambda: market.do_party("firm", REMOVE, value, keys(0, 1)), expected)


def test_full_accounts_never_fall_below_the_threshold() -> None:
    market = firm(threshold=3)
    value = account_value(address("firm 2"))
    expected = BadParameter(parameter=17, found=2, allowed=3)
    refused(market, lambda: market.do_party("firm", REMOVE, value, keys(0, 1, 2)), expected)


def test_a_locked_party_stops_and_unlocks_with_two_at_once_or_one_after_two_days() -> None:
    market = firm()
    market.do_party("firm", PartyAct.LOCK, keys=keys(3))
    stopped = PartyInactive(party=1, why=3)
    refused(market, lambda: market.do_party("firm", PartyAct.LOCK, keys=keys(3)), stopped)
    refused(market, lambda: market.do_party("firm", PartyAct.BAR_RECOVERY, keys=keys(0, 1)), stopped)
    assert market.do_party("firm", PartyAct.BUMP_EPOCH, keys=keys(0, 1))
    assert market.do_party("firm", PartyAct.UNLOCK, keys=keys(0, 1))
    assert (market.party("firm").locked, market.party("firm").epoch) == (False, 3)
    market.do_party("firm", PartyAct.LOCK, keys=keys(3))
    assert not market.do_party("firm", PartyAct.UNLOCK, keys=keys(0))
    change = opened(market, Source.PARTY, PartyAct.UNLOCK)
    market.pass_time(2 * DAY)
    market.model.enact(change, b"", market.now, CALL)
    assert not market.party("firm").locked


def test_a_lock_carries_the_number_of_unlocks_so_that_nobody_can_out_race_it() -> None:
    market = firm()
    lock = market.party_act("firm", PartyAct.LOCK, keys=keys(0))
    market.do_party("firm", PartyAct.ROTATE_ENCRYPTION_KEY, SOME, keys(0, 1))
    market.do_party("firm", PartyAct.BUMP_EPOCH, keys=keys(0, 1))
    market.model.party_act(lock, market.now)
    assert market.party("firm").locked
    assert market.model.nonces[1] == 3
    market.do_party("firm", PartyAct.UNLOCK, keys=keys(0, 1))
    assert market.party("firm").unlocks == 1
    refused(market, lambda: market.model.party_act(lock, market.now), SignaturesRefused(party=1, given=0, needed=1))


def test_an_act_is_spent_with_its_nonce() -> None:
    market = firm()
    act = market.party_act("firm", PartyAct.ROTATE_ENCRYPTION_KEY, SOME, keys(0, 1))
    market.model.party_act(act, market.now)
    refused(market, lambda: market.model.party_act(act, market.now), SignaturesRefused(party=1, given=0, needed=2))


def test_recovery_is_barred_with_three_accounts_and_unbarred_after_seven_days() -> None:
    market = firm()
    market.do_party("firm", PartyAct.BAR_RECOVERY, keys=keys(0, 1))
    again = BadParameter(parameter=23, found=1, allowed=0)
    refused(market, lambda: market.do_party("firm", PartyAct.BAR_RECOVERY, keys=keys(0, 1)), again)
    barred = BadParameter(parameter=18, found=1, allowed=0)
    value = account_value(address("new"), FULL_SCOPE)
    refused(market, lambda: market.model.propose(REGISTRAR, 1, ADD, value, market.now, CALL), barred)
    refused(market, lambda: market.model.order(GOVERNOR, 1, ADD, value, SOME, market.now, CALL), barred)
    assert not market.do_party("firm", PartyAct.UNBAR_RECOVERY, keys=keys(0, 1, 2))
    market.pass_time(WEEK)
    market.model.enact(opened(market, Source.PARTY, PartyAct.UNBAR_RECOVERY), b"", market.now, CALL)
    assert not market.party("firm").recovery_barred


def test_B2_a_profile_changes_by_proposal_and_at_once_only_by_the_partys_own_word() -> None:
    market = firm()
    take = (PartyAct.SET_PROFILE, SOME, keys(0, 1))
    refused(market, lambda: market.do_party("firm", *take), NotReady(ready_at=0))
    change = market.model.propose(REGISTRAR, 1, PartyAct.SET_PROFILE, SOME, market.now, CALL)
    other = (PartyAct.SET_PROFILE, b"\x08" * 32, keys(0, 1))
    refused(market, lambda: market.do_party("firm", *other), NotReady(ready_at=0))
    market.do_party("firm", *take)
    assert market.model.profiles[1] == SOME
    assert market.model.changes[change].dead


ACTS: list[tuple[str, PartyAct | int, bytes, Sequence[int], dict[str, Any], LedgerError]] = [
    ("no such act", 11, ZERO, (0, 1), {}, BadParameter(parameter=20, found=11, allowed=10)),
    ("past deadline", ADD, ZERO, (0, 1), {"deadline": 5}, Expired(deadline=5, time=1_800_000_000)),
    (
        "far deadline",
        ADD,
        ZERO,
        (0, 1),
        {"deadline": 1_900_000_000},
        DeadlineTooFar(deadline=1_900_000_000, latest=1_800_000_000 + 30 * DAY),
    ),
    ("no address", ADD, number(255 << 160), (0, 1), {}, BadParameter(parameter=21, found=255 << 160, allowed=0)),
    ("no scope", ADD, number(5), (0, 1), {}, BadParameter(parameter=21, found=5, allowed=0)),
    (
        "other bits",
        ADD,
        number(1 << 168 | 5 | 1 << 160),
        (0,),
        {},
        BadParameter(parameter=21, found=1 << 168 | 5 | 1 << 160, allowed=0),
    ),
    ("taken", ADD, account_value(address("other 0"), 4), (0, 1), {}, AccountTaken(account=address("other 0"))),
    ("high bits", REMOVE, number(1 << 160), (0, 1), {}, BadParameter(parameter=21, found=1 << 160, allowed=0)),
    ("sixteen", THRESHOLD, number(16), (0, 1), {}, BadParameter(parameter=21, found=16, allowed=15)),
    ("above accounts", THRESHOLD, number(4), (0, 1), {}, BadParameter(parameter=17, found=4, allowed=3)),
    ("value with bump", PartyAct.BUMP_EPOCH, number(1), (0, 1), {}, BadParameter(parameter=21, found=1, allowed=0)),
    ("no key", PartyAct.ROTATE_ENCRYPTION_KEY, ZERO, (0, 1), {}, BadParameter(parameter=21, found=0, allowed=0)),
    ("not locked", PartyAct.UNLOCK, ZERO, (0, 1), {}, BadParameter(parameter=23, found=0, allowed=1)),
    ("not barred", PartyAct.UNBAR_RECOVERY, ZERO, (0, 1), {}, BadParameter(parameter=23, found=0, allowed=1)),
    ("too few", PartyAct.BUMP_EPOCH, ZERO, (0,), {}, SignaturesRefused(party=1, given=1, needed=2)),
    ("scope", PartyAct.BUMP_EPOCH, ZERO, (3,), {}, ScopeMissing(account=address("firm 3"), scope=4, needed=128)),
]


@pytest.mark.parametrize(("name", "what", "value", "signers", "values", "expected"), ACTS, ids=[c[0] for c in ACTS])
def test_a_partys_act_is_refused(
    name: str,
    what: int,
    value: bytes,
    signers: Sequence[int],
    values: dict[str, Any],
    expected: LedgerError,
) -> None:
    market = firm()
    refused(market, lambda: market.do_party("firm", what, value, keys(*signers), **values), expected)  # type: ignore[arg-type]


def test_no_party_no_act() -> None:
    market = firm()
    act = market.party_act("firm", PartyAct.BUMP_EPOCH, keys=keys(0, 1))
    stranger = replace(act, party_action=replace(act.party_action, party=9))
    expected = PartyInactive(party=9, why=1)
    refused(market, lambda: market.model.party_act(stranger, market.now), expected)


def test_barring_needs_three_full_accounts_and_two_signatures() -> None:
    market = firm(threshold=1)
    expected = BadParameter(parameter=18, found=3, allowed=3)
    refused(market, lambda: market.do_party("firm", PartyAct.BAR_RECOVERY, keys=keys(0)), expected)


# ---- what the powers may do ------------------------------------------------------------------------------------------


def test_F1_a_registrars_account_waits_14_days_and_is_vetoed_by_the_party() -> None:
    market = firm()
    change = market.model.propose(REGISTRAR, 1, ADD, account_value(address("thief"), 255), market.now, CALL)
    market.pass_time(14 * DAY - 1)
    ready = market.now + 1
    refused(market, lambda: market.model.enact(change, b"", market.now, CALL), NotReady(ready_at=ready))
    market.veto("firm", change, "firm 0")
    refused(market, lambda: market.veto("firm", change, "firm 0"), NotVetoable(change_id=change))


def test_F2_a_suspended_party_and_a_removed_account_may_still_veto() -> None:
    market = firm()
    change = market.model.propose(REGISTRAR, 1, ADD, account_value(address("thief"), 255), market.now, CALL)
    market.model.suspend(REGISTRAR, 1, market.now + 30 * DAY, market.now, CALL)
    market.pass_time(60)
    market.do_party("firm", REMOVE, account_value(address("firm 0")), keys(1, 2))
    market.veto("firm", change, "firm 0")
    assert market.model.changes[change].dead


def test_a_veto_is_the_word_of_an_account_of_that_time_with_title_or_admin_scope() -> None:
    market = Market()
    market.join("firm", "carrier", scopes=(255, 1))
    change = market.model.propose(REGISTRAR, 1, THRESHOLD, number(1), market.now, CALL)
    refused(market, lambda: market.veto("firm", change, "stranger"), SignaturesRefused(party=1, given=0, needed=1))
    narrow = ScopeMissing(account=address("firm 1"), scope=1, needed=132)
    refused(market, lambda: market.veto("firm", change, "firm 1"), narrow)
    refused(market, lambda: market.veto("firm", SOME, "firm 0"), NotVetoable(change_id=SOME))


def test_X12_each_source_has_one_place_for_each_matter() -> None:
    market = firm()
    first = market.model.propose(REGISTRAR, 1, THRESHOLD, number(1), market.now, CALL)
    until = market.now + 28 * DAY
    again = lambda: market.model.propose(REGISTRAR, 1, THRESHOLD, number(2), market.now, CALL)  # noqa: E731
    refused(market, again, ChangeOpen(change_id=first, until=until))
    market.do_party("firm", THRESHOLD, number(3), keys(0))
    market.model.order(GOVERNOR, 1, THRESHOLD, number(1), SOME, market.now, CALL)
    market.now = until + 1
    market.model.propose(REGISTRAR, 1, THRESHOLD, number(2), market.now, CALL)


def test_X10_a_removal_of_roles_waits_a_week_and_may_be_vetoed_an_addition_may_not() -> None:
    market = firm()
    taken = market.model.propose(REGISTRAR, 1, PartyAct.SET_ROLES, number(0), market.now, CALL)
    market.veto("firm", taken, "firm 0")
    more = int(Role.CARRIER | Role.BANK)
    given = market.model.propose(REGISTRAR, 1, PartyAct.SET_ROLES, number(more), market.now, CALL)
    refused(market, lambda: market.veto("firm", given, "firm 0"), NotVetoable(change_id=given))
    market.pass_time(WEEK)
    market.model.enact(given, b"", market.now, CALL)
    assert market.party("firm").roles == more


def test_an_order_suspends_until_it_lapses_and_only_the_governor_ends_that() -> None:
    market = firm()
    change = market.model.order(GOVERNOR, 1, ADD, account_value(address("new"), 255), SOME, market.now, CALL)
    assert change is not None
    assert market.party("firm").suspended_until == market.now + 44 * DAY
    refused(market, lambda: market.veto("firm", change, "firm 0"), NotVetoable(change_id=change))
    expected = PowerMissing(power=1, sender=REGISTRAR)
    refused(market, lambda: market.model.reinstate(REGISTRAR, 1, market.now, CALL), expected)
    market.pass_time(30 * DAY)
    market.model.enact(change, market.consent("firm", "new", 255, change), market.now, CALL)
    assert market.party("firm").suspended(market.now)
    refused(market, lambda: market.model.reinstate(REGISTRAR, 1, market.now, CALL), expected)
    market.model.reinstate(GOVERNOR, 1, market.now, CALL)
    assert not market.party("firm").suspended(market.now)


def test_a_cancelled_order_frees_the_party_and_its_place() -> None:
    market = firm()
    change = market.model.order(GOVERNOR, 1, THRESHOLD, number(1), SOME, market.now, CALL)
    assert change is not None
    market.pass_time(DAY)
    market.model.cancel_order(GOVERNOR, change, market.now, CALL)
    assert not market.party("firm").suspended(market.now)
    ready = market.model.changes[change].ready_at
    refused(market, lambda: market.model.cancel_order(GOVERNOR, change, market.now, CALL), NotReady(ready_at=ready))
    refused(market, lambda: market.model.cancel_order(GOVERNOR, SOME, market.now, CALL), NotReady(ready_at=0))
    market.model.order(GOVERNOR, 1, THRESHOLD, number(1), SOME, market.now, CALL)


def test_the_governor_sets_roles_at_once() -> None:
    market = firm(recovery_barred=True)
    assert market.model.order(GOVERNOR, 1, PartyAct.SET_ROLES, number(0), SOME, market.now, CALL) is None
    assert market.party("firm").roles == 0


def test_F4_a_suspension_lasts_30_days_and_comes_again_after_90_unless_by_the_governor() -> None:
    market = firm()
    end = market.now + 30 * DAY
    too_long = BadParameter(parameter=22, found=end + 1, allowed=end)
    refused(market, lambda: market.model.suspend(REGISTRAR, 1, end + 1, market.now, CALL), too_long)
    market.model.suspend(REGISTRAR, 1, end, market.now, CALL)
    market.now = end + 90 * DAY - 1
    soon = NotReady(ready_at=end + 90 * DAY)
    refused(market, lambda: market.model.suspend(REGISTRAR, 1, market.now + DAY, market.now, CALL), soon)
    market.model.suspend(GOVERNOR, 1, market.now + DAY, market.now, CALL)
    market.model.reinstate(REGISTRAR, 1, market.now, CALL)
    again = BadParameter(parameter=23, found=0, allowed=1)
    refused(market, lambda: market.model.reinstate(REGISTRAR, 1, market.now, CALL), again)


@pytest.mark.parametrize(
    ("function", "arguments", "power"),
    [
        ("propose", (1, 3, number(1)), 2),
        ("order", (1, 3, number(1), SOME), 1),
        ("cancel_order", (SOME,), 1),
        ("suspend", (1, 5), 2),
        ("reinstate", (1,), 2),
        ("appoint", (1, STRANGER), 1),
        ("accept", (1,), 1),
        ("accept", (7,), 7),
    ],
)
def test_who_lacks_the_power_is_told_which(function: str, arguments: tuple[Any, ...], power: int) -> None:
    market = firm()
    call = getattr(market.model, function)
    expected = PowerMissing(power=power, sender=STRANGER)
    refused(market, lambda: call(STRANGER, *arguments, now=market.now, call=CALL), expected)


@pytest.mark.parametrize(
    ("function", "sender", "arguments", "expected"),
    [
        ("propose", REGISTRAR, (9, 3, number(1)), PartyInactive(party=9, why=1)),
        ("propose", REGISTRAR, (1, 2, number(1)), BadParameter(parameter=20, found=2, allowed=0)),
        ("propose", REGISTRAR, (1, 11, number(1 << 64)), BadParameter(parameter=21, found=1 << 64, allowed=0)),
        ("order", GOVERNOR, (1, 4, SOME, SOME), BadParameter(parameter=20, found=4, allowed=0)),
        ("order", GOVERNOR, (1, 3, number(1), ZERO), BadParameter(parameter=24, found=0, allowed=0)),
        ("order", GOVERNOR, (1, 3, number(4), SOME), BadParameter(parameter=17, found=4, allowed=3)),
        ("suspend", REGISTRAR, (9, 5), PartyInactive(party=9, why=1)),
        ("reinstate", REGISTRAR, (1,), BadParameter(parameter=23, found=0, allowed=1)),
    ],
)
def test_a_call_of_a_power_is_refused(
    function: str, sender: bytes, arguments: tuple[Any, ...], expected: LedgerError
) -> None:
    market = firm()
    call = getattr(market.model, function)
    refused(market, lambda: call(sender, *arguments, now=market.now, call=CALL), expected)


def test_a_keys_name_leads_to_its_account() -> None:
    assert secret_key("firm 0") != secret_key("firm 1")
    assert address("firm 0") in firm().model.accounts
