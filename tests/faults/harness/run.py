"""Clients that act and read while everything around them is killed, paused and cut off; then the checker.

    python -m tests.faults.harness.run --faults 100 --seed 1 [--break loses]

Three runs, one after the other (rigs.py): a sixth of the faults on a system whose tables are on a PostgreSQL server,
which is killed; a third on one whose node reorganises, with as many confirmations as its reorganisations are deep;
before that the others on one with its own node, which is killed too. Where PostgreSQL is not installed the first is
skipped, which is said at its place and in the last line, and the last has its faults.

Seeded: the same seed gives the same faults in the same order and the same acts; what meets when is up to the machine.
Ends with 0 when everything held, 1 with what did not; interrupted, it ends what it started, says how far it came, and
ends with 128 and the signal's number.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
from sqlalchemy import select
from tests.faults.harness import broken
from tests.faults.harness.checker import GONE, End, Kind, Stood, Told, check
from tests.faults.harness.rigs import Progress, Rig, Skipped, on_a_server, own_node, reorganising_node
from tests.support.victim import Offer, Victim

from portledger.chain import events as chain_events
from portledger.chain.deploy import Deployment
from portledger.chain.rpc import Rpc
from portledger.domain.events import ActionApplied, ActionRefused, NoteApplied
from portledger.store import tables

CLIENTS: Final = 4
QUIET_SECONDS: Final = 300.0
"""At the end everything that was acknowledged has this long to come to its end."""


@dataclass
class History:
    """What all clients were told. `known`: acts and documents that anybody may ask for."""

    told: list[Told] = field(default_factory=list)
    acts: list[Offer] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    """How often each code was the answer to an offer."""
    nameless: list[str] = field(default_factory=list)
    """Answers of the gateway that say that it failed, without a typed problem and when to come again."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, one: Told) -> None:
        with self.lock:
            self.told.append(one)


class Client(threading.Thread):
    """Offers acts, some twice, some without waiting for the answer, and reads, until it is told to stop."""

    def __init__(self, number: int, victim: Victim, history: History, stopping: threading.Event, seed: int) -> None:
        super().__init__(name=f"client {number}", daemon=True)
        self.number, self.victim, self.history, self.stopping = number, victim, history, stopping
        self.random = Random(f"{seed} client {number}")
        self.http = httpx.Client(base_url=victim.settings.base, timeout=20, trust_env=False)
        self.failure: Exception | None = None
        self.reached = True
        """Whether the last request had an answer: one that cannot even connect makes no more acts than one that can."""

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                self.random.choices((self._offer, self._again, self._status, self._record), (4, 1, 4, 3))[0]()
                self.stopping.wait(self.random.uniform(0.0, 0.06) if self.reached else 0.2)
        except Exception as failure:  # noqa: BLE001 - the main thread tells of it
            self.failure = failure
        finally:
            self.http.close()

    def _offer(self) -> None:
        with self.history.lock:
            offer, document = self._next_act()
            self.history.acts.append(offer)
            if document not in self.history.documents:
                self.history.documents.append(document)
        self._send(offer)

    def _next_act(self) -> tuple[Offer, str]:
        """An issue, or the acceptance of a document that somebody saw offered."""
        ready = self.victim.ready_to_accept
        if ready and self.random.random() < 0.5:
            document, head = ready.pop()
            return self.victim.accept(document, head), document.hex()
        return self.victim.issue_with_document()

    def _again(self) -> None:
        with self.history.lock:
            offer = self.random.choice(self.history.acts) if self.history.acts else None
        if offer is not None:
            self._send(offer)

    def _send(self, offer: Offer) -> None:
        impatient = self.random.random() < 0.1
        began, answer = time.monotonic(), ""
        self.reached = impatient
        with suppress(httpx.TransportError):
            found = self.http.post(offer.path, content=offer.body, timeout=0.004 if impatient else 20)
            self.reached = True
            if found.status_code == 202:
                answer = "accepted"
            elif found.status_code < 500:
                answer = "refused"
                self.history.refusals[found.json()["code"]] += 1
            else:
                self._unavailable(found)
        self.history.add(Told(self.number, "offer", offer.digest.hex(), answer, began, time.monotonic()))

    def _unavailable(self, found: httpx.Response) -> None:
        """It must say so in words, and when to come again."""
        with suppress(ValueError):
            self.history.refusals[found.json()["code"]] += 1
            if found.status_code in (503, 507) and "retry-after" in found.headers:
                return
        with self.history.lock:
            self.history.nameless.append(f"answered {found.status_code} {found.text[:200]}")

    def _status(self) -> None:
        with self.history.lock:
            acts = self.history.acts[-200:]
        if acts:
            digest = self.random.choice(acts).digest.hex()
            self._ask("status", digest, f"/v1/actions/{digest}", lambda body: body["status"])

    def _record(self) -> None:
        with self.history.lock:
            documents = self.history.documents[-100:]
        if documents:
            document = self.random.choice(documents)
            self._ask("record", document, f"/v1/documents/{document}", lambda body: body["head"], self._seen)

    def _seen(self, document: str, body: dict[str, Any]) -> None:
        if body["state"] == "OFFERED":
            with self.history.lock:
                self.victim.seen_offered(bytes.fromhex(document), bytes.fromhex(body["head"]))

    def _ask(
        self, kind: Kind, subject: str, path: str, take: Callable[[dict[str, Any]], str],
        seen: Callable[[str, dict[str, Any]], None] = lambda *_: None,
    ) -> None:  # fmt: skip
        began, answer = time.monotonic(), ""
        with suppress(httpx.TransportError):
            found = self.http.get(path, headers=self.victim.shipper.headers)
            ended = time.monotonic()
            if found.status_code == 200:
                answer = take(found.json())
                seen(subject, found.json())
            elif found.status_code == 404:
                answer = "unknown" if kind == "status" else GONE
            elif found.status_code >= 500:
                self._unavailable(found)
            else:  # counted, so that a run whose questions were all refused is seen to have asked nothing
                self.history.refusals[f"{kind}: {found.status_code}"] += 1
            if answer:
                self.history.add(Told(self.number, kind, subject, answer, began, ended))


