"""Party logs with every kind of entry, written by a second implementation: protocol/vectors/party_logs.json.

Nothing of portledger is imported: calldata and hashes are eth-abi's, typed data and signatures eth-account's, and what
a call does to the party is written down beside the call, not computed. The address is where the deployer's first
transaction creates the contract, so a chain with this chain id can run the calls as they are.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from eth_abi import encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak, to_canonical_address
from rlp import encode as rlp_encode

OUT = Path(__file__).resolve().parents[1] / "protocol" / "vectors" / "party_logs.json"
ZERO = bytes(32)
DAY = 86_400
START = 4_000_000_000
"""Unix seconds, far ahead: a node's clock is set to it, and no clock goes back."""
CHAIN_ID = 1337
FULL = 255

FIELDS = {
    "EIP712Domain": "string name,string version,uint256 chainId,address verifyingContract,bytes32 salt",
    "PartyAction": "string intent,uint32 party,uint32 nonce,uint8 what,bytes32 value,uint40 deadline",
    "Veto": "string intent,uint32 party,bytes32 change",
    "AccountConsent": "string intent,uint32 party,address account,uint8 scope,bytes32 registration",
}
WORDS = [
    "", "ADD ACCOUNT", "REMOVE ACCOUNT", "SET THRESHOLD", "SET PROFILE", "ROTATE ENCRYPTION KEY", "BUMP EPOCH", "LOCK",
    "UNLOCK", "BAR RECOVERY", "UNBAR RECOVERY", "SET ROLES",
]  # fmt: skip
ADD, REMOVE, THRESHOLD, PROFILE, ROTATE, BUMP, LOCK, UNLOCK, BAR, UNBAR, ROLES = range(1, 12)


def secret(name: str) -> bytes:
    return keccak(text=f"party vectors: {name}")


def address(name: str) -> bytes:
    return to_canonical_address(Account.from_key(secret(name)).address)


LEDGER = keccak(rlp_encode([address("deployer"), 0]))[12:]
SALT = keccak(text="party vectors: salt")


def typed(primary: str, message: dict[str, Any]) -> Any:
    """What eth-account signs."""
    types = {
        name: [dict(zip(("type", "name"), member.split(" "), strict=True)) for member in FIELDS[name].split(",")]
        for name in ("EIP712Domain", primary)
    }
    domain = {
        "name": "portledger", "version": "1", "chainId": CHAIN_ID, "verifyingContract": "0x" + LEDGER.hex(),
        "salt": SALT,
    }  # fmt: skip
    return encode_typed_data(
        full_message={"types": types, "primaryType": primary, "domain": domain, "message": message}
    )


def digest_of(signable: Any) -> bytes:
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def signed(signable: Any, names: list[str]) -> bytes:
    """65 bytes of each name, ascending by address."""
    return b"".join(
        bytes(Account.from_key(secret(name)).sign_message(signable).signature) for name in sorted(names, key=address)
    )


def value_of(number: int) -> bytes:
    return number.to_bytes(32, "big")


def account_value(name: str, scope: int = 0) -> bytes:
    return value_of(int.from_bytes(address(name), "big") | scope << 160)


