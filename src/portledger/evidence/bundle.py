"""Evidence files: their one form, read strictly and written (docs/protocol/evidence.md, step 0).

Reading raises Malformed with the JSON pointer of what is wrong; nothing else is looked at before all of the form holds.
"""

from __future__ import annotations

import re
import zlib
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any, Final, TypeVar

from portledger.domain.actions import Action, Domain
from portledger.domain.errors import InvalidInput
from portledger.domain.vault_errors import NotCanonical
from portledger.domain.verification_errors import Malformed
from portledger.evidence.history import Act, Freeze, HiddenNote, PartyEntry, PowerEntry, Start
from portledger.vault import canonical

SCHEMA: Final = "portledger/evidence/1"
ENGINES: Final = ("none", "qbft", "istanbul")
MAX_BYTES: Final = 64 * 2**20
"""Of a file, compressed or not."""
MAX_PARTS: Final = 2_000_000
"""Commas and opening brackets of a text: parsed values take ten times the memory of what they are parsed from."""
MAX_KIND: Final = 128 * 2**10
"""Bytes of a kind file as canonical JSON; the greatest that is shipped has 20,000."""
MAX_ENTRIES: Final = 100_000
MAX_PARTIES: Final = 1_000
MAX_CHANGES: Final = 10_000
MAX_NODES: Final = 50_000
MAX_NODE: Final = 2_048
MAX_PATH: Final = 1_000
MAX_HEADER: Final = 32_768
MAX_MANIFESTS: Final = 1_000
MAX_OPENED: Final = 64
MAX_DETAILS: Final = 200_000
MAX_STAMPS: Final = 16
MAX_STAMP: Final = 16 * 2**10
MAX_SIGNATURES: Final = 15 * 65

U8: Final = 2**8 - 1
U16: Final = 2**16 - 1
U24: Final = 2**24 - 1
U32: Final = 2**32 - 1
U40: Final = 2**40 - 1


@dataclass(frozen=True, slots=True)
class PartyRecord:
    """One party's log from its registration on, and its profile where it is shown."""

    party: int
    log: tuple[PartyEntry, ...]
    profile: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class OpenedDataset:
    """A dataset shown whole. key: its content key; seed, carried: where the salts of its fields come from."""

    dataset: str
    key: bytes
    seed: bytes
    carried: Mapping[str, bytes]
    value: Any


@dataclass(frozen=True, slots=True)
class Bundle:
    """An evidence file's members (docs/protocol/evidence.md). header, path, proof: RLP; kind: the parsed kind file;
    details: by the digest of their act; stamps: DER."""

    domain: Domain
    engine: str
    header: bytes
    path: tuple[bytes, ...]
    proof: tuple[bytes, ...]
    kind: Mapping[str, Any]
    document: bytes
    start: Start | None
    entries: tuple[Act | Freeze, ...]
    notes: tuple[Act | HiddenNote, ...]
    consortium: tuple[PowerEntry, ...]
    parties: tuple[PartyRecord, ...]
    manifests: tuple[Mapping[str, Any], ...] = ()
    opened: tuple[OpenedDataset, ...] = ()
    details: Mapping[bytes, Mapping[str, Any]] | None = None
    stamps: tuple[bytes, ...] = ()


def unpack(data: bytes) -> bytes:
    """The JSON bytes of a file that may be compressed with gzip. Raises Malformed; never holds more than MAX_BYTES."""
    if len(data) > MAX_BYTES:
        raise Malformed("", f"{len(data)} bytes", f"at most {MAX_BYTES}")
    if data[:2] != b"\x1f\x8b":
        return data
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(data, MAX_BYTES + 1)
    except zlib.error as failure:
        raise Malformed("", f"a damaged gzip stream ({failure})", "a gzip file (RFC 1952)") from failure
    if len(plain) > MAX_BYTES:
        raise Malformed("", f"more than {MAX_BYTES} bytes when inflated", f"at most {MAX_BYTES}")
    if not stream.eof or stream.unused_data:
        raise Malformed("", "a gzip stream that is cut or followed by more", "one whole gzip member")
    return plain


