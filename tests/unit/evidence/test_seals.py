"""Step 1: which blocks count as sealed, with validators of our own; each kind of damage is refused for what it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.bft import addresses, sealed_header
from tests.support.node import key

from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import keccak
from portledger.domain.verification_errors import OutsidePolicy, VerificationError
from portledger.evidence import headers, rlp
from portledger.evidence.headers import Engine
from portledger.evidence.result import Step
from portledger.evidence.seals import istanbul, qbft
from portledger.evidence.seals.check import MAX_PATH, Level, Trust, check, path_of, quorum

KEYS = [key(f"validator {n}") for n in range(7)]
STRANGER = key("stranger")
STATE, PARENT = keccak(b"state"), keccak(b"parent")
SEALING = [Engine.QBFT, Engine.ISTANBUL]
engines = pytest.mark.parametrize("engine", SEALING)


def block(
    engine: Engine,
    number: int,
    members: Sequence[int],
    by: Sequence[int] | None = None,
    parent: bytes = PARENT,
    round: int = 0,
) -> bytes:
    """A block that lists these validators, sealed by some of them, by default all."""
    sealers = [KEYS[n] for n in (members if by is None else by)]
    validators = addresses([KEYS[n] for n in members])
    return sealed_header(engine, number, 1_800_000_000 + number, STATE, parent, validators, sealers, round)


def trust(height: int, *members: int) -> Trust:
    return Trust(height, tuple(addresses([KEYS[n] for n in members])))


def chained(engine: Engine, number: int, *blocks: tuple[Sequence[int], Sequence[int]]) -> list[bytes]:
    """Blocks in a row from a number on, each the parent of the next: (who is listed, who seals)."""
    made: list[bytes] = []
    for members, by in blocks:
        parent = headers.parse(engine, made[-1]).hash if made else PARENT
        made.append(block(engine, number + len(made), members, by, parent))
    return made


# --- what counts as sealed --------------------------------------------------------------------------------------------


@engines
@pytest.mark.parametrize("round", [0, 1, 5, 200])
def test_a_block_sealed_by_a_quorum_of_the_trusted_set_is_sealed(engine: Engine, round: int) -> None:
    raw = block(engine, 9, [0, 1, 2, 3], [3, 0, 2], round=round)
    found = check(engine, [], raw, [trust(0, 0, 1, 2, 3)])
    assert found.level is Level.SEALED
    assert list(found.signers) == [headers_address(3), headers_address(0), headers_address(2)]
    assert (found.header.number, found.header.time, found.header.state_root) == (9, 1_800_000_009, STATE)
    assert (found.header.parent_hash, found.header.raw) == (PARENT, raw)


def headers_address(member: int) -> bytes:
    return addresses([KEYS[member]])[0]


@pytest.mark.parametrize(("members", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (22, 15)])
def test_the_quorum_is_two_thirds_rounded_up(members: int, needed: int) -> None:
    assert quorum(members) == needed


@engines
@pytest.mark.parametrize("members", [1, 2, 3, 4, 5, 6, 7])
def test_a_quorum_is_enough_and_one_less_is_not(engine: Engine, members: int) -> None:
    everyone, needed = range(members), quorum(members)
    check(engine, [], block(engine, 9, everyone, range(needed)), [trust(0, *everyone)])
    with pytest.raises(VerificationError, match=f"{needed - 1} seals; expected {needed} of {members}") as caught:
        check(engine, [], block(engine, 9, everyone, range(needed - 1)), [trust(0, *everyone)])
    assert not isinstance(caught.value, OutsidePolicy)


@engines
@pytest.mark.parametrize("count", range(7))
def test_fields_that_forks_have_added_are_covered(engine: Engine, count: int) -> None:
    later = [b"\7", keccak(b"withdrawals"), b"", b"", keccak(b"beacon"), keccak(b"requests")][:count]
    raw = sealed_header(engine, 9, 5, STATE, PARENT, addresses(KEYS[:4]), KEYS[:3], later=later)
    if engine == Engine.ISTANBUL and count > 4:
        with pytest.raises(VerificationError, match="15 to 19 fields"):
            check(engine, [], raw, [trust(0, 0, 1, 2, 3)])
        return
    check(engine, [], raw, [trust(0, 0, 1, 2, 3)])
    fields = OF_ENGINE[engine][1].read(raw)
    for at in range(15, 15 + count):
        changed = rlp.encode([*fields[:at], fields[at] + b"\1", *fields[at + 1 :]])
        with pytest.raises(VerificationError, match="a seal of 0x"):
            check(engine, [], changed, [trust(0, 0, 1, 2, 3)])


@engines
def test_the_hash_is_the_same_whoever_seals_and_in_whichever_round(engine: Engine) -> None:
    one = headers.parse(engine, block(engine, 9, [0, 1, 2, 3], [0, 1, 2], round=0))
    other = headers.parse(engine, block(engine, 9, [0, 1, 2, 3], [0, 3, 1], round=3))
    assert one.raw != other.raw
    assert one.hash == other.hash


def test_a_development_node_s_block_is_unsealed_and_hashes_as_it_stands() -> None:
    raw = sealed_header(Engine.NONE, 9, 5, STATE, PARENT, [], [])
    found = check("none", [], raw, [])
    assert (found.level, found.signers, found.header.hash) == (Level.UNSEALED, (), keccak(raw))
    with pytest.raises(VerificationError, match="no validators"):
        check("none", [raw], raw, [])


def test_a_seal_may_use_either_half_of_the_curve() -> None:
    raw = block(Engine.QBFT, 9, [0, 1, 2, 3], [0, 1, 2])
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

    def turned(seals: list[bytes]) -> list[bytes]:
        s = order - int.from_bytes(seals[0][32:64], "big")
        return [seals[0][:32] + s.to_bytes(32, "big") + bytes([1 - seals[0][64]]), *seals[1:]]

    found = check(Engine.QBFT, [], with_seals(Engine.QBFT, raw, turned), [trust(0, 0, 1, 2, 3)])
    assert found.signers == check(Engine.QBFT, [], raw, [trust(0, 0, 1, 2, 3)]).signers


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(InvalidInput, match="one of none, qbft, istanbul"):
        check("clique", [], b"", [])


# --- damage -----------------------------------------------------------------------------------------------------------

OF_ENGINE = {Engine.QBFT: (qbft.Extra, qbft.ETHEREUM), Engine.ISTANBUL: (istanbul.Extra, istanbul.KAIA)}


def with_seals(engine: Engine, raw: bytes, change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    """The header with other committed seals."""
    kind, layout = OF_ENGINE[engine]
    fields = layout.read(raw)
    extra = kind.read(fields[layout.extra])
    changed = replace(extra, seals=tuple(change(list(extra.seals))))
    fields[layout.extra] = as_written(changed)
    return rlp.encode(list(fields))


def as_written(extra: qbft.Extra | istanbul.Extra) -> bytes:
    if isinstance(extra, qbft.Extra):
        return extra.encode(with_round=True, with_seals=True)
    return extra.encode(with_round=True, with_proposer=True, with_seals=True)


def seal_of(engine: Engine, raw: bytes, number: int = 0) -> bytes:
    kind, layout = OF_ENGINE[engine]
    return kind.read(layout.read(raw)[layout.extra]).seals[number]


def by_stranger(engine: Engine) -> bytes:
    keys = [KEYS[0], KEYS[1], STRANGER]
    return sealed_header(engine, 9, 5, STATE, PARENT, addresses(KEYS[:4]), keys)


DAMAGED: dict[str, tuple[Callable[[Engine], bytes], str]] = {
    "a seal removed": (lambda e: with_seals(e, good(e), lambda seals: seals[1:]), "2 seals"),
    "all seals removed": (lambda e: with_seals(e, good(e), lambda _: []), "0 seals"),
    "a seal doubled": (lambda e: with_seals(e, good(e), lambda seals: [*seals, seals[0]]), "two seals of one"),
    "a seal doubled instead of another": (
        lambda e: with_seals(e, good(e), lambda seals: [*seals[:2], seals[0]]),
        "two seals of one",
    ),
    "a seal of a stranger": (by_stranger, "a seal of 0x"),
    "a quorum and a stranger's seal more": (
        lambda e: with_seals(e, good(e), lambda seals: [*seals, seal_of(e, by_stranger(e), 2)]),
        "a seal of 0x",
    ),
    "a seal of another block": (
        lambda e: with_seals(e, good(e), lambda seals: [*seals[:2], seal_of(e, block(e, 10, range(4)), 2)]),
        "a seal of 0x",
    ),
    "a seal with v 27": (
        lambda e: with_seals(e, good(e), lambda seals: [seals[0][:64] + b"\x1b", *seals[1:]]),
        "fits no key",
    ),
    "a seal with v 2": (
        lambda e: with_seals(e, good(e), lambda seals: [seals[0][:64] + b"\2", *seals[1:]]),
        "fits no key",
    ),
    "a seal of zeros": (lambda e: with_seals(e, good(e), lambda seals: [bytes(65), *seals[1:]]), "fits no key"),
    "a seal with s too large": (
        lambda e: with_seals(e, good(e), lambda seals: [seals[0][:32] + b"\xff" * 32 + b"\0", *seals[1:]]),
        "fits no key",
    ),
    "a seal of 64 bytes": (
        lambda e: with_seals(e, good(e), lambda seals: [seals[0][:64], *seals[1:]]),
        "seals of another length",
    ),
}


def good(engine: Engine) -> bytes:
    return block(engine, 9, [0, 1, 2, 3], [0, 1, 2])


@engines
@pytest.mark.parametrize("what", DAMAGED)
def test_damaged_seals_are_refused(engine: Engine, what: str) -> None:
    make, words = DAMAGED[what]
    check(engine, [], good(engine), [trust(0, 0, 1, 2, 3)])
    with pytest.raises(VerificationError, match=words) as caught:
        check(engine, [], make(engine), [trust(0, 0, 1, 2, 3)])
    assert caught.value.step == Step.BLOCK
    assert not isinstance(caught.value, OutsidePolicy)


@engines
def test_a_flipped_bit_in_any_field_is_refused(engine: Engine) -> None:
    layout = OF_ENGINE[engine][1]
    fields = layout.read(good(engine))
    for at, field in enumerate(fields):
        changed = bytes([field[0] ^ 1]) + field[1:] if field else b"\1"
        raw = rlp.encode([*fields[:at], changed, *fields[at + 1 :]])
        with pytest.raises(VerificationError):
            check(engine, [], raw, [trust(0, 0, 1, 2, 3)])


@engines
def test_a_field_left_out_or_added_is_refused(engine: Engine) -> None:
    fields = OF_ENGINE[engine][1].read(good(engine))
    for raw in (rlp.encode(fields[:-1]), rlp.encode([*fields, b"\1"]), rlp.encode([*fields, *[b""] * 9])):
        with pytest.raises(VerificationError):
            check(engine, [], raw, [trust(0, 0, 1, 2, 3)])


def test_in_qbft_the_seals_cover_the_round_and_the_whole_vanity() -> None:
    fields = qbft.ETHEREUM.read(good(Engine.QBFT))
    extra = qbft.Extra.read(fields[12])
    for changed in (replace(extra, round=1), replace(extra, vanity=bytes(31) + b"\1"), replace(extra, vote=[b""])):
        fields[12] = as_written(changed)
        with pytest.raises(VerificationError, match="a seal of 0x"):
            check("qbft", [], rlp.encode(list(fields)), [trust(0, 0, 1, 2, 3)])


def test_in_istanbul_the_seals_cover_the_vanity_but_for_its_last_byte_the_round() -> None:
    fields = istanbul.KAIA.read(good(Engine.ISTANBUL))
    extra = istanbul.Extra.read(fields[11])
    for at in range(31):
        fields[11] = as_written(replace(extra, vanity=bytes(at) + b"\1" + bytes(31 - at)))
        with pytest.raises(VerificationError, match="a seal of 0x"):
            check("istanbul", [], rlp.encode(list(fields)), [trust(0, 0, 1, 2, 3)])
    fields[11] = as_written(replace(extra, vanity=bytes(31) + b"\7"))
    found = check("istanbul", [], rlp.encode(list(fields)), [trust(0, 0, 1, 2, 3)])
    assert found.header.hash == headers.parse("istanbul", good(Engine.ISTANBUL)).hash


def test_in_istanbul_the_proposer_is_one_of_the_validators() -> None:
    raw = sealed_header("istanbul", 9, 5, STATE, PARENT, addresses(KEYS[:4]), [STRANGER, *KEYS[:3]])
    raw = with_seals(Engine.ISTANBUL, raw, lambda seals: seals[1:])
    with pytest.raises(VerificationError, match="a seal of 0x"):
        check("istanbul", [], raw, [trust(0, 0, 1, 2, 3)])


@engines
@pytest.mark.parametrize("listed", [[], [0, 0, 1, 2]], ids=["none", "one twice"])
def test_a_header_lists_each_of_its_validators_once(engine: Engine, listed: list[int]) -> None:
    with pytest.raises(VerificationError, match="lists"):
        check(engine, [], block(engine, 9, listed, [0, 1, 2]), [trust(0, 0, 1, 2, 3)])


EXTRAS: dict[str, rlp.Item | bytes] = {
    "nothing": b"",
    "bytes": rlp.encode(b"extra"),
    "four members": [bytes(32), [], [], b""],
    "six members": [bytes(32), [], [], b"", [], b""],
    "a short vanity": [bytes(31), [], [], b"", []],
    "a list as vanity": [[], [], [], b"", []],
    "a validator of 19 bytes": [bytes(32), [bytes(19)], [], b"", []],
    "a list as validator": [bytes(32), [[bytes(20)]], [], b"", []],
    "bytes as validators": [bytes(32), bytes(20), [], b"", []],
    "bytes as a vote": [bytes(32), [], b"", b"", []],
    "a round with a leading zero": [bytes(32), [], [], b"\0\1", []],
    "a round of five bytes": [bytes(32), [], [], b"\1" * 5, []],
    "a list as round": [bytes(32), [], [], [], []],
    "bytes as seals": [bytes(32), [], [], b"", bytes(65)],
    "a byte after the list": rlp.encode([bytes(32), [], [], b"", []]) + b"\0",
    "a very deep list": [bytes(32), [], [[[[]]]], b"", []],
}


@pytest.mark.parametrize("what", EXTRAS)
def test_extra_data_that_is_not_qbft_s_is_refused(what: str) -> None:
    fields = qbft.ETHEREUM.read(good(Engine.QBFT))
    item = EXTRAS[what]
    fields[12] = item if isinstance(item, bytes) else rlp.encode(item)
    with pytest.raises(VerificationError, match="extraData"):
        check("qbft", [], rlp.encode(list(fields)), [trust(0, 0, 1, 2, 3)])


@pytest.mark.parametrize(
    "extra",
    [b"", bytes(31), bytes(32), bytes(32) + b"\x80", bytes(32) + rlp.encode([[], bytes(65)]),
     bytes(32) + rlp.encode([[], b"", []]), bytes(32) + rlp.encode([[], [], []]),
     bytes(32) + rlp.encode([[], bytes(65), b""]), bytes(32) + rlp.encode([[], bytes(65), []]) + b"\0"],
)  # fmt: skip
def test_extra_data_that_is_not_istanbul_s_is_refused(extra: bytes) -> None:
    fields = istanbul.KAIA.read(good(Engine.ISTANBUL))
    fields[11] = extra
    with pytest.raises(VerificationError, match="extraData"):
        check("istanbul", [], rlp.encode(list(fields)), [trust(0, 0, 1, 2, 3)])


def test_a_header_that_is_none_is_refused() -> None:
    fields = qbft.ETHEREUM.read(good(Engine.QBFT))
    number: list[rlp.Item] = [*fields[:8], b"\0\7", *fields[9:]]
    nested: list[rlp.Item] = [*fields[:8], [], *fields[9:]]
    large: list[rlp.Item] = [*fields[:12], bytes(33_000), *fields[13:]]
    for raw in (b"", b"\x80", rlp.encode(number), rlp.encode(nested), rlp.encode(large), good(Engine.ISTANBUL)):
        with pytest.raises(VerificationError) as caught:
            check("qbft", [], raw, [trust(0, 0, 1, 2, 3)])
        assert caught.value.step == Step.BLOCK


@engines
@settings(max_examples=300, deadline=None)
@given(at=st.integers(0, 4095), mask=st.integers(1, 255))
def test_any_byte_that_is_changed_breaks_the_seals_or_leaves_the_block_the_same(
    engine: Engine, at: int, mask: int
) -> None:
    raw = bytearray(good(engine))
    raw[at % len(raw)] ^= mask
    try:
        found = check(engine, [], bytes(raw), [trust(0, 0, 1, 2, 3)])
    except VerificationError:
        return
    assert engine == Engine.ISTANBUL
    assert found.header.hash == headers.parse(engine, good(engine)).hash


# --- which set --------------------------------------------------------------------------------------------------------


@engines
def test_a_set_that_the_policy_does_not_lead_to_is_outside_the_policy(engine: Engine) -> None:
    with pytest.raises(OutsidePolicy, match="0 of 3 sealed it"):
        check(engine, [], block(engine, 9, [3, 4, 5]), [trust(0, 0, 1, 2)])
    with pytest.raises(OutsidePolicy, match="2 of 4 sealed it"):
        check(engine, [], block(engine, 9, [2, 3, 4, 5]), [trust(0, 0, 1, 2, 3)])


@engines
@pytest.mark.parametrize("trusted", [[], [trust(9, 0, 1, 2, 3)], [trust(20, 0, 1, 2, 3), trust(10, 0, 1, 2, 3)]])
def test_a_height_before_all_trusted_sets_is_outside_the_policy(engine: Engine, trusted: list[Trust]) -> None:
    with pytest.raises(OutsidePolicy, match="block 9"):
        check(engine, [], block(engine, 9, [0, 1, 2, 3]), trusted)


@engines
def test_the_newest_set_before_the_block_counts(engine: Engine) -> None:
    sets = [trust(8, 0, 1, 2, 3), trust(0, 3, 4, 5, 6), trust(9, 4, 5, 6)]
    check(engine, [], block(engine, 9, [0, 1, 2, 3]), sets)
    with pytest.raises(OutsidePolicy):
        check(engine, [], block(engine, 9, [3, 4, 5, 6]), sets)
    check(engine, [], block(engine, 8, [3, 4, 5, 6]), sets)


@engines
def test_the_order_of_a_set_means_nothing(engine: Engine) -> None:
    members = tuple(reversed(addresses(KEYS[:4])))
    check(engine, [], block(engine, 9, [0, 1, 2, 3]), [Trust(0, members)])


@pytest.mark.parametrize(
    ("height", "validators"), [(-1, (bytes(20),)), (0, ()), (0, (bytes(20), bytes(20))), (0, (bytes(19),))]
)
def test_a_trusted_set_without_sense_is_refused(height: int, validators: tuple[bytes, ...]) -> None:
    with pytest.raises(InvalidInput):
        Trust(height, validators)


# --- handing over -----------------------------------------------------------------------------------------------------


@engines
def test_a_set_hands_over_when_a_quorum_of_it_seals_the_first_block_of_the_next(engine: Engine) -> None:
    (first,) = chained(engine, 5, ([0, 1, 2, 3, 4], [0, 1, 2, 4]))
    last = block(engine, 9, [0, 1, 2, 3, 4], [1, 2, 3, 4])
    assert check(engine, [first], last, [trust(0, 0, 1, 2, 3)]).level is Level.SEALED
    with pytest.raises(OutsidePolicy):
        check(engine, [first], block(engine, 9, [0, 1, 2, 3], [0, 1, 2]), [trust(0, 0, 1, 2, 3)])


@engines
def test_the_block_itself_may_be_the_one_that_hands_over(engine: Engine) -> None:
    check(engine, [], block(engine, 9, [0, 1, 2], [0, 1, 2]), [trust(0, 0, 1, 2, 3)])


@engines
def test_the_old_set_s_quorum_may_be_spread_over_several_blocks_in_a_row(engine: Engine) -> None:
    first, second, third = chained(engine, 5, ([0, 1, 2], [0, 1]), ([0, 1, 2], [1, 0]), ([0, 1, 2], [1, 2]))
    last = block(engine, 9, [0, 1, 2], [0, 1])
    four = [trust(0, 0, 1, 2, 3)]
    check(engine, [first, second, third], last, four)
    check(engine, [first, second], third, four)
    for path in ([first], [first, second], []):
        with pytest.raises(OutsidePolicy, match="2 of 4 sealed it"):
            check(engine, path, last, four)
    with pytest.raises(OutsidePolicy):
        check(engine, [first], third, four)


@engines
def test_blocks_that_are_not_in_a_row_do_not_add_up(engine: Engine) -> None:
    first = block(engine, 5, [0, 1, 2], [0, 1])
    beside = block(engine, 6, [0, 1, 2], [1, 2], parent=keccak(b"another parent"))
    with pytest.raises(OutsidePolicy):
        check(engine, [first], beside, [trust(0, 0, 1, 2, 3)])


@engines
def test_a_set_that_changes_again_before_the_handover_breaks_it_off(engine: Engine) -> None:
    first, second = chained(engine, 5, ([0, 1, 2, 4], [0, 1, 4]), ([0, 1, 2, 5], [0, 1, 2]))
    with pytest.raises(OutsidePolicy, match="block 5"):
        check(engine, [first], second, [trust(0, 0, 1, 2, 3)])
    check(engine, [], second, [trust(0, 0, 1, 2, 3)])


@engines
def test_several_changes_follow_each_other(engine: Engine) -> None:
    sets = [[0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5], [3, 4, 5, 6]]
    path = [block(engine, 10 * n, new, sorted(set(old) & set(new))) for n, (old, new) in enumerate(pairwise(sets), 1)]
    last = block(engine, 50, sets[-1])
    check(engine, path, last, [trust(0, *sets[0])])
    check(engine, path, last, [trust(10, *sets[1])])
    check(engine, path, last, [trust(40, *sets[-1]), trust(0, *sets[0])])
    for lacking in (path[1:], path[:1] + path[2:], path[:1], []):
        with pytest.raises(OutsidePolicy):
            check(engine, lacking, last, [trust(0, *sets[0])])
    # The last set's block may hand over itself: three of the set before have sealed it.
    check(engine, path[:2], last, [trust(0, *sets[0])])


@engines
def test_path_headers_below_the_trusted_height_change_nothing_but_are_checked(engine: Engine) -> None:
    old = block(engine, 5, [4, 5, 6])
    last = block(engine, 9, [0, 1, 2, 3])
    check(engine, [old], last, [trust(5, 0, 1, 2, 3)])
    with pytest.raises(VerificationError, match="1 seals"):
        check(engine, [with_seals(engine, old, lambda seals: seals[:1])], last, [trust(5, 0, 1, 2, 3)])


@engines
def test_a_damaged_path_is_refused(engine: Engine) -> None:
    first, last = block(engine, 5, [0, 1, 2, 3, 4]), block(engine, 9, [0, 1, 2, 3, 4])
    four = [trust(0, 0, 1, 2, 3)]
    check(engine, [first], last, four)
    for path in ([first, first], [last], [block(engine, 10, [0, 1, 2, 3, 4])]):
        with pytest.raises(VerificationError, match="ascending"):
            check(engine, path, last, four)
    with pytest.raises(VerificationError, match="3 seals"):
        check(engine, [with_seals(engine, first, lambda seals: seals[:3])], last, four)
    with pytest.raises(VerificationError, match="at most"):
        check(engine, [first] * (MAX_PATH + 1), last, four)


@engines
def test_the_path_is_picked_out_of_all_headers(engine: Engine) -> None:
    all_four, three = [0, 1, 2, 3], [0, 1, 2]
    series = chained(
        engine, 1,
        (all_four, [0, 1, 3]), (three, [0, 1]), (three, [0, 1]), (three, [0, 2]), (three, [1, 2]),
        (all_four, [0, 1, 3]), (all_four, [1, 2, 3]),
    )  # fmt: skip
    path = path_of(engine, trust(0, *all_four), series)
    assert path == [*series[1:4], series[5]]
    for number in (1, 4, 5, 6, 7):
        needed = [raw for raw in path if headers.parse(engine, raw).number < number]
        check(engine, needed, series[number - 1], [trust(0, *all_four)])


def test_a_development_node_needs_no_path() -> None:
    raw = sealed_header(Engine.NONE, 9, 5, STATE, PARENT, [], [])
    assert path_of("none", trust(0, 0), [raw]) == []