class Log:
    """One ledger's logs, and the state that the entries speak about, changed by hand at every entry."""

    def __init__(self) -> None:
        self.time = START
        self.ledger_head = ZERO
        self.heads: dict[int, bytes] = {}
        self.words: dict[int, dict[str, int]] = {}
        self.profiles: dict[int, bytes] = {}
        self.keys: dict[int, bytes] = {}
        self.nonces: dict[int, int] = {}
        self.entries: list[dict[str, Any]] = []

    def pass_time(self, seconds: int) -> None:
        self.time += seconds

    def packed(self, party: int) -> int:
        """From the highest field down."""
        packed = 0
        for name, bits in (
            ("unlocks", 32), ("barred", 8), ("locked", 8), ("accounts", 16), ("suspendedUntil", 40), ("threshold", 8),
            ("epoch", 32), ("roles", 64),
        ):  # fmt: skip
            packed = packed << bits | self.words[party][name]
        return packed

    def entry(
        self,
        about: str,
        party: int,
        call: bytes,
        sender: str,
        digest: bytes | None,
        signers: list[str] | None,
        account_word: int = 0,
        result: bytes | None = None,
        **changes: int,
    ) -> None:
        """digest: None = of the call; signers: None = nobody (enact); changes: of the party's word."""
        if digest is None:
            digest = keccak(encode(["bytes4", "bytes32"], [call[:4], keccak(call[4:])]))
        if not signers:
            signers_word = ZERO
        elif len(signers) == 1:
            signers_word = encode(["address"], [address(signers[0])])
        else:
            signers_word = keccak(b"".join(sorted(address(name) for name in signers)))
        entry: dict[str, Any] = {
            "about": about,
            "party": party,
            "time": self.time,
            "sender": sender,
            "call": call.hex(),
        }
        if result is None:
            self.words[party].update(changes)
            word = self.packed(party)
            entry |= {
                "partyWord": f"{word:064x}",
                "profile": self.profiles[party].hex(),
                "encryptionKey": self.keys[party].hex(),
                "accountWord": f"{account_word:064x}",
                "nonce": self.nonces.get(party, 0),
            }
            result = keccak(
                encode(
                    ["uint256", "bytes32", "bytes32", "uint256"],
                    [word, self.profiles[party], self.keys[party], account_word],
                )
            )
        head = keccak(
            encode(
                ["bytes32", "bytes32", "bytes32", "bytes32", "uint256"],
                [self.heads.get(party, ZERO), digest, result, signers_word, self.time],
            )
        )
        self.heads[party] = head
        self.ledger_head = keccak(encode(["bytes32", "bytes32"], [self.ledger_head, head]))
        entry |= {
            "digest": digest.hex(),
            "signers": signers_word.hex(),
            "head": head.hex(),
            "ledgerHead": self.ledger_head.hex(),
        }
        self.entries.append(entry)
        self.pass_time(10)

    def account_word(self, party: int, added: int, removed: int, scope: int) -> int:
        return party | added << 32 | removed << 72 | scope << 112

    def consent(self, party: int, name: str, scope: int, registration: bytes) -> bytes:
        message = {
            "intent": "Party: CONSENT", "party": party, "account": "0x" + address(name).hex(), "scope": scope,
            "registration": registration,
        }  # fmt: skip
        return signed(typed("AccountConsent", message), [name])

    def register(
        self, about: str, names: list[str], scopes: list[int], threshold: int, roles: int, barred: bool = False
    ) -> int:
        party = len(self.words) + 1
        profile, key = keccak(text=f"profile of {names[0]}"), keccak(text=f"encryption key of {names[0]}")
        accounts = ["0x" + address(name).hex() for name in names]
        common = [profile, roles, key, threshold, barred, accounts, scopes]
        types = ["bytes32", "uint64", "bytes32", "uint8", "bool", "address[]", "uint8[]"]
        digest = keccak(encode(types, common))
        consents = [self.consent(party, name, scope, digest) for name, scope in zip(names, scopes, strict=True)]
        call = function("register", ["(" + ",".join([*types, "bytes[]"]) + ")"], [(*common, consents)])
        self.profiles[party], self.keys[party] = profile, key
        self.words[party] = {
            "roles": roles, "epoch": 1, "threshold": threshold, "suspendedUntil": 0, "accounts": scopes.count(FULL),
            "locked": 0, "barred": int(barred), "unlocks": 0,
        }  # fmt: skip
        self.entry(about, party, call, "registrar", None, ["registrar"])
        return party

    def act(
        self,
        about: str,
        party: int,
        what: int,
        value: bytes,
        signers: list[str],
        consenting: tuple[str, int] | None = None,
        account_word: int = 0,
        **changes: int,
    ) -> None:
        """A party's own act. changes: what it does to the word (none when it only opens a change)."""
        nonce = self.words[party]["unlocks"] if what == LOCK else self.nonces.get(party, 0)
        deadline = self.time + DAY
        signable = typed(
            "PartyAction",
            {
                "intent": "Party: " + WORDS[what], "party": party, "nonce": nonce, "what": what, "value": value,
                "deadline": deadline,
            },
        )  # fmt: skip
        digest = digest_of(signable)
        consent = self.consent(party, *consenting, digest) if consenting else b""
        call = function(
            "partyAct",
            ["(uint32,uint8,bytes32,uint40,bytes,bytes)"],
            [(party, what, value, deadline, signed(signable, signers), consent)],
        )
        self.nonces[party] = self.nonces.get(party, 0) + 1
        self.entry(about, party, call, "anybody", digest, signers, account_word, **changes)

    def change_id(self, party: int, what: int, value: bytes) -> bytes:
        """Of the change that the next call opens."""
        return keccak(encode(["uint32", "uint8", "bytes32", "bytes32"], [party, what, value, self.heads[party]]))

    def by_power(
        self, about: str, party: int, sender: str, name: str, types: list[str], values: list[Any], **changes: int
    ) -> None:
        self.entry(about, party, function(name, types, values), sender, None, [sender], **changes)

    def propose(self, about: str, party: int, what: int, value: bytes) -> bytes:
        change = self.change_id(party, what, value)
        self.by_power(about, party, "registrar", "propose", ["uint32", "uint8", "bytes32"], [party, what, value])
        return change

    def order(self, about: str, party: int, what: int, value: bytes, **changes: int) -> bytes:
        change = self.change_id(party, what, value)
        types = ["uint32", "uint8", "bytes32", "bytes32"]
        values = [party, what, value, keccak(text="the order of a court")]
        self.by_power(about, party, "governor", "order", types, values, **changes)
        return change

    def veto(self, about: str, party: int, change: bytes, signer: str) -> None:
        signable = typed("Veto", {"intent": "Party: VETO CHANGE", "party": party, "change": change})
        call = function("veto", ["bytes32", "bytes"], [change, signed(signable, [signer])])
        self.entry(about, party, call, "anybody", digest_of(signable), [signer])

    def enact(
        self, about: str, party: int, change: bytes, consent: bytes = b"", account_word: int = 0, **changes: int
    ) -> None:
        call = function("enact", ["bytes32", "bytes"], [change, consent])
        epoch = self.words[party]["epoch"] + 1
        self.entry(about, party, call, "anybody", None, None, account_word, epoch=epoch, **changes)


