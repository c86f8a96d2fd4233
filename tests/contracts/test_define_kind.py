"""defineKind: once per kind, by the governor, and only a table that keeps the rules of docs/protocol §3."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.contracts.twin import REGISTRAR, Twin
from tests.support.secured_kind import FREE, HAND_BACK, ISSUE, RELEASE, ROWS, SECURE, WORDS, define_arguments

from portledger.domain.codes import BadKindWhy
from portledger.domain.errors import BadKind, KindSealed, PowerMissing
from portledger.domain.hashing import keccak
from portledger.resources import kinds

KIND = 0x7FFE


def table(**changed):  # type: ignore[no-untyped-def]
    _, digest, keys, words, verbs, intents = define_arguments()
    values = {
        "kind": KIND,
        "digest": digest,
        "keys": keys,
        "words": words,
        "verbs": verbs,
        "intents": intents,
        **changed,
    }
    return tuple(values.values())


def with_row(state: int, verb: int, word: int):  # type: ignore[no-untyped-def]
    keys = sorted({s << 8 | v for s, v in ROWS} | {state << 8 | verb})
    words = [word if key == state << 8 | verb else ROWS[key >> 8, key & 255].word() for key in keys]
    return table(keys=keys, words=words)


def test_a_good_table_is_sealed_with_the_digest_that_clients_compute(twin: Twin) -> None:
    assert twin.define(table()) is None
    assert twin.read("kindDigest(uint16)", KIND) == twin.model.kinds[KIND].digest
    for kind in kinds().values():
        assert twin.read("kindDigest(uint16)", kind.number) == kind.kind_digest
        for (state, verb), rule in kind.rows.items():
            assert twin.number("rules(uint256)", kind.number << 16 | state << 8 | verb) == rule.word()
        states = {state for state, _ in kind.rows}
        assert twin.number("liveStates(uint16)", kind.number) == sum(1 << state for state in states)
        for verb in {verb for _, verb in kind.rows}:
            assert twin.read("intents(uint256)", kind.number << 8 | verb) == keccak(kind.intent(verb).encode())


def test_only_the_governor_defines(twin: Twin) -> None:
    assert twin.define(table(), sender=REGISTRAR) == PowerMissing(power=1, sender=REGISTRAR)


def test_a_kind_is_defined_once(twin: Twin) -> None:
    assert twin.define(table()) is None
    assert twin.define(table()) == KindSealed(kind=KIND)


_, _, KEYS, LIST, VERBS, INTENTS = define_arguments()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"keys": [], "words": []}, BadKindWhy.ORDER),
        ({"words": LIST[:-1]}, BadKindWhy.ORDER),
        ({"keys": [KEYS[1], KEYS[0], *KEYS[2:]]}, BadKindWhy.ORDER),
        ({"keys": [KEYS[0], KEYS[0], *KEYS[2:]]}, BadKindWhy.ORDER),
        ({"keys": [*KEYS[:-1], KEYS[-1] | 1 << 16]}, BadKindWhy.ORDER),
        ({"intents": INTENTS[:-1]}, BadKindWhy.VERBS),
        ({"verbs": [VERBS[1], VERBS[0], *VERBS[2:]]}, BadKindWhy.VERBS),
        ({"verbs": VERBS[:-1], "intents": INTENTS[:-1]}, BadKindWhy.VERBS),
        ({"verbs": [*VERBS, 99], "intents": [*INTENTS, bytes(32)]}, BadKindWhy.VERBS),
    ],
)
def test_lists_that_do_not_fit_are_refused(twin, changed, why) -> None:  # type: ignore[no-untyped-def]
    refused = twin.define(table(**changed))
    assert isinstance(refused, BadKind)
    assert refused.why == why


ISSUING, SECURING = ROWS[0, ISSUE], ROWS[FREE, SECURE]


@pytest.mark.parametrize(
    ("state", "verb", "word", "why"),
    [
        (FREE, SECURE, SECURING.word() & ~(1 << 255), BadKindWhy.BITS),
        (FREE, SECURE, SECURING.word() | 1 << 240, BadKindWhy.BITS),
        (FREE, SECURE, replace(SECURING, effects=8192).word(), BadKindWhy.BITS),
        (FREE, SECURE, replace(SECURING, who=512).word(), BadKindWhy.BITS),
        (FREE, SECURE, replace(SECURING, flags=16).word(), BadKindWhy.BITS),
        (FREE, SECURE, replace(ISSUING, next=1).word(), BadKindWhy.CREATE_STATE),
        (0, SECURE, SECURING.word(), BadKindWhy.CREATE_STATE),
        (FREE, SECURE, replace(SECURING, next=0).word(), BadKindWhy.NEXT),
        (FREE, SECURE, replace(SECURING, next=64).word(), BadKindWhy.NEXT),
        (FREE, SECURE, replace(SECURING, flags=2).word(), BadKindWhy.NOTE),
        (FREE, SECURE, replace(SECURING, flags=2, effects=0, next=2).word(), BadKindWhy.NOTE),
        (FREE, SECURE, replace(SECURING, who=0).word(), BadKindWhy.WHO),
        (FREE, SECURE, replace(SECURING, who=64, roles=0).word(), BadKindWhy.WHO),
        (FREE, SECURE, replace(SECURING, content=1).word(), BadKindWhy.CONTENT),
        (FREE, SECURE, replace(SECURING, effects=256).word(), BadKindWhy.CONTENT),
        (0, ISSUE, replace(ISSUING, reference=0).word(), BadKindWhy.CONTENT),
        (0, ISSUE, replace(ISSUING, content=0).word(), BadKindWhy.CONTENT),
        (FREE, SECURE, replace(SECURING, counterparty=6).word(), BadKindWhy.MODE),
        (FREE, SECURE, replace(SECURING, endorsee=8).word(), BadKindWhy.MODE),
        (FREE, SECURE, replace(SECURING, reference=2).word(), BadKindWhy.MODE),
        (FREE, SECURE, replace(SECURING, detail=2).word(), BadKindWhy.MODE),
        (FREE, SECURE, replace(SECURING, quantity=2).word(), BadKindWhy.MODE),
        (FREE, SECURE, replace(SECURING, quantity=4).word(), BadKindWhy.MODE),
        (FREE, SECURE, replace(SECURING, scope=0).word(), BadKindWhy.CLASS),
        (FREE, SECURE, replace(SECURING, scope=3).word(), BadKindWhy.CLASS),
        (FREE, SECURE, replace(SECURING, scope=128).word(), BadKindWhy.CLASS),
    ],
)
def test_a_row_that_breaks_a_rule_is_refused(twin, state, verb, word, why) -> None:  # type: ignore[no-untyped-def]
    assert twin.define(with_row(state, verb, word)) == BadKind(key=state << 8 | verb, why=int(why))


def test_the_largest_of_everything_is_taken(twin: Twin) -> None:
    word = replace(SECURING, next=63, counterparty=5, endorsee=7, detail=1, quantity=3, reference=1, scope=8).word()
    assert twin.define(with_row(FREE, SECURE, word)) is None


def test_secure_release_and_the_secured_party_work(twin: Twin) -> None:
    from tests.contracts.test_rows import Explorer

    assert {RELEASE, HAND_BACK} <= set(WORDS)
    assert set(Explorer(twin, 0x7F06).found()) == set(ROWS)
