"""Damaged evidence, made from good files: by accident, by a liar without keys, by one who re-hashes what he changed,
and by a ledger whose validators sealed what the rules do not allow (tests.support.crooked)."""

from __future__ import annotations

import copy
import gzip
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any, Final

from tests.support.bft import addresses, sealed_header
from tests.support.corpus import Sample, good
from tests.support.evidence import VALIDATORS
from tests.support.histories import key

from portledger.domain.hashing import abi_words, entry, json_digest, keccak, word
from portledger.domain.kinds import parse as parse_kind
from portledger.domain.signatures import address_of, recover, sign, signers_word, split
from portledger.evidence import bundle as files
from portledger.evidence.bundle import Bundle, PartyRecord, dump
from portledger.evidence.headers import parse as parse_header
from portledger.evidence.history import Act
from portledger.evidence.verify import freeze_digest
from portledger.vault import canonical

BASES: Final = (
    "ebl-negotiable opened, two of three signers",
    "ebl-negotiable suffix",
    "ebl-negotiable wandering 1",
    "ebl-negotiable notes own",
    "ebl-straight wandering 2",
    "certificate-of-origin opened, two of three signers",
    "certificate-of-origin wandering 1",
    "shipping-instruction notes all",
    "commercial-invoice opened, two of three signers",
    "ebl-negotiable presentation",
    "certificate-of-origin presentation",
)
STRANGERS: Final = [key(f"stranger {number}") for number in range(4)]


@cache
def damaged(seed: int = 1) -> dict[str, Sample]:
    """By name. The same for the same seed, but for the random salts and keys of the good files."""
    found: dict[str, Sample] = {}
    for base in BASES:
        made = good()[base].data
        for name, data in _all(base, made, random.Random(f"{seed} {base}")):
            if data == made:
                continue
            found[f"{base}: {name}"] = Sample(f"{base}: {name}", data, base)
    return found


def _all(base: str, data: bytes, chance: random.Random) -> Iterator[tuple[str, bytes]]:
    value = canonical.decode_canonical(data)
    yield from _raw(data)
    yield from _members(value, _another(base), chance)
    if value["schema"] == files.SCHEMA:
        yield from _lies(files.parse(value))
    else:
        yield from _misuse(value)


def _another(base: str) -> Any:
    """A file of the same form about another document."""
    last = base.rsplit(" ", 1)[-1]
    other = (
        next(one for one in BASES if one != base and one.rsplit(" ", 1)[-1] == last)
        if last == "presentation"
        else (BASES[2] if base != BASES[2] else BASES[0])
    )
    return canonical.decode_canonical(good()[other].data)


# --- the bytes -------------------------------------------------------------------------------------------------------


