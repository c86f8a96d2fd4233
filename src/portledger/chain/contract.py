"""The deployed ledger: its views by name, a dry run of any call, sending and waiting. Any node serves it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from portledger.chain import reverts
from portledger.chain.encoding import selector
from portledger.chain.rpc import ChainError, NodeAnsweredError, Rpc, hexed, tag, unhexed
from portledger.chain.transactions import Transaction
from portledger.domain.actions import NAME, VERSION, Domain
from portledger.domain.codes import PartyAct, Power, Source
from portledger.domain.errors import LedgerError
from portledger.domain.hashing import abi_words, keccak
from portledger.domain.parties import Account, Change, Party
from portledger.domain.records import Control, Record
from portledger.domain.signatures import address_of

Block = int | str
LATEST: Final = "latest"
WAIT_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.02

VIEWS: Final = {
    "control": "control(bytes32)",
    "head": "head(bytes32)",
    "notesHead": "notesHead(bytes32)",
    "noted": "noted(bytes32)",
    "rules": "rules(uint256)",
    "intents": "intents(uint256)",
    "kindDigest": "kindDigest(uint16)",
    "claims": "claims(bytes32)",
    "extension": "extension(bytes32)",
    "liveStates": "liveStates(uint16)",
    "party": "party(uint32)",
    "lastParty": "lastParty()",
    "account": "account(address)",
    "profile": "profile(uint32)",
    "encryptionKey": "encryptionKey(uint32)",
    "partyHead": "partyHead(uint32)",
    "partyNonce": "partyNonce(uint32)",
    "changes": "changes(bytes32)",
    "openChange": "openChange(uint256)",
    "governor": "governor()",
    "registrar": "registrar()",
    "guardian": "guardian()",
    "pending": "pending(uint8)",
    "ledgerHead": "ledgerHead()",
    "domainSeparator": "domainSeparator()",
    "salt": "salt()",
    "eip712Domain": "eip712Domain()",
}
"""The contract's views; a test holds them to its ABI."""

_SELECTORS: Final = {name: selector(signature) for name, signature in VIEWS.items()}


class NoLedger(ChainError):
    """There is no ledger at this address of this chain."""

    REMEDY: ClassVar[str] = "Check chain and address; deployment.json names both."


class NotMined(ChainError):
    """A transaction was sent and no block holds it yet."""

    REMEDY: ClassVar[str] = "Wait and ask for the receipt again; sending the same signed act again does no harm."