# --- the end ---------------------------------------------------------------------------------------------------------


def settle(victim: Victim) -> list[int]:
    """Waits until every row of the outbox has its outcome; those that have none in time."""
    until = time.monotonic() + QUIET_SECONDS
    while (left := rows_left(victim)) and time.monotonic() < until:
        time.sleep(0.1)
    return left


def rows_left(victim: Victim) -> list[int]:
    engines = {name: victim.tables(name) for name in ("intake", "relay")}
    with engines["relay"].connect() as connection:
        known = set(connection.execute(select(tables.outcomes.c.outbox_id)).scalars())
    with engines["intake"].connect() as connection:
        rows = sorted(connection.execute(select(tables.outbox.c.id)).scalars())
    for one in engines.values():
        one.dispose()
    return [row for row in rows if row not in known]


def chain_of(victim: Victim, node: str) -> list[Stood]:
    deployment = Deployment.load(victim.settings.data / "deployment.json")
    with Rpc(node) as rpc:
        newest = rpc.block_number() - victim.settings.confirmations
        found = chain_events.read(rpc, deployment.ledger, deployment.block, newest)
    stood = []
    for one in found:
        if isinstance(one, ActionApplied):
            stood.append(Stood(one.digest.hex(), True, one.document.hex(), one.head.hex()))
        elif isinstance(one, ActionRefused):
            stood.append(Stood(one.digest.hex(), False))
        else:
            assert not isinstance(one, NoteApplied)
    return stood


def views(victim: Victim, chain: list[Stood]) -> list[dict[str, str]]:
    """What each of the two parties is shown of every document that is there."""
    there = list(dict.fromkeys(one.document for one in chain if one.applied))
    found = []
    for party in (victim.carrier, victim.shipper):
        victim.gateway.sign_in(party)  # the clock may have jumped over the end of its session
    with httpx.Client(base_url=victim.settings.base, timeout=60, trust_env=False) as http:
        for party in (victim.carrier, victim.shipper):
            answers = {one: http.get(f"/v1/documents/{one}", headers=party.headers).json() for one in there}
            found.append({document: str(body.get("head")) for document, body in answers.items()})
    return found


