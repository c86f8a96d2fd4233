"""Whatever bytes come in, a verdict comes out: parsers, proofs and the judge never raise anything but their own errors.

What such a search found is kept by name in test_hostile_files.
"""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.corpus import NOW, good
from tests.support.evidence import POLICY, RELEASE

from portledger.cli import evidence_report
from portledger.domain.calls_decode import decode_call, decode_define_kind
from portledger.domain.errors import InvalidInput, KindError
from portledger.domain.hashing import keccak
from portledger.domain.kinds import parse as parse_kind
from portledger.domain.verification_errors import Malformed, RlpError, VerificationError
from portledger.evidence import bundle as files
from portledger.evidence import der, headers, policy, presentation, rlp, stamps, trie
from portledger.evidence.result import Step
from portledger.evidence.verdict import Class, Verdict, judge
from portledger.resources import kind_source
from portledger.vault import canonical

FACTS: Final = ("document", "state", "issuer", "possessor", "endorsee", "used", "version", "head", "acts", "notes")
BASES: Final = (
    "ebl-negotiable opened, two of three signers",
    "ebl-negotiable suffix",
    "ebl-negotiable wandering 1",
    "ebl-negotiable notes own",
    "certificate-of-origin opened, two of three signers",
    "commercial-invoice opened, two of three signers",
    "certificate-of-origin presentation",
)
HOW: Final = ("put", "drop", "double", "move")
SLOW: Final = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SCALARS: Final = (
    st.none()
    | st.booleans()
    | st.integers(-(2**54), 2**65)
    | st.text(max_size=8)
    | st.floats()
    | st.sampled_from(["", "0", "00" * 32, "ff" * 32, "0x" + "00" * 20, "act", "hidden", "~", "/a", 2**40, 2**32, -1])
)
VALUES: Final = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
)


def verdict(data: bytes) -> Verdict:
    """The verdict, which can be told to a person and as JSON."""
    found = judge(data, POLICY, RELEASE, NOW)
    json.dumps(evidence_report.value(found))
    evidence_report.report(found, explain=True)
    assert (found.failure is None) is (found.verdict in (Class.VALID, Class.UNSEALED))
    assert (found.failure is None) is (found.result is not None)
    return found


@cache
def value_of(base: str) -> Any:
    return files.read_json(good()[base].data)


@cache
def facts_of(base: str) -> dict[str, Any]:
    return facts(verdict(good()[base].data))


def facts(found: Verdict) -> dict[str, Any]:
    assert found.result is not None
    told = found.result.to_dict()
    return {name: told[name] for name in FACTS}


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    for name, one in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(one, (*at, name))


@cache
def places_in(base: str) -> list[tuple[Any, ...]]:
    return list(places(value_of(base)))


def spelled(value: Any) -> bytes:
    """Canonical where the value is strict, some other JSON where it is not."""
    try:
        return canonical.encode(value)
    except canonical.NotCanonical:
        return json.dumps(value).encode()


# --- the whole file --------------------------------------------------------------------------------------------------


@SLOW
@given(data=st.binary(max_size=200))
def test_any_bytes_are_malformed(data: bytes) -> None:
    for whole in (data, gzip.compress(data), b"\x1f\x8b" + data, b'{"schema":"portledger/evidence/1"' + data):
        assert verdict(whole).verdict is Class.MALFORMED


@SLOW
@given(value=VALUES)
def test_any_json_is_malformed(value: Any) -> None:
    assert verdict(spelled(value)).verdict is Class.MALFORMED
    for schema in (files.SCHEMA, presentation.SCHEMA):
        assert verdict(spelled({"schema": schema, "value": value})).verdict is Class.MALFORMED


@SLOW
@given(base=st.sampled_from(BASES), at=st.integers(0), put=VALUES, how=st.sampled_from(HOW))
def test_a_file_with_another_member_says_the_same_or_is_refused(base: str, at: int, put: Any, how: str) -> None:
    value = copy.deepcopy(value_of(base))
    place = places_in(base)[at % len(places_in(base))]
    holder = value
    for step in place[:-1]:
        holder = holder[step]
    if how == "put":
        holder[place[-1]] = put
    elif how == "drop":
        del holder[place[-1]]
    elif isinstance(holder, list):
        holder.insert(place[-1] if how == "double" else 0, copy.deepcopy(holder[place[-1]]))
    else:
        holder[f"{place[-1]}2"] = holder[place[-1]]
    found = verdict(spelled(value))
    if found.result is not None:
        assert facts(found) == facts_of(base)


@SLOW
@given(
    base=st.sampled_from(BASES),
    cuts=st.lists(st.tuples(st.integers(0), st.integers(0, 40), st.binary(max_size=6)), min_size=1, max_size=3),
)
def test_a_file_with_other_bytes_says_the_same_or_is_refused(base: str, cuts: list[tuple[int, int, bytes]]) -> None:
    data = good()[base].data
    for at, length, put in cuts:
        at %= len(data)
        data = data[:at] + put + data[at + length :]
    found = verdict(data)
    if found.result is not None:
        assert facts(found) == facts_of(base)


@pytest.mark.parametrize("name", [name for name in good() if "packed" not in name])
def test_what_is_read_is_written_as_it_was(name: str) -> None:
    data = good()[name].data
    value = files.read_json(data)
    if value["schema"] == files.SCHEMA:
        assert files.dump(files.parse(value)) == data
        assert files.load(files.dump(files.load(data))) == files.load(data)
    else:
        read = presentation.parse(value)
        assert presentation.dump(read) == data
        assert presentation.parse(files.read_json(presentation.dump(read))) == read