def read_json(data: bytes) -> Any:
    """The value of a file's bytes: canonical JSON, one line feed may follow. Raises Malformed."""
    text = unpack(data)
    parts = sum(text.count(mark) for mark in (b",", b"[", b"{"))
    if parts > MAX_PARTS:
        raise Malformed("", f"{parts} commas and opening brackets", f"at most {MAX_PARTS}")
    try:
        return canonical.decode_canonical(text.removesuffix(b"\n"))
    except NotCanonical as failure:
        raise Malformed("", failure.found, failure.allowed) from failure


def parse(value: Any, at: str = "") -> Bundle:
    """The evidence in a strict JSON value; `at`: the pointer to it. Raises Malformed."""
    members = members_of(value, _BUNDLE, at)
    if members["schema"] != SCHEMA:
        raise Malformed(f"{at}/schema", shown(members["schema"]), f"{SCHEMA}, this version's")
    domain = _domain(members["ledger"], f"{at}/ledger")
    block = members_of(members["block"], {"engine", "header", "path"}, f"{at}/block")
    if block["engine"] not in ENGINES:
        raise Malformed(f"{at}/block/engine", shown(block["engine"]), ", ".join(ENGINES))
    document = digest_of(members["document"], f"{at}/document")
    kind = _kind(members["kind"], f"{at}/kind")
    number = integer_of(kind.get("number"), U16, f"{at}/kind/number")
    make = _Acts(number, document)
    return Bundle(
        domain=domain,
        engine=block["engine"],
        header=bytes_of(block["header"], MAX_HEADER, f"{at}/block/header"),
        path=each(block["path"], MAX_PATH, f"{at}/block/path", lambda one, place: bytes_of(one, MAX_HEADER, place)),
        proof=each(members["proof"], MAX_NODES, f"{at}/proof", lambda one, place: bytes_of(one, MAX_NODE, place)),
        kind=kind,
        document=document,
        start=None if members["start"] is None else _start(members["start"], f"{at}/start"),
        entries=_some(each(members["entries"], MAX_ENTRIES, f"{at}/entries", make.entry), f"{at}/entries"),
        notes=each(members["notes"], MAX_ENTRIES, f"{at}/notes", make.note),
        consortium=each(members["consortium"], MAX_CHANGES, f"{at}/consortium", _power),
        parties=_ascending(
            each(members["parties"], MAX_PARTIES, f"{at}/parties", _party), f"{at}/parties", lambda one: one.party
        ),
        manifests=each(members["manifests"], MAX_MANIFESTS, f"{at}/manifests", object_of),
        opened=each(members["opened"], MAX_OPENED, f"{at}/opened", _opened),
        details=_details(members["details"], f"{at}/details"),
        stamps=each(members["stamps"], MAX_STAMPS, f"{at}/stamps", _stamp),
    )


def load(data: bytes) -> Bundle:
    """The evidence in a file's bytes. Raises Malformed."""
    return parse(read_json(data))


def dump(bundle: Bundle) -> bytes:
    """The file's bytes: canonical JSON. Raises InvalidInput for more than MAX_BYTES, which nobody would read."""
    return readable(canonical.encode(to_json(bundle)))


def readable(data: bytes) -> bytes:
    """Raises InvalidInput."""
    if len(data) > MAX_BYTES:
        raise InvalidInput(
            "evidence", f"{len(data)} bytes", f"{MAX_BYTES} at most, which is what a file may have",
            "Make the suffix form, hide notes, or open fewer datasets.",
        )  # fmt: skip
    return data


