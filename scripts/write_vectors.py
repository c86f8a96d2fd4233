"""Conformance vectors, written by a second implementation.

Nothing of portledger is imported here: words are packed from the numbers of docs/protocol §3 as transcribed below,
ABI encoding is eth-abi's, typed data eth-account's, JCS is json.dumps with sorted members (enough for ASCII names
and integers). tests/conformance reads the files with the product's code.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from eth_abi import encode
from eth_account import Account
from eth_account.messages import _hash_eip191_message, encode_typed_data
from eth_utils import keccak

ROOT = Path(__file__).resolve().parents[1]
VECTORS = ROOT / "protocol/vectors"
ZERO = bytes(32)
FAR = 4_000_000_000
"""Unix seconds. The contract's tests set a node's clock to the vectors' times, and no clock goes back."""
KEY = hashlib.sha256(b"portledger vectors").digest()
SIGNER = "0x" + Account.from_key(KEY).address.lower().removeprefix("0x")

WHO = {
    "issuer": 1, "possessor": 2, "addressee": 4, "titleholder": 8, "offeree": 16, "secured": 32, "role": 64,
    "anyone": 128, "named_endorsee": 256,
}  # fmt: skip
EFFECTS = {
    "create": 1, "issuer_is_counterparty": 2, "offer": 4, "take": 8, "clear": 16, "endorse": 32, "to_issuer": 64,
    "reserve_return": 128, "new_content": 256, "use": 512, "claim": 1024, "secure": 2048, "release": 4096,
}  # fmt: skip
FLAGS = {"all": 1, "note": 2, "critical": 4, "locked_too": 8}
ROLES = [
    "carrier", "coastalFeeder", "shippingAgent", "roadTransport", "terminalOperator", "warehouseOperator",
    "customsBroker", "forwarder", "nvocc", "shipperOrConsignee", "bank", "insurer", "certifier", "customs", "auditor",
    "portAuthority", "platform", "vgmNotification", "vgmRegistration",
]  # fmt: skip
COUNTERPARTY = ["none", "party", "endorsee", "possessor", "not_issuer", "offeree"]
ENDORSEE = [
    "none", "party", "bearer", "if_titleholder", "as_offered", "party_or_bearer", "possessor", "none_party_or_bearer",
]  # fmt: skip
QUANTITY = {"zero": 0, "grows": 1, "shrinks": 3}
CLASSES = {"filing": 1, "issue": 2, "title": 4, "official": 8}


def packed(row: dict[str, Any], states: dict[str, int]) -> int:
    """A rule word by arithmetic from high to low, the other way round than the product does it."""
    fields = [  # (bits, value) from high to low
        (1, 1),
        (15, 0),
        (8, CLASSES[row["class"]]),
        (8, QUANTITY[row.get("quantity", "zero")]),
        (8, ["free", "must"].index(row.get("detail", "free"))),
        (8, ["none", "set"].index(row.get("reference", "none"))),
        (8, ["none", "new"].index(row.get("content", "none"))),
        (8, ENDORSEE.index(row.get("endorsee", "none"))),
        (8, COUNTERPARTY.index(row.get("counterparty", "none"))),
        (64, sum(2 ** ROLES.index(name) for name in row.get("counterparty_roles", []))),
        (64, sum(2 ** ROLES.index(name) for name in row.get("roles", []))),
        (16, sum(FLAGS[name] for name in row.get("flags", []))),
        (16, sum(WHO[name] for name in row["who"])),
        (16, sum(EFFECTS[name] for name in row.get("effects", []))),
        (8, states[row["next"]]),
    ]
    word = 0
    for bits, value in fields:
        word = word * 2**bits + value
    return word


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def kind_vector(path: Path) -> dict[str, Any]:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    states = {"NONE": 0, **{state["name"]: state["number"] for state in data["states"]}}
    verbs = {verb["name"]: verb["number"] for verb in data["verbs"]}
    rows = sorted((states[row["state"]] * 256 + verbs[row["verb"]], packed(row, states)) for row in data["rows"])
    intents = sorted((verb["number"], verb["intent"]) for verb in data["verbs"])
    file_digest = hashlib.sha256(canonical(data)).digest()
    table = encode(
        ["uint256[]", "uint256[]", "uint8[]", "bytes32[]"],
        [
            [key for key, _ in rows],
            [word for _, word in rows],
            [number for number, _ in intents],
            [keccak(text=words) for _, words in intents],
        ],
    )
    return {
        "id": data["id"],
        "number": data["number"],
        "file": path.name,
        "fileDigest": file_digest.hex(),
        "keys": [key for key, _ in rows],
        "words": [f"{word:064x}" for _, word in rows],
        "verbs": [number for number, _ in intents],
        "intents": [words for _, words in intents],
        "intentHashes": [keccak(text=words).hex() for _, words in intents],
        "kindDigest": keccak(encode(["bytes32", "bytes32"], [file_digest, keccak(table)])).hex(),
    }


