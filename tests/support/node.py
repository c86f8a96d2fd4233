"""A real chain for tests: anvil with the ledger deployed, all kinds defined, keys of the powers, parties on demand.

Fixtures (tests/conftest.py makes them known everywhere):

`chain`       One ledger per session, rolled back after every test (evm_snapshot), clock in the test's hand: blocks are
              mined only by `chain.transact`, `chain.mine`, `chain.advance`.
`live_chain`  One ledger per session that mines by itself within some 20 ms and keeps the real time, as `portledger up`
              runs it. Not rolled back: use new parties and references.

For a chain in a place and way of your own: `with deployed_chain(folder) as chain: …` (mining=True: by itself).

    seller = chain.register(Role.CARRIER)      # Member(id, keys); accounts=, scopes=, threshold= …
    signed = chain.prepare(seller, EBL, "ISSUE", reference=b"…32", content=b"…32", counterparty=2, endorsee=2)
    receipt = chain.execute(signed)                        # raises the LedgerError
    chain.call("suspend", 3, until), chain.send(KEYS.registrar, "suspend", 3, until)     # any function by its name
    chain.ledger.record(signed.action.document), chain.events(), chain.now(), chain.advance(14 * DAY)

Nobody has coins; the gas price is 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import eth_abi
import pytest

from portledger import resources
from portledger.chain import encoding, events
from portledger.chain.artifacts import ledger_artifact
from portledger.chain.contract import LedgerContract
from portledger.chain.deploy import Deployment, define_kinds, deploy
from portledger.chain.node import AnvilNode, NodeSettings
from portledger.chain.rpc import Rpc
from portledger.chain.signers import KeySigner
from portledger.chain.transactions import Transaction
from portledger.domain.actions import AccountConsent, Action, Domain, Registration, SignedAction, document_id
from portledger.domain.codes import FULL_SCOPE, ZERO, Role
from portledger.domain.events import LedgerEvent
from portledger.domain.hashing import keccak
from portledger.domain.signatures import address_of, join, sign

GAS = 10**9
HOUR = 3600


def key(name: str | int) -> bytes:
    """A secret key of its own for every name, the same in every run."""
    return keccak(f"test key {name}".encode())


@dataclass(frozen=True)
class Keys:
    """Secret keys of the accounts that are no party's."""

    deployer: bytes = key("deployer")
    governor: bytes = key("governor")
    registrar: bytes = key("registrar")
    guardian: bytes = key("guardian")
    relayer: bytes = key("relayer")


KEYS = Keys()


@dataclass(frozen=True)
class Member:
    """A registered party with its secret keys, in the order of its accounts."""

    id: int
    keys: tuple[bytes, ...]
    registration: Registration

    @property
    def addresses(self) -> tuple[bytes, ...]:
        return tuple(address_of(secret) for secret in self.keys)


@dataclass
class Chain:
    """One ledger on one node. mining: whether the node makes blocks by itself."""

    node: AnvilNode
    deployment: Deployment
    mining: bool
    _made: int = field(default=0)

    @property
    def rpc(self) -> Rpc:
        return self.node.rpc

    @property
    def url(self) -> str:
        return self.node.url

    @property
    def ledger(self) -> LedgerContract:
        return LedgerContract(self.rpc, self.deployment.ledger)

    @property
    def domain(self) -> Domain:
        return self.deployment.domain()

    # --- clock ------------------------------------------------------------------------------------------------------

    def now(self) -> int:
        """The timestamp of the newest block, unix seconds."""
        block = self.rpc.block()
        assert block is not None
        return int(block["timestamp"], 16)

    def mine(self, at: int | None = None) -> int:
        """Mines one block at this time, by default at the newest block's; its number."""
        self.rpc.call("evm_mine", {"timestamp": self.now() if at is None else at})
        return self.rpc.block_number()

    def advance(self, seconds: int) -> int:
        """Mines an empty block so much later; the new time."""
        self.mine(self.now() + seconds)
        return self.now()

    # --- calls ------------------------------------------------------------------------------------------------------

    def call(self, function: str, *arguments: Any) -> bytes:
        """Calldata of any function of the contract, by eth_abi and the committed ABI."""
        return call(function, *arguments)

    def transact(self, private_key: bytes, calldata: bytes, at: int | None = None) -> dict[str, Any]:
        """Sends, mines (at this time), and returns the receipt. Raises the LedgerError of a refused call."""
        sender = address_of(private_key)
        transaction = Transaction(self.rpc.nonce(sender, "pending"), GAS, self.deployment.ledger, calldata)
        tx = self.rpc.send_raw(transaction.sign(private_key, self.deployment.chain_id))
        if not self.mining:
            self.mine(at)
        return self.ledger.wait(tx)

    def send(self, private_key: bytes, function: str, *arguments: Any, at: int | None = None) -> dict[str, Any]:
        """`transact` of a function by its name."""
        return self.transact(private_key, call(function, *arguments), at)

    def events(self, first: int = 0, last: int | None = None) -> list[LedgerEvent]:
        """All events of the ledger in these blocks, in order."""
        return events.read(self.rpc, self.deployment.ledger, first, self.rpc.block_number() if last is None else last)

    # --- parties ----------------------------------------------------------------------------------------------------

    def register(
        self,
        roles: Role | int = Role.CARRIER,
        accounts: int = 1,
        threshold: int = 1,
        scopes: Sequence[int] | None = None,
        recovery_barred: bool = False,
        profile: bytes | None = None,
        encryption_key: bytes | None = None,
        keys: Sequence[bytes] | None = None,
    ) -> Member:
        """Registers a new party with new accounts (all of full scope unless `scopes` says otherwise)."""
        self._made += 1
        name = f"{id(self)} {self._made} {self.ledger.last_party()}"
        secrets = tuple(keys) if keys else tuple(key(f"{name} {n}") for n in range(len(scopes) if scopes else accounts))
        registration = Registration(
            profile or keccak(b"profile", name.encode()),
            int(roles),
            encryption_key or keccak(b"encryption", name.encode()),
            threshold,
            recovery_barred,
            tuple(address_of(secret) for secret in secrets),
            tuple(scopes) if scopes else (FULL_SCOPE,) * len(secrets),
        )
        party = self.ledger.last_party() + 1
        registration = replace(registration, consents=consents(self.domain, party, registration, secrets))
        self.transact(KEYS.registrar, register(registration))
        return Member(party, secrets, registration)

    # --- acts -------------------------------------------------------------------------------------------------------

    def prepare(
        self,
        member: Member,
        kind: int,
        verb: str,
        document: bytes | None = None,
        reference: bytes = ZERO,
        signers: Sequence[bytes] | None = None,
        **values: Any,
    ) -> SignedAction:
        """An act by the verb's name, on the record's present head, with the party's present epoch, signed.

        document: None in a creating act, whose id follows from `reference`. signers: default as many of the member's
        keys as its threshold asks for. values: members of Action (content, counterparty, endorsee, detail, deadline …).
        """
        table = resources.kinds()[kind]
        party = self.ledger.party(member.id)
        if document is None:
            document = document_id(kind, member.id, reference)
        fields: dict[str, Any] = {
            "previous": self.ledger.head(document),
            "epoch": party.epoch if party else 1,
            "deadline": self.now() + HOUR,
            **values,
        }
        number = table.verb(verb).number
        action = Action(
            kind=kind, verb=number, document=document, actor=member.id, document_reference=reference, **fields
        )
        return self.sign(action, signers or member.keys[: party.threshold if party else 1])

    def sign(self, action: Action, keys: Sequence[bytes]) -> SignedAction:
        intent = resources.kinds()[action.kind].intent(action.verb)
        return SignedAction(action, join(action.digest(self.domain, intent), keys))

    def execute(self, signed: SignedAction, at: int | None = None) -> dict[str, Any]:
        """Carries one act to the ledger. Raises its LedgerError."""
        return self.transact(KEYS.relayer, encoding.execute(signed), at)

    def execute_batch(self, items: Sequence[SignedAction], at: int | None = None) -> dict[str, Any]:
        return self.transact(KEYS.relayer, encoding.execute_batch(items), at)


