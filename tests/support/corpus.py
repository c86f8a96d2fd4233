"""Good evidence files for both verifiers, of every kind and end; tests.support.damage makes damaged ones of them.

A good file must be accepted. A damaged one must be refused, or say of the document exactly what the good one said
(where what was left out is optional). Whatever it is, both verifiers must agree on verdict and step.
"""

from __future__ import annotations

import gzip
import random
from collections import deque
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from tests.support import search
from tests.support.evidence import bundle_of
from tests.support.histories import DOMAIN, Town, added, key

from portledger.domain.actions import document_id
from portledger.domain.codes import BEARER, DAY, ROLE_BY_NAME, ZERO, PartyAct, QuantityMode
from portledger.domain.hashing import json_digest, keccak
from portledger.domain.signatures import address_of, sign
from portledger.evidence import making
from portledger.evidence.bundle import Bundle, OpenedDataset, dump
from portledger.evidence.history import Act
from portledger.evidence.presentation import Equal, Presentation
from portledger.evidence.presentation import dump as dump_presentation
from portledger.resources import kind as shipped_kind
from portledger.vault.contents import SealedContent, seal_content, seal_next
from portledger.vault.manifest import Place
from portledger.vault.references import ReferenceKey, filing_reference

PARTIES: Final = (1, 2, 3, 4)
NAMES: Final = ("carrier", "shipper", "bank", "consignee")
NUMBER: Final = "EXMU1234567"
CERTIFICATE_NUMBER: Final = "EXCO-2026-77"
NOW: Final = 1_800_000_000 + 400 * DAY
"""When the corpus is judged."""


@cache
def reference_key() -> ReferenceKey:
    """One key for all: making one takes half a second."""
    return ReferenceKey.generate()


@dataclass(frozen=True)
class Sample:
    """One file. base: of a damaged one, the name of the good one it was made from."""

    name: str
    data: bytes
    base: str = ""

    @property
    def good(self) -> bool:
        return not self.base


# --- lives -----------------------------------------------------------------------------------------------------------