def function(name: str, types: list[str], values: list[Any]) -> bytes:
    return keccak(text=f"{name}({','.join(types)})")[:4] + encode(types, values)


def party_one(log: Log) -> None:
    """Everything that a party does with its own keys, and what its registrar proposes."""
    party = log.register(
        "registered with three full accounts, two for critical acts", ["a", "b", "c"], [FULL] * 3, 2, 1 | 128
    )
    added = log.time
    word = log.account_word(party, added, 0, 5)
    log.act("account of narrow scope added at once", party, ADD, account_value("d", 5), ["a", "b"], ("d", 5), word)
    change = log.change_id(party, ADD, account_value("thief", FULL))
    log.act("one signature adds nothing: a change waits 7 days", party, ADD, account_value("thief", FULL), ["a"])
    log.veto("vetoed by the narrow account, which has title scope", party, change, "d")
    word = log.account_word(party, added, log.time, 5)
    log.act(
        "the narrow account removes itself, with no admin scope", party, REMOVE, account_value("d"), ["d"], None, word
    )
    change = log.change_id(party, THRESHOLD, value_of(3))
    log.act("one signature for a threshold of three", party, THRESHOLD, value_of(3), ["b"])
    log.pass_time(7 * DAY)
    log.enact("enacted after 7 days", party, change, threshold=3)
    epoch = log.words[party]["epoch"]
    log.act(
        "threshold at once, by three; raises the epoch", party, THRESHOLD, value_of(2), ["a", "b", "c"], threshold=2,
        epoch=epoch + 1,
    )  # fmt: skip
    new = keccak(text="new profile")
    log.propose("registrar proposes a profile", party, PROFILE, new)
    log.profiles[party] = new
    log.act("the party takes the proposed profile at once", party, PROFILE, new, ["a", "c"])
    log.keys[party] = keccak(text="rotated key")
    log.act("encryption key rotated", party, ROTATE, log.keys[party], ["b", "c"])
    log.act("epoch bumped", party, BUMP, ZERO, ["a", "b"], epoch=epoch + 2)
    log.act("locked by one, whose nonce is the number of unlocks: 0", party, LOCK, ZERO, ["c"], locked=1)
    log.act("one asks to unlock", party, UNLOCK, ZERO, ["b"])
    log.act(
        "unlocked by two at once, which ends the change", party, UNLOCK, ZERO, ["a", "b"], locked=0, unlocks=1,
        epoch=epoch + 3,
    )  # fmt: skip
    log.act("locked again: nonce 1", party, LOCK, ZERO, ["a"], locked=1)
    change = log.change_id(party, UNLOCK, ZERO)
    log.act("one asks to unlock: 2 days", party, UNLOCK, ZERO, ["a"])
    log.pass_time(2 * DAY)
    log.enact("unlocked after 2 days", party, change, locked=0, unlocks=2)
    change = log.propose("registrar proposes a threshold", party, THRESHOLD, value_of(1))
    log.veto("and is vetoed", party, change, "b")
    change = log.propose("registrar proposes an account", party, ADD, account_value("e", FULL))
    log.pass_time(14 * DAY)
    word = log.account_word(party, log.time, 0, FULL)
    consent = log.consent(party, "e", FULL, change)
    log.enact("enacted after 14 days with the account's consent", party, change, consent, word, accounts=4)
    word = log.account_word(party, START, log.time, FULL)
    log.act("a full account removed at once", party, REMOVE, account_value("b"), ["a", "c"], None, word, accounts=3)
    log.act("recovery barred", party, BAR, ZERO, ["a", "e"], barred=1)
    change = log.change_id(party, UNBAR, ZERO)
    log.act("asked to be unbarred: always 7 days", party, UNBAR, ZERO, ["a", "c", "e"])
    log.pass_time(7 * DAY + 1)
    log.enact("unbarred", party, change, barred=0)


