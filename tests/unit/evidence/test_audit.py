"""A whole ledger is replayed; whatever was done to its events is named, at the entry where it was done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

import pytest
from tests.support.chronicle import POWERS, Chronicle, fork, whole_life
from tests.support.market import STRANGER, secret_key

from portledger import resources
from portledger.domain.acts import effects
from portledger.domain.calls_decode import PartyActCall, VetoCall, decode_call
from portledger.domain.codes import DAY, ZERO
from portledger.domain.errors import InvalidInput
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
    ledger_head,
)
from portledger.domain.hashing import abi_words, entry, keccak
from portledger.domain.model import freeze_digest
from portledger.domain.signatures import recover, sign, signers_word, split
from portledger.evidence.audit import checkpoint
from portledger.evidence.audit.holdings import difference, holdings, snapshot
from portledger.evidence.audit.replay import AuditFailed, Auditor
from portledger.evidence.audit.report import report


@lru_cache(maxsize=1)
def life() -> Chronicle:
    return whole_life()


@pytest.fixture
def town() -> Chronicle:
    return life()


@lru_cache(maxsize=1)
def stages() -> tuple[Auditor, ...]:
    """The audit of the good ledger before each of its events, and after the last."""
    found = [Auditor(life().domain, POWERS, 100, resources.kinds())]
    for event in life().events:
        found.append(fork(found[-1]))
        found[-1].take(event)
    return tuple(found)


def failure(town: Chronicle, events: list[LedgerEvent]) -> AuditFailed | None:
    """What the audit of these events says, with a ledgerHead that was made to fit, as a forger would."""
    same = next((at for at, (a, b) in enumerate(zip(events, town.events, strict=False)) if a is not b), len(events))
    same = min(same, len(town.events))
    auditor = fork(stages()[same])
    try:
        for event in events[same:]:
            auditor.take(event)
        auditor.finish(ledger_head(ZERO, events), town.header().last_block)
    except AuditFailed as failed:
        return failed
    return None


def first(town: Chronicle, of: type[LedgerEvent], at: int = 0) -> int:
    """The place of the n-th event of a type."""
    return [number for number, event in enumerate(town.events) if isinstance(event, of)][at]


def changed(town: Chronicle, at: int, **members: Any) -> list[LedgerEvent]:
    events = list(town.events)
    events[at] = replace(events[at], **members)
    return events


# --- a good ledger ----------------------------------------------------------------------------------------------------


def test_a_good_ledger_is_replayed_to_its_head(town: Chronicle) -> None:
    auditor = town.audited()
    assert auditor.ledger.ledger_head == town.model.ledger_head
    assert auditor.taken == len(town.events)
    for name, document in town.model.documents.items():
        assert auditor.ledger.document(name) == document
    for logged in ("parties", "accounts", "changes", "open_changes", "party_heads", "claims", "holders", "pending"):
        assert getattr(auditor.ledger, logged) == getattr(town.model, logged), logged


def test_the_life_has_every_event_that_a_ledger_can_write(town: Chronicle) -> None:
    assert {type(event) for event in town.events} >= {
        ActionApplied, NoteApplied, ActionRefused, Frozen, PartyChanged, ChangeProposed, ChangeVetoed, ChangeEnacted,
        KindDefined, Appointed,
    }  # fmt: skip


def test_the_report_counts_and_names_what_is_open(town: Chronicle) -> None:
    header = town.header()
    made = report(town.audited(), header.last_block, header.last_time)
    assert (made.acts, made.notes, made.freezes, made.parties) == (11, 4, 2, 5)
    assert made.documents == {
        ("certificate-of-origin", "PARTIALLY_USED"): 1,
        ("ebl-negotiable", "OFFERED"): 1,
        ("ebl-negotiable", "SURRENDERED_FOR_DELIVERY"): 1,
    }
    assert [(one.party, one.what, one.source) for one in made.open_changes] == [(1, "add account", "registrar")]
    assert [party for party, _ in made.suspended] == [town.numbers["shipper"]]
    assert made.locked == (town.numbers["customs"],)
    assert [document for document, _ in made.frozen] == [town.document]
    assert made.holders["guardian"] == b"\xb3" * 20
    assert made.pending["registrar"][0] == b"\xb2" * 20
    assert made.remarks == ()


def test_the_report_says_who_used_which_power_and_on_what(town: Chronicle) -> None:
    header = town.header()
    uses = report(town.audited(), header.last_block, header.last_time).uses
    told = {(use.power, use.what.split(" until")[0], use.on.split(" ")[0]) for use in uses}
    assert told >= {
        ("governor", "define kind", "kind"), ("registrar", "register", "party"), ("guardian", "freeze", "document"),
        ("governor", "unfreeze", "document"), ("registrar", "propose set threshold", "party"),
        ("registrar", "suspend", "party"), ("governor", "order set threshold", "party"),
        ("governor", "cancel order", "party"), ("governor", "appoint guardian", "0x" + "b3" * 20),
        ("", "accept guardian", "0x" + "b3" * 20),
    }  # fmt: skip


def test_the_report_says_who_held_each_power_after_every_entry_of_log_0(town: Chronicle) -> None:
    header = town.header()
    held = [one.guardian for one in report(town.audited(), header.last_block, header.last_time).log0]
    assert held == [POWERS[2]] * 7 + [b"\xb3" * 20] * 2


def test_a_kind_that_is_not_shipped_is_replayed_and_remarked(town: Chronicle) -> None:
    auditor = Auditor(town.domain, POWERS, 100)
    for event in town.events:
        auditor.take(event)
    made = report(auditor, 200, town.now)
    assert len(made.remarks) == 5
    assert ("0x0201", "state 4") not in made.documents
    assert {kind for kind, _ in made.documents} == {"0x0101", "0x0201"}


# --- damage of every class --------------------------------------------------------------------------------------------


def flipped(value: Any) -> Iterator[Any]:
    """The value with its lowest and with its highest bit turned."""
    if isinstance(value, int):
        yield value ^ 1
        yield value ^ (1 << max(value.bit_length() - 1, 1))
    elif value:
        yield value[:-1] + bytes([value[-1] ^ 1])
        yield bytes([value[0] ^ 0x80]) + value[1:]


def same_call(event: Any, call: bytes) -> bool:
    if isinstance(event, KindDefined):
        return False
    before = decode_call(event.call)
    try:
        return isinstance(before, PartyActCall | VetoCall) and decode_call(call) == before
    except InvalidInput:
        return False


def test_a_bit_turned_in_any_member_of_any_event_is_named_at_that_event(town: Chronicle) -> None:
    tried = 0
    for at, event in enumerate(town.events):
        if isinstance(event, ActionRefused):
            continue
        for member in fields(event)[1:]:
            for value in flipped(getattr(event, member.name)):
                if member.name == "call" and same_call(event, value):
                    continue  # a spare byte in the calldata of a signed act: it means nothing and is in no hash
                found = failure(town, changed(town, at, **{member.name: value}))
                assert found is not None, (at, type(event).__name__, member.name)
                # What a change event says is compared when the entry that it belongs to comes, right after it.
                late = isinstance(event, ChangeProposed | ChangeVetoed | ChangeEnacted)
                assert found.number in ((at + 1, at + 2) if late else (at + 1,)), (at, member.name, str(found))
                tried += 1
    assert tried > 500


def test_a_bit_turned_in_the_time_of_any_event_is_named(town: Chronicle) -> None:
    for at, event in enumerate(town.events):
        if isinstance(event, ActionRefused):
            continue
        for value in flipped(event.time):
            found = failure(town, changed(town, at, where=replace(event.where, time=value)))
            assert found is not None, (at, type(event).__name__)
            assert found.number in (at + 1, at + 2), (at, str(found))


def test_an_event_that_is_left_out_is_named_where_something_no_longer_follows(town: Chronicle) -> None:
    """Unless it was the last of its log and nothing rests on it: then only the ledger's own head can show it."""
    silent = 0
    for at, event in enumerate(town.events):
        found = failure(town, [*town.events[:at], *town.events[at + 1 :]])
        if found is None:
            silent += 1
            assert isinstance(event, ActionRefused) or last_of_its_log(town, at), at
        else:
            assert found.number >= at, str(found)
    assert silent < 10