def kinds() -> dict[str, Any]:
    return {"kinds": [kind_vector(path) for path in sorted((ROOT / "protocol/kinds").glob("*.toml"))]}


DOMAINS = [
    {"chainId": 31337, "ledger": "0x" + "11" * 20, "salt": hashlib.sha256(b"first").hexdigest()},
    {"chainId": 2**63 - 25, "ledger": "0x" + "fe" * 20, "salt": hashlib.sha256(b"second").hexdigest()},
]
TYPES = {
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
        {"name": "verifyingContract", "type": "address"},
        {"name": "salt", "type": "bytes32"},
    ],
    "Action": [
        {"name": "intent", "type": "string"},
        {"name": "document", "type": "bytes32"},
        {"name": "previous", "type": "bytes32"},
        {"name": "content", "type": "bytes32"},
        {"name": "documentReference", "type": "bytes32"},
        {"name": "detail", "type": "bytes32"},
        {"name": "kind", "type": "uint16"},
        {"name": "verb", "type": "uint8"},
        {"name": "actor", "type": "uint32"},
        {"name": "epoch", "type": "uint32"},
        {"name": "counterparty", "type": "uint32"},
        {"name": "endorsee", "type": "uint32"},
        {"name": "quantity", "type": "uint24"},
        {"name": "deadline", "type": "uint40"},
    ],
    "PartyAction": [
        {"name": "intent", "type": "string"},
        {"name": "party", "type": "uint32"},
        {"name": "nonce", "type": "uint32"},
        {"name": "what", "type": "uint8"},
        {"name": "value", "type": "bytes32"},
        {"name": "deadline", "type": "uint40"},
    ],
    "Veto": [
        {"name": "intent", "type": "string"},
        {"name": "party", "type": "uint32"},
        {"name": "change", "type": "bytes32"},
    ],
    "AccountConsent": [
        {"name": "intent", "type": "string"},
        {"name": "party", "type": "uint32"},
        {"name": "account", "type": "address"},
        {"name": "scope", "type": "uint8"},
        {"name": "registration", "type": "bytes32"},
    ],
    "Disclosure": [
        {"name": "intent", "type": "string"},
        {"name": "party", "type": "uint32"},
        {"name": "document", "type": "bytes32"},
        {"name": "head", "type": "bytes32"},
        {"name": "disclosed", "type": "bytes32"},
        {"name": "audience", "type": "string"},
        {"name": "purpose", "type": "string"},
        {"name": "createdAt", "type": "uint40"},
        {"name": "expiresAt", "type": "uint40"},
    ],
}
PARTY_WORDS = [
    "ADD ACCOUNT", "REMOVE ACCOUNT", "SET THRESHOLD", "SET PROFILE", "ROTATE ENCRYPTION KEY", "BUMP EPOCH", "LOCK",
    "UNLOCK", "BAR RECOVERY", "UNBAR RECOVERY",
]  # fmt: skip


def number(value: int) -> str:
    return "0x" + value.to_bytes(32, "big").hex()


ADDED = int.from_bytes(hashlib.sha256(b"added account").digest()[:20], "big")
PARTY_VALUES = {1: number(ADDED | 255 << 160), 2: number(int(SIGNER, 16)), 3: number(2)}
"""What an act can be about, so that the contract comes as far as the signature. 4, 5: digests; the others: 0."""


