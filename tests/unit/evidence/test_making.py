"""Making evidence: its forms, log 0 from events, and parts that do not belong together."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from tests.support.evidence import POLICY, RELEASE, bundle_of
from tests.support.histories import GUARDIAN, REGISTRAR, START, Town, bill_of_lading, certificate

from portledger.domain.codes import DAY, PartyAct, Power
from portledger.domain.errors import InvalidInput
from portledger.domain.events import Appointed, KindDefined, Where
from portledger.domain.hashing import abi_words, entry, keccak, word
from portledger.domain.records import SECURED, Control
from portledger.domain.refusals import Unavailable
from portledger.evidence import making
from portledger.evidence.bundle import dump
from portledger.evidence.history import Act, Freeze, HiddenNote
from portledger.evidence.making import Form, Holders, PowerEvent
from portledger.evidence.powers import replay
from portledger.evidence.verdict import Class, judge

GOVERNOR = bytes.fromhex("c1" * 20)
NEXT_GUARDIAN = bytes.fromhex("d1" * 20)
FIRST: Holders = (GOVERNOR, REGISTRAR, GUARDIAN)


def amended(*between: str) -> Town:
    """A bill that is surrendered, amended and taken back; between: what happens right before the amendment."""
    town = Town()
    carrier, shipper = town.register("carrier", "carrier"), town.register("shipper", "shipperOrConsignee")
    town.act(
        "ISSUE", carrier, counterparty=shipper, endorsee=shipper, content=keccak(b"one"),
        document_reference=keccak(b"number"),
    )  # fmt: skip
    town.act("ACCEPT", shipper, counterparty=carrier, endorsee=shipper)
    town.act("NOTICE", carrier, detail=keccak(b"before"))
    town.act("SURRENDER_FOR_AMENDMENT", shipper, detail=keccak(b"why"))
    town.act("ACCEPT_SURRENDER", carrier, counterparty=shipper)
    if "freeze" in between:
        town.freeze()
        town.unfreeze()
    town.act("AMEND", carrier, counterparty=shipper, endorsee=shipper, content=keccak(b"two"), detail=keccak(b"d"))
    town.act("ACCEPT", shipper, counterparty=carrier, endorsee=shipper)
    town.act("NOTICE", carrier, detail=keccak(b"after"))
    return town


def verdict(town: Town, form: Form) -> Class:
    found = judge(dump(bundle_of(town, form=form)), POLICY, RELEASE, town.time + 20)
    assert found.failure is None, found.failure
    return found.verdict


# --- forms -----------------------------------------------------------------------------------------------------------


def test_a_suffix_begins_with_the_last_act_that_wrote_content() -> None:
    town = amended()
    made = bundle_of(town, form=Form(form="suffix"))
    assert [town.kind.verb_name(one.action.verb) for one in made.entries if isinstance(one, Act)] == ["AMEND", "ACCEPT"]
    assert made.start is not None
    assert made.start.head == town.entries[3].head
    assert [type(one) for one in made.notes] == [HiddenNote, Act]
    assert verdict(town, Form(form="suffix")) is Class.UNSEALED


def test_a_suffix_may_follow_a_freeze() -> None:
    town = amended("freeze")
    made = bundle_of(town, form=Form(form="suffix"))
    assert made.start is not None
    assert isinstance(town.entries[5], Freeze)
    assert made.start.head == town.entries[5].head
    assert made.start.signers == word(GUARDIAN)
    assert verdict(town, Form(form="suffix")) is Class.UNSEALED


def test_where_only_the_creating_act_wrote_content_nothing_can_be_left_out() -> None:
    town = bill_of_lading()
    assert bundle_of(town, form=Form(form="suffix")) == bundle_of(town)


def test_a_secured_record_has_no_suffix() -> None:
    entries = list(amended().entries)
    control = Control.unpack(entries[3].control)
    entries[3] = replace(entries[3], control=replace(control, flags=control.flags | SECURED).pack())
    with pytest.raises(InvalidInput, match="whole"):
        making.suffix(entries)


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        (Form(notes="all"), [Act, Act]),
        (Form(notes="hidden"), [HiddenNote, HiddenNote]),
        (Form(notes="own", own=1), [Act, Act]),
        (Form(notes="own", own=2), [HiddenNote, HiddenNote]),
    ],
)
def test_notes_are_shown_as_the_form_says_and_the_file_holds(form: Form, shown: list[type]) -> None:
    town = bill_of_lading()
    assert [type(one) for one in bundle_of(town, form=form).notes] == shown
    assert verdict(town, form) is Class.UNSEALED


@pytest.mark.parametrize("wrong", [{"form": "half"}, {"notes": "some"}])
def test_an_unknown_form_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        Form(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bound", "name"), [("MAX_ENTRIES", "entries"), ("MAX_ENTRIES", "notes"), ("MAX_PARTIES", "parties")]
)
def test_more_than_a_reader_takes_is_refused_before_it_is_made(
    bound: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = amended()
    story, proof = parts(town)
    if name == "notes":
        story = replace(story, entries=story.entries[-1:])
    held = len(story.notes) if name == "notes" else len(story.entries) if name == "entries" else 2
    monkeypatch.setattr(making, bound, held - 1)
    monkeypatch.setattr(making, "_require_one_moment", lambda *_: None)
    with pytest.raises(InvalidInput, match=f"{name}.*{held - 1} at most"):
        making.make(story, proof, Form())


def test_a_file_that_nobody_would_read_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    made = bundle_of(bill_of_lading())
    size = len(dump(made))
    monkeypatch.setattr("portledger.evidence.bundle.MAX_BYTES", size)
    dump(made)
    monkeypatch.setattr("portledger.evidence.bundle.MAX_BYTES", size - 1)
    with pytest.raises(InvalidInput, match=f"{size} bytes"):
        dump(made)


def test_a_certificates_claim_is_proven() -> None:
    town = certificate()
    (claim,) = making.claims_of(town.kind, town.entries)
    assert town.facts().claims[claim] == town.document
    assert verdict(town, Form()) is Class.UNSEALED


# --- one moment ------------------------------------------------------------------------------------------------------


def parts(town: Town) -> tuple[making.Story, making.Proof]:
    """What bundle_of puts together."""
    caught: list[Any] = []

    def catch(story: making.Story, proof: making.Proof, form: Form) -> Any:
        caught.extend((story, proof))
        return kept(story, proof, form)

    kept = making.make
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "make", catch)
        bundle_of(town)
    return caught[0], caught[1]


def test_what_happened_after_the_block_does_not_go_with_its_proof() -> None:
    town = bill_of_lading()
    story, proof = parts(town)
    shorter = {
        "control": replace(story, entries=story.entries[:-1]),
        "notesHead": replace(story, notes=story.notes[:-1]),
        "log of party 0": replace(story, consortium=()),
        "log of party 2": replace(story, logs={**story.logs, 2: story.logs[2][:-1]}),
    }
    for what, other in shorter.items():
        with pytest.raises(Unavailable) as refused:
            making.make(other, proof, Form())
        assert refused.value.found.startswith(what + " ")
    town.party_act(2, PartyAct.BUMP_EPOCH)
    with pytest.raises(Unavailable, match="log of party 2"):
        making.make(replace(story, logs={party: tuple(log) for party, log in town.logs.items()}), proof, Form())


# --- log 0 -----------------------------------------------------------------------------------------------------------


def log0(steps: Sequence[tuple[str, bytes, Any]]) -> list[PowerEvent]:
    """Events as the contract makes them. steps: (what, sender, the kind or (power, account))."""
    holders, head, events = list(FIRST), bytes(32), []
    for at, (what, sender, about) in enumerate(steps):
        kind, kind_digest, call = 0, bytes(32), b""
        if what == "define":
            kind, kind_digest = about, keccak(b"kind")
            call = keccak(b"defineKind")[:4] + b"the table"
        elif what == "appoint":
            call = keccak(b"appoint(uint8,address)")[:4] + abi_words(about[0], about[1])
        else:
            call = keccak(b"accept(uint8)")[:4] + abi_words(about[0])
            holders[about[0] - 1] = sender
        time = START + at * 8 * DAY
        digest = keccak(call[:4].ljust(32, b"\0"), keccak(call[4:]))
        head = entry(head, digest, keccak(abi_words(*holders, kind, kind_digest)), word(sender), time)
        where = Where(at + 1, time, 0, bytes(32))
        if what == "define":
            events.append(KindDefined(where, kind, kind_digest, keccak(b"file"), head, sender, call))
        else:
            ready = time + 7 * DAY if what == "appoint" else 0
            events.append(Appointed(where, about[0], about[1] if ready else sender, ready, head, sender))
    return events


CHANGED = log0([
    ("define", GOVERNOR, 0x0101),
    ("appoint", GOVERNOR, (Power.GUARDIAN, NEXT_GUARDIAN)),
    ("accept", NEXT_GUARDIAN, (Power.GUARDIAN, b"")),
    ("define", GOVERNOR, 0x0102),
])  # fmt: skip
NOW: Holders = (GOVERNOR, REGISTRAR, NEXT_GUARDIAN)


def test_log_0_follows_from_its_events() -> None:
    made = making.power_entries(CHANGED, FIRST)
    assert making.log0_head(made) == CHANGED[-1].head
    assert [one.guardian for one in made] == [GUARDIAN, GUARDIAN, NEXT_GUARDIAN, NEXT_GUARDIAN]
    assert replay(made, CHANGED[-1].head, START + 100 * DAY).holders[-1] == NOW


def test_the_first_holders_are_todays_where_no_power_changed_hands() -> None:
    assert making.first_holders(CHANGED[:2], FIRST) == FIRST
    assert making.first_holders([], FIRST) == FIRST


def test_a_replaced_holder_is_found_among_those_who_may_have_been_it() -> None:
    assert making.first_holders(CHANGED, NOW, [REGISTRAR, GUARDIAN]) == FIRST
    with pytest.raises(Unavailable, match="first holders"):
        making.first_holders(CHANGED, NOW, [b"\x01" * 20])


def test_an_event_that_its_hash_does_not_follow_from_is_refused() -> None:
    with pytest.raises(Unavailable, match="log 0"):
        making.power_entries(CHANGED, NOW)
    broken = [CHANGED[0], replace(CHANGED[1], sender=REGISTRAR)]
    with pytest.raises(Unavailable, match="log 0"):
        making.power_entries(broken, FIRST)
