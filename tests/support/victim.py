"""A system that is killed and started again on the same folder, and the acts that it was offered meanwhile.

victim = Victim(folder); victim.start()
victim.prepare()                     # its parties
victim.will_die_at("relay.before_send")
victim.offer(victim.acts())          # some answered, some not
victim.died(); victim.restart()
victim.finish()                      # what was answered is final by itself; the rest once it is offered again
victim.check()                       # everything once, nothing else; read model = what the chain's events make
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import httpx
from sqlalchemy import Engine, select, update
from tests.support.gateway import DAY, EBL, Gateway, Trader

from portledger import resources
from portledger.chain import events as chain_events
from portledger.chain.deploy import Deployment
from portledger.chain.encoding import selector
from portledger.chain.rpc import Rpc
from portledger.domain.actions import Action, PartyAction, SignedAction, SignedPartyAction, document_id
from portledger.domain.calls_decode import call_digest
from portledger.domain.codes import ZERO, PartyAct, Role
from portledger.domain.events import ActionApplied, ActionRefused, PartyChanged
from portledger.domain.refusals import Unavailable
from portledger.domain.signatures import join
from portledger.formats import api_json as wire
from portledger.gateway.settings import Settings
from portledger.gateway.system import READY_SECONDS, Running, free_port, running, wait_until_ready
from portledger.relay.indexer import Indexer, Place
from portledger.services import calls
from portledger.store import api_tables, tables
from portledger.store.database import Name, database_url, migrate, open_database, sqlite_url
from portledger.vault.contents import SealedContent, seal_content
from portledger.vault.manifest import Manifest

WORKER = ("submit.", "party.", "blob.", "registration.", "credential.", "webhook.", "secret.")
"""Places in the gateway's worker, which its server starts again; all others are in the process of relayer and node."""
SECONDS = 60.0


@dataclass
class Offer:
    """One request that changes something. answered: with 202."""

    digest: bytes
    path: str
    body: bytes
    answered: bool = False


