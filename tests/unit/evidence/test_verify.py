"""A true history verifies; every kind of tampering is noticed by the step that looks at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from tests.support.histories import DOMAIN, Town, added, bill_of_lading, certificate, key

from portledger.domain.actions import document_id
from portledger.domain.codes import DAY, ZERO, PartyAct
from portledger.domain.events import ActionApplied, Frozen, LedgerEvent, NoteApplied, PartyChanged, Unfrozen, Where
from portledger.domain.hashing import abi_words, entry, keccak, word
from portledger.domain.parties import Account
from portledger.domain.records import Control
from portledger.domain.signatures import address_of, join, sign, signers_word
from portledger.domain.verification_errors import VerificationError
from portledger.evidence.history import Act, Freeze, History, LedgerFacts, history_of
from portledger.evidence.result import Result, Status, Step
from portledger.evidence.verify import verify
from portledger.resources import kind as shipped_kind


@cache
def bill() -> Town:
    return bill_of_lading()


@cache
def origin() -> Town:
    return certificate()


def step_of(history: History, facts: LedgerFacts) -> tuple[int, str]:
    """The step that refuses, and the entry that it names."""
    with pytest.raises(VerificationError) as failure:
        verify(history, facts)
    assert failure.value.found
    assert failure.value.allowed
    assert failure.value.remedy
    return failure.value.step, failure.value.entry


def status(result: Result) -> dict[int, Status]:
    return {int(report.step): report.status for report in result.steps}


# --- what holds ------------------------------------------------------------------------------------------------------


def test_a_true_history_verifies_and_tells_the_facts() -> None:
    town = bill()
    result = verify(town.history(), town.facts())
    assert result.state == "SURRENDERED_FOR_DELIVERY"
    assert result.final
    assert result.control.possessor == town.names["carrier"]
    assert (result.acts, result.notes, result.freezes) == (10, 2, 2)
    assert result.created_at == town.entries[0].time


def test_a_result_says_as_of_which_block_it_holds() -> None:
    town = bill()
    facts = town.facts()
    result = verify(town.history(), facts)
    assert result.as_of == f"block {facts.block}, 2027-01-15T08:04:30Z"
    assert result.to_dict()["asOf"] == {"block": facts.block, "time": facts.time}


def test_every_step_is_reported_and_what_was_not_seen_is_not_called_checked() -> None:
    town = bill()
    result = verify(town.history(), town.facts())
    assert status(result) == {
        **dict.fromkeys((1, 2, 3), Status.FROM_NODE),
        **dict.fromkeys((4, 5, 6, 7, 8, 9, 10, 11, 15), Status.CHECKED),
        **dict.fromkeys((12, 13, 14), Status.NOT_SHOWN),
    }


def test_a_freeze_is_remarked_with_the_account_that_made_it() -> None:
    town = bill()
    assert any("frozen until" in remark for remark in verify(town.history(), town.facts()).remarks)


def test_a_certificate_with_uses_notes_and_a_claim_verifies() -> None:
    result = verify(origin().history(), origin().facts())
    assert result.control.used == 700_000
    assert result.notes == 1
    assert not result.final


def test_logs_of_parties_that_are_not_concerned_are_not_needed() -> None:
    town = origin()
    stranger = Town()
    stranger.register("stranger")
    history = replace(town.history(), parties={**town.history().parties, 99: tuple(stranger.logs[1])})
    assert set(verify(history, town.facts()).parties) == {1, 2, 3}


@pytest.mark.parametrize("act_first", [True, False])
def test_a_party_that_changes_in_the_second_of_an_act_is_accepted_in_either_order_and_remarked(act_first: bool) -> None:
    town = Town()
    carrier = town.register("carrier", "carrier")
    shipper = town.register("shipper", "shipperOrConsignee")
    issue(town, carrier, shipper)
    if act_first:
        town.act("ACCEPT", shipper, counterparty=carrier, endorsee=shipper)
        town.time -= 10
        town.party_act(shipper, PartyAct.BUMP_EPOCH)
    else:
        town.party_act(shipper, PartyAct.BUMP_EPOCH)
        town.act("ACCEPT", shipper, seconds=0, counterparty=carrier, endorsee=shipper)
    result = verify(town.history(), town.facts())
    assert any("within the same second" in remark for remark in result.remarks)


def test_a_party_that_is_locked_as_of_the_block_is_remarked() -> None:
    town = Town()
    carrier = town.register("carrier", "carrier")
    issue(town, carrier, town.register("shipper"))
    town.party_act(carrier, PartyAct.LOCK)
    assert any("locked" in remark for remark in verify(town.history(), town.facts()).remarks)


def test_B3_an_account_removed_after_its_act_still_counts_for_it() -> None:
    town = bill()
    removed = Account.unpack(town.facts().accounts[address_of(key("new"))])
    assert removed is not None
    assert removed.removed_at
    verify(town.history(), town.facts())


def test_B5_a_history_proves_itself_by_the_newest_head_alone() -> None:
    """No state of the past is asked for: control and head as of today carry all that was before."""
    town = bill()
    facts = town.facts()
    assert facts.block > max(item.block for item in town.entries)
    verify(town.history(), facts)


def test_X3_a_history_with_all_signatures_is_built_from_events_alone() -> None:
    """Whoever carried the acts, and through whatever contract: nothing is taken from transactions."""
    town = bill()
    assert history_of(town.document, town.kind, events_of(town)) == replace(
        town.history(), parties={party: tuple(log) for party, log in town.logs.items()}
    )


def events_of(town: Town) -> list[LedgerEvent]:
    """What the ledger emitted, in order."""
    events: list[LedgerEvent] = []
    for item in (*town.entries, *town.notes):
        where = Where(item.block, item.time, 0, bytes(32))
        if isinstance(item, Freeze):
            freeze = (town.document, item.head, item.control)
            events.append(
                Frozen(where, *freeze, item.until, item.reason, item.sender)
                if item.until
                else Unfrozen(where, *freeze, item.sender)
            )
            continue
        act = item.action
        event = NoteApplied if item in town.notes else ActionApplied
        events.append(
            event(
                where,
                act.document,
                item.digest,
                item.head,
                item.control,
                act.terms(),
                act.content,
                act.document_reference,
                act.detail,
                item.signatures,
            )
        )
    for party, log in town.logs.items():
        for entry_ in log:
            words = (entry_.digest, entry_.party_word, entry_.profile, entry_.encryption_key, entry_.account_word)
            where = Where(entry_.block, entry_.time, 0, bytes(32))
            events.append(PartyChanged(where, party, *words, entry_.signers, entry_.head, entry_.call))
    return sorted(events, key=lambda event: event.where.block)


def issue(town: Town, carrier: int, shipper: int) -> Act:
    return town.act(
        "ISSUE",
        carrier,
        counterparty=shipper,
        endorsee=shipper,
        content=keccak(b"manifest"),
        document_reference=keccak(b"number"),
    )


# --- tampering with entries ------------------------------------------------------------------------------------------

Change = Callable[[Act], Act]


def member(**members: Any) -> Change:
    return lambda item: replace(item, action=replace(item.action, **members))


TAMPERED: dict[str, tuple[int, Change, Step]] = {
    "document": (2, member(document=keccak(b"x")), Step.DIGESTS),
    "kind": (2, member(kind=0x0102), Step.DIGESTS),
    "previous": (2, member(previous=keccak(b"x")), Step.DIGESTS),
    "verb": (2, member(verb=200), Step.DIGESTS),
    "counterparty": (3, member(counterparty=4), Step.DIGESTS),
    "endorsee": (2, member(endorsee=4), Step.DIGESTS),
    "content": (0, member(content=keccak(b"other")), Step.DIGESTS),
    "reference": (0, member(document_reference=keccak(b"other")), Step.DIGESTS),
    "detail": (2, member(detail=keccak(b"other")), Step.DIGESTS),
    "actor": (2, member(actor=1), Step.DIGESTS),
    "epoch": (2, member(epoch=2), Step.DIGESTS),
    "deadline": (2, member(deadline=1), Step.DIGESTS),
    "quantity": (2, member(quantity=5), Step.DIGESTS),
    "digest": (2, lambda item: replace(item, digest=keccak(b"x")), Step.DIGESTS),
    "signature": (2, lambda item: replace(item, signatures=item.signatures[:-1] + b"\x1d"), Step.SIGNATURES),
    "signature cut": (2, lambda item: replace(item, signatures=item.signatures[:-1]), Step.SIGNATURES),
    "no signature": (2, lambda item: replace(item, signatures=b""), Step.SIGNATURES),
    "signature by a stranger": (
        1,
        lambda item: replace(item, signatures=sign(item.digest, key("mallory"))),
        Step.SIGNATURES,
    ),
    "signature by another party": (
        1,
        lambda item: replace(item, signatures=sign(item.digest, key("bank"))),
        Step.SIGNATURES,
    ),
    "signatures in the wrong order": (
        2,
        lambda item: replace(item, signatures=item.signatures[65:] + item.signatures[:65]),
        Step.SIGNATURES,
    ),
    "signature twice": (2, lambda item: replace(item, signatures=item.signatures[:65] * 2), Step.SIGNATURES),
    "one signature of two": (2, lambda item: replace(item, signatures=item.signatures[:65]), Step.HEAD),
    "state": (2, lambda item: replace(item, control=item.control ^ 1 << 176), Step.HEAD),
    "possessor": (2, lambda item: replace(item, control=item.control ^ 1 << 32), Step.HEAD),
    "head": (2, lambda item: replace(item, head=keccak(b"x")), Step.HEAD),
    "time": (2, lambda item: replace(item, time=item.time + 1), Step.HEAD),
    "time before the last": (2, lambda item: replace(item, time=item.time - 100), Step.HEAD),
    "time after the block": (2, lambda item: replace(item, time=item.time + DAY), Step.HEAD),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_tampered_act_names_step_and_entry(name: str) -> None:
    at, change, step = TAMPERED[name]
    town = bill()
    entries = list(town.entries)
    item = entries[at]
    assert isinstance(item, Act)
    entries[at] = change(item)
    assert entries[at] != item
    verb = "verb 200" if name == "verb" else town.kind.verb_name(item.action.verb)
    failing, where = step_of(replace(town.history(), entries=tuple(entries)), town.facts())
    assert failing == step
    assert where in (f"act {at}, {verb}", f"act {at}, 200")


def freeze_at(town: Town) -> int:
    return next(at for at, item in enumerate(town.entries) if isinstance(item, Freeze))


FREEZES: dict[str, dict[str, Any]] = {
    "until": {"until": 1},
    "made an unfreeze": {"until": 0, "reason": ZERO},
    "reason": {"reason": keccak(b"x")},
    "sender": {"sender": bytes(20)},
    "head": {"head": keccak(b"x")},
    "control": {"control": 1},
}


@pytest.mark.parametrize("name", FREEZES)
def test_a_tampered_freeze_breaks_the_running_hash(name: str) -> None:
    town = bill()
    at, entries = freeze_at(town), list(town.entries)
    item = entries[at]
    assert isinstance(item, Freeze)
    entries[at] = replace(item, **FREEZES[name])
    failing, where = step_of(replace(town.history(), entries=tuple(entries)), town.facts())
    assert failing == Step.HEAD
    assert where.startswith(f"act {at}, ")


def test_a_missing_act_is_noticed_by_the_next_one() -> None:
    town = bill()
    history = replace(town.history(), entries=(*town.entries[:2], *town.entries[3:]))
    assert step_of(history, town.facts()) == (Step.DIGESTS, "act 2, OFFER")


def test_a_missing_last_act_is_noticed_by_the_head() -> None:
    town = bill()
    assert step_of(replace(town.history(), entries=tuple(town.entries[:-1])), town.facts()) == (Step.HEAD, "")


def test_an_act_twice_is_noticed() -> None:
    town = bill()
    history = replace(town.history(), entries=(*town.entries[:3], town.entries[2], *town.entries[3:]))
    assert step_of(history, town.facts()) == (Step.DIGESTS, "act 3, ENDORSE")


def test_two_acts_exchanged_are_noticed() -> None:
    town = bill()
    first, second, *rest = town.entries[1:]
    history = replace(town.history(), entries=(town.entries[0], second, first, *rest))
    assert step_of(history, town.facts())[0] in (Step.DIGESTS, Step.HEAD)


def test_a_hidden_freeze_is_noticed() -> None:
    town = bill()
    at = freeze_at(town)
    history = replace(town.history(), entries=(*town.entries[:at], *town.entries[at + 1 :]))
    assert step_of(history, town.facts())[0] == Step.HEAD


def test_an_empty_history_is_noticed() -> None:
    assert step_of(replace(bill().history(), entries=()), bill().facts())[0] == Step.HEAD


def test_another_document_s_history_is_noticed() -> None:
    town = bill()
    assert step_of(replace(town.history(), document=keccak(b"x")), town.facts())[0] == Step.DIGESTS


def test_another_ledger_s_history_is_noticed() -> None:
    town = bill()
    facts = replace(town.facts(), domain=replace(DOMAIN, salt=keccak(b"test chain")))
    assert step_of(town.history(), facts)[0] == Step.DIGESTS


# --- the kind --------------------------------------------------------------------------------------------------------


def test_another_kind_s_file_is_refused() -> None:
    assert step_of(replace(bill().history(), kind=shipped_kind("ebl-straight")), bill().facts())[0] == Step.KIND


def test_X2_a_kind_file_with_one_other_row_is_refused() -> None:
    town = bill()
    rows = dict(town.kind.rows)
    first = next(iter(rows))
    rows[first] = replace(rows[first], who=128)
    hidden = replace(town.kind, rows=rows, kind_digest=keccak(b"digest over the hidden row"))
    assert step_of(replace(town.history(), kind=hidden), town.facts())[0] == Step.KIND


def test_a_kind_sealed_with_another_digest_is_refused() -> None:
    assert step_of(bill().history(), replace(bill().facts(), kind_digest=keccak(b"x")))[0] == Step.KIND


# --- the ledger's word -----------------------------------------------------------------------------------------------


def test_a_record_that_the_ledger_does_not_know_is_refused() -> None:
    assert step_of(bill().history(), replace(bill().facts(), control=0))[0] == Step.STORAGE


def test_B1_an_old_history_does_not_verify_against_the_live_head() -> None:
    """Who was holder once cannot show it as today's truth."""
    town = Town()
    carrier = town.register("carrier", "carrier")
    shipper = town.register("shipper")
    issue(town, carrier, shipper)
    town.act("ACCEPT", shipper, counterparty=carrier, endorsee=shipper)
    old, facts_then = town.history(), town.facts()
    town.act("OFFER", shipper, counterparty=town.register("bank"))
    verify(old, facts_then)
    assert step_of(old, town.facts())[0] == Step.HEAD