def _raw(data: bytes) -> Iterator[tuple[str, bytes]]:
    yield "empty", b""
    yield "cut in the middle", data[: len(data) // 2]
    yield "cut by one", data[:-1]
    yield "two line feeds", data + b"\n\n"
    yield "something behind", data + b"{}"
    yield "space in front", b" " + data
    yield "byte order mark", b"\xef\xbb\xbf" + data
    yield "another order of members", data[:1] + data[1:].replace(b'"schema":', b'"schema" :', 1)
    yield "a member twice", b'{"schema":"portledger/evidence/1",' + data[1:]
    yield "an escaped letter", data.replace(b'"schema"', b'"sch\\u0065ma"', 1)
    yield "a float", data.replace(b'"chainId":1337', b'"chainId":1337.0', 1)
    yield "an exponent", data.replace(b'"chainId":1337', b'"chainId":1.337e3', 1)
    yield "a great integer", data.replace(b'"chainId":1337', b'"chainId":9007199254740992', 1)
    yield "a leading zero", data.replace(b'"chainId":1337', b'"chainId":01337', 1)
    yield "no UTF-8", data.replace(b"portledger", b"portl\xe9dger", 1)
    yield "half a surrogate", data.replace(b'"portledger/', b'"\\ud800portledger/', 1)
    yield "text not in NFC", data.replace(b'"portledger/', '"e\u0301portledger/'.encode(), 1)
    yield "a list around", b"[" + data + b"]"
    yield "deep nesting", b"[" * 5000 + b"]" * 5000
    packed = gzip.compress(data, mtime=0)
    yield "gzip cut", packed[:-5]
    yield "gzip with a wrong sum", packed[:-8] + bytes(4) + packed[-4:]
    yield "gzip followed by more", packed + b"x"
    yield "gzip of gzip", gzip.compress(packed, mtime=0)
    yield "a bomb", gzip.compress(b"[" * (files.MAX_BYTES + 10), compresslevel=1, mtime=0)


# --- every member ----------------------------------------------------------------------------------------------------


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value but the whole; of the kind file only the top, which is one digest anyway."""
    if at:
        yield at
    if (
        len(at) > 1
        and at[-2:] != ("kind",)
        and "kind" in at[:-1]
        and at[at.index("kind") - 1 : at.index("kind")] != ("consortium",)
    ):
        return
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in items:
        yield from _places(one, (*at, name))


def _members(value: Any, other: Any, chance: random.Random) -> Iterator[tuple[str, bytes]]:
    places = list(_places(value))
    shallow = [at for at in places if len(at) <= 2]
    deep = [at for at in places if len(at) > 2]
    for at in [*shallow[:60], *chance.sample(deep, min(len(deep), 60))]:
        change = chance.choice(_CHANGES)
        for one in {change, _remove} if len(at) == 1 else {change}:
            changed = copy.deepcopy(value)
            if one(changed, at, other, chance):
                yield f"{one.__name__.strip('_')} /{'/'.join(map(str, at))}", canonical.encode(changed)


def _inside(value: Any, at: tuple[Any, ...]) -> Any:
    for step in at:
        value = value[step]
    return value


def _remove(value: Any, at: tuple[Any, ...], other: Any, chance: random.Random) -> bool:
    del _inside(value, at[:-1])[at[-1]]
    return True


def _double(value: Any, at: tuple[Any, ...], other: Any, chance: random.Random) -> bool:
    holder = _inside(value, at[:-1])
    if not isinstance(holder, list):
        return False
    holder.insert(at[-1], copy.deepcopy(holder[at[-1]]))
    return True


def _swap(value: Any, at: tuple[Any, ...], other: Any, chance: random.Random) -> bool:
    """The value that another file has at this place, or the neighbour's in a list."""
    holder = _inside(value, at[:-1])
    try:
        theirs = _inside(other, at)
    except (KeyError, IndexError, TypeError):
        theirs = None
    if theirs is None and isinstance(holder, list) and len(holder) > 1:
        theirs = holder[(at[-1] + 1) % len(holder)]
    if theirs is None or theirs == holder[at[-1]]:
        return False
    holder[at[-1]] = copy.deepcopy(theirs)
    return True


def _flip(value: Any, at: tuple[Any, ...], other: Any, chance: random.Random) -> bool:
    """One bit of a number or of a character."""
    holder = _inside(value, at[:-1])
    one = holder[at[-1]]
    if isinstance(one, bool) or one is None:
        holder[at[-1]] = not one
    elif isinstance(one, int):
        holder[at[-1]] = one ^ 1 << chance.randrange(8)
    elif isinstance(one, str) and one:
        place = chance.randrange(len(one))
        turned = f"{int(one[place], 16) ^ 1 << chance.randrange(4):x}" if one[place] in "0123456789abcdef" else "x"
        holder[at[-1]] = one[:place] + turned + one[place + 1 :]
    else:
        return False
    return True


def _mistype(value: Any, at: tuple[Any, ...], other: Any, chance: random.Random) -> bool:
    one = _inside(value, at)
    _inside(value, at[:-1])[at[-1]] = chance.choice(
        [thing for thing in (None, 0, "", [], {}, True, "00", -1) if thing != one]
    )
    return True


_Change = Callable[[Any, tuple[Any, ...], Any, random.Random], bool]
_CHANGES: Final[tuple[_Change, ...]] = (_remove, _double, _swap, _flip, _flip, _mistype)


# --- lies: everything re-hashed as far as one can without keys -----------------------------------------------------


def rehashed(bundle: Bundle, entries: tuple[Any, ...]) -> Bundle:
    """Digests, previous and heads made to fit the entries again; signatures are what they were."""
    kind = parse_kind(dict(bundle.kind))
    head = bundle.start.head if bundle.start else bytes(32)
    made: list[Any] = []
    for item in entries:
        if isinstance(item, Act):
            action = replace(item.action, previous=head)
            digest = action.digest(bundle.domain, kind.intent(action.verb))
            signers = _signers(digest, item.signatures)
            head = entry(head, digest, word(item.control), signers, item.time)
            made.append(replace(item, action=action, digest=digest, head=head))
        else:
            digest = freeze_digest(bundle.document, item.until, item.reason)
            head = entry(head, digest, word(item.control), word(item.sender), item.time)
            made.append(replace(item, head=head))
    return replace(bundle, entries=tuple(made))


def _signers(digest: bytes, signatures: bytes) -> bytes:
    found = []
    for piece in split(signatures):
        try:
            found.append(recover(digest, piece))
        except Exception:  # noqa: BLE001  (a signature that fits no key: any word will do)
            found.append(bytes(20))
    return signers_word(found or [bytes(20)])


def relogged(bundle: Bundle, party: int, log: list[Any]) -> Bundle:
    """One party's log exchanged, its heads made to fit again."""
    head, again = bytes(32), []
    for item in log:
        result = keccak(abi_words(item.party_word, item.profile, item.encryption_key, item.account_word))
        head = entry(head, item.digest, result, item.signers, item.time)
        again.append(replace(item, head=head))
    changed = [replace(one, log=tuple(again)) if one.party == party else one for one in bundle.parties]
    return replace(bundle, parties=tuple(changed))


def _lies(bundle: Bundle) -> Iterator[tuple[str, bytes]]:
    for name, changed in _all_lies(bundle):
        yield f"lie: {name}", dump(changed)


def _all_lies(bundle: Bundle) -> Iterator[tuple[str, Bundle]]:
    yield from _false_acts(bundle)
    yield from _false_logs(bundle)
    yield from _false_proofs(bundle)
    yield from _false_blocks(bundle)


def _false_acts(bundle: Bundle) -> Iterator[tuple[str, Bundle]]:
    entries = bundle.entries
    acts = [at for at, item in enumerate(entries) if isinstance(item, Act)]
    for at in acts:
        item = entries[at]
        assert isinstance(item, Act)

        def with_act(changed: Any, at: int = at) -> Bundle:
            return rehashed(bundle, (*entries[:at], changed, *entries[at + 1 :]))

        def with_action(item: Act = item, **members: Any) -> Bundle:
            return with_act(replace(item, action=replace(item.action, **members)))

        yield f"act {at} names another counterparty", with_action(counterparty=item.action.counterparty ^ 1)
        yield f"act {at} by another actor", with_action(actor=item.action.actor % 4 + 1)
        yield f"act {at} with another content", with_action(content=keccak(b"another"))
        yield f"act {at} with another verb", with_action(verb=next(v for v in _verbs(bundle) if v != item.action.verb))
        yield f"act {at} an hour earlier", with_act(replace(item, time=item.time - 3600))
        yield f"act {at} gives another state", with_act(replace(item, control=item.control ^ 1 << 180))
        yield f"act {at} moves the title", with_act(replace(item, control=item.control ^ 3 << 32))
        yield f"act {at} signed by a stranger", with_act(replace(item, signatures=_forged(bundle, at)))
        yield f"act {at} with half of its signatures", with_act(replace(item, signatures=item.signatures[:65]))
        yield (
            f"act {at} with its signatures turned",
            with_act(replace(item, signatures=b"".join(reversed(split(item.signatures))))),
        )
        yield (
            f"act {at} in the other form of its signature",
            with_act(replace(item, signatures=_high_s(item.signatures))),
        )
        yield f"act {at} left out", rehashed(bundle, (*entries[:at], *entries[at + 1 :]))
        yield f"act {at} twice", rehashed(bundle, (*entries[: at + 1], *entries[at:]))
    yield "the last entry left out, nothing else", replace(bundle, entries=entries[:-1] or entries)
    yield "two entries exchanged", replace(bundle, entries=(*entries[:-2], *reversed(entries[-2:])))


def _verbs(bundle: Bundle) -> list[int]:
    return [verb.number for verb in parse_kind(dict(bundle.kind)).verbs.values()]


def _forged(bundle: Bundle, at: int) -> bytes:
    item = bundle.entries[at]
    assert isinstance(item, Act)
    makers = sorted(STRANGERS[: max(1, len(item.signatures) // 65)], key=address_of)
    return b"".join(sign(item.digest, one) for one in makers)


_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def _high_s(signatures: bytes) -> bytes:
    s = _ORDER - int.from_bytes(signatures[32:64], "big")
    return signatures[:32] + s.to_bytes(32, "big") + bytes([55 - signatures[64]]) + signatures[65:]


def _false_logs(bundle: Bundle) -> Iterator[tuple[str, Bundle]]:
    for record in bundle.parties:
        party, log = record.party, record.log
        for at, now in enumerate(log):
            bent = now.call[:40] + bytes([now.call[40] ^ 1]) + now.call[41:]
            others: dict[str, list[Any]] = {
                "left out": [],
                "an hour later": [replace(now, time=now.time + 3600)],
                "with other roles": [replace(now, party_word=now.party_word ^ 1)],
                "with a changed call": [replace(now, call=bent)],
                "twice": [now, now],
            }
            for what, instead in others.items():
                yield (
                    f"party {party}, entry {at} {what}",
                    relogged(bundle, party, [*log[:at], *instead, *log[at + 1 :]]),
                )
        yield (
            f"party {party} left out",
            replace(bundle, parties=tuple(one for one in bundle.parties if one.party != party)),
        )
        if record.profile is not None:
            renamed = PartyRecord(party, log, {**record.profile, "name": "Somebody Else Ltd"})
            yield (
                f"party {party} called otherwise",
                replace(bundle, parties=tuple(renamed if one.party == party else one for one in bundle.parties)),
            )
    first = bundle.consortium[0]
    yield "another registrar", replace(bundle, consortium=(replace(first, registrar=address_of(STRANGERS[0])),))
    yield "log 0 left out", replace(bundle, consortium=())
    yield "log 0 twice", replace(bundle, consortium=(first, first))


def _false_proofs(bundle: Bundle) -> Iterator[tuple[str, Bundle]]:
    for at in range(len(bundle.proof)):
        yield f"without node {at}", replace(bundle, proof=(*bundle.proof[:at], *bundle.proof[at + 1 :]))
    for at in range(0, len(bundle.proof), 3):
        node = bundle.proof[at]
        bent = node[:-1] + bytes([node[-1] ^ 1])
        yield f"node {at} bent", replace(bundle, proof=(*bundle.proof[:at], bent, *bundle.proof[at + 1 :]))
    yield "a node twice", replace(bundle, proof=(*bundle.proof, bundle.proof[0]))
    yield "a node that proves nothing", replace(bundle, proof=(*bundle.proof, b"\xc2\x80\x80"))
    yield "no node", replace(bundle, proof=())
    yield "nodes in another order", replace(bundle, proof=tuple(reversed(bundle.proof)))
    other = files.parse(canonical.decode_canonical(good()[BASES[6]].data))
    yield "nodes of another ledger's state", replace(bundle, proof=other.proof, header=other.header)


def _false_blocks(bundle: Bundle) -> Iterator[tuple[str, Bundle]]:
    header = parse_header(bundle.engine, bundle.header)

    def sealed(keys: list[bytes], listed: list[bytes] | None = None, **members: Any) -> Bundle:
        told = {"number": header.number, "time": header.time, "state_root": header.state_root, **members}
        raw = sealed_header(
            bundle.engine, told["number"], told["time"], told["state_root"], header.parent_hash,
            addresses(listed or VALIDATORS), keys,
        )  # fmt: skip
        return replace(bundle, header=raw)

    yield "a block of an hour before", sealed(VALIDATORS[:3], time=header.time - 3600)
    yield "a block with another state", sealed(VALIDATORS[:3], state_root=keccak(b"another state"))
    yield "a block from the future", sealed(VALIDATORS[:3], time=2_000_000_000)
    yield "another engine", replace(bundle, engine="qbft" if bundle.engine != "qbft" else "istanbul")
    yield "called unsealed", replace(bundle, engine="none")
    yield "a path that is not needed", replace(bundle, path=(bundle.header,))
    yield "another chain", replace(bundle, domain=replace(bundle.domain, chain_id=1))
    yield "another ledger", replace(bundle, domain=replace(bundle.domain, ledger=bytes(20)))
    yield "another salt", replace(bundle, domain=replace(bundle.domain, salt=bytes(32)))
    yield "a header that is none", replace(bundle, header=b"\xc0")
    if bundle.engine != "none":
        yield "too few seals", sealed(VALIDATORS[:2])
        yield "a seal twice", sealed([VALIDATORS[0], VALIDATORS[1], VALIDATORS[1]])
        yield "seals of strangers", sealed(STRANGERS[:3])
        yield "a set of strangers", sealed(STRANGERS[:3], STRANGERS)
        yield "one stranger among them", sealed([*VALIDATORS[:2], STRANGERS[0]])


# --- presentations ---------------------------------------------------------------------------------------------------


def _misuse(value: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """What somebody does who was shown something: shows it on, hides, stretches."""

    def changed(**members: Any) -> bytes:
        return canonical.encode({**value, **members})

    yield "misuse: for somebody else", changed(audience="Another customs")
    yield "misuse: for something else", changed(purpose="to sell the goods")
    yield "misuse: for longer", changed(expiresAt=value["expiresAt"] + 86_400)
    yield "misuse: expired", changed(expiresAt=value["createdAt"] + 1)
    yield "misuse: from the future", changed(createdAt=value["expiresAt"] - 1)
    yield "misuse: by another party", changed(party=3)
    yield "misuse: by nobody known", changed(party=77)
    yield "misuse: evidence of the other", changed(evidence=value["others"][0])
    yield "misuse: no others", changed(others=[])
    for at, field in enumerate(value["fields"]):
        without = [*value["fields"][:at], *value["fields"][at + 1 :]]
        yield f"misuse: hides {field['path']}", changed(fields=without)
        yield f"misuse: changes {field['path']}", changed(fields=[*without, {**field, "value": "another"}])
        yield f"misuse: claims {field['path']} elsewhere", changed(fields=[*without, {**field, "path": "/elsewhere"}])
    gone = value["absent"][0]
    yield "misuse: a present field as absent", changed(absent=[{**gone, "path": "/field3"}])
    yield "misuse: an absence with one sibling less", changed(absent=[{**gone, "siblings": gone["siblings"][:-1]}])
    equal = value["equal"][0]
    yield "misuse: equal to another field", changed(equal=[{**equal, "otherPath": "/field6"}])
    yield "misuse: another value's hash", changed(equal=[{**equal, "valueHash": json_digest("x").hex()}])