def consents(domain: Domain, party: int, registration: Registration, keys: Sequence[bytes]) -> tuple[bytes, ...]:
    """The consent of every account of a registration, in their order."""
    digest = registration.digest()
    return tuple(
        sign(AccountConsent(party, account, scope, digest).digest(domain), secret)
        for account, scope, secret in zip(registration.accounts, registration.scopes, keys, strict=True)
    )


def register(registration: Registration) -> bytes:
    """Calldata of register."""
    values = (
        registration.profile,
        registration.roles,
        registration.encryption_key,
        registration.threshold,
        registration.recovery_barred,
        list(registration.accounts),
        list(registration.scopes),
        list(registration.consents),
    )
    return call("register", values)


def call(function: str, *arguments: Any) -> bytes:
    """Calldata of any function of the contract: eth_abi and the committed ABI, nothing of ours."""
    (entry,) = (item for item in ledger_artifact().abi if item["type"] == "function" and item["name"] == function)
    types = [abi_type(item) for item in entry["inputs"]]
    return encoding.selector(f"{function}({','.join(types)})") + eth_abi.encode(types, arguments)


def abi_type(parameter: dict[str, Any]) -> str:
    """A parameter's type with its tuples written out: "(bytes32,uint64)[]"."""
    if not parameter["type"].startswith("tuple"):
        return str(parameter["type"])
    inside = ",".join(abi_type(component) for component in parameter["components"])
    return f"({inside}){parameter['type'].removeprefix('tuple')}"


@contextmanager
def deployed_chain(folder: Path, mining: bool = False, settings: NodeSettings | None = None) -> Iterator[Chain]:
    """A chain of one's own in a folder, with the ledger deployed and every shipped kind defined."""
    with AnvilNode(folder, settings or NodeSettings(block_seconds=0.0)) as node:
        node.run()  # deployment waits for blocks
        powers = (address_of(secret) for secret in (KEYS.governor, KEYS.registrar, KEYS.guardian))
        deployment = deploy(node.rpc, KeySigner(KEYS.deployer), "test consortium", *powers)
        deployment = define_kinds(node.rpc, deployment, KEYS.governor, resources.kinds().values())
        if not mining:
            node.pause()
        yield Chain(node, deployment, mining)


@pytest.fixture(scope="session")
def _session_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with deployed_chain(tmp_path_factory.mktemp("chain")) as made:
        yield made


@pytest.fixture
def chain(_session_chain: Chain) -> Iterator[Chain]:
    """The session's ledger as it was after deployment; what a test does to it is rolled back."""
    rpc = _session_chain.rpc
    snapshot = rpc.call("evm_snapshot")
    yield _session_chain
    rpc.call("evm_revert", snapshot)


@pytest.fixture(scope="session")
def live_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """A ledger on a node that mines by itself; shared, and not rolled back."""
    with deployed_chain(tmp_path_factory.mktemp("live_chain"), mining=True) as made:
        yield made