class LedgerContract:
    """One ledger at one address (20 bytes). Reads take `block`, a number or a tag; each is one eth_call."""

    def __init__(self, rpc: Rpc, address: bytes) -> None:
        self.rpc = rpc
        self.address = address

    # --- documents --------------------------------------------------------------------------------------------------

    def control(self, document: bytes, block: Block = LATEST) -> Control | None:
        """None when there is no such record."""
        packed = self._number("control", document, block=block)
        return Control.unpack(packed) if packed else None

    def head(self, document: bytes, block: Block = LATEST) -> bytes:
        return self._view("head", document, block=block)

    def notes_head(self, document: bytes, block: Block = LATEST) -> bytes:
        return self._view("notesHead", document, block=block)

    def record(self, document: bytes, block: Block = LATEST) -> Record | None:
        """Control word and both heads in one round trip."""
        control, head, notes = self._views([(name, (document,)) for name in ("control", "head", "notesHead")], block)
        packed = int.from_bytes(control, "big")
        return Record(document, Control.unpack(packed), head, notes) if packed else None

    def noted(self, digest: bytes, block: Block = LATEST) -> bool:
        return bool(self._number("noted", digest, block=block))

    def extension(self, document: bytes, block: Block = LATEST) -> tuple[int, int]:
        """(secured party, frozenUntil in unix seconds)."""
        packed = self._number("extension", document, block=block)
        return packed & 0xFFFF_FFFF, packed >> 32 & (1 << 40) - 1

    def claim(self, claim: bytes, block: Block = LATEST) -> bytes:
        """The document that holds a number; ZERO if none does."""
        return self._view("claims", claim, block=block)

    # --- kinds ------------------------------------------------------------------------------------------------------

    def kind_digest(self, kind: int, block: Block = LATEST) -> bytes:
        """ZERO when the kind is not defined."""
        return self._view("kindDigest", kind, block=block)

    def rule(self, kind: int, state: int, verb: int, block: Block = LATEST) -> int:
        """The row's packed word, 0 if there is no row."""
        return self._number("rules", kind << 16 | state << 8 | verb, block=block)

    def intent(self, kind: int, verb: int, block: Block = LATEST) -> bytes:
        """keccak256 of the words that a wallet shows; ZERO if the verb has none."""
        return self._view("intents", kind << 8 | verb, block=block)

    def live_states(self, kind: int, block: Block = LATEST) -> int:
        """Bit s set: state s has rows."""
        return self._number("liveStates", kind, block=block)

    # --- parties ----------------------------------------------------------------------------------------------------

    def party(self, party: int, block: Block = LATEST) -> Party | None:
        return Party.unpack(self._number("party", party, block=block))

    def account(self, account: bytes, block: Block = LATEST) -> Account | None:
        return Account.unpack(self._number("account", account, block=block))

    def last_party(self, block: Block = LATEST) -> int:
        return self._number("lastParty", block=block)

    def profile(self, party: int, block: Block = LATEST) -> bytes:
        return self._view("profile", party, block=block)

    def encryption_key(self, party: int, block: Block = LATEST) -> bytes:
        """SHA-256 of the party's raw public encryption key."""
        return self._view("encryptionKey", party, block=block)

    def party_head(self, party: int, block: Block = LATEST) -> bytes:
        """Party 0: the consortium's log."""
        return self._view("partyHead", party, block=block)

    def party_nonce(self, party: int, block: Block = LATEST) -> int:
        return self._number("partyNonce", party, block=block)

    def change(self, change_id: bytes, block: Block = LATEST) -> Change | None:
        """A change that was proposed or ordered, None if there is none of this id."""
        packed, value = self._words("changes", 2, change_id, block=block)
        return unpack_change(packed, value.to_bytes(32, "big")) if packed else None

    def open_change(self, party: int, source: Source, what: PartyAct, block: Block = LATEST) -> bytes:
        """The change that occupies the place, ZERO if it never was; it may be over already."""
        return self._view("openChange", party << 16 | source << 8 | what, block=block)

    # --- the consortium ---------------------------------------------------------------------------------------------

    def holder(self, power: Power, block: Block = LATEST) -> bytes:
        """The account that holds a power, 20 bytes."""
        return self._view(power.name.lower(), block=block)[12:]

    def pending(self, power: Power, block: Block = LATEST) -> tuple[bytes, int] | None:
        """(account, ready at) of an appointment that waits, None if none does."""
        account, ready_at = self._words("pending", 2, int(power), block=block)
        return (account.to_bytes(20, "big"), ready_at) if account else None

    def ledger_head(self, block: Block = LATEST) -> bytes:
        return self._view("ledgerHead", block=block)

    # --- identity ---------------------------------------------------------------------------------------------------

    def domain_separator(self, block: Block = LATEST) -> bytes:
        return self._view("domainSeparator", block=block)

    def salt(self, block: Block = LATEST) -> bytes:
        return self._view("salt", block=block)

    def domain(self, block: Block = LATEST) -> Domain:
        """The EIP-712 domain as the ledger states it (EIP-5267). Raises NoLedger when it is not a portledger's."""
        answer = self._read("eip712Domain", (), block)
        if len(answer) < 7 * 32:
            raise NoLedger(f"{len(answer)} bytes from {hexed(self.address)}", "an answer of eip712Domain()")
        name, version = _text(answer, 1), _text(answer, 2)
        if (name, version) != (NAME, VERSION):
            raise NoLedger(f"{name!r} version {version!r} at {hexed(self.address)}", f"{NAME!r} version {VERSION!r}")
        return Domain(int.from_bytes(answer[96:128], "big"), answer[140:160], answer[160:192])

    def code_digest(self, block: Block = LATEST) -> bytes:
        """keccak256 of the runtime code, immutables included: what a verifier's policy lists. Raises NoLedger."""
        code = self.rpc.code(self.address, block)
        if not code:
            raise NoLedger(f"no contract at {hexed(self.address)}", "a deployed ledger")
        return keccak(code)

    # --- calling ----------------------------------------------------------------------------------------------------

    def simulate(self, sender: bytes, calldata: bytes, block: Block = LATEST) -> bytes:
        """What the call would return, without a transaction. Raises the LedgerError it would be refused with."""
        try:
            return self.rpc.eth_call(self.address, calldata, sender, block)
        except NodeAnsweredError as failure:
            raise reverts.from_node(failure) or failure from failure

    def send(self, private_key: bytes, calldata: bytes, gas: int | None = None, nonce: int | None = None) -> bytes:
        """Sends one transaction; its hash. gas: limit, default the node's estimate and a quarter more.

        Raises the LedgerError that the call would be refused with (only when the node estimates).
        """
        sender = address_of(private_key)
        if gas is None:
            gas = self._estimate(sender, calldata) * 5 // 4
        if nonce is None:
            nonce = self.rpc.nonce(sender, "pending")
        transaction = Transaction(nonce, gas, self.address, calldata)
        return self.rpc.send_raw(transaction.sign(private_key, self.rpc.chain_id()))

    def wait(self, tx: bytes, seconds: float = WAIT_SECONDS) -> dict[str, Any]:
        """The receipt, once a block holds the transaction. Raises NotMined, or the LedgerError it was refused with."""
        receipt = wait_for(self.rpc, tx, seconds)
        if int(receipt["status"], 16) != 1:
            raise self._why(tx, receipt)
        return receipt

    def _estimate(self, sender: bytes, calldata: bytes) -> int:
        try:
            return self.rpc.estimate_gas(self.address, calldata, sender)
        except NodeAnsweredError as failure:
            raise reverts.from_node(failure) or failure from failure

    def _why(self, tx: bytes, receipt: dict[str, Any]) -> ChainError | LedgerError:
        """A receipt does not say why: run the call again in its block, whose time it saw. Most refusals repeat."""
        sent = self.rpc.transaction(tx)
        if sent is not None:
            try:
                self.simulate(unhexed(sent["from"]), unhexed(sent["input"]), int(receipt["blockNumber"], 16))
            except (ChainError, LedgerError) as refusal:
                return refusal
        return reverts.UnknownRevert(b"", f"transaction {hexed(tx)} failed, by gas or by another one in its block")

    def _view(self, name: str, *arguments: int | bytes, block: Block) -> bytes:
        answer = self._read(name, arguments, block)
        if len(answer) != 32:
            raise NoLedger(f"{len(answer)} bytes of {name} from {hexed(self.address)}", "one word")
        return answer

    def _number(self, name: str, *arguments: int | bytes, block: Block) -> int:
        return int.from_bytes(self._view(name, *arguments, block=block), "big")

    def _words(self, name: str, count: int, *arguments: int | bytes, block: Block) -> list[int]:
        answer = self._read(name, arguments, block)
        if len(answer) != 32 * count:
            raise NoLedger(f"{len(answer)} bytes of {name} from {hexed(self.address)}", f"{count} words")
        return [int.from_bytes(answer[at : at + 32], "big") for at in range(0, len(answer), 32)]

    def _read(self, name: str, arguments: Sequence[int | bytes], block: Block) -> bytes:
        return self.rpc.eth_call(self.address, call(name, *arguments), None, block)

    def _views(self, reads: Sequence[tuple[str, Sequence[int | bytes]]], block: Block) -> list[bytes]:
        """Several one-word views in one round trip."""
        to = hexed(self.address)
        asked = [
            ("eth_call", ({"to": to, "data": hexed(call(name, *arguments))}, tag(block))) for name, arguments in reads
        ]
        answers = [unhexed(answer) for answer in self.rpc.batch(asked)]
        if any(len(answer) != 32 for answer in answers):
            raise NoLedger(f"no words from {hexed(self.address)}", "a deployed ledger")
        return answers