def seeded(label: str) -> str:
    """A hash that everybody can make again: SHA-256 of the label, 0x and 64 hex."""
    return "0x" + hashlib.sha256(label.encode()).hexdigest()


def messages() -> list[tuple[str, dict[str, Any]]]:
    none = "0x" + "00" * 32
    empty = dict.fromkeys(("actor", "epoch", "counterparty", "endorsee", "quantity", "deadline"), 0)
    digests = ("document", "previous", "content", "documentReference", "detail")
    full = {"actor": 2**32 - 2, "epoch": 2**32 - 1, "counterparty": 2**32 - 1, "endorsee": 2**32 - 1}
    return [
        (
            "Action",
            {
                "intent": "Bill of lading: ISSUE",
                **{name: seeded(name) for name in digests},
                "previous": none,
                "detail": none,
                "kind": 0x0101,
                "verb": 1,
                "actor": 1,
                "epoch": 1,
                "counterparty": 2,
                "endorsee": 3,
                "quantity": 0,
                "deadline": FAR,
            },
        ),
        ("Action", {"intent": "", **dict.fromkeys(digests, none), "kind": 0, "verb": 0, **empty}),
        (
            "Action",
            {
                "intent": "Certificate of origin: USE PART",
                **dict.fromkeys(digests, "0x" + "ff" * 32),
                "kind": 0xFFFF,
                "verb": 0xFF,
                **full,
                "quantity": 2**24 - 1,
                "deadline": 2**40 - 1,
            },
        ),
        *(
            (
                "PartyAction",
                {
                    "intent": f"Party: {words}",
                    "party": 7 * what,
                    "nonce": what,
                    "what": what,
                    "value": PARTY_VALUES.get(what, seeded(words) if what in (4, 5) else none),
                    "deadline": FAR + what,
                },
            )
            for what, words in enumerate(PARTY_WORDS, 1)
        ),
        ("Veto", {"intent": "Party: VETO CHANGE", "party": 9, "change": seeded("change")}),
        (
            "AccountConsent",
            {
                "intent": "Party: CONSENT",
                "party": 10,
                "account": SIGNER,
                "scope": 255,
                "registration": seeded("registration"),
            },
        ),
        *(
            (
                "Disclosure",
                {
                    "intent": "Evidence: DISCLOSE",
                    "party": party,
                    **{name: seeded(name) for name in ("document", "head", "disclosed")},
                    "audience": audience,
                    "purpose": "輸入申告",
                    "createdAt": FAR,
                    "expiresAt": FAR + 604_800,
                },
            )
            for party, audience in ((11, "Customs of Osaka"), (12, "大阪税関"))
        ),
    ]


def typed_data() -> dict[str, Any]:
    cases = []
    for domain in DOMAINS:
        for primary, message in messages():
            document = {
                "types": {"EIP712Domain": TYPES["EIP712Domain"], primary: TYPES[primary]},
                "primaryType": primary,
                "domain": {
                    "name": "portledger",
                    "version": "1",
                    "chainId": domain["chainId"],
                    "verifyingContract": domain["ledger"],
                    "salt": "0x" + str(domain["salt"]),
                },
                "message": message,
            }
            signable = encode_typed_data(full_message=document)
            cases.append(
                {
                    "primaryType": primary,
                    "domain": domain,
                    "message": message,
                    "domainSeparator": signable.header.hex(),
                    "digest": _hash_eip191_message(signable).hex(),
                    "signature": Account.sign_message(signable, KEY).signature.hex(),
                }
            )
    return {"types": TYPES, "key": KEY.hex(), "signer": SIGNER, "cases": cases}