@dataclass
class Life:
    """A Town whose document has real sealed content, with all that a file can show of it."""

    town: Town
    profiles: dict[int, dict[str, Any]] = field(default_factory=dict)
    content: SealedContent | None = None
    keys: dict[str, bytes] = field(default_factory=dict)
    manifests: list[dict[str, Any]] = field(default_factory=list)
    details: dict[bytes, dict[str, Any]] = field(default_factory=dict)
    totals: int = 0
    carried: dict[str, dict[str, tuple[Any, bytes]]] = field(default_factory=dict)
    """Values taken over from another document into the first version: dataset -> path -> value and salt."""

    @classmethod
    def begin(cls, kind: str, *, thresholds: int = 1) -> Life:
        """Four parties with every role; with thresholds 2 each has three accounts."""
        life = cls(Town(shipped_kind(kind)))
        for party, name in zip(PARTIES, NAMES, strict=True):
            profile: dict[str, Any] = {"salt": "5a" * 16, "name": f"Example {name}", "country": "JP"}
            profile["referenceKey"] = reference_key().public.to_json()
            profile["numberPrefixes"] = ["EX"]
            life.profiles[party] = profile
            made = life.town.register(
                name, *ROLE_BY_NAME, threshold=thresholds, accounts=3 if thresholds > 1 else 1,
                profile=json_digest(profile),
            )  # fmt: skip
            assert made == party
        return life

    def play(self, move: search.Move) -> None:
        """One move of the search, as a signed act with the content, reference and detail that its row asks for."""
        town = self.town
        row = town.kind.rule(town.standing.control.state, town.kind.verb(move.verb).number)
        assert row is not None
        members: dict[str, Any] = {
            "counterparty": move.counterparty, "endorsee": move.endorsee, "quantity": move.quantity,
        }  # fmt: skip
        if row.reference:
            members["document_reference"] = self._reference(move.actor, creating=town.document == ZERO)
        if row.content:
            members["content"] = self._write(move.actor, members)
        detail = None
        if row.detail or row.quantity != QuantityMode.ZERO:
            detail = self._detail(move, row.quantity)
            members["detail"] = json_digest(detail)
        made = town.act(move.verb, move.actor, **members)
        if detail is not None:
            self.details[made.digest] = detail

    def _reference(self, actor: int, *, creating: bool) -> bytes:
        family = self.town.kind.family
        if creating and family in (1, 2):
            return reference_key().reference(family, actor, NUMBER)
        if creating:
            return filing_reference(bytes(16), family, actor, NUMBER)
        return reference_key().reference(2, actor, CERTIFICATE_NUMBER)

    def _write(self, actor: int, members: dict[str, Any]) -> bytes:
        """Seals the next version of the content and gives its digest."""
        town, kind = self.town, self.town.kind
        first = town.document == ZERO
        document = document_id(kind.number, actor, members["document_reference"]) if first else town.document
        place = Place(DOMAIN.chain_id, DOMAIN.ledger, document, kind.number)
        values = self._values(actor, len(self.manifests) + 1)
        names = [dataset.name for dataset in kind.datasets]
        if self.content is None:
            salts = {name: {path: salt for path, (_, salt) in taken.items()} for name, taken in self.carried.items()}
            self.content = seal_content(place, names, values, salts)
        else:
            self.content = seal_next(self.content.manifest, self.content.opened, values)
        self.keys |= self.content.keys
        self.manifests.append(self.content.manifest.members())
        return self.content.manifest.digest()

    def _values(self, actor: int, version: int) -> dict[str, Any]:
        family = self.town.kind.family
        number = {1: "blNumber", 2: "applicationNumber", 3: "siNumber", 4: "invoiceNumber"}[family]
        header: dict[str, Any] = {
            "chainId": DOMAIN.chain_id, "ledger": "0x" + DOMAIN.ledger.hex(), number: NUMBER, "issueDate": "2026-11-02",
        }  # fmt: skip
        if family in (1, 2):
            header["referenceSignature"] = reference_key().sign(family, actor, NUMBER).hex()
        else:
            header["referenceSalt"] = "00" * 16
        if family == 2 and version > 1:
            header["certificateNumber"] = CERTIFICATE_NUMBER
            header["certificateReferenceSignature"] = reference_key().sign(2, actor, CERTIFICATE_NUMBER).hex()
            header["referenceSignature"] = reference_key().sign(2, 1, NUMBER).hex()
            header["validUntil"] = "2027-01-10"
        for path in self.town.kind.mandatory_in("header"):
            header.setdefault(path[1:], f"value of {path[1:]}")
        others = [dataset.name for dataset in self.town.kind.datasets if dataset.name != "header"]
        values: dict[str, Any] = {
            name: {"item": f"{name} 四日市", "version": str(version), "marks": []} for name in others
        }
        values[others[0]] = {f"field{at}": f"value {at} of version {version}" for at in range(60)}
        for name, taken in self.carried.items():
            values[name] |= {path[1:]: value for path, (value, _) in taken.items()}
        return {"header": header, **values}

    def _detail(self, move: search.Move, mode: int) -> dict[str, Any]:
        detail: dict[str, Any] = {"schema": "portledger/detail/1", "salt": "5a" * 16, "comments": move.verb}
        if mode != QuantityMode.ZERO:
            used = move.quantity - self.totals
            self.totals = move.quantity
            amounts = {"certified": "1000000", "used": str(used), "total": str(move.quantity)}
            detail["items"] = [{"item": "1", **amounts, "unit": "KGM"}]
        return detail

    def opened(self, *names: str) -> tuple[OpenedDataset, ...]:
        """Datasets of the newest version, shown whole, in the kind's order."""
        assert self.content is not None
        return tuple(
            OpenedDataset(name, self.keys[name], one.tree.salts.seed, one.carried, one.value)
            for name, one in self.content.opened.items()
            if name in names
        )

    def bundle(
        self, engine: str = "none", form: making.Form | None = None, *, show: tuple[str, ...] = (), bare: bool = False
    ) -> Bundle:
        made = bundle_of(self.town, engine, form)
        if bare:
            return made
        acts = {one.digest for one in (*made.entries, *made.notes) if isinstance(one, Act)}
        return bundle_of(
            self.town, engine, form,
            profiles=self.profiles,
            manifests=tuple(self.manifests[-1:] if made.start else self.manifests),
            opened=self.opened(*show) if show else (),
            details={act: detail for act, detail in self.details.items() if act in acts},
        )  # fmt: skip