def party_two(log: Log) -> None:
    """What the powers may do to a party."""
    party = log.register("registered with one account", ["x"], [FULL], 1, 1 << 9)
    until = log.time + 20 * DAY
    types = ["uint32", "uint40"]
    log.by_power(
        "suspended by the registrar", party, "registrar", "suspend", types, [party, until], suspendedUntil=until
    )
    log.by_power("reinstated", party, "registrar", "reinstate", ["uint32"], [party], suspendedUntil=log.time)
    change = log.propose("registrar proposes roles", party, ROLES, value_of(1 << 9 | 1 << 10))
    log.pass_time(7 * DAY)
    log.enact("roles enacted after 7 days", party, change, roles=1 << 9 | 1 << 10)
    log.order("governor takes a role at once", party, ROLES, value_of(1 << 9), roles=1 << 9)
    until = log.time + 44 * DAY
    change = log.order(
        "governor orders an account, the old one is lost", party, ADD, account_value("y", FULL), suspendedUntil=until
    )
    log.by_power("order cancelled", party, "governor", "cancelOrder", ["bytes32"], [change], suspendedUntil=log.time)
    until = log.time + 44 * DAY
    change = log.order("and ordered again", party, ADD, account_value("y", FULL), suspendedUntil=until)
    log.pass_time(30 * DAY)
    word = log.account_word(party, log.time, 0, FULL)
    log.enact(
        "enacted after 30 days; still suspended", party, change, log.consent(party, "y", FULL, change), word, accounts=2
    )
    log.by_power(
        "reinstated by the governor", party, "governor", "reinstate", ["uint32"], [party], suspendedUntil=log.time
    )
    until = log.time + 44 * DAY
    change = log.order("a threshold ordered", party, THRESHOLD, value_of(2), suspendedUntil=until)
    other = log.order("and a third account", party, ADD, account_value("z", FULL), suspendedUntil=until + 10)
    log.by_power("cancelled; the first order still suspends", party, "governor", "cancelOrder", ["bytes32"], [other])
    log.pass_time(44 * DAY - 30)
    log.enact("enacted in the last second", party, change, threshold=2)
    log.register("one of three who is barred from the start", ["p", "q", "r"], [FULL] * 3, 2, 1 << 12, True)


