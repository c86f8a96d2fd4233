"""The registry of one party, driven call by call: the model, and the events that the contract would emit."""

from __future__ import annotations

from dataclasses import replace

from eth_abi.abi import encode
from tests.support.histories import key, party_act_call, register_call, selector

from portledger.domain.actions import AccountConsent, Domain, PartyAction, Registration, SignedPartyAction, Veto
from portledger.domain.calls_decode import call_digest
from portledger.domain.codes import DAY, FULL_SCOPE, ZERO, PartyAct, Role
from portledger.domain.hashing import abi_words, keccak
from portledger.domain.model import Ledger
from portledger.domain.parties import Account, Party, change_id
from portledger.domain.signatures import address_of, join, sign
from portledger.evidence.history import PartyEntry
from portledger.evidence.party_log import PartyTimeline, replay

DOMAIN = Domain(1337, bytes.fromhex("5f" * 20), keccak(b"salt"))
GOVERNOR, REGISTRAR, GUARDIAN = (bytes([byte]) * 20 for byte in (0x10, 0x11, 0x12))


class Registry(Ledger):
    """The model of the registry, with the events that the contract would emit; one party, number 1."""

    def __init__(self) -> None:
        super().__init__(DOMAIN, GOVERNOR, REGISTRAR, GUARDIAN)
        self.now = 1_800_000_000
        self.calldata = b""
        self.entries: list[PartyEntry] = []

    def _log(
        self, party: int, word: Party, digest: bytes, touched: tuple[bytes, Account] | None, signers: bytes, now: int
    ) -> None:
        super()._log(party, word, digest, touched, signers, now)
        self.entries.append(
            PartyEntry(
                digest,
                word.pack(),
                self.profiles[party],
                self.encryption_keys[party],
                touched[1].pack() if touched else 0,
                signers,
                self.party_heads[party],
                self.calldata,
                now,
            )
        )

    def called(self, text: str, *values: int | bytes) -> bytes:
        """Sets the calldata of a call of static values, an hour later; its digest."""
        self.now += 3600
        self.calldata = selector(text) + abi_words(*values)
        return call_digest(self.calldata)

    def with_bytes(self, text: str, change: bytes, tail: bytes) -> bytes:
        self.now += 3600
        self.calldata = selector(text) + encode(["bytes32", "bytes"], [change, tail])
        return call_digest(self.calldata)

    def found(self, names: list[str], threshold: int = 1, scopes: dict[str, int] | None = None) -> None:
        """Registers the party with these accounts."""
        keys = sorted((key(name) for name in names), key=address_of)
        by_address = {address_of(key(name)): (scopes or {}).get(name, FULL_SCOPE) for name in names}
        bare = Registration(
            keccak(b"profile"), int(Role.CARRIER), keccak(b"encryption"), threshold, False,
            tuple(map(address_of, keys)), tuple(by_address[address_of(one)] for one in keys),
        )  # fmt: skip
        consents = tuple(
            sign(AccountConsent(1, address_of(one), by_address[address_of(one)], bare.digest()).digest(DOMAIN), one)
            for one in keys
        )
        whole = replace(bare, consents=consents)
        self.calldata = register_call(whole)
        self.register(REGISTRAR, whole, self.now, call_digest(self.calldata))

    def does(self, what: PartyAct, *names: str, value: bytes = ZERO, new: str = "") -> bool:
        self.now += 3600
        nonce = self.parties[1].unlocks if what is PartyAct.LOCK else self.nonces.get(1, 0)
        act = PartyAction(1, nonce, what, value, self.now + DAY)
        digest = act.digest(DOMAIN)
        consent = b""
        if new:
            consent = sign(AccountConsent(1, value[12:], value[11], digest).digest(DOMAIN), key(new))
        signatures = join(digest, [key(name) for name in names])
        self.calldata = party_act_call(act, signatures, consent)
        return self.party_act(SignedPartyAction(act, signatures, consent), self.now)

    def proposes(self, what: PartyAct, value: bytes) -> bytes:
        digest = self.called("propose(uint32,uint8,bytes32)", 1, int(what), value)
        return self.propose(REGISTRAR, 1, what, value, self.now, digest)

    def orders(self, what: PartyAct, value: bytes) -> bytes | None:
        order = keccak(b"order")
        digest = self.called("order(uint32,uint8,bytes32,bytes32)", 1, int(what), value, order)
        return self.order(GOVERNOR, 1, what, value, order, self.now, digest)

    def enacts(self, change: bytes, days: int, new: str = "") -> None:
        self.now += days * DAY
        consent = b""
        if new:
            value = self.changes[change].value
            consent = sign(AccountConsent(1, value[12:], value[11], change).digest(DOMAIN), key(new))
        digest = self.with_bytes("enact(bytes32,bytes)", change, consent)
        self.enact(change, consent, self.now, digest)

    def vetoes(self, change: bytes, name: str) -> None:
        signature = sign(Veto(1, change).digest(DOMAIN), key(name))
        self.with_bytes("veto(bytes32,bytes)", change, signature)
        self.veto(change, signature, self.now)

    def suspends(self, days: int) -> None:
        until = self.now + 3600 + days * DAY
        self.suspend(REGISTRAR, 1, until, self.now + 3600, self.called("suspend(uint32,uint40)", 1, until))

    def reinstates(self, sender: bytes = REGISTRAR) -> None:
        digest = self.called("reinstate(uint32)", 1)
        self.reinstate(sender, 1, self.now, digest)

    def cancels(self, change: bytes) -> None:
        digest = self.called("cancelOrder(bytes32)", change)
        self.cancel_order(GOVERNOR, change, self.now, digest)

    def last_change(self, what: PartyAct, value: bytes) -> bytes:
        return change_id(1, what, value, self.entries[-2].head)

    def replayed(self) -> PartyTimeline:
        return replay(DOMAIN, 1, self.entries, self.party_heads[1])


def number(value: int) -> bytes:
    return value.to_bytes(32, "big")
