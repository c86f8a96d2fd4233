"""Gas of every act of an e-B/L's and a certificate's life: single, in batches of 100 by one actor and by 100 actors.

Prints one JSON object a line: {name, value, unit, peer, peer_value}; --check compares with the committed snapshot,
contracts/snapshots/gas.json, and fails on any difference; --write writes it; --table prints the docs' table instead.
Batches are given per act. Method: a fresh anvil, the committed artifact, the ledger already in use (the very first act
of a ledger pays 17,100 more for `ledgerHead`); `single` is one `execute`, with the 21,000 of its transaction.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.ledger import Bench
from portledger.domain.actions import Action, SignedAction, document_id
from portledger.domain.codes import DAY, Role
from portledger.domain.hashing import keccak
from portledger.domain.signatures import sign
from portledger.resources import kinds

ROOT = Path(__file__).parents[1]
SNAPSHOT = ROOT / "contracts" / "snapshots" / "gas.json"
PEERS = json.loads((ROOT / "benchmarks" / "peers.json").read_text())
N = 100
PEER_OF = {
    "issue": "issue", "handover": "handover", "endorse": "endorse", "surrender": "surrender",
    "accept_surrender": "accept_surrender",
}  # fmt: skip


@dataclass(frozen=True)
class Actor:
    """A registered party and its one account."""

    party: int
    key: bytes


@dataclass
class Document:
    """One document of the benchmark and who plays which part in it."""

    reference: bytes
    kind: int
    creator: Actor
    document: bytes
    head: bytes = bytes(32)


def digest_of(text: str) -> bytes:
    return keccak(text.encode())


def actors(bench: Bench, role: Role, count: int, label: str) -> list[Actor]:
    made = []
    for number in range(count):
        key = digest_of(f"{label} {number}")
        made.append(Actor(bench.register(key, int(role)), key))
    return made


class Story:
    """Documents of one kind, all taken through the same acts, single or in batches."""

    def __init__(self, bench: Bench, kind: int, creators: list[Actor], count: int, label: str) -> None:
        self.bench, self.kind = bench, kinds()[kind]
        self.documents = []
        for number in range(count):
            creator = creators[number % len(creators)]
            reference = digest_of(f"{label} {number}")
            self.documents.append(Document(reference, kind, creator, document_id(kind, creator.party, reference)))

    def act(self, verb: str, by: Callable[[int], Actor], **parameters: Any) -> int:
        """All documents take the act; returns the gas per document. Callables among parameters get the index."""
        signed = []
        for number, document in enumerate(self.documents):
            actor = by(number)
            values = {name: value(number) if callable(value) else value for name, value in parameters.items()}
            action = Action(
                kind=self.kind.number,
                verb=self.kind.verb(verb).number,
                document=document.document,
                previous=document.head,
                actor=actor.party,
                epoch=1,
                deadline=self.bench.now() + DAY,
                **values,
            )
            digest = action.digest(self.bench.domain, self.kind.intent(action.verb))
            signed.append(SignedAction(action, sign(digest, actor.key)))
        gas = self.bench.execute(signed)
        for document in self.documents:
            document.head = self.bench.head(document.document)
        return gas // len(signed)

    def reference(self, number: int) -> bytes:
        return self.documents[number].reference


CONTENT = digest_of("a manifest")
DETAIL = digest_of("a detail")


def bill_of_lading(bench: Bench, count: int, many: int, label: str) -> dict[str, int]:
    """The whole life of `count` negotiable bills, by `many` carriers, shippers, consignees."""
    carriers = actors(bench, Role.CARRIER, many, label + " carrier")
    shippers = actors(bench, Role.SHIPPER_OR_CONSIGNEE, many, label + " shipper")
    banks = actors(bench, Role.BANK, many, label + " bank")
    story = Story(bench, 0x0101, carriers, count, label)

    def of(group: list[Actor]) -> Callable[[int], Actor]:
        return lambda number: group[number % many]

    def party(group: list[Actor]) -> Callable[[int], int]:
        return lambda number: group[number % many].party

    gas = {
        "issue": story.act("ISSUE", of(carriers), content=CONTENT, document_reference=story.reference,
                           counterparty=party(shippers), endorsee=party(shippers)),
        "accept_issued": story.act("ACCEPT", of(shippers), counterparty=party(carriers), endorsee=party(shippers)),
        "endorse": story.act("ENDORSE", of(shippers), endorsee=party(banks)),
        "offer": story.act("OFFER", of(shippers), counterparty=party(banks)),
        "accept": story.act("ACCEPT", of(banks), counterparty=party(shippers)),
        "notice": story.act("NOTICE", of(carriers), detail=DETAIL),
        "remark": story.act("REMARK", of(banks), detail=DETAIL),
        "surrender": story.act("SURRENDER_FOR_DELIVERY", of(banks)),
        "accept_surrender": story.act("ACCEPT_SURRENDER", of(carriers), counterparty=party(banks)),
    }  # fmt: skip
    return {**gas, "handover": gas["offer"] + gas["accept"]}


def certificate(bench: Bench, count: int, many: int, label: str) -> dict[str, int]:
    """A certificate from application to its use in part."""
    exporters = actors(bench, Role.SHIPPER_OR_CONSIGNEE, many, label + " exporter")
    certifiers = actors(bench, Role.CERTIFIER, many, label + " certifier")
    customs = actors(bench, Role.CUSTOMS, many, label + " customs")
    story = Story(bench, 0x0201, exporters, count, label)

    def of(group: list[Actor]) -> Callable[[int], Actor]:
        return lambda number: group[number % many]

    def party(group: list[Actor]) -> Callable[[int], int]:
        return lambda number: group[number % many].party

    return {
        "apply": story.act("APPLY", of(exporters), content=CONTENT, document_reference=story.reference,
                           counterparty=party(certifiers)),
        "certify": story.act("CERTIFY", of(certifiers), content=CONTENT, endorsee=party(customs),
                             document_reference=lambda number: digest_of(f"{label} number {number}")),
        "verify": story.act("VERIFY", of(customs), detail=DETAIL),
        "use_part": story.act("USE_PART", of(customs), detail=DETAIL, quantity=400_000),
    }  # fmt: skip


def measure() -> dict[str, int]:
    """Name -> gas per act, e.g. `issue.batch100.parties100`."""
    with Bench() as bench:
        for life in (bill_of_lading, certificate):
            life(bench, 1, 1, "warm")
        figures = {}
        for suffix, count, many in (("single", 1, 1), ("batch100", N, 1), ("batch100.parties100", N, N)):
            for life in (bill_of_lading, certificate):
                for name, gas in life(bench, count, many, suffix).items():
                    figures[f"{name}.{suffix}"] = gas
        figures["register.one_account"] = bench.register_gas(1)
        figures["register.three_accounts"] = bench.register_gas(3)
        figures["deployment"] = bench.deployment_gas
        return dict(sorted(figures.items()))


def lines(figures: dict[str, int]) -> Iterator[dict[str, Any]]:
    for name, gas in figures.items():
        peer = PEERS["gas"].get(PEER_OF.get(name.split(".")[0], ""))
        yield {
            "name": f"gas.{name}",
            "value": gas,
            "unit": "gas",
            "peer": PEERS["peer"] if peer else None,
            "peer_value": peer["value"] if peer else None,
        }


def table(figures: dict[str, int]) -> str:
    rows = [
        "| act | single | batch of 100, one actor | batch of 100, 100 actors | TradeTrust |",
        "|---|---|---|---|---|",
    ]
    for verb in dict.fromkeys(name.split(".")[0] for name in figures if ".batch100" in name):
        peer = PEERS["gas"].get(PEER_OF.get(verb, ""))
        cells = [f"{figures[f'{verb}.{suffix}']:,}" for suffix in ("single", "batch100", "batch100.parties100")]
        rows.append(
            f"| {verb} | " + " | ".join(cells) + f" | {peer['value']:,} |"
            if peer
            else f"| {verb} | " + " | ".join(cells) + " | |"
        )
    return "\n".join(rows)


def main(arguments: list[str]) -> int:
    figures = measure()
    if "--write" in arguments:
        SNAPSHOT.parent.mkdir(parents=True, exist_ok=True)
        SNAPSHOT.write_text(json.dumps(figures, indent=1) + "\n")
    if "--check" in arguments:
        committed = json.loads(SNAPSHOT.read_text())
        changed = {name: (committed.get(name), gas) for name, gas in figures.items() if committed.get(name) != gas}
        for name, (before, now) in changed.items():
            print(
                f"gas: {name} was {before}, is {now}; run scripts/bench gas --write if that is meant", file=sys.stderr
            )
        return 1 if changed else 0
    if "--table" in arguments:
        print(table(figures))
        return 0
    for line in lines(figures):
        print(json.dumps(line))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