def last_of_its_log(town: Chronicle, at: int) -> bool:
    own = log_of(town.events[at])
    return own is not None and own not in map(log_of, town.events[at + 1 :])


def log_of(event: LedgerEvent) -> tuple[str, object] | None:
    """Which running head an event extends."""
    match event:
        case NoteApplied():
            return "notes", event.document
        case ActionApplied() | Frozen() | Unfrozen():
            return "record", event.document
        case PartyChanged():
            return "party", event.party
        case KindDefined() | Appointed():
            return "party", 0
    return None


def test_an_event_left_out_at_the_end_is_seen_at_the_ledger_s_own_head(town: Chronicle) -> None:
    with pytest.raises(AuditFailed, match="ledgerHead") as caught:
        town.audited(town.events[:-1])
    assert town.model.ledger_head.hex() in caught.value.found
    assert "Events at the end are missing" in caught.value.remedy


def test_an_event_told_twice_is_named(town: Chronicle) -> None:
    for at, event in enumerate(town.events):
        found = failure(town, [*town.events[: at + 1], *town.events[at:]])
        assert found is not None, (at, type(event).__name__)
        assert (found.number, found.check) == (at + 2, "order of events")


def test_an_event_told_twice_at_a_place_of_its_own_is_named(town: Chronicle) -> None:
    """Room is made for the copy, so that only rules and heads can tell."""
    for at, event in enumerate(town.events):
        if isinstance(event, ActionRefused):
            continue
        later = [replace(one, where=replace(one.where, block=one.where.block + 1)) for one in town.events[at:]]
        found = failure(town, [*town.events[:at], event, *later])
        assert found is not None, (at, type(event).__name__)
        assert found.number in (at + 1, at + 2), (at, str(found))