class Victim:
    def __init__(
        self,
        folder: Path,
        seed: int = 1,
        block_seconds: float = 0.05,
        module: str = "portledger.gateway.system",
        environment: Mapping[str, str] | None = None,
        ready_seconds: float = READY_SECONDS,
        deadline: int = DAY,
        **settings: Any,
    ) -> None:
        """deadline: of its acts, seconds ahead; settings: of Settings, beside those that every victim has."""
        self._ready_seconds, self._deadline = ready_seconds, deadline
        self._module, self._environment = module, dict(environment or {})
        self.ready_to_accept: list[tuple[bytes, bytes]] = []
        """Documents that somebody saw offered, with the head that an acceptance follows; each once."""
        self._seen_offered: set[bytes] = set()
        folder.mkdir(parents=True, exist_ok=True)
        self.random = Random(seed)
        self.settings = Settings(
            data=folder / "data",
            port=free_port("127.0.0.1"),
            block_seconds=block_seconds,
            log_level="warning",
            **settings,
        )
        self._deaths = folder / "deaths"
        self._log = folder / "system.log"
        self._stack = ExitStack()
        self.running: Running | None = None
        self.offers: list[Offer] = []
        self._issued: list[bytes] = []
        self._gateways: list[Gateway] = []
        self._rotations = 0

    def surround(self, **environment: str) -> None:
        """Variables of its environment, from the next start on."""
        self._environment |= environment

    def point_at(self, node: str) -> None:
        """The node that it uses, from the next start on."""
        self.settings = replace(self.settings, node=node)

    # --- life and death ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Raises Unavailable when it dies on the way."""
        environment = {"PORTLEDGER_FAULT": f"@{self._deaths}", **self._environment}
        self.running = self._stack.enter_context(
            running(self.settings, environment, self._log, self._module, ready_seconds=self._ready_seconds)
        )
        self.gateway = Gateway(self.settings.base)
        self._gateways.append(self.gateway)

    def close(self) -> None:
        for gateway in self._gateways:
            gateway.close()
        self._stack.close()
        self.kill_node()

    def will_die_at(self, *places: str) -> None:
        written = self._deaths.with_suffix(".new")
        written.write_text("".join(place + "\n" for place in places))
        written.replace(self._deaths)

    def died(self, left: int = 0) -> None:
        """Waits until all but that many of the deaths have happened."""
        until = time.monotonic() + SECONDS
        while len(self._deaths.read_text().split()) > left:
            assert time.monotonic() < until, f"still alive: {self._deaths.read_text()}"
            time.sleep(0.01)

    def kill(self) -> None:
        """The processes of relayer, indexer and gateway. The node stays, as it does when they die."""
        assert self.running is not None
        self.running.kill()
        self._stack.close()

    def kill_worker(self) -> None:
        assert self.running is not None
        parent = self.running.process.pid
        for task in Path(f"/proc/{parent}/task").iterdir():
            with suppress(FileNotFoundError):
                for child in (task / "children").read_text().split():
                    if b"multiprocessing.spawn" in Path(f"/proc/{child}/cmdline").read_bytes():
                        os.kill(int(child), signal.SIGKILL)

    def processes(self) -> list[int]:
        """Of relayer, indexer and gateway; not the node."""
        assert self.running is not None
        found, left = [], [self.running.process.pid]
        while left:
            found.append(left.pop())
            for task in Path(f"/proc/{found[-1]}/task").glob("*/children"):
                with suppress(OSError):
                    left += [int(one) for one in task.read_text().split()]
        node = self._node()
        return [one for one in found if one != node]

    def let_claims_run_out(self) -> None:
        """What a dead worker had begun on counts as dead at once, not after a minute and a half."""
        self._change(update(api_tables.idempotency).values(started_at=0))

    def generation(self, webhook: str) -> int:
        """How many secrets the webhook has had."""
        engine = self.tables("intake")
        with engine.connect() as connection:
            query = select(api_tables.webhooks.c.generation).where(api_tables.webhooks.c.id == webhook)
            found = int(connection.execute(query).scalar_one())
        engine.dispose()
        return found

    def tables(self, name: Name) -> Engine:
        """The databases of this name, beside the system; to be disposed of."""
        return open_database(database_url(self.settings.data, self.settings.database, name), name)

    def _change(self, statement: Any) -> None:
        engine = self.tables("intake")
        with engine.begin() as connection:
            connection.execute(statement)
        engine.dispose()

    def deaths_left(self) -> bool:
        return bool(self._deaths.read_text().split())

    def pause_system(self, seconds: float) -> None:
        """Relayer, indexer and gateway stand still; the node does not."""
        assert self.running is not None
        with suppress(ProcessLookupError):
            os.killpg(self.running.process.pid, signal.SIGSTOP)
            time.sleep(seconds)
            os.killpg(self.running.process.pid, signal.SIGCONT)

    def pause_node(self, seconds: float) -> None:
        with suppress(ProcessLookupError):
            if (pid := self._node()) is not None:
                os.kill(pid, signal.SIGSTOP)
                time.sleep(seconds)
                os.kill(pid, signal.SIGCONT)

    def node_url(self) -> str:
        return f"http://127.0.0.1:{(self.settings.data / 'chain' / 'process').read_text().split()[1]}"

    def kill_node(self) -> None:
        with suppress(ProcessLookupError):
            if (pid := self._node()) is not None:
                os.kill(pid, signal.SIGKILL)

    def node_runs(self) -> bool:
        return self._node() is not None

    def _node(self) -> int | None:
        try:
            pid = int((self.settings.data / "chain" / "process").read_text().split()[0])
            return pid if b"anvil" in Path(f"/proc/{pid}/cmdline").read_bytes() else None
        except (FileNotFoundError, ProcessLookupError):
            return None

    def log(self) -> str:
        """What the system's processes said, in all its lives."""
        return self._log.read_text(errors="replace")

    def restart(self) -> None:
        self.kill()
        self.start()

    def revive(self) -> None:
        """Node or worker died: waits until the system has started them again."""
        assert self.running is not None
        process = self.running.process
        wait_until_ready(self.settings.base, alive=lambda: process.poll() is None)

    def starts(self) -> bool:
        """Whether it lived until it answered."""
        try:
            self.start()
        except (Unavailable, httpx.TransportError):
            self._stack.close()
            return False
        return True

    def dies_starting(self) -> None:
        assert not self.starts()

    def stop(self) -> None:
        """As Ctrl-C does; it may die on the way."""
        assert self.running is not None
        self.running.process.send_signal(signal.SIGTERM)
        self.running.process.wait(SECONDS)
        self._stack.close()

    # --- what it is offered -----------------------------------------------------------------------------------------

    def prepare(self, *, sign_in: bool = False) -> None:
        self.carrier = self.gateway.register(Role.CARRIER, sign_in=sign_in)
        self.shipper = self.gateway.register(Role.SHIPPER_OR_CONSIGNEE, sign_in=sign_in)
        self.ledger_parties = {self.carrier.party, self.shipper.party}
        self.gateway.upload(self.new_content())

    def issues(self, count: int) -> list[Offer]:
        return [self._issue() for _ in range(count)]

    def acts(self) -> list[Offer]:
        """Something of everything: issues, acceptances of earlier ones, a party's act on itself, a registration."""
        accepts = [self._accept(document) for document in self._issued[:2]]
        del self._issued[:2]
        return [*self.issues(4), *accepts, self._rotation(), self._registration()]

    def new_content(self) -> SealedContent:
        """What the issues from now on name; to be uploaded first, by the carrier."""
        self.gateway.uploader = self.carrier
        names = [one.name for one in self.gateway.kind().datasets]
        self._template = seal_content(self.gateway.place(bytes(32)), names, {})
        return self._template

    def issue_with_document(self) -> tuple[Offer, str]:
        """An issue, and the document that it makes."""
        reference = self.random.randbytes(32)
        return self._issue(reference), document_id(EBL, self.carrier.party, reference).hex()

    def seen_offered(self, document: bytes, head: bytes) -> None:
        if document not in self._seen_offered:
            self._seen_offered.add(document)
            self.ready_to_accept.append((document, head))

    def accept(self, document: bytes, head: bytes) -> Offer:
        return self._act(
            self.shipper,
            "ACCEPT",
            document,
            previous=head,
            counterparty=self.carrier.party,
            endorsee=self.shipper.party,
        )

    def _issue(self, reference: bytes | None = None) -> Offer:
        reference = reference or self.random.randbytes(32)
        document = document_id(EBL, self.carrier.party, reference)
        manifest = Manifest(self.gateway.place(document), 1, self._template.manifest.datasets)
        return self._act(
            self.carrier,
            "ISSUE",
            document,
            manifest,
            previous=ZERO,
            content=manifest.digest(),
            document_reference=reference,
            counterparty=self.shipper.party,
            endorsee=self.shipper.party,
        )

    def _accept(self, document: bytes) -> Offer:
        (issue,) = (one for one in self.offers if one.path == "/v1/actions" and document.hex().encode() in one.body)
        head = self.gateway.wait(issue.digest).head
        assert head is not None
        return self._act(
            self.shipper,
            "ACCEPT",
            document,
            previous=bytes.fromhex(head),
            counterparty=self.carrier.party,
            endorsee=self.shipper.party,
        )

    def _act(
        self, trader: Trader, verb: str, document: bytes, manifest: Manifest | None = None, **members: object
    ) -> Offer:
        file = self.gateway.kind()
        number = file.verb(verb).number
        action = Action(
            kind=EBL, verb=number, document=document, actor=trader.party, epoch=1,
            deadline=int(time.time()) + self._deadline,
            **members,  # type: ignore[arg-type]
        )  # fmt: skip
        digest = action.digest(self.gateway.domain, file.intent(number))
        body: dict[str, object] = {
            "action": wire.signed_action_json(SignedAction(action, join(digest, trader.keys[:1])))
        }
        if manifest is not None:
            body["manifest"] = manifest.members()
        return Offer(digest, "/v1/actions", wire.encode(body))

    def _rotation(self) -> Offer:
        """The party's next one, unless one was lost: it has the number that the ledger still waits for."""
        if (lost := self._lost("/v1/party-acts")) is not None:
            return lost
        act = PartyAction(
            self.shipper.party,
            self._rotations,
            PartyAct.ROTATE_ENCRYPTION_KEY,
            self.random.randbytes(32),
            int(time.time()) + DAY,
        )
        self._rotations += 1
        digest = act.digest(self.gateway.domain)
        signed = SignedPartyAction(act, join(digest, self.shipper.keys[:1]), b"")
        return Offer(digest, "/v1/party-acts", wire.encode(wire.party_act_json(signed)))

    def _registration(self) -> Offer:
        """A new party's, unless one was lost: its consents name the next number, which then is still nobody's."""
        if (lost := self._lost("/v1/registrations")) is not None:
            return lost
        party = self.gateway.ledger().next_party
        asked, _, _ = self.gateway.registration(party, self.gateway.new_keys(1), Role.CARRIER)
        digest = call_digest(calls.register(wire.registration(asked.registration)))
        return Offer(digest, "/v1/registrations", wire.encode(asked))

    def _lost(self, path: str) -> Offer | None:
        """What was offered, has no answer, and is not known to the gateway: its sender offers it again first."""
        waiting = (one for one in self.offers if one.path == path and not one.answered)
        return next((one for one in waiting if not self._known(one)), None)

    def offer(self, offers: Sequence[Offer], clients: int = 4) -> None:
        """Each once, several at a time; some may stay without an answer."""
        self.offers += [one for one in offers if all(one is not other for other in self.offers)]
        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(self._post, offers))

    def _post(self, one: Offer) -> None:
        with suppress(httpx.TransportError):
            answer = self.gateway.http.post(one.path, content=one.body)
            assert answer.status_code == 202, answer.text
            one.answered = True

    # --- what has to come of it -------------------------------------------------------------------------------------

    def finish(self, fresh: Sequence[Offer]) -> None:
        """What was answered becomes final by itself; what was not is final or unknown, and final once offered again.

        Everything is offered again, as a client does that has lost its answers.
        """
        for one in fresh:
            if one.answered or self._known(one):
                self._final(one)
        for one in fresh:
            self._post(one)
            assert one.answered
        for one in fresh:
            self._final(one)
            if b'"manifest"' in one.body:
                self._issued.append(bytes.fromhex(str(self.gateway.wait(one.digest).document)))

    def _known(self, one: Offer) -> bool:
        answer = self.gateway.http.get(f"/v1/actions/{one.digest.hex()}")
        assert answer.status_code in (200, 404), answer.text
        return answer.status_code == 200

    def _final(self, one: Offer) -> None:
        found = self.gateway.wait(one.digest, SECONDS)
        assert found.status == "final", (one.path, found)

    def check(self, scratch: Path | None = None) -> None:
        """Everything offered stands on the ledger once, nothing else does, and every row has its one outcome.

        scratch: a folder that is not there yet, for a read model made anew of the chain's events: it must be the same.
        """
        deployment = Deployment.load(self.settings.data / "deployment.json")
        port = (self.settings.data / "chain" / "process").read_text().split()[1]
        with Rpc(f"http://127.0.0.1:{port}") as rpc:
            found = chain_events.read(rpc, deployment.ledger, deployment.block, rpc.block_number())
            acts = Counter(one.digest for one in found if isinstance(one, ActionApplied))
            entries = Counter(one.digest for one in found if isinstance(one, PartyChanged))
            assert acts == Counter(one.digest for one in self.offers if one.path == "/v1/actions")
            offered = Counter(one.digest for one in self.offers if one.path != "/v1/actions")
            assert sum(entries.values()) == sum(offered.values()) + len(self.ledger_parties)
            assert offered <= entries
            assert not [one for one in found if isinstance(one, ActionRefused)]
            self._check_outcomes(rpc)
            if scratch is not None:
                self._check_read_model(rpc, deployment, scratch)

    def _check_read_model(self, rpc: Rpc, deployment: Deployment, scratch: Path) -> None:
        rebuilt = self._rebuild(rpc, deployment, scratch)
        head = rpc.eth_call(deployment.ledger, selector("ledgerHead()"))
        served = self.tables("ledger")
        try:
            assert _rows(served) == _rows(rebuilt)
            assert [_heads(one) for one in (served, rebuilt)] == [[head]] * 2
        finally:
            served.dispose()
            rebuilt.dispose()

    def _rebuild(self, rpc: Rpc, deployment: Deployment, scratch: Path) -> Engine:
        scratch.mkdir()
        engine = open_database(sqlite_url(scratch, "ledger"), "ledger")
        migrate(engine, "ledger")
        files = resources.kinds()

        def effects(kind: int, state: int, verb: int) -> int:
            rule = files[kind].rule(state, verb)
            return rule.effects if rule else 0

        indexer = Indexer(rpc, Place(deployment.ledger, deployment.block), engine, effects)
        while indexer.step():
            pass
        return engine

    def _outcomes(self, relay: Engine) -> list[tuple[int, int]]:
        """(row of the outbox, whether it is final), in order."""
        with relay.connect() as connection:
            asked = select(tables.outcomes.c.outbox_id, tables.outcomes.c.final)
            return sorted((int(one), int(final)) for one, final in connection.execute(asked))

    def _check_outcomes(self, rpc: Rpc) -> None:
        """One final outcome per accepted row; every nonce that was given away is used."""
        intake = self.tables("intake")
        relay = self.tables("relay")
        until = time.monotonic() + SECONDS
        try:
            with intake.connect() as connection:
                accepted = sorted(connection.execute(select(tables.outbox.c.id)).scalars())
            # What the read model has is shown as final before the relayer has written that it is done with it.
            while len(outcomes := self._outcomes(relay)) < len(accepted) and time.monotonic() < until:
                time.sleep(0.05)
            with relay.connect() as connection:
                sent = connection.execute(select(tables.transactions.c.sender, tables.transactions.c.nonce)).all()
        finally:
            intake.dispose()
            relay.dispose()
        wanted = [(row_id, 1) for row_id in accepted]
        assert outcomes == wanted, (outcomes, wanted)
        for sender in {one[0] for one in sent}:
            assert rpc.nonce(sender) == max(one[1] for one in sent if one[0] == sender) + 1


def _rows(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """All of the read model but its cursor, whose block hash changes when blocks are mined again."""
    with engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in tables.ledger.sorted_tables
            if table.name != "cursor"
        }


def _heads(engine: Engine) -> list[bytes]:
    with engine.connect() as connection:
        return list(connection.execute(select(tables.cursor.c.ledger_head)).scalars())