@cache
def roads(kind: str) -> dict[str, tuple[search.Move, ...]]:
    """State -> the shortest way there from nothing, by the search's second reading of the tables."""
    table = search.load(kind)
    found: dict[str, tuple[search.Move, ...]] = {}
    waiting: deque[tuple[search.Record, tuple[search.Move, ...]]] = deque([(search.Record(), ())])
    seen = {search.Record()}
    while waiting:
        record, way = waiting.popleft()
        for move in search.moves(table, record):
            if move.note or move.endorsee == BEARER or (not way and move.actor != 1):
                continue
            if move.after in seen:
                continue
            seen.add(move.after)
            longer = (*way, move)
            found.setdefault(move.after.state, longer)
            if move.after.state not in table.finals:
                waiting.append((move.after, longer))
    return found


FILES: Final = {
    "ebl-negotiable": "ebl_negotiable",
    "ebl-straight": "ebl_straight",
    "certificate-of-origin": "certificate_of_origin",
    "shipping-instruction": "shipping_instruction",
    "commercial-invoice": "commercial_invoice",
}


def life_to(kind: str, state: str, *, thresholds: int = 1) -> Life:
    life = Life.begin(kind, thresholds=thresholds)
    for move in roads(FILES[kind])[state]:
        life.play(move)
    return life


def record_of(town: Town) -> search.Record:
    """The document as the search sees it."""
    now = town.standing.control
    if town.document == ZERO:
        return search.Record()
    return search.Record(
        town.kind.state_name(now.state), now.issuer, now.possessor, now.endorsee, now.offeree, now.offered_endorsee,
        now.used,
    )  # fmt: skip


def annotated(kind: str) -> Life | None:
    """A life with notes by several parties, in the state that allows most; None where the kind has no notes."""
    table = search.load(FILES[kind])

    def able(record: search.Record) -> list[search.Move]:
        by_actor = {move.actor: move for move in search.moves(table, record) if move.note}
        return [by_actor[actor] for actor in sorted(by_actor)]

    ways = list(roads(FILES[kind]).items())
    state, way = max(ways, key=lambda item: len(able(item[1][-1].after)))
    moves = able(way[-1].after)
    if not moves:
        return None
    life = life_to(kind, state)
    for move in moves:
        life.play(move)
    return life


def wandering(kind: str, seed: int, steps: int) -> Life:
    """A life of random moves, with what befalls parties on the way."""
    chance, life = random.Random(seed), Life.begin(kind, thresholds=2)
    table, town = search.load(FILES[kind]), life.town
    for _ in range(steps):
        moves = [
            move
            for move in search.moves(table, record_of(town))
            if not move.note and move.after.state not in table.finals
        ]
        if not moves:
            break
        life.play(chance.choice(moves))
        befall(town, chance)
    return life


def befall(town: Town, chance: random.Random) -> None:
    """Something that happens to a party between two acts and leaves it free to act."""
    party = chance.choice(PARTIES)
    match chance.randrange(7):
        case 0:
            new = key("new")
            if address_of(new) not in town.accounts:
                town.party_act(party, PartyAct.ADD_ACCOUNT, added(new))
        case 1:
            town.suspend(party, DAY)
            town.reinstate(party)
        case 2:
            town.party_act(party, PartyAct.LOCK)
            town.party_act(party, PartyAct.UNLOCK)
        case 3:
            town.party_act(party, PartyAct.BUMP_EPOCH)
        case 4:
            town.party_act(party, PartyAct.ROTATE_ENCRYPTION_KEY, keccak(b"key", bytes([chance.randrange(256)])))
        case 5 if town.document != ZERO and not town.standing.frozen_until:
            town.freeze()
            town.unfreeze()
        case _:
            town.tick(3600)


def _unfinished(kind: str) -> tuple[search.Move, ...]:
    """The longest of the shortest ways that do not lead to an end: what befalls a live document can befall this one."""
    finals = search.load(FILES[kind]).finals
    return max((way for state, way in roads(FILES[kind]).items() if state not in finals), key=len)


def rotated(kind: str) -> Life:
    """Who acts last has a new account, signs with it, and then has one of the former accounts no more."""
    life = Life.begin(kind, thresholds=2)
    *before, last = _unfinished(kind)
    for move in before:
        life.play(move)
    town, new = life.town, key("new")
    town.party_act(last.actor, PartyAct.ADD_ACCOUNT, added(new))
    former, *others = town.keys[last.actor]
    town.keys[last.actor] = [new, *others]
    life.play(last)
    town.party_act(last.actor, PartyAct.REMOVE_ACCOUNT, added(former, 0))
    return life