def to_json(bundle: Bundle) -> dict[str, Any]:
    """The members as the file has them."""
    return {
        "schema": SCHEMA,
        "ledger": {
            "chainId": bundle.domain.chain_id,
            "address": "0x" + bundle.domain.ledger.hex(),
            "salt": bundle.domain.salt.hex(),
        },
        "block": {
            "engine": bundle.engine,
            "header": bundle.header.hex(),
            "path": [header.hex() for header in bundle.path],
        },
        "proof": [node.hex() for node in bundle.proof],
        "kind": bundle.kind,
        "document": bundle.document.hex(),
        "start": None if bundle.start is None else _start_json(bundle.start),
        "entries": [_act_json("act", one) if isinstance(one, Act) else _freeze_json(one) for one in bundle.entries],
        "notes": [_act_json("note", one) if isinstance(one, Act) else _hidden_json(one) for one in bundle.notes],
        "consortium": [_power_json(one) for one in bundle.consortium],
        "parties": [_party_json(one) for one in bundle.parties],
        "manifests": list(bundle.manifests),
        "opened": [_opened_json(one) for one in bundle.opened],
        "details": [{"act": act.hex(), "detail": detail} for act, detail in sorted((bundle.details or {}).items())],
        "stamps": [b64encode(one).decode() for one in bundle.stamps],
    }


# --- reading ---------------------------------------------------------------------------------------------------------

T = TypeVar("T")

_BUNDLE: Final = frozenset(
    ("schema", "ledger", "block", "proof", "kind", "document", "start", "entries", "notes", "consortium", "parties",
     "manifests", "opened", "details", "stamps")
)  # fmt: skip
_ACT: Final = frozenset(
    ("type", "verb", "actor", "epoch", "counterparty", "endorsee", "quantity", "deadline", "previous", "content",
     "documentReference", "detail", "signatures", "digest", "head", "control", "time")
)  # fmt: skip
_FREEZE: Final = frozenset(("type", "until", "reason", "sender", "head", "control", "time"))
_HIDDEN: Final = frozenset(("type", "digest", "result", "signers", "time"))
_START: Final = frozenset(("previous", "digest", "control", "signers", "time"))
_POWER: Final = frozenset(("digest", "governor", "registrar", "guardian", "kind", "kindDigest", "signers", "time"))
_CHANGE: Final = frozenset(
    ("digest", "partyWord", "profile", "encryptionKey", "accountWord", "signers", "head", "call", "time")
)
_MAX_CALL: Final = 8_192
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}")


def shown(value: Any) -> str:
    """A value as messages show it: short, ASCII."""
    return ascii(value)[:80]


def members_of(value: Any, names: frozenset[str] | set[str], at: str) -> dict[str, Any]:
    """value as an object with exactly these members. Raises Malformed."""
    if not isinstance(value, dict):
        raise Malformed(at, f"a {type(value).__name__}", "an object")
    if value.keys() != names:
        unknown, missing = nsmallest(5, map(str, value.keys() - names)), sorted(names - value.keys())
        found = ", ".join([*(f"unknown {name[:40]!a}" for name in unknown), *(f"no {name}" for name in missing)])
        raise Malformed(at, found[:200], ", ".join(sorted(names)))
    return value