@SLOW
@given(base=st.sampled_from(BASES), at=st.integers(0), put=VALUES)
def test_what_a_reader_takes_it_writes_as_it_was(base: str, at: int, put: Any) -> None:
    value = copy.deepcopy(value_of(base))
    place = places_in(base)[at % len(places_in(base))]
    holder = value
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = put
    try:
        data = canonical.encode(value)
        shown = value.get("schema") == presentation.SCHEMA
        read = presentation.dump(presentation.parse(value)) if shown else files.dump(files.parse(value))
    except (canonical.NotCanonical, Malformed):
        return
    assert read == data


# --- its parts -------------------------------------------------------------------------------------------------------


@SLOW
@given(data=st.binary(max_size=300))
def test_bytes_are_one_canonical_rlp_value_or_none(data: bytes) -> None:
    try:
        assert rlp.encode(rlp.decode(data)) == data
    except RlpError:
        return


@SLOW
@given(
    raw=st.lists(st.binary(max_size=40) | st.lists(st.binary(max_size=34), max_size=17).map(rlp.encode), max_size=6),
    key=st.binary(min_size=32, max_size=32),
    engine=st.sampled_from(list(headers.Engine)),
)
def test_any_nodes_prove_something_or_are_refused(raw: list[bytes], key: bytes, engine: headers.Engine) -> None:
    steps = {Step.ACCOUNT, Step.STORAGE}
    for root in (key, *map(keccak, raw)):
        holds(lambda root=root: trie.walk(root, key, trie.Nodes(raw)), steps)
        holds(lambda root=root: trie.account(root, key[:20], trie.Nodes(raw), engine), steps)


HEADERS: Final = {
    name.rsplit(" ", 1)[-1]: bytes.fromhex(files.read_json(sample.data)["block"]["header"])
    for name, sample in good().items()
    if name.startswith("ebl-negotiable") and name.rsplit(" ", 1)[-1] in list(headers.Engine)
}


CUTS: Final = st.tuples(st.integers(0), st.integers(0, 70), st.binary(max_size=9))


@SLOW
@given(engine=st.sampled_from(list(headers.Engine)), cut=CUTS)
def test_a_header_with_other_bytes_is_read_or_refused(engine: headers.Engine, cut: tuple[int, int, bytes]) -> None:
    raw, of_seals = HEADERS[engine.value], headers.adapter(engine).sealing or list
    at, length, put = cut[0] % len(raw), *cut[1:]
    holds(lambda: of_seals(headers.read(engine, raw[:at] + put + raw[at + length :])[1]), {Step.BLOCK})


@SLOW
@given(data=st.binary(max_size=120))
def test_any_bytes_are_no_time_stamp(data: bytes) -> None:
    for raw in (data, der.element(0x30, data), der.element(0x30, der.element(0x06, stamps.SIGNED_DATA), data)):
        with pytest.raises(VerificationError) as failure:
            stamps.read(raw)
        assert failure.value.step == Step.RESULT


CALLS: Final = [
    bytes.fromhex(change["call"])
    for party in files.read_json(good()["ebl-negotiable wandering 1"].data)["parties"]
    for change in party["log"]
]


@SLOW
@given(which=st.integers(0), at=st.integers(0), length=st.integers(0, 64), put=st.binary(max_size=64))
def test_a_call_with_other_bytes_is_read_or_refused(which: int, at: int, length: int, put: bytes) -> None:
    call = CALLS[which % len(CALLS)]
    at %= len(call)
    for read in (decode_call, decode_define_kind):
        try:
            read(call[:at] + put + call[at + length :])
        except InvalidInput:
            continue


@SLOW
@given(at=st.integers(0), put=VALUES)
def test_a_kind_file_with_another_member_is_read_or_refused(at: int, put: Any) -> None:
    kind = copy.deepcopy(dict(kind_source(0x0101)))
    found = list(places(kind))
    place = found[at % len(found)]
    holder: Any = kind
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = put
    try:
        canonical.check(kind)
        parse_kind(kind)
    except (canonical.NotCanonical, KindError):
        return


POLICIES: Final[dict[str, Any]] = {
    "schema": policy.SCHEMA,
    "ledger": [
        {
            "chain_id": 1, "engine": "qbft", "code": "release", "address": "0x" + "11" * 20, "salt": "22" * 32,
            "validators": [{"height": 0, "accounts": ["0x" + "33" * 20]}],
        }
    ],
    "kinds": {"digests": ["44" * 32]},
    "require": {"sealed": True, "stamped": True, "greatest_age": 9, "signed_by": ["carrier"], "audience": "customs"},
    "stamp": [{"certificate": "55" * 32}],
}  # fmt: skip


@SLOW
@given(at=st.integers(0), put=VALUES)
def test_a_policy_with_another_member_is_read_or_refused(at: int, put: Any) -> None:
    changed = copy.deepcopy(POLICIES)
    found = list(places(changed))
    place = found[at % len(found)]
    holder: Any = changed
    for step in place[:-1]:
        holder = holder[step]
    holder[place[-1]] = put
    refused(lambda: policy.parse(changed))


@SLOW
@given(text=st.text(max_size=80))
def test_any_text_is_a_policy_or_refused(text: str) -> None:
    refused(lambda: policy.read(text))


def refused(read: Callable[[], object]) -> None:
    try:
        read()
    except InvalidInput:
        return


def holds(ask: Callable[[], object], steps: set[Step]) -> None:
    """It holds, or fails at one of these steps."""
    found = None
    try:
        ask()
    except VerificationError as failure:
        found = failure.step
    assert found is None or found in steps