def heads() -> dict[str, Any]:
    """Running hashes: entries of a log, words of one and of several signers, the notes' result, freeze, ledgerHead."""
    secrets = [hashlib.sha256(f"account {n}".encode()).digest() for n in range(3)]
    secrets.sort(key=lambda secret: int(Account.from_key(secret).address, 16))
    accounts = [bytes.fromhex(Account.from_key(secret).address[2:]) for secret in secrets]
    one = bytes(12) + accounts[0]
    several = keccak(b"".join(accounts))
    head, ledger_head, entries = ZERO, ZERO, []
    for index, signers in enumerate((one, several, one, several)):
        digest, result = keccak(text=f"digest {index}"), keccak(text=f"result {index}")
        time = FAR + index * 3
        values = [head, digest, result, signers, time]
        after = keccak(encode(["bytes32", "bytes32", "bytes32", "bytes32", "uint256"], values))
        ledger_head = keccak(encode(["bytes32", "bytes32"], [ledger_head, after]))
        entries.append(
            {
                "previous": head.hex(),
                "digest": digest.hex(),
                "result": result.hex(),
                "signers": signers.hex(),
                "time": time,
                "head": after.hex(),
                "ledgerHead": ledger_head.hex(),
            }
        )
        head = after
    document, until, reason = keccak(text="document"), FAR + 2_000_000, keccak(text="reason")
    control = held_bill()
    freeze = [keccak(text="FREEZE"), document, until, reason]
    unfreeze = [keccak(text="UNFREEZE"), document, 0, ZERO]
    selector, arguments = keccak(text="suspend(uint32,uint40)")[:4], encode(["uint32", "uint40"], [5, until])
    return {
        "secretKeys": [secret.hex() for secret in secrets],
        "accounts": ["0x" + account.hex() for account in accounts],
        "signersOfOne": one.hex(),
        "signersOfSeveral": several.hex(),
        "entries": entries,
        "noteResult": {
            "document": document.hex(),
            "head": head.hex(),
            "control": f"{control:064x}",
            "result": keccak(encode(["bytes32", "uint256"], [head, control])).hex(),
        },
        "freeze": {
            "document": document.hex(),
            "until": until,
            "reason": reason.hex(),
            "digest": keccak(encode(["bytes32", "bytes32", "uint40", "bytes32"], freeze)).hex(),
        },
        "unfreeze": {
            "document": document.hex(),
            "digest": keccak(encode(["bytes32", "bytes32", "uint40", "bytes32"], unfreeze)).hex(),
        },
        "call": {
            "data": (selector + arguments).hex(),
            "digest": keccak(encode(["bytes4", "bytes32"], [selector, keccak(arguments)])).hex(),
        },
    }


def held_bill() -> int:
    """The word of a negotiable bill that party 1 issued and party 2 holds, from high to low."""
    data = tomllib.loads((ROOT / "protocol/kinds/ebl_negotiable.toml").read_text(encoding="utf-8"))
    issued = next(state["number"] for state in data["states"] if state["name"] == "ISSUED")
    fields = [  # (bits, value): used, sequence, version, flags, state, kind, offered endorsee, offeree, endorsee, …
        (24, 0), (24, 2), (16, 1), (8, 0), (8, issued), (16, 0x0101), (32, 0), (32, 0), (32, 2), (32, 2), (32, 1),
    ]  # fmt: skip
    word = 0
    for bits, value in fields:
        word = word * 2**bits + value
    return word


def document_ids() -> dict[str, Any]:
    cases = []
    for kind, creator, reference in (
        (0x0101, 1, keccak(text="first")),
        (0x0102, 1, keccak(text="first")),  # a variant of the same family: the same id
        (0x0201, 2**32 - 2, keccak(text="second")),
        (0x0201, 6, keccak(text="certificate number")),  # what a certifier claims
        (0xFFFF, 0, ZERO),
    ):
        values = [kind // 256, creator, reference]
        cases.append(
            {
                "kind": kind,
                "creator": creator,
                "documentReference": reference.hex(),
                "document": keccak(encode(["uint16", "uint32", "bytes32"], values)).hex(),
                "claim": keccak(encode(["uint8", "uint32", "bytes32"], values)).hex(),
            }
        )
    return {"cases": cases}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when something is stale")
    check = parser.parse_args().check
    makers = {"kinds": kinds, "typed_data": typed_data, "heads": heads, "document_ids": document_ids}
    stale = []
    for name, make in makers.items():
        path = VECTORS / f"{name}.json"
        text = json.dumps(make(), indent=1) + "\n"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(path)
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{path.relative_to(ROOT)} {'is stale: run scripts/write_vectors' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