def object_of(value: Any, at: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(at, f"a {type(value).__name__}", "an object")
    return value


def integer_of(value: Any, high: int, at: str, low: int = 0) -> int:
    if type(value) is not int or not low <= value <= high:
        raise Malformed(at, shown(value), f"an integer from {low} to {high}")
    return value


def text_of(value: Any, longest: int, at: str) -> str:
    """A string of 1 to `longest` characters."""
    if type(value) is not str or not 1 <= len(value) <= longest:
        raise Malformed(at, shown(value), f"a string of 1 to {longest} characters")
    return value


def bytes_of(value: Any, longest: int, at: str) -> bytes:
    if type(value) is not str or not _HEX.fullmatch(value):
        raise Malformed(at, shown(value), "lower-case hex digits")
    if len(value) > 2 * longest:
        raise Malformed(at, f"{len(value) // 2} bytes", f"at most {longest}")
    return bytes.fromhex(value)


def digest_of(value: Any, at: str) -> bytes:
    if type(value) is not str or not _DIGEST.fullmatch(value):
        raise Malformed(at, shown(value), "64 lower-case hex digits")
    return bytes.fromhex(value)


def address_of(value: Any, at: str) -> bytes:
    if type(value) is not str or not _ADDRESS.fullmatch(value):
        raise Malformed(at, shown(value), "0x and 40 lower-case hex digits")
    return bytes.fromhex(value[2:])


def _word(value: Any, at: str) -> int:
    return int.from_bytes(digest_of(value, at), "big")


def each(value: Any, most: int, at: str, read: Callable[[Any, str], T]) -> tuple[T, ...]:
    """A list of at most `most` items, each read. Raises Malformed."""
    if not isinstance(value, list):
        raise Malformed(at, f"a {type(value).__name__}", "a list")
    if len(value) > most:
        raise Malformed(at, f"{len(value)} items", f"at most {most}")
    return tuple(read(one, f"{at}/{number}") for number, one in enumerate(value))


def _some(items: tuple[T, ...], at: str) -> tuple[T, ...]:
    if not items:
        raise Malformed(at, "an empty list", "at least one item")
    return items


def _ascending(items: tuple[T, ...], at: str, key: Callable[[T], Any]) -> tuple[T, ...]:
    keys = [key(item) for item in items]
    for number in range(1, len(keys)):
        if not keys[number - 1] < keys[number]:
            raise Malformed(f"{at}/{number}", "an item out of order, or twice", "ascending order, each once")
    return items


def _domain(value: Any, at: str) -> Domain:
    members = members_of(value, {"chainId", "address", "salt"}, at)
    return Domain(
        integer_of(members["chainId"], canonical.MAX_INTEGER, f"{at}/chainId", 1),
        address_of(members["address"], f"{at}/address"),
        digest_of(members["salt"], f"{at}/salt"),
    )


def _kind(value: Any, at: str) -> dict[str, Any]:
    kind = object_of(value, at)
    size = len(canonical.encode_checked(kind))
    if size > MAX_KIND:
        raise Malformed(at, f"{size} bytes", f"at most {MAX_KIND}")
    return kind


def _start(value: Any, at: str) -> Start:
    members = members_of(value, _START, at)
    return Start(
        digest_of(members["previous"], f"{at}/previous"),
        digest_of(members["digest"], f"{at}/digest"),
        _word(members["control"], f"{at}/control"),
        digest_of(members["signers"], f"{at}/signers"),
        integer_of(members["time"], U40, f"{at}/time"),
    )


@dataclass(frozen=True, slots=True)
class _Acts:
    """Reads acts, which do not repeat the file's kind and document."""

    kind: int
    document: bytes

    def entry(self, value: Any, at: str) -> Act | Freeze:
        named = object_of(value, at).get("type")
        if named == "act":
            return self._act(value, at)
        if named == "freeze":
            return _freeze(value, at)
        raise Malformed(f"{at}/type", shown(named), "act or freeze")

    def note(self, value: Any, at: str) -> Act | HiddenNote:
        named = object_of(value, at).get("type")
        if named == "note":
            return self._act(value, at)
        if named == "hidden":
            return _hidden(value, at)
        raise Malformed(f"{at}/type", shown(named), "note or hidden")

    def _act(self, value: Any, at: str) -> Act:
        members = members_of(value, _ACT, at)
        action = Action(
            kind=self.kind,
            verb=integer_of(members["verb"], U8, f"{at}/verb"),
            document=self.document,
            previous=digest_of(members["previous"], f"{at}/previous"),
            actor=integer_of(members["actor"], U32, f"{at}/actor"),
            epoch=integer_of(members["epoch"], U32, f"{at}/epoch"),
            deadline=integer_of(members["deadline"], U40, f"{at}/deadline"),
            content=digest_of(members["content"], f"{at}/content"),
            document_reference=digest_of(members["documentReference"], f"{at}/documentReference"),
            detail=digest_of(members["detail"], f"{at}/detail"),
            counterparty=integer_of(members["counterparty"], U32, f"{at}/counterparty"),
            endorsee=integer_of(members["endorsee"], U32, f"{at}/endorsee"),
            quantity=integer_of(members["quantity"], U24, f"{at}/quantity"),
        )
        return Act(
            action,
            bytes_of(members["signatures"], MAX_SIGNATURES, f"{at}/signatures"),
            digest_of(members["digest"], f"{at}/digest"),
            digest_of(members["head"], f"{at}/head"),
            _word(members["control"], f"{at}/control"),
            integer_of(members["time"], U40, f"{at}/time"),
        )


def _freeze(value: Any, at: str) -> Freeze:
    members = members_of(value, _FREEZE, at)
    return Freeze(
        integer_of(members["until"], U40, f"{at}/until"),
        digest_of(members["reason"], f"{at}/reason"),
        address_of(members["sender"], f"{at}/sender"),
        digest_of(members["head"], f"{at}/head"),
        _word(members["control"], f"{at}/control"),
        integer_of(members["time"], U40, f"{at}/time"),
    )


def _hidden(value: Any, at: str) -> HiddenNote:
    members = members_of(value, _HIDDEN, at)
    return HiddenNote(
        digest_of(members["digest"], f"{at}/digest"),
        digest_of(members["result"], f"{at}/result"),
        digest_of(members["signers"], f"{at}/signers"),
        integer_of(members["time"], U40, f"{at}/time"),
    )


def _power(value: Any, at: str) -> PowerEntry:
    members = members_of(value, _POWER, at)
    return PowerEntry(
        digest_of(members["digest"], f"{at}/digest"),
        address_of(members["governor"], f"{at}/governor"),
        address_of(members["registrar"], f"{at}/registrar"),
        address_of(members["guardian"], f"{at}/guardian"),
        integer_of(members["kind"], U16, f"{at}/kind"),
        digest_of(members["kindDigest"], f"{at}/kindDigest"),
        digest_of(members["signers"], f"{at}/signers"),
        integer_of(members["time"], U40, f"{at}/time"),
    )


def _party(value: Any, at: str) -> PartyRecord:
    members = members_of(value, {"party", "log", "profile"}, at)
    return PartyRecord(
        integer_of(members["party"], U32 - 1, f"{at}/party", 1),
        each(members["log"], MAX_CHANGES, f"{at}/log", _change),
        None if members["profile"] is None else object_of(members["profile"], f"{at}/profile"),
    )


def _change(value: Any, at: str) -> PartyEntry:
    members = members_of(value, _CHANGE, at)
    return PartyEntry(
        digest_of(members["digest"], f"{at}/digest"),
        _word(members["partyWord"], f"{at}/partyWord"),
        digest_of(members["profile"], f"{at}/profile"),
        digest_of(members["encryptionKey"], f"{at}/encryptionKey"),
        _word(members["accountWord"], f"{at}/accountWord"),
        digest_of(members["signers"], f"{at}/signers"),
        digest_of(members["head"], f"{at}/head"),
        bytes_of(members["call"], _MAX_CALL, f"{at}/call"),
        integer_of(members["time"], U40, f"{at}/time"),
    )


def _opened(value: Any, at: str) -> OpenedDataset:
    members = members_of(value, {"dataset", "key", "seed", "carried", "value"}, at)
    carried = object_of(members["carried"], f"{at}/carried")
    return OpenedDataset(
        text_of(members["dataset"], 64, f"{at}/dataset"),
        digest_of(members["key"], f"{at}/key"),
        digest_of(members["seed"], f"{at}/seed"),
        {path: salt_of(salt, f"{at}/carried") for path, salt in carried.items()},
        members["value"],
    )


def salt_of(value: Any, at: str) -> bytes:
    salt = bytes_of(value, 16, at)
    if len(salt) != 16:
        raise Malformed(at, f"{len(salt)} bytes", "16")
    return salt


def _details(value: Any, at: str) -> dict[bytes, Mapping[str, Any]]:
    def read(one: Any, place: str) -> tuple[bytes, dict[str, Any]]:
        members = members_of(one, {"act", "detail"}, place)
        return digest_of(members["act"], f"{place}/act"), object_of(members["detail"], f"{place}/detail")

    return dict(_ascending(each(value, MAX_DETAILS, at, read), at, lambda pair: pair[0]))


def _stamp(value: Any, at: str) -> bytes:
    if type(value) is not str or len(value) > 2 * MAX_STAMP:
        raise Malformed(at, shown(value), f"base64 of at most {MAX_STAMP} bytes")
    try:
        data = b64decode(value, validate=True)
    except (BadBase64, ValueError):
        raise Malformed(at, shown(value), "base64 with padding (RFC 4648 §4)") from None
    if not 0 < len(data) <= MAX_STAMP or b64encode(data).decode() != value:
        raise Malformed(at, f"{len(data)} bytes in base64", f"the one base64 form of 1 to {MAX_STAMP} bytes")
    return data


# --- writing ---------------------------------------------------------------------------------------------------------


def _start_json(one: Start) -> dict[str, Any]:
    return {
        "previous": one.previous.hex(),
        "digest": one.digest.hex(),
        "control": f"{one.control:064x}",
        "signers": one.signers.hex(),
        "time": one.time,
    }


def _act_json(name: str, one: Act) -> dict[str, Any]:
    action = one.action
    return {
        "type": name,
        "verb": action.verb,
        "actor": action.actor,
        "epoch": action.epoch,
        "counterparty": action.counterparty,
        "endorsee": action.endorsee,
        "quantity": action.quantity,
        "deadline": action.deadline,
        "previous": action.previous.hex(),
        "content": action.content.hex(),
        "documentReference": action.document_reference.hex(),
        "detail": action.detail.hex(),
        "signatures": one.signatures.hex(),
        "digest": one.digest.hex(),
        "head": one.head.hex(),
        "control": f"{one.control:064x}",
        "time": one.time,
    }


def _freeze_json(one: Freeze) -> dict[str, Any]:
    return {
        "type": "freeze",
        "until": one.until,
        "reason": one.reason.hex(),
        "sender": "0x" + one.sender.hex(),
        "head": one.head.hex(),
        "control": f"{one.control:064x}",
        "time": one.time,
    }


def _hidden_json(one: HiddenNote) -> dict[str, Any]:
    return {
        "type": "hidden",
        "digest": one.digest.hex(),
        "result": one.result.hex(),
        "signers": one.signers.hex(),
        "time": one.time,
    }


def _power_json(one: PowerEntry) -> dict[str, Any]:
    return {
        "digest": one.digest.hex(),
        "governor": "0x" + one.governor.hex(),
        "registrar": "0x" + one.registrar.hex(),
        "guardian": "0x" + one.guardian.hex(),
        "kind": one.kind,
        "kindDigest": one.kind_digest.hex(),
        "signers": one.signers.hex(),
        "time": one.time,
    }


def _party_json(one: PartyRecord) -> dict[str, Any]:
    return {"party": one.party, "log": [_change_json(change) for change in one.log], "profile": one.profile}


def _change_json(one: PartyEntry) -> dict[str, Any]:
    return {
        "digest": one.digest.hex(),
        "partyWord": f"{one.party_word:064x}",
        "profile": one.profile.hex(),
        "encryptionKey": one.encryption_key.hex(),
        "accountWord": f"{one.account_word:064x}",
        "signers": one.signers.hex(),
        "head": one.head.hex(),
        "call": one.call.hex(),
        "time": one.time,
    }


def _opened_json(one: OpenedDataset) -> dict[str, Any]:
    return {
        "dataset": one.dataset,
        "key": one.key.hex(),
        "seed": one.seed.hex(),
        "carried": {path: salt.hex() for path, salt in one.carried.items()},
        "value": one.value,
    }


def kept_nodes(proofs: Sequence[Sequence[bytes]]) -> tuple[bytes, ...]:
    """The nodes of several proofs (as eth_getProof answers them), each once, in the order met."""
    return tuple(dict.fromkeys(node for proof in proofs for node in proof))