def test_two_neighbours_that_changed_places_are_named(town: Chronicle) -> None:
    for at in range(len(town.events) - 1):
        here, there = town.events[at : at + 2]
        found = failure(town, [*town.events[:at], there, here, *town.events[at + 2 :]])
        assert found is not None, at
        assert found.number <= at + 2, (at, str(found))


def test_two_acts_whose_documents_were_exchanged_are_named(town: Chronicle) -> None:
    at = [n for n, e in enumerate(town.events) if isinstance(e, ActionApplied)]
    a, b = at[1], at[-1]
    events = list(town.events)
    events[a] = replace(events[a], document=town.events[b].document)  # type: ignore[attr-defined]
    events[b] = replace(events[b], document=town.events[a].document)  # type: ignore[attr-defined]
    found = failure(town, events)
    assert found is not None
    assert (found.number, found.check) == (a + 1, "digest")


# --- hashed anew as far as one can without keys -----------------------------------------------------------------------


def forged_act(town: Chronicle, at: int, resign: Callable[[bytes], bytes], **members: Any) -> list[LedgerEvent]:
    """An act with other members: digest, control and head computed anew, signed by `resign`."""
    town_until = Auditor(town.domain, POWERS, 100)
    for event in town.events[:at]:
        town_until.take(event)
    ledger, event = town_until.ledger, town.events[at]
    assert isinstance(event, ActionApplied)
    before = ledger.document(event.document).standing
    action = replace(event.signed(before.head).action, **members)
    digest = action.digest_with(town.domain, ledger.intent_hash(action.kind, action.verb))
    rule = ledger.rule(action.kind, before.control.state, action.verb)
    assert rule is not None
    control = effects(action, rule, before.control)
    signatures = resign(digest)
    signers = [recover(digest, one) for one in split(signatures)]
    head = entry(before.head, digest, abi_words(control.pack()), signers_word(signers), event.time)
    return changed(
        town, at, terms=action.terms(), content=action.content, digest=digest, control=control.pack(),
        signatures=signatures, head=head,
    )  # fmt: skip