def test_B7_a_head_binds_the_resulting_state() -> None:
    """A table executed wrongly somewhere cannot hide: the head was made with the state, so both must be altered."""
    town = bill()
    item = town.entries[2]
    forged = Control.unpack(item.control)
    forged = replace(forged, possessor=4)
    entries = (*town.entries[:2], replace(item, control=forged.pack()), *town.entries[3:])
    assert step_of(replace(town.history(), entries=entries), town.facts()) == (Step.HEAD, "act 2, ENDORSE")


def test_a_control_that_is_not_the_ledger_s_is_refused() -> None:
    facts = bill().facts()
    assert step_of(bill().history(), replace(facts, control=facts.control ^ 1))[0] == Step.TABLE


def test_a_sequence_that_is_not_the_number_of_entries_is_refused() -> None:
    facts = bill().facts()
    assert step_of(bill().history(), replace(facts, control=facts.control ^ 1 << 208))[0] == Step.HEAD


def test_an_extension_that_the_entries_do_not_lead_to_is_refused() -> None:
    facts = bill().facts()
    assert step_of(bill().history(), replace(facts, frozen_until=facts.frozen_until + 1))[0] == Step.TABLE
    assert step_of(bill().history(), replace(facts, secured_party=3))[0] == Step.TABLE


ACCOUNTS: dict[str, Callable[[Account], Account | None]] = {
    "unknown": lambda _: None,
    "of another party": lambda account: replace(account, party=9),
    "removed before": lambda account: replace(account, removed_at=account.added_at + 1),
    "added later": lambda account: replace(account, added_at=account.added_at + DAY),
}