def suspended(kind: str) -> Life:
    """Who acts last was suspended and reinstated before; another party is suspended as of the block."""
    life = Life.begin(kind)
    *before, last = _unfinished(kind)
    for move in before:
        life.play(move)
    life.town.suspend(last.actor, DAY)
    life.town.reinstate(last.actor)
    life.play(last)
    life.town.suspend(1 if last.actor != 1 else 2, DAY)
    return life


def frozen(kind: str) -> Life:
    """A document that is frozen as of the block."""
    life = Life.begin(kind)
    for move in _unfinished(kind):
        life.play(move)
    life.town.freeze()
    return life


# --- good ------------------------------------------------------------------------------------------------------------


@cache
def good() -> dict[str, Sample]:
    """Every kind to every state; forms, notes, openings, engines, lives of k of n signers, presentations."""
    found: dict[str, bytes] = {}
    engines = ("none", "qbft", "istanbul")
    for kind, file in FILES.items():
        for at, state in enumerate(sorted(roads(file))):
            engine = engines[at % 3]
            found[f"{kind} {state} {engine}"] = dump(life_to(kind, state).bundle(engine))
        last = max(roads(file), key=lambda state: len(roads(file)[state]))
        long = life_to(kind, last, thresholds=2)
        names = [dataset.name for dataset in long.town.kind.datasets]
        found[f"{kind} opened, two of three signers"] = dump(long.bundle("qbft", show=tuple(names)))
        found[f"{kind} suffix"] = dump(long.bundle("istanbul", making.Form("suffix"), show=("header",)))
        found[f"{kind} bare"] = dump(long.bundle("none", bare=True))
        found[f"{kind} packed"] = gzip.compress(dump(long.bundle("qbft")), mtime=0)
        for seed in (1, 2):
            found[f"{kind} wandering {seed}"] = dump(wandering(kind, seed, 8).bundle(engines[seed], show=("header",)))
        for name, befallen in (("rotated accounts", rotated), ("suspended party", suspended), ("frozen", frozen)):
            found[f"{kind} {name}"] = dump(befallen(kind).bundle("qbft", show=("header",)))
        noted = annotated(kind)
        for notes in making.NOTES if noted else ():
            assert noted is not None
            found[f"{kind} notes {notes}"] = dump(noted.bundle("qbft", making.Form("whole", notes, own=1)))
        found[f"{kind} presentation"] = dump_presentation(presentation(long))
    return {name: Sample(name, data) for name, data in found.items()}


def presentation(life: Life, engine: str = "qbft") -> Presentation:
    """Three fields of sixty, the mandatory ones, the number with its signature, one absence, and one equality."""
    assert life.content is not None
    opened, header = life.content.opened, life.content.opened["header"]
    wide = next(name for name in opened if name != "header")
    same = opened[wide].tree
    fields = [(wide, same.prove(f"/field{at}")) for at in (3, 17, 42)]
    absent = [(wide, same.prove_absence("/freight"))]
    for path in life.town.kind.mandatory_in("header"):
        fields.append(("header", header.tree.prove(path)))
    for path in ("/referenceSignature", "/referenceSalt", "/certificateReferenceSignature"):
        if path[1:] in header.value:
            fields.append(("header", header.tree.prove(path)))
    twin = carrying(life.town.kind.id, wide, life)
    assert twin.content is not None
    equality = same.prove_equal("/field5", twin.content.opened[wide].tree, "/field5")
    evidence = life.bundle(engine)
    shown = Presentation(
        evidence=evidence,
        others=(twin.bundle(engine),),
        fields=tuple(fields),
        absent=tuple(absent),
        equal=(Equal(wide, 0, wide, equality),),
        audience="Example customs 名古屋税関",
        purpose="release of goods",
        created_at=NOW - 3600,
        expires_at=NOW + 7 * DAY,
        party=2,
    )
    return signed(shown, life.town.keys[2][0])


def signed(shown: Presentation, secret: bytes) -> Presentation:
    return replace(shown, signature=sign(shown.statement().digest(DOMAIN), secret))


def carrying(kind: str, dataset: str, source: Life) -> Life:
    """Another document of the kind, just created, whose dataset carries one value of the source over with its salt."""
    assert source.content is not None
    opened = source.content.opened[dataset]
    life = Life.begin(kind, thresholds=2)
    life.carried = {dataset: {"/field5": (opened.value["field5"], opened.salt("/field5"))}}
    life.play(min(roads(FILES[kind]).values(), key=len)[0])
    return life