def test_a_forged_act_with_everything_hashed_anew_lacks_the_signature(town: Chronicle) -> None:
    at = first(town, ActionApplied)
    events = forged_act(town, at, lambda digest: sign(digest, keccak(b"the forger's key")), content=keccak(b"other"))
    found = failure(town, events)
    assert found is not None
    assert found.number == at + 1
    assert found.check.startswith("SignaturesRefused at check 13")


def test_a_forged_act_that_keeps_the_old_signature_is_signed_by_nobody(town: Chronicle) -> None:
    at = first(town, ActionApplied)
    old = town.events[at].signatures  # type: ignore[attr-defined]
    found = failure(town, forged_act(town, at, lambda _: old, content=keccak(b"other")))
    assert found is not None
    assert found.number == at + 1
    assert found.check.startswith("SignaturesRefused")


def test_an_act_that_another_party_signed_is_refused(town: Chronicle) -> None:
    at = first(town, ActionApplied)
    found = failure(town, forged_act(town, at, lambda digest: sign(digest, secret_key("shipper 0"))))
    assert found is not None
    assert (found.number, found.check) == (at + 1, "SignaturesRefused at check 13 signatures")


def test_a_result_that_the_rules_do_not_give_is_named_though_its_head_fits(town: Chronicle) -> None:
    """The signature stays good: only the recorded outcome was changed, and every head after it."""
    at = first(town, ActionApplied, 1)
    event = town.events[at]
    assert isinstance(event, ActionApplied)
    control = event.control ^ (7 << 32)  # somebody else possesses
    before = town.events[first(town, ActionApplied)]
    assert isinstance(before, ActionApplied)
    signers = signers_word([recover(event.digest, event.signatures)])
    head = entry(before.head, event.digest, abi_words(control), signers, event.time)
    found = failure(town, changed(town, at, control=control, head=head))
    assert found is not None
    assert (found.number, found.check) == (at + 1, "control")


def test_a_freeze_by_somebody_without_the_power_is_named(town: Chronicle) -> None:
    at = first(town, Frozen)
    event = town.events[at]
    assert isinstance(event, Frozen)
    last = next(e for e in reversed(town.events[:at]) if isinstance(e, ActionApplied) and e.document == event.document)
    digest = freeze_digest(event.document, event.until, event.reason)
    head = entry(last.head, digest, abi_words(event.control), signers_word([STRANGER]), event.time)
    found = failure(town, changed(town, at, sender=STRANGER, head=head))
    assert found is not None
    assert (found.number, found.check) == (at + 1, "PowerMissing")


def test_a_registration_by_somebody_without_the_power_is_named(town: Chronicle) -> None:
    at = first(town, PartyChanged)
    event = town.events[at]
    assert isinstance(event, PartyChanged)
    signers = signers_word([STRANGER])
    result = keccak(abi_words(event.party_word, event.profile, event.encryption_key, event.account_word))
    head = entry(ZERO, event.digest, result, signers, event.time)
    found = failure(town, changed(town, at, signers=signers, head=head))
    assert found is not None
    assert (found.number, found.check) == (at + 1, "PowerMissing")


def test_an_appointment_by_somebody_without_the_power_is_named(town: Chronicle) -> None:
    at = first(town, Appointed)
    found = failure(town, changed(town, at, sender=STRANGER))
    assert found is not None
    assert (found.number, found.check) == (at + 1, "PowerMissing")


def test_another_holder_of_a_power_at_the_deployment_is_seen_at_the_first_entry_of_log_0(town: Chronicle) -> None:
    auditor = Auditor(town.domain, (POWERS[0], POWERS[1], STRANGER), 100)
    with pytest.raises(AuditFailed) as caught:
        auditor.take(town.events[0])
    assert (caught.value.number, caught.value.check) == (1, "head")