def consortium(log: Log) -> None:
    """Log 0: a kind defined, a power handed over."""
    verbs, intents = [1], [keccak(text="Vector: NOTE DOWN")]
    # NONE -> state 1, who anyone, create, content new, reference set, class filing
    row = 1 | 1 << 8 | 128 << 24 | 1 << 200 | 1 << 208 | 1 << 232 | 1 << 255
    table = ["uint256[]", "uint256[]", "uint8[]", "bytes32[]"]
    values = [[0x0001], [row], verbs, intents]
    file_digest = keccak(text="a kind file")
    kind_digest = keccak(encode(["bytes32", "bytes32"], [file_digest, keccak(encode(table, values))]))
    call = function("defineKind", ["uint16", "bytes32", *table], [0x7F01, file_digest, *values])

    def result(guardian: str, kind: int, digest: bytes) -> bytes:
        holders = ["0x" + address(name).hex() for name in ("governor", "registrar", guardian)]
        return keccak(encode(["address"] * 3 + ["uint16", "bytes32"], [*holders, kind, digest]))

    log.entry("a kind defined", 0, call, "governor", None, ["governor"], result=result("guardian", 0x7F01, kind_digest))
    call = function("appoint", ["uint8", "address"], [3, "0x" + address("new guardian").hex()])
    log.entry("a guardian appointed", 0, call, "governor", None, ["governor"], result=result("guardian", 0, ZERO))
    log.pass_time(7 * DAY)
    call = function("accept", ["uint8"], [3])
    log.entry("and accepts", 0, call, "new guardian", None, ["new guardian"], result=result("new guardian", 0, ZERO))


def written() -> str:
    log = Log()
    party_one(log)
    party_two(log)
    consortium(log)
    senders = sorted({entry["sender"] for entry in log.entries})
    vectors = {
        "about": "docs/protocol §2, §11: logs of parties and of the consortium (party 0), in order of execution",
        "chainId": CHAIN_ID,
        "deployer": {"secretKey": secret("deployer").hex(), "address": "0x" + address("deployer").hex()},
        "ledger": "0x" + LEDGER.hex(),
        "salt": SALT.hex(),
        "powers": {name: "0x" + address(name).hex() for name in ("governor", "registrar", "guardian")},
        "secretKeys": {name: secret(name).hex() for name in senders},
        "entries": log.entries,
        "partyHeads": {str(party): head.hex() for party, head in sorted(log.heads.items())},
        "ledgerHead": log.ledger_head.hex(),
    }
    return json.dumps(vectors, indent=1) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when the committed file differs")
    if not parser.parse_args().check:
        OUT.write_text(written())
        return 0
    if OUT.exists() and OUT.read_text() == written():
        return 0
    print(f"{OUT.name} is stale: run scripts/write_party_vectors", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