def call(view: str, *arguments: int | bytes) -> bytes:
    """Calldata of a view."""
    return _SELECTORS[view] + abi_words(*arguments)


def unpack_change(packed: int, value: bytes) -> Change:
    """Low to high: party 32, what 8, source 8, proposedAt 40, readyAt 40, dead 8."""
    forty = (1 << 40) - 1
    return Change(
        packed & 0xFFFF_FFFF,
        PartyAct(packed >> 32 & 0xFF),
        Source(packed >> 40 & 0xFF),
        packed >> 48 & forty,
        packed >> 88 & forty,
        bool(packed >> 128 & 0xFF),
        value,
    )


def wait_for(rpc: Rpc, tx: bytes, seconds: float = WAIT_SECONDS) -> dict[str, Any]:
    """The receipt of a transaction, whether it succeeded or not. Raises NotMined."""
    until = time.monotonic() + seconds
    while (receipt := rpc.receipt(tx)) is None:
        if time.monotonic() > until:
            raise NotMined(f"{hexed(tx)} without a receipt after {seconds:g} s", "a transaction in a block")
        time.sleep(_POLL_SECONDS)
    return receipt


def _text(answer: bytes, at: int) -> str:
    offset = int.from_bytes(answer[32 * at : 32 * at + 32], "big")
    length = int.from_bytes(answer[offset : offset + 32], "big")
    return answer[offset + 32 : offset + 32 + length].decode(errors="replace")