def test_a_kind_with_a_row_more_than_was_sealed_is_named(town: Chronicle) -> None:
    event = town.events[0]
    assert isinstance(event, KindDefined)
    call = bytearray(event.call)
    call[-1] ^= 1  # of the last words' hash
    found = failure(town, changed(town, 0, call=bytes(call)))
    assert found is not None
    assert (found.number, found.check) == (1, "kind digest")


def test_a_change_that_the_log_does_not_tell_of_is_named(town: Chronicle) -> None:
    at = first(town, ChangeProposed)
    event = town.events[at]
    lone = replace(event, where=replace(event.where, index=0, block=event.block - 1, tx=keccak(b"another")))
    moved = [*town.events[:at], lone, *town.events[at + 1 :]]
    found = failure(town, [one for one in moved if one.block != lone.block or one is lone])
    assert found is not None


def test_events_before_the_ledger_s_first_block_are_named(town: Chronicle) -> None:
    auditor = Auditor(town.domain, POWERS, town.events[0].block + 1)
    with pytest.raises(AuditFailed, match="order of events"):
        auditor.take(town.events[0])


def test_a_failure_says_where_what_and_what_to_do(town: Chronicle) -> None:
    at = first(town, ActionApplied)
    found = failure(town, changed(town, at, content=keccak(b"other")))
    assert found is not None
    event = town.events[at]
    assert f"event {at + 1} (block {event.block}, log 0), ISSUE of document" in found.entry
    assert found.remedy
    value = found.to_dict()
    assert value["parameters"]["event"] == at + 1
    assert value["parameters"]["block"] == event.block
    assert value["found"]
    assert value["allowed"]


def test_signers_that_were_recovered_beforehand_are_believed_only_where_they_lead_to_the_head(
    town: Chronicle,
) -> None:
    """A wrong signer from a broken helper process cannot make anything pass."""
    at = first(town, ActionApplied)
    auditor = Auditor(town.domain, POWERS, 100)
    for event in town.events[:at]:
        auditor.take(event)
    event = town.events[at]
    assert isinstance(event, ActionApplied)
    with pytest.raises(AuditFailed):
        auditor.take(event, {(event.digest, event.signatures): STRANGER})


# --- memory -----------------------------------------------------------------------------------------------------------


def test_notes_are_forgotten_with_the_head_that_they_speak_about(town: Chronicle) -> None:
    auditor = Auditor(town.domain, POWERS, 100)
    most = 0
    for event in town.events:
        auditor.take(event)
        most = max(most, len(auditor.ledger.notes))
        assert auditor.ledger.notes == {one for live in auditor.ledger.live_notes.values() for one in live}
    assert most == 2
    assert len(auditor.ledger.notes) < most + 1


def test_a_document_is_kept_in_about_a_hundred_bytes(town: Chronicle) -> None:
    assert {len(packed) for packed in town.audited().ledger.packed.values()} <= {73, 105}


# --- going on after an interruption -----------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [0, 6, 20, 33, 45, 57])
def test_an_audit_goes_on_from_what_was_written_down(town: Chronicle, at: int) -> None:
    auditor = Auditor(town.domain, POWERS, 100, resources.kinds())
    for event in town.events[:at]:
        auditor.take(event)
    again = checkpoint.load(list(checkpoint.dump(auditor)), resources.kinds())
    for event in town.events[at:]:
        again.take(event)
    again.finish(town.model.ledger_head, town.header().last_block)
    whole = town.audited()
    assert report(again, 1, town.now) == report(whole, 1, town.now)
    assert list(checkpoint.dump(again)) == list(checkpoint.dump(whole))