@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_signer_whose_account_is_wrong_at_the_time_is_refused(name: str) -> None:
    town, facts = bill(), bill().facts()
    signer = address_of(key("bank"))
    account = Account.unpack(facts.accounts[signer])
    assert account is not None
    changed = ACCOUNTS[name](account)
    accounts = {**facts.accounts, signer: changed.pack() if changed else 0}
    assert step_of(town.history(), replace(facts, accounts=accounts))[0] == Step.SIGNATURES


def test_C3_an_account_without_the_scope_of_the_row_is_refused() -> None:
    town, facts = bill(), bill().facts()
    signer = address_of(key("bank"))
    account = Account.unpack(facts.accounts[signer])
    assert account is not None
    accounts = {**facts.accounts, signer: replace(account, scope=1).pack()}
    history = replace(town.history(), parties={})
    with pytest.raises(VerificationError):
        verify(history, replace(facts, accounts=accounts))
    # The log says full scope and the ledger says filing only: already that contradiction is noticed.
    assert step_of(town.history(), replace(facts, accounts=accounts))[0] == Step.PARTIES


# --- forged from the start: every hash is recomputed by the forger, so only the rules are left -----------------------


def forged(town: Town, change: Change, at: int, signer: bytes | None = None) -> tuple[History, LedgerFacts]:
    """The history with one act changed, and everything after it cut; digest, signature, head and facts made anew.

    This is what a ledger with broken code would hold: all hashes fit, only the rules do not.
    """
    entries = list(town.entries[: at + 1])
    item = entries[at]
    assert isinstance(item, Act)
    item = change(item)
    digest = item.action.digest(DOMAIN, town.kind.intent(item.action.verb))
    keys = [signer] if signer else town.keys[item.action.actor][: max(1, len(item.signatures) // 65)]
    signatures = join(digest, keys)
    signers = sorted(map(address_of, keys))
    head = entry(item.action.previous, digest, word(item.control), signers_word(signers), item.time)
    entries[at] = replace(item, digest=digest, signatures=signatures, head=head)
    history = replace(town.history(), entries=tuple(entries), notes=())
    return history, replace(
        town.facts(), control=item.control, head=head, notes_head=ZERO, frozen_until=0, time=town.facts().time
    )


def after_control(**members: int) -> Callable[[Act], Act]:
    return lambda item: replace(item, control=replace(Control.unpack(item.control), **members).pack())


FORGED: dict[str, tuple[int, Change, Step]] = {
    "title given away": (3, after_control(possessor=4), Step.TABLE),
    "another state": (3, after_control(state=3), Step.TABLE),
    "a flag set": (3, after_control(flags=2), Step.TABLE),
    "offer to the issuer": (3, member(counterparty=1), Step.TABLE),
    "act after the deadline": (3, lambda item: member(deadline=item.time - 1)(item), Step.TABLE),
    "deadline too far": (3, lambda item: member(deadline=item.time + 31 * DAY)(item), Step.TABLE),
    "wrong epoch": (3, member(epoch=7), Step.PARTIES),
    "unknown counterparty": (3, member(counterparty=77), Step.PARTIES),
    "another document id": (0, member(document_reference=keccak(b"other number")), Step.REFERENCE),
    "content where none belongs": (3, member(content=keccak(b"x")), Step.TABLE),
    "role missing": (0, member(actor=1), Step.PARTIES),
}


@pytest.mark.parametrize("name", [name for name in FORGED if name != "role missing"])
def test_an_act_that_the_rules_forbid_is_refused_even_when_every_hash_fits(name: str) -> None:
    at, change, step = FORGED[name]
    history, facts = forged(bill(), change, at)
    failing, where = step_of(history, facts)
    assert failing == step
    assert where.startswith(("act", "party"))


def test_an_act_by_who_is_not_possessor_is_refused() -> None:
    history, facts = forged(bill(), lambda item: member(actor=1, epoch=1)(item), 3, key("carrier"))
    assert step_of(history, facts) == (Step.TABLE, "act 3, OFFER")


def test_A10_too_few_signatures_for_a_critical_act_are_refused() -> None:
    town = bill()
    history, facts = forged(town, lambda item: item, 3, town.keys[2][0])
    assert step_of(history, facts) == (Step.PARTIES, "act 3, OFFER")


def test_A5_the_variant_of_a_kind_is_not_in_the_document_id() -> None:
    assert document_id(0x0101, 1, keccak(b"n")) == document_id(0x0102, 1, keccak(b"n"))
    assert document_id(0x0101, 1, keccak(b"n")) != document_id(0x0201, 1, keccak(b"n"))


# --- notes -----------------------------------------------------------------------------------------------------------

NOTES: dict[str, Change] = {
    "detail": member(detail=keccak(b"other")),
    "previous of another time": lambda item: member(previous=bill().entries[-1].head)(item),
    "previous of no time": member(previous=keccak(b"x")),
    "digest": lambda item: replace(item, digest=keccak(b"x")),
    "signature": lambda item: replace(item, signatures=sign(item.digest, key("bank"))),
    "head": lambda item: replace(item, head=keccak(b"x")),
    "control": lambda item: replace(item, control=item.control ^ 1),
    "time": lambda item: replace(item, time=item.time + 1),
    "time before its head": lambda item: replace(item, time=item.time - DAY),
}


@pytest.mark.parametrize("name", NOTES)
def test_a_tampered_note_is_refused_at_step_10(name: str) -> None:
    town = bill()
    notes = (NOTES[name](town.notes[0]), *town.notes[1:])
    failing, where = step_of(replace(town.history(), notes=notes), town.facts())
    assert failing == Step.NOTES
    assert where.startswith("note 0, ")


@pytest.mark.parametrize("notes", ["hidden", "last hidden", "doubled", "exchanged"])
def test_notes_that_are_not_complete_and_in_order_are_refused(notes: str) -> None:
    town = bill()
    first, second = town.notes
    given = {
        "hidden": (second,),
        "last hidden": (first,),
        "doubled": (first, first, second),
        "exchanged": (second, first),
    }
    assert step_of(replace(town.history(), notes=given[notes]), town.facts())[0] == Step.NOTES


def test_a_control_act_among_the_notes_is_refused() -> None:
    town = bill()
    act = town.entries[1]
    assert isinstance(act, Act)
    moved = replace(act, control=town.entries[0].control, time=town.entries[0].time)
    assert step_of(replace(town.history(), notes=(moved,)), town.facts())[0] == Step.NOTES


# --- claims ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("holder", [None, keccak(b"another certificate")])
def test_A6_a_certificate_whose_number_is_not_claimed_for_it_is_refused(holder: bytes | None) -> None:
    town = origin()
    claims = dict.fromkeys(town.claims, holder) if holder else {}
    assert step_of(town.history(), replace(town.facts(), claims=claims)) == (Step.REFERENCE, "act 1, CERTIFY")


# --- party logs ------------------------------------------------------------------------------------------------------


def test_a_missing_party_log_is_refused() -> None:
    town = bill()
    history = replace(town.history(), parties={k: v for k, v in town.history().parties.items() if k != 3})
    assert step_of(history, town.facts()) == (Step.PARTIES, "party 3")


def test_a_party_head_that_was_not_read_is_refused() -> None:
    facts = bill().facts()
    heads = {party: head for party, head in facts.party_heads.items() if party != 3}
    assert step_of(bill().history(), replace(facts, party_heads=heads))[0] == Step.PARTIES


def test_a_hidden_suspension_is_noticed() -> None:
    town = bill()
    consignee = town.names["consignee"]
    log = [item for item in town.logs[consignee] if not item.call.startswith(bytes.fromhex("00000000"))]
    kept = [item for item in log if b"" + item.call[:4] != selector_of("suspend(uint32,uint40)")]
    assert len(kept) == len(log) - 1
    parties = {**town.history().parties, consignee: tuple(kept)}
    assert step_of(replace(town.history(), parties=parties), town.facts())[0] == Step.PARTIES


def selector_of(text: str) -> bytes:
    return keccak(text.encode())[:4]


@pytest.mark.parametrize("act", ["suspended", "locked", "bumped"])
def test_an_act_that_its_party_could_not_make_at_that_time_is_refused(act: str) -> None:
    """Broken code let it through: all hashes fit, and the party's log says that it was not free."""
    town = Town()
    carrier = town.register("carrier", "carrier")
    shipper = town.register("shipper")
    issue(town, carrier, shipper)
    before = town.parties[shipper]
    if act == "suspended":
        town.suspend(shipper, DAY)
    else:
        town.party_act(shipper, PartyAct.LOCK if act == "locked" else PartyAct.BUMP_EPOCH)
    after = town.parties[shipper]
    town.parties[shipper] = before
    town.act("ACCEPT", shipper, counterparty=carrier, endorsee=shipper)
    town.parties[shipper] = after
    assert step_of(town.history(), town.facts()) == (Step.PARTIES, "act 1, ACCEPT")


def test_a_removal_hidden_in_the_ledger_s_accounts_contradicts_the_log() -> None:
    town, facts = bill(), bill().facts()
    signer = address_of(key("new"))
    account = Account.unpack(facts.accounts[signer])
    assert account is not None
    accounts = {**facts.accounts, signer: replace(account, removed_at=0).pack()}
    assert step_of(town.history(), replace(facts, accounts=accounts))[0] == Step.PARTIES


def test_B2_a_profile_swapped_in_the_log_breaks_the_running_hash() -> None:
    town = bill()
    log = list(town.logs[3])
    log[1] = replace(log[1], profile=keccak(b"another company"))
    assert step_of(replace(town.history(), parties={**town.history().parties, 3: tuple(log)}), town.facts()) == (
        Step.PARTIES,
        "party 3, entry 1",
    )


def test_a_threshold_of_the_past_rules_the_acts_of_the_past() -> None:
    town = Town()
    carrier = town.register("carrier", "carrier", accounts=2)
    shipper = town.register("shipper")
    issue(town, carrier, shipper)
    town.act("ACCEPT", shipper, counterparty=carrier, endorsee=shipper)
    two = (2).to_bytes(32, "big")
    town.party_act(carrier, PartyAct.SET_THRESHOLD, two, signers=town.keys[carrier])
    assert verify(town.history(), town.facts()).parties[carrier].words[-1].threshold == 2


def test_the_key_for_grants_is_the_last_of_the_log() -> None:
    town = bill()
    consignee = town.names["consignee"]
    line = verify(town.history(), town.facts()).parties[consignee]
    assert line.keys[-1] == keccak(b"another")
    assert added(key("x"))[11] == 0xFF


def test_the_verdict_in_json_holds_the_same_facts() -> None:
    town = bill()
    told = verify(town.history(), town.facts()).to_dict()
    assert told["verified"] is True
    assert told["head"] == town.standing.head.hex()
    assert [step["step"] for step in told["steps"]] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
    assert abi_words(told["possessor"]) == abi_words(town.names["carrier"])
