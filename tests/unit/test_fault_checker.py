"""The checker of the fault harness notices each thing that must not happen."""

import pytest
from tests.faults.harness.checker import GONE, End, Stood, Told, check


def offered(digest: str, answer: str = "accepted", at: float = 0.0) -> Told:
    return Told(0, "offer", digest, answer, at, at + 0.1)


def status(digest: str, answer: str, at: float, took: float = 0.1, client: int = 0) -> Told:
    return Told(client, "status", digest, answer, at, at + took)


def record(head: str, at: float, took: float = 0.1, client: int = 0) -> Told:
    return Told(client, "record", "doc", head, at, at + took)


GOOD = End(
    (Stood("a", True, "doc", "h1"), Stood("b", True, "doc", "h2"), Stood("c", False)), (), ({"doc": "h2"},),
    {"a": "final", "b": "final", "c": "refused"},
)  # fmt: skip
OFFERS = [offered("a"), offered("b"), offered("c")]


def test_a_good_history_holds() -> None:
    told = [
        *OFFERS,
        status("a", "accepted", 1), status("a", "submitted", 2), status("a", "final", 3), status("a", "final", 4),
        status("c", "refused", 5), record(GONE, 0), record("h1", 2), record("h2", 3), record("h2", 4),
    ]  # fmt: skip
    assert check(told, GOOD) == []


def test_answers_of_the_same_time_may_come_in_any_order() -> None:
    told = [
        *OFFERS,
        status("a", "final", 1, 5),
        status("a", "accepted", 2, 5, 1),
        record("h2", 1, 5),
        record("h1", 2, 5),
    ]
    assert check(told, GOOD) == []


def test_an_act_that_was_refused_once_may_be_taken_later() -> None:
    assert check([offered("a", "refused"), offered("a"), *OFFERS[1:], status("a", "unknown", 0)], GOOD) == []


def test_what_had_no_answer_may_be_there_or_not() -> None:
    assert check([*OFFERS, offered("d", "")], GOOD) == []
    assert check([offered("a", ""), offered("b"), offered("c", "")], GOOD) == []


CROOKED: dict[str, tuple[list[Told], End, str]] = {
    "lost": ([*OFFERS, offered("d")], GOOD, "d was acknowledged, and the ledger neither"),
    "twice": (OFFERS, End((*GOOD.chain, Stood("a", True, "doc", "h2"))), "a was applied 2 times"),
    "invented": (OFFERS[1:], GOOD, "a was applied, and nobody offered it"),
    "sent again": (OFFERS, End((*GOOD.chain, Stood("a", False))), "a was sent again"),
    "final that is not": ([*OFFERS, status("c", "final", 1)], GOOD, "c was shown as final, and is not on the chain"),
    "refused that is not": ([*OFFERS, status("a", "refused", 1)], GOOD, "a was shown as refused, and is on the chain"),
    "back from final": (
        [*OFFERS, status("a", "final", 1), status("a", "accepted", 2, client=1)], GOOD,
        "a was shown as final, then as accepted",
    ),
    "back to nothing": (
        [offered("a", ""), *OFFERS[1:], status("a", "accepted", 1), status("a", "unknown", 2)], GOOD, "then as unknown",
    ),
    "a record that is gone": ([*OFFERS, record("h1", 1), record(GONE, 2)], GOOD, "doc was gone after"),
    "a record that went back": ([*OFFERS, record("h2", 1), record("h1", 2)], GOOD, "at an older head"),
    "a record that never was": ([*OFFERS, record("h9", 1)], GOOD, "h9, which never became final"),
    "unknown after it was acknowledged": (
        [*OFFERS, status("a", "unknown", 1)], GOOD, "a was acknowledged, and unknown later",
    ),
    "refused and yet there": (
        [offered("a", "refused"), *OFFERS[1:]], GOOD, "a was refused whenever it was offered, and is on the chain",
    ),
    "under way for ever": (
        OFFERS, End(GOOD.chain, (), GOOD.views, {"a": "submitted"}), "a is shown as submitted at the end",
    ),
    "a refusal that nobody is told": (
        OFFERS, End(GOOD.chain, (), GOOD.views, {"c": "accepted"}), "c is shown as accepted at the end",
    ),
    "a queue that does not empty": (OFFERS, End(GOOD.chain, (7,), GOOD.views), "row 7 of the outbox has no outcome"),
    "a party that is shown the past": (OFFERS, End(GOOD.chain, (), ({"doc": "h1"},)), "at the end document"),
}  # fmt: skip


@pytest.mark.parametrize("name", CROOKED)
def test_what_must_not_happen_is_named(name: str) -> None:
    told, end, words = CROOKED[name]
    found = check(told, end)
    assert len(found) == 1, found
    assert words in found[0]