def statuses(victim: Victim, history: History) -> dict[str, str]:
    """What every act that was offered is shown as; also told as one more client was."""
    found = {}
    with httpx.Client(base_url=victim.settings.base, timeout=60, trust_env=False) as http:
        for digest in dict.fromkeys(one.digest.hex() for one in history.acts):
            began = time.monotonic()
            answer = http.get(f"/v1/actions/{digest}")
            found[digest] = answer.json()["status"] if answer.status_code == 200 else "unknown"
            history.add(Told(CLIENTS, "status", digest, found[digest], began, time.monotonic()))
    return found


def harness(
    folder: Path,
    faults: int,
    seed: int,
    mistake: str | None,
    say: Callable[[str], None],
    progress: Progress | None = None,
) -> list[str]:
    """What did not hold. mistake: of broken.MISTAKES, a system that makes it. progress: is told what was done."""
    progress = progress or Progress()
    reorganising, on_server = (0, 0) if mistake else (faults // 3, faults // 6)
    wrong = []
    if on_server:
        try:
            wrong += _run(on_a_server(folder / "server", seed), on_server, say, progress)
        except Skipped as why:
            on_server = 0
            progress.skipped.append(str(why))
            say(str(why))
    wrong += _run(own_node(folder / "own", seed, mistake), faults - reorganising - on_server, say, progress)
    if reorganising:
        wrong += _run(reorganising_node(folder / "reorganising", seed), reorganising, say, progress)
    return wrong


def _run(rig: Rig, faults: int, say: Callable[[str], None], progress: Progress) -> list[str]:
    history, stopping = History(), threading.Event()
    clients: list[Client] = []
    try:
        rig.start()
        victim = rig.victim
        clients += [Client(number, victim, history, stopping, rig.seed) for number in range(CLIENTS)]
        for one in clients:
            one.start()
        for number in range(faults):
            time.sleep(rig.random.uniform(0.1, 0.6))
            rig.next()
            progress.faults += 1
            if (number + 1) % 10 == 0:
                say(f"{number + 1} of {faults} faults, {len(history.acts)} acts, {len(history.told)} answers")
        rig.calm()
        time.sleep(1)
        stopping.set()
        for one in clients:
            one.join()
            if one.failure is not None:
                raise one.failure
        rig.revive()
        left = settle(victim)
        chain = chain_of(victim, rig.node_url())
        shown, standing = views(victim, chain), statuses(victim, history)
        say(json.dumps({"faults": rig.told(), "acts": len(history.acts), "answers": len(history.told),
                        "refusals": dict(history.refusals), "applied": sum(one.applied for one in chain)}))  # fmt: skip
        return [*check(history.told, End(chain, left, shown, standing)), *history.nameless[:20]]
    finally:
        stopping.set()
        progress.done.update(rig.told())
        progress.acts += len(history.acts)
        rig.close()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class _Interrupted(BaseException):
    def __init__(self, number: int) -> None:
        self.number = number


def _interrupt(number: int, _frame: object) -> None:
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, signal.SIG_IGN)  # what was started is ended first
    raise _Interrupted(number)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--break", dest="mistake", choices=broken.MISTAKES,
        help="; ".join(f"{name}: {meaning}" for name, meaning in broken.MISTAKES.items()),
    )  # fmt: skip
    given = parser.parse_args()
    progress = Progress()
    told = {"faults": given.faults, "seed": given.seed, "mistake": given.mistake}
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, _interrupt)
    try:
        with tempfile.TemporaryDirectory(prefix="portledger-faults-", ignore_cleanup_errors=True) as folder:
            wrong = harness(Path(folder), given.faults, given.seed, given.mistake, _say, progress)
    except _Interrupted as end:
        print(json.dumps({**told, "interrupted": end.number, "injected": progress.faults, "acts": progress.acts,
                          "skipped": progress.skipped, "done": progress.done}))  # fmt: skip
        return 128 + end.number
    for line in wrong:
        print(line)
    print(json.dumps({**told, "skipped": progress.skipped, "done": progress.done, "acts": progress.acts,
                      "violations": len(wrong)}))  # fmt: skip
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
