"""Step 1 on the recorded networks: every header of GoQuorum and Kaia, rounds above 0, votes, sets of three and four."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.recorded_chains import NEXT_SET, Network, needs_recorded, network, unhex

from portledger.domain.verification_errors import OutsidePolicy, VerificationError
from portledger.evidence import headers, rlp
from portledger.evidence.block_json import header_of
from portledger.evidence.headers import Engine
from portledger.evidence.seals import istanbul, qbft
from portledger.evidence.seals.check import Level, Trust, check, path_of

pytestmark = needs_recorded
engines = pytest.mark.parametrize("engine", [Engine.QBFT, Engine.ISTANBUL])
CHANGES = {Engine.QBFT: [212, 221], Engine.ISTANBUL: [193, 198]}
"""The first blocks of a new set: validator 4 was voted out, and in again."""
HANDED_OVER = {Engine.QBFT: 215, Engine.ISTANBUL: 193}
"""From this block on a path leads from the first set to the set of three."""


def chain(engine: Engine, first: int, last: int) -> list[bytes]:
    return [network(engine).raw(number) for number in range(first, last + 1)]


@engines
def test_every_recorded_header_has_its_hash_and_number_and_follows_its_parent(engine: Engine) -> None:
    net = network(engine)
    parent = bytes(32)
    for number, row in enumerate(net.headers):
        header = headers.parse(engine, net.raw(number))
        assert (header.hash, header.number, header.parent_hash) == (unhex(row["hash"]), number, parent)
        parent = header.hash
    assert len(net.headers) > 250


@engines
def test_every_recorded_block_is_sealed_by_the_set_after_its_parent(engine: Engine) -> None:
    net = network(engine)
    for number in range(1, len(net.headers)):
        # GoQuorum was asked for the set of the next block, Kaia for the set of the block itself.
        told_at = number - 1 if engine == Engine.QBFT else number
        told = Trust(number - 1, tuple(unhex(one) for one in net.headers[told_at][NEXT_SET[engine]]))
        found = check(engine, [], net.raw(number), [told])
        assert found.level is Level.SEALED
        assert set(told.validators) == set(net.listed(number))


@engines
def test_the_recordings_hold_rounds_above_0_votes_and_sets_of_three_and_four(engine: Engine) -> None:
    net = network(engine)
    rounds = [extra_of(net, number).round for number in range(len(net.headers))]
    assert rounds == [row["round"] for row in net.headers]
    assert max(rounds) >= 2
    assert {len(net.listed(number)) for number in range(len(net.headers))} == {3, 4}
    sets = [set(net.listed(number)) for number in range(len(net.headers))]
    assert [n for n in range(1, len(sets)) if sets[n] != sets[n - 1]] == CHANGES[engine]
    voted = [n for n in range(len(net.headers)) if vote_of(net, n)]
    assert len(voted) >= 4


def extra_of(net: Network, number: int) -> qbft.Extra | istanbul.Extra:
    if net.engine == Engine.QBFT:
        return qbft.Extra.read(qbft.ETHEREUM.read(net.raw(number))[qbft.ETHEREUM.extra])
    return istanbul.Extra.read(istanbul.KAIA.read(net.raw(number))[istanbul.KAIA.extra])


def vote_of(net: Network, number: int) -> object:
    extra = extra_of(net, number)
    return extra.vote if isinstance(extra, qbft.Extra) else istanbul.KAIA.read(net.raw(number))[13]


@engines
def test_the_first_set_leads_to_every_later_block_once_it_has_handed_over(engine: Engine) -> None:
    net = network(engine)
    first, (out, _) = net.trust(), CHANGES[engine]
    path = path_of(engine, first, chain(engine, 1, len(net.headers) - 1))
    assert headers.parse(engine, path[0]).number == out
    assert len(path) <= 5
    for number in range(1, len(net.headers)):
        before = [raw for raw in path if headers.parse(engine, raw).number < number]
        if out <= number < HANDED_OVER[engine]:
            with pytest.raises(OutsidePolicy, match="2 of 4 sealed it"):
                check(engine, before, net.raw(number), [first])
        else:
            assert check(engine, before, net.raw(number), [first]).header.number == number


@engines
def test_a_policy_that_names_the_new_set_needs_no_path(engine: Engine) -> None:
    net, (out, back) = network(engine), CHANGES[engine]
    trusted = [net.trust(), net.trust(out - 1), net.trust(back - 1)]
    for number in range(1, len(net.headers)):
        assert check(engine, [], net.raw(number), trusted).level is Level.SEALED


def test_a_path_with_a_gap_in_its_handover_is_outside_the_policy() -> None:
    net = network(Engine.QBFT)
    whole = path_of(Engine.QBFT, net.trust(), chain(Engine.QBFT, 1, 216))
    assert [headers.parse(Engine.QBFT, raw).number for raw in whole] == [212, 213, 214, 215]
    check(Engine.QBFT, whole, net.raw(220), [net.trust()])
    for at in (1, 2, 3):
        with pytest.raises(OutsidePolicy):
            check(Engine.QBFT, whole[:at] + whole[at + 1 :], net.raw(220), [net.trust()])
    # Any blocks in a row will do, not only the first ones.
    check(Engine.QBFT, whole[1:], net.raw(220), [net.trust()])


@engines
def test_the_validators_of_another_network_are_outside_the_policy(engine: Engine) -> None:
    other = network(Engine.QBFT if engine == Engine.ISTANBUL else Engine.ISTANBUL)
    with pytest.raises(OutsidePolicy, match="0 of 4 sealed it"):
        check(engine, [], network(engine).raw(100), [other.trust()])


@engines
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_recorded_header_with_any_byte_changed_is_refused_or_is_the_same_block(
    engine: Engine, data: st.DataObject
) -> None:
    net = network(engine)
    number = data.draw(st.sampled_from([1, 100, 126, 148, 192, 193, 208, 211, 212, 219, 221]))
    raw = bytearray(net.raw(number))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = check(engine, [], bytes(raw), [net.trust(number - 1)])
    except VerificationError:
        return
    # Kaia's round, and a seal's other half of the curve, are covered by nothing: the block is the same.
    assert found.header.hash == unhex(net.headers[number]["hash"])


@engines
def test_seals_of_another_recorded_header_are_refused(engine: Engine) -> None:
    net = network(engine)
    kinds = {Engine.QBFT: (qbft.Extra, qbft.ETHEREUM), Engine.ISTANBUL: (istanbul.Extra, istanbul.KAIA)}
    layout = kinds[engine][1]
    mine, other = layout.read(net.raw(100)), layout.read(net.raw(101))
    mine[layout.extra] = other[layout.extra]
    with pytest.raises(VerificationError):
        check(engine, [], rlp.encode(list(mine)), [net.trust()])


@engines
def test_raw_headers_are_rebuilt_from_what_the_node_says_in_json(engine: Engine) -> None:
    net = network(engine)
    for number, block in net.blocks.items():
        told = block["kaiaBlock" if engine == Engine.ISTANBUL else "block"]
        assert header_of(engine, told).raw == net.raw(number)
