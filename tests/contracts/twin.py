"""The contract beside its Python model: every call goes to both, and both must answer alike.

`ledgerHead` runs over every entry of every log, and an entry over digest, result, signers and time: when it is equal
after a call, every head, record, party word and account word that the call wrote is equal.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eth_abi import encode
from tests.support import secured_kind

from portledger.chain import events, reverts
from portledger.chain.artifacts import ledger_artifact
from portledger.chain.encoding import execute, execute_batch, selector
from portledger.chain.rpc import NodeAnsweredError, Rpc
from portledger.domain.actions import (
    AccountConsent,
    Action,
    Domain,
    PartyAction,
    Registration,
    SignedAction,
    SignedPartyAction,
    document_id,
)
from portledger.domain.calls_decode import call_digest
from portledger.domain.codes import DAY, FULL_SCOPE, ZERO, PartyAct, Role
from portledger.domain.errors import LedgerError
from portledger.domain.events import LedgerEvent
from portledger.domain.hashing import keccak
from portledger.domain.kinds import KindFile
from portledger.domain.model import Ledger
from portledger.domain.signatures import address_of, join, sign
from portledger.resources import kinds

GAS = 900_000_000
REGISTRATION = "(bytes32,uint64,bytes32,uint8,bool,address[],uint8[],bytes[])"
PARTY_ACTION = "(uint32,uint8,bytes32,uint40,bytes,bytes)"
GOVERNOR, REGISTRAR, GUARDIAN, ANYBODY = (keccak(name)[12:] for name in (b"gov", b"reg", b"guard", b"any"))
CONTENT, DETAIL, PROFILE, KEY = (keccak(name) for name in (b"content", b"detail", b"profile", b"key"))


def hexed(value: bytes) -> str:
    return "0x" + value.hex()


def split_types(inside: str) -> list[str]:
    types, depth, start = [], 0, 0
    for at, letter in enumerate(inside):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            types.append(inside[start:at])
            start = at + 1
    return [*types, inside[start:]] if inside else []


def call(signature: str, *values: Any) -> bytes:
    """Calldata by eth_abi."""
    inside = signature[signature.index("(") + 1 : -1]
    return selector(signature) + encode(split_types(inside), values)


@dataclass(frozen=True)
class Member:
    """A party and the secret keys of its accounts, in their order."""

    id: int
    keys: tuple[bytes, ...]

    @property
    def accounts(self) -> tuple[bytes, ...]:
        return tuple(address_of(key) for key in self.keys)


class Twin:
    """One deployed ledger, one model. Times are the chain's: `advance` moves both."""

    def __init__(self, provider: Any) -> None:
        # ape starts and ends the node; refusals are read from the node itself, since ape keeps their text only.
        self.node = Rpc(provider.http_uri)
        self.wrapper: bytes | None = None
        self.rpc("anvil_autoImpersonateAccount", True)
        self.rpc("evm_setBlockGasLimit", hex(10**10))
        self.rpc("evm_setAutomine", False)
        self.time = int(self.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        salt = keccak(b"salt")
        powers = (GOVERNOR, REGISTRAR, GUARDIAN)
        arguments = encode(["address"] * 3 + ["bytes32"], [*map(hexed, powers), salt])
        receipt = self.transact(ANYBODY, None, ledger_artifact().bytecode + arguments)
        self.address = bytes.fromhex(receipt["contractAddress"][2:])
        self.domain = Domain(int(self.rpc("eth_chainId"), 16), self.address, salt)
        self.model = Ledger(self.domain, *powers)
        self.members: dict[str, Member] = {}
        self.first_block = int(receipt["blockNumber"], 16)

    def rpc(self, method: str, *parameters: Any) -> Any:
        return self.node.call(method, *parameters)

    # ---- clock and rollback ------------------------------------------------------------------------------------------

    def advance(self, seconds: int) -> None:
        self.time += seconds
        self.rpc("evm_mine", {"timestamp": self.time})

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is done inside never happened, on both sides."""
        snapshot = self.rpc("evm_snapshot")
        kept = copy.deepcopy(self.model), self.time, dict(self.members), self.wrapper
        try:
            yield
        finally:
            self.rpc("evm_revert", snapshot)
            self.model, self.time, self.members, self.wrapper = kept

    # ---- both sides --------------------------------------------------------------------------------------------------

    def transact(self, sender: bytes, to: bytes | None, data: bytes) -> dict[str, Any]:
        if self.wrapper is not None and to == self.address and sender == ANYBODY:
            to, data = self.wrapper, call("forward(address,bytes)", hexed(self.address), data)
        transaction = {"from": hexed(sender), "data": hexed(data), "gas": hex(GAS), "gasPrice": "0x0"}
        if to is not None:
            transaction["to"] = hexed(to)
        sent = self.rpc("eth_sendTransaction", transaction)
        self.rpc("evm_mine", {"timestamp": self.time})
        receipt: dict[str, Any] = self.rpc("eth_getTransactionReceipt", sent)
        assert receipt["status"] in ("0x1", 1), "the transaction reverted"
        mined = int(self.rpc("eth_getBlockByNumber", receipt["blockNumber"], False)["timestamp"], 16)
        assert mined == self.time, (mined, self.time)
        return receipt

    def read(self, signature: str, *values: Any) -> bytes:
        answer = self.rpc("eth_call", {"to": hexed(self.address), "data": hexed(call(signature, *values))}, "latest")
        return bytes.fromhex(answer[2:])

    def number(self, signature: str, *values: Any) -> int:
        return int.from_bytes(self.read(signature, *values)[:32], "big")

    def tried(self, sender: bytes, data: bytes) -> LedgerError | None:
        """The contract's refusal, by eth_call, None when it would go through."""
        try:
            self.rpc("eth_call", {"from": hexed(sender), "to": hexed(self.address), "data": hexed(data)}, "latest")
        except NodeAnsweredError as failure:
            error = reverts.from_node(failure)
            assert isinstance(error, LedgerError), error
            return error
        return None

    def both(self, sender: bytes, data: bytes, model: Callable[[], Any]) -> LedgerError | None:
        """One call on both sides; the error of both, or None when both went through and agree on ledgerHead."""
        theirs = self.tried(sender, data)
        ours: LedgerError | None = None
        try:
            model()
        except LedgerError as refused:
            ours = refused
        assert theirs == ours, f"contract: {theirs!r}\nmodel: {ours!r}"
        if ours is None:
            self.transact(sender, self.address, data)
            self.agree()
        return ours

    def agree(self) -> None:
        assert self.read("ledgerHead()").hex() == self.model.ledger_head.hex()

    def events(self) -> list[LedgerEvent]:
        found = []
        logs = self.rpc(
            "eth_getLogs", {"address": hexed(self.address), "fromBlock": hex(self.first_block), "toBlock": "latest"}
        )
        times: dict[str, int] = {}
        for log in logs:
            number = log["blockNumber"]
            if number not in times:
                times[number] = int(self.rpc("eth_getBlockByNumber", number, False)["timestamp"], 16)
            found.append(events.decode(log, times[number]))
        return found

    def wrap(self) -> bytes:
        """From here on acts that anybody may carry go through a wrapper contract; its address."""
        receipt = self.transact(ANYBODY, None, bytecode("Wrapper"))
        self.wrapper = bytes.fromhex(receipt["contractAddress"][2:])
        return self.wrapper

    # ---- acts --------------------------------------------------------------------------------------------------------

    def execute(self, signed: SignedAction) -> LedgerError | None:
        return self.both(ANYBODY, execute(signed), lambda: self.model.execute(signed, self.time))

    def batch(self, items: Sequence[SignedAction], chunk: int = 400) -> list[LedgerError | None]:
        """executeBatch on both sides, in pieces; why each item was refused, None where it was applied."""
        results: list[LedgerError | None] = []
        for start in range(0, len(items), chunk):
            part = items[start : start + chunk]
            receipt = self.transact(ANYBODY, self.address, execute_batch(part))
            logs = [events.decode(log, self.time) for log in receipt["logs"]]
            refused = {log.item: log for log in logs if isinstance(log, events.ActionRefused)}
            for number, outcome in enumerate(self.model.execute_batch(part, self.time)):
                log = refused.get(number)
                theirs = reverts.decode(log.reason) if log else None
                assert theirs == outcome.refusal, f"item {number}: contract {theirs!r}, model {outcome.refusal!r}"
                assert log is None or log.digest == outcome.digest
                results.append(outcome.refusal)
            self.agree()
        return results

    def action(self, kind: int, verb: int, actor: int, document: bytes, **members: Any) -> Action:
        """An act on the record's present head, with the present epoch, good for a day."""
        party = self.model.party(actor)
        values: dict[str, Any] = {
            "previous": self.model.document(document).standing.head,
            "epoch": party.epoch if party else 1,
            "deadline": self.time + DAY,
        }
        return Action(kind=kind, verb=verb, actor=actor, document=document, **{**values, **members})

    def sign(self, action: Action, *keys: bytes) -> SignedAction:
        """Signed by these keys, by default by as many of the actor's as its threshold says."""
        if not keys:
            member = next((m for m in self.members.values() if m.id == action.actor), None)
            party = self.model.party(action.actor)
            rule = self.model.rule(
                action.kind, self.model.document(action.document).standing.control.state, action.verb
            )
            count = party.threshold if party and rule and rule.critical else 1
            keys = member.keys[:count] if member else (keccak(b"nobody"),)
        digest = action.digest_with(self.domain, self.model.intent_hash(action.kind, action.verb))
        return SignedAction(action, join(digest, list(keys)))

    # ---- kinds and parties -------------------------------------------------------------------------------------------

    def define(self, arguments: tuple[Any, ...], sender: bytes = GOVERNOR) -> LedgerError | None:
        kind, file_digest, keys, words, verbs, intents = arguments
        data = call(
            "defineKind(uint16,bytes32,uint256[],uint256[],uint8[],bytes32[])",
            kind, file_digest, list(keys), list(words), list(verbs), list(intents),
        )  # fmt: skip
        return self.both(
            sender,
            data,
            lambda: self.model.define_kind(
                sender, kind, file_digest, keys, words, verbs, intents, self.time, call_digest(data)
            ),
        )

    def registration(self, keys: Sequence[bytes], roles: int = 1, threshold: int = 1, **changed: Any) -> Registration:
        """With honest consents of every account, unless `consents` is given."""
        consents = changed.pop("consents", None)
        accounts = tuple(address_of(key) for key in keys)
        plain = Registration(PROFILE, int(roles), KEY, threshold, False, accounts, (FULL_SCOPE,) * len(keys))
        plain = replace(plain, **changed)
        number = len(self.model.parties) + 1
        return replace(
            plain,
            consents=consents
            if consents is not None
            else tuple(
                sign(AccountConsent(number, account, scope, plain.digest()).digest(self.domain), key)
                for account, scope, key in zip(plain.accounts, plain.scopes, keys, strict=False)
            ),
        )

    def register(self, registration: Registration, sender: bytes = REGISTRAR) -> LedgerError | None:
        r = registration
        data = call(
            f"register({REGISTRATION})",
            (r.profile, r.roles, r.encryption_key, r.threshold, r.recovery_barred, [hexed(a) for a in r.accounts],
             list(r.scopes), list(r.consents)),
        )  # fmt: skip
        return self.both(sender, data, lambda: self.model.register(sender, r, self.time, call_digest(data)))

    def member(self, name: str, roles: int = 1, accounts: int = 1, threshold: int = 1, **changed: Any) -> Member:
        """Registers a party under a name of the test's own."""
        keys = tuple(keccak(f"{name} {number}".encode()) for number in range(accounts))
        assert self.register(self.registration(keys, roles, threshold, **changed)) is None
        self.members[name] = Member(len(self.model.parties), keys)
        return self.members[name]

    def party_act(
        self, member: Member, what: int, value: bytes = ZERO, keys: Sequence[bytes] | None = None, **changed: Any
    ) -> LedgerError | None:
        """signed by `keys`; `nonce`, `deadline`, `consent_key` (the added account's), `signatures` may be given."""
        party = self.model.party(member.id)
        nonce = party.unlocks if party and what == PartyAct.LOCK else self.model.nonces.get(member.id, 0)
        act = PartyAction(member.id, changed.get("nonce", nonce), what, value, changed.get("deadline", self.time + DAY))
        digest = act.digest(self.domain) if what in PartyAct._value2member_map_ else ZERO
        signatures = changed.get("signatures", join(digest, list(member.keys[:1] if keys is None else keys)))
        consent = b""
        if "consent_key" in changed:
            consent = self.consent(member.id, value, digest, changed["consent_key"])
        signed = SignedPartyAction(act, signatures, consent)
        data = call(f"partyAct({PARTY_ACTION})", (act.party, act.what, act.value, act.deadline, signatures, consent))
        return self.both(ANYBODY, data, lambda: self.model.party_act(signed, self.time))

    def consent(self, party: int, value: bytes, registration: bytes, key: bytes) -> bytes:
        number = int.from_bytes(value, "big")
        scope = number >> 160 & 0xFF
        return sign(AccountConsent(party, value[12:], scope, registration).digest(self.domain), key)

    def power(self, sender: bytes, signature: str, *values: Any) -> LedgerError | None:
        """Any other function, named by its ABI signature, on both sides."""
        data = call(signature, *values)
        name = signature[: signature.index("(")]
        m, now, log = self.model, self.time, call_digest(data)
        plain = [bytes.fromhex(v[2:]) if isinstance(v, str) else v for v in values]
        doing: dict[str, Callable[[], Any]] = {
            "propose": lambda: m.propose(sender, *plain, now, log),
            "order": lambda: m.order(sender, *plain, now, log),
            "cancelOrder": lambda: m.cancel_order(sender, *plain, now, log),
            "veto": lambda: m.veto(*plain, now),
            "enact": lambda: m.enact(*plain, now, log),
            "suspend": lambda: m.suspend(sender, *plain, now, log),
            "reinstate": lambda: m.reinstate(sender, *plain, now, log),
            "appoint": lambda: m.appoint(sender, *plain, now, log),
            "accept": lambda: m.accept(sender, *plain, now, log),
            "freeze": lambda: m.freeze(sender, *plain, now),
            "unfreeze": lambda: m.unfreeze(sender, *plain, now),
        }
        return self.both(sender, data, doing[name])

    def newest_change(self) -> bytes:
        return list(self.model.changes)[-1]

    # ---- life stories ------------------------------------------------------------------------------------------------

    def act(self, verb: str, actor: str, document: bytes, kind: int = 0x0101, **members: Any) -> SignedAction:
        """A signed act by names: parties may be given by their name."""
        for name in ("counterparty", "endorsee"):
            if isinstance(members.get(name), str):
                members[name] = self.members[members[name]].id
        keys = members.pop("keys", ())
        number = kinds()[kind].verb(verb).number
        return self.sign(self.action(kind, number, self.members[actor].id, document, **members), *keys)

    def do(self, verb: str, actor: str, document: bytes, kind: int = 0x0101, **members: Any) -> LedgerError | None:
        return self.execute(self.act(verb, actor, document, kind, **members))

    def issued(self, name: str, endorsee: int | str = "shipper", kind: int = 0x0101) -> bytes:
        """A bill that the carrier issued and offers to the shipper; its id."""
        reference = keccak(name.encode())
        document = document_id(kind, self.members["carrier"].id, reference)
        assert (
            self.do("ISSUE", "carrier", document, kind, content=CONTENT, document_reference=reference,
                    counterparty="shipper", endorsee=endorsee)
            is None
        )  # fmt: skip
        return document

    def held(self, name: str, endorsee: int | str = "shipper", kind: int = 0x0101) -> bytes:
        """The same, accepted by the shipper."""
        document = self.issued(name, endorsee, kind)
        assert self.do("ACCEPT", "shipper", document, kind, counterparty="carrier", endorsee=endorsee) is None
        return document


def bytecode(name: str) -> bytes:
    """Of one of the tests' own contracts."""
    artifact = json.loads((Path(__file__).parent / "artifacts" / f"{name}.json").read_text())
    return bytes.fromhex(artifact["bytecode"][2:])


CAST = {
    "carrier": Role.CARRIER,
    "shipper": Role.SHIPPER_OR_CONSIGNEE,
    "consignee": Role.SHIPPER_OR_CONSIGNEE,
    "bank": Role.BANK,
    "platform": Role.PLATFORM,
    "certifier": Role.CERTIFIER,
    "customs": Role.CUSTOMS,
}


def peopled(provider: Any) -> Twin:
    """A ledger with every shipped kind, the test kind, and one party of each business."""
    twin = Twin(provider)
    for kind in [*kinds().values()]:
        assert twin.define(define_arguments(kind)) is None
    assert twin.define(secured_kind.define_arguments()) is None
    for name, role in CAST.items():
        twin.member(name, int(role))
    return twin


def define_arguments(kind: KindFile) -> tuple[Any, ...]:
    return kind.define_arguments()