def test_a_damaged_state_file_is_refused(town: Chronicle) -> None:
    lines = list(checkpoint.dump(town.audited()))
    for at, line in enumerate(lines):
        for wrong in (line[:-1], line[: len(line) // 2] + "0" + line[len(line) // 2 + 1 :] + "0", ""):
            with pytest.raises(InvalidInput):
                checkpoint.load([*lines[:at], wrong, *lines[at + 1 :]])
    for wrong_lines in ([], lines[:-1], lines[1:], [lines[0], *lines[2:]]):
        with pytest.raises(InvalidInput):
            checkpoint.load(wrong_lines)


# --- who held what, and what changed ----------------------------------------------------------------------------------


def until(town: Chronicle, count: int) -> Auditor:
    auditor = Auditor(town.domain, POWERS, 100, resources.kinds())
    for event in town.events[:count]:
        auditor.take(event)
    return auditor


def test_who_held_what_at_every_moment_is_what_the_acts_said(town: Chronicle) -> None:
    seen = []
    for at in range(len(town.events)):
        auditor = until(town, at + 1)
        bill = next(holdings(auditor, town.events[at].time), None)
        if bill and (bill.state, bill.possessor, bill.endorsee) not in seen:
            seen.append((bill.state, bill.possessor, bill.endorsee))
    carrier, shipper, bank = (town.numbers[name] for name in ("carrier", "shipper", "bank"))
    assert seen == [
        ("OFFERED", carrier, shipper),
        ("ISSUED", shipper, shipper),
        ("ISSUED", shipper, bank),
        ("OFFERED", shipper, bank),
        ("ISSUED", bank, bank),
        ("PENDING_SURRENDER_FOR_DELIVERY", bank, bank),
        ("SURRENDERED_FOR_DELIVERY", carrier, bank),
    ]


def test_holdings_of_one_party_are_those_in_which_it_stands(town: Chronicle) -> None:
    auditor = town.audited()
    assert [one.kind for one in holdings(auditor, town.now, town.numbers["customs"])] == ["certificate-of-origin"]
    assert len(list(holdings(auditor, town.now, town.numbers["carrier"]))) == 2
    assert list(holdings(auditor, town.now, 99)) == []
    (certificate,) = holdings(auditor, town.now, town.numbers["customs"])
    assert certificate.frozen
    assert certificate.acts == 4


def test_nothing_changed_between_a_moment_and_itself(town: Chronicle) -> None:
    auditor = town.audited()
    nothing = difference(snapshot(auditor), auditor)
    assert (nothing.documents, nothing.parties, nothing.uses, dict(nothing.counts)) == ((), (), (), {})


def test_what_changed_between_two_moments_is_told_by_document_and_party(town: Chronicle) -> None:
    at = first(town, ActionApplied, 1) + 1  # issued and accepted
    auditor = until(town, at)
    before = snapshot(auditor)
    for event in town.events[at:]:
        auditor.take(event)
    found = difference(before, auditor)
    bill, second, certificate = found.documents
    assert not bill.new
    assert bill.changed["state"] == ("ISSUED", "SURRENDERED_FOR_DELIVERY")
    assert bill.changed["possessor"] == (town.numbers["shipper"], town.numbers["carrier"])
    assert bill.notes_changed
    assert second.new
    assert second.changed["state"] == (None, "OFFERED")
    assert certificate.changed["used"] == (None, 400_000)
    parties = {one.party: one.changed for one in found.parties}
    assert parties[town.numbers["customs"]]["locked"] == (False, True)
    assert "suspendedUntil" in parties[town.numbers["shipper"]]
    assert len(parties[town.numbers["bank"]]["accountsAdded"][1]) == 1  # type: ignore[arg-type]
    assert found.counts["Frozen"] == 2
    assert [one.document for one in difference(before, auditor, town.numbers["customs"]).documents] == [
        certificate.document
    ]


def test_a_renewed_freeze_by_the_governor_is_his_use(town: Chronicle) -> None:
    own = Chronicle()
    own.join("carrier", "carrier")
    own.join("shipper", "shipperOrConsignee")
    own.do("carrier", "ISSUE", to="shipper", endorsee="shipper")
    own.model.freeze(POWERS[2], own.document, own.now + DAY, keccak(b"1"), own.now)
    own.model.freeze(POWERS[0], own.document, own.now + 2 * DAY, keccak(b"2"), own.now)
    assert [use.power for use in own.audited().uses][-2:] == ["guardian", "governor"]
