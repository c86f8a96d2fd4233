"""Writes protocol/vectors/{trees,manifests,grants}.json from a second, slow implementation of docs/protocol §8.

Nothing of portledger is imported: hashlib's hashes, AES-GCM and ML-KEM by `cryptography`, HPKE's key schedule (RFC 9180
§5.1) and X-Wing's combiner by hand. `--check` fails when the files differ. Encapsulation is random, so a grant that is
already in the file and still opens is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eth_abi import encode
from eth_utils import keccak

FOLDER = Path(__file__).parents[1] / "protocol" / "vectors"
LEDGER, KIND, CHAIN = "0x" + "ab" * 20, 0x0101, 1337
CREATOR, REFERENCE = 1, hashlib.sha256(b"portledger vectors reference").digest()
DOCUMENT = keccak(encode(["uint16", "uint32", "bytes32"], [KIND >> 8, CREATOR, REFERENCE])).hex()
"""As the ledger names it, so that the contract can be given the manifest."""
VALUES: dict[str, Any] = {
    "header": {"blNumber": "PLG0001", "copies": 3, "electronic": True, "remark": None},
    "parties": {"shipper": {"name": "四日市商事", "a/b": "slash", "m~n": "tilde", "": "nameless"}, "notify": []},
    "cargo": {"items": [{"goods": "tea", "kg": "1200.5"}, {"goods": "rice", "kg": "800"}], "extra": {}},
    "customs": {},
}
CARRIED = {"cargo": {"/items/0/kg": "11" * 16}}


def h(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def fixed(name: str, length: int = 32) -> bytes:
    """Stands for random bytes."""
    return hashlib.shake_256(f"portledger vectors {name}".encode()).digest(length)


def jcs(value: Any) -> bytes:
    """RFC 8785 for values without floats and names within the basic plane."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, dict) and value:
        found = {}
        for name, member in value.items():
            found.update(leaves(member, path + "/" + name.replace("~", "~0").replace("/", "~1")))
        return found
    if isinstance(value, list) and value:
        found = {}
        for index, item in enumerate(value):
            found.update(leaves(item, f"{path}/{index}"))
        return found
    return {path: value}


class Tree:
    """Leaves by the bits of their positions; every hash is computed again whenever it is asked for."""

    def __init__(self, document: bytes, aad: bytes, seed: bytes, carried: dict[str, str], value: Any) -> None:
        self.aad = aad
        self.salts, self.placed, self.values = {}, {}, leaves(value)
        for path, leaf in self.values.items():
            salt = bytes.fromhex(carried[path]) if path in carried else hmac.digest(seed, path.encode(), "sha256")[:16]
            self.salts[path] = salt
            self.placed[self.bits(path)] = h(b"\0", document, h(path.encode()), h(salt, jcs(leaf)))

    @staticmethod
    def bits(path: str) -> str:
        return "".join(f"{byte:08b}" for byte in h(path.encode()))

    def under(self, prefix: str) -> bytes:
        here = [bits for bits in self.placed if bits.startswith(prefix)]
        if len(here) < 2:
            return self.placed[here[0]] if here else bytes(32)
        return h(b"\1", self.under(prefix + "0"), self.under(prefix + "1"))

    def root(self) -> bytes:
        return h(b"\2", self.aad, self.under(""))

    def siblings(self, path: str) -> list[str]:
        bits, prefix, found = self.bits(path), "", []
        while len([other for other in self.placed if other.startswith(prefix)]) > 1:
            turn = bits[len(prefix)]
            found.append(self.under(prefix + "10"[int(turn)]).hex())
            prefix += turn
        return found

    def absence(self, path: str) -> dict[str, Any]:
        siblings = self.siblings(path)
        here = [other for other in self.values if self.bits(other).startswith(self.bits(path)[: len(siblings)])]
        other = None
        if here:
            hashed = h(self.salts[here[0]], jcs(self.values[here[0]]))
            other = {"position": h(here[0].encode()).hex(), "valueHash": hashed.hex()}
        return {"path": path, "siblings": siblings, "other": other}


def place() -> dict[str, Any]:
    return {"chainId": CHAIN, "ledger": LEDGER, "document": DOCUMENT, "kind": KIND}


def padded(text: bytes) -> bytes:
    """Padmé, at least 256."""
    length = max(len(text), 1)
    exponent = length.bit_length() - 1
    step = 1 << max(exponent - exponent.bit_length(), 0)
    return text.ljust(max(256, -(-length // step) * step), b"\0")


def sealed_datasets() -> list[dict[str, Any]]:
    made = []
    for name, value in VALUES.items():
        aad = jcs({**place(), "dataset": name, "sealedVersion": 1})
        seed, key, nonce, carried = (
            fixed(f"seed {name}"),
            fixed(f"key {name}"),
            fixed(f"nonce {name}", 12),
            CARRIED.get(name, {}),
        )
        tree = Tree(bytes.fromhex(DOCUMENT), aad, seed, carried, value)
        plaintext = padded(jcs({"seed": seed.hex(), "carried": carried, "value": value}))
        ciphertext = AESGCM(key).encrypt(nonce, plaintext, aad)
        entry = {
            "name": name,
            "sealedVersion": 1,
            "nonce": nonce.hex(),
            "size": len(ciphertext),
            "ciphertextSha256": h(ciphertext).hex(),
            "keyCommitment": hmac.digest(key, b"portledger/key/1\0" + aad, "sha256").hex(),
            "root": tree.root().hex(),
        }
        made.append(
            {
                "entry": entry,
                "aad": aad.decode(),
                "key": key,
                "seed": seed,
                "value": value,
                "tree": tree,
                "carried": carried,
                "ciphertext": ciphertext,
            }
        )
    return made


def trees(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "document": DOCUMENT,
            "aad": one["aad"],
            "seed": one["seed"].hex(),
            "carried": one["carried"],
            "value": one["value"],
            "root": one["entry"]["root"],
            "presences": [
                {
                    "path": path,
                    "value": leaf,
                    "salt": one["tree"].salts[path].hex(),
                    "siblings": one["tree"].siblings(path),
                }
                for path, leaf in one["tree"].values.items()
            ],
            "absences": [one["tree"].absence(f"/absent/{number}") for number in range(6)],
        }
        for one in made
    ]


def manifests(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    manifest = {**place(), "version": 1, "datasets": [one["entry"] for one in made]}
    opened = [
        {
            "name": one["entry"]["name"],
            "key": one["key"].hex(),
            "ciphertext": one["ciphertext"].hex(),
            "value": one["value"],
        }
        for one in made
    ]
    return [
        {
            "creator": CREATOR,
            "documentReference": REFERENCE.hex(),
            "manifest": manifest,
            "bytes": jcs(manifest).decode(),
            "digest": h(jcs(manifest)).hex(),
            "datasets": opened,
        }
    ]


KEM, SUITE = b"\x64\x7a", b"HPKE" + b"\x64\x7a" + b"\x00\x01" + b"\x00\x02"
XWING = rb"\.//^" + b"\\"


def private_parts(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    expanded = hashlib.shake_256(seed).digest(96)
    return MLKEM768PrivateKey.from_seed_bytes(expanded[:64]), X25519PrivateKey.from_private_bytes(expanded[64:])


def combine(ml: bytes, x: bytes, ciphertext: bytes, public: bytes) -> bytes:
    """draft-connolly-cfrg-xwing-kem §5.3"""
    return hashlib.sha3_256(ml + x + ciphertext + public + XWING).digest()


def schedule(shared: bytes, info: bytes) -> tuple[bytes, bytes]:
    """RFC 9180 §5.1, base mode, HKDF-SHA256: (key, base nonce)."""

    def extract(salt: bytes, label: bytes, secret: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + SUITE + label + secret, "sha256")

    def expand(secret: bytes, label: bytes, context: bytes, length: int) -> bytes:
        start = length.to_bytes(2, "big") + b"HPKE-v1" + SUITE + label + context
        return hmac.digest(secret, start + b"\1", "sha256")[:length]

    context = b"\0" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared, b"secret", b"")
    return expand(secret, b"key", context, 32), expand(secret, b"base_nonce", context, 12)


def seal(public: bytes, secret: bytes, info: bytes) -> bytes:
    ml, first = MLKEM768PublicKey.from_public_bytes(public[:1184]).encapsulate()
    mine = X25519PrivateKey.generate()
    second = mine.public_key().public_bytes_raw()
    x = mine.exchange(X25519PublicKey.from_public_bytes(public[1184:]))
    key, nonce = schedule(combine(ml, x, second, public[1184:]), info)
    return first + second + AESGCM(key).encrypt(nonce, secret, b"")


def opened(seed: bytes, sealed: bytes, info: bytes) -> bytes:
    ml_key, x_key = private_parts(seed)
    first, second, text = sealed[:1088], sealed[1088:1120], sealed[1120:]
    x = x_key.exchange(X25519PublicKey.from_public_bytes(second))
    shared = combine(ml_key.decapsulate(first), x, second, x_key.public_key().public_bytes_raw())
    key, nonce = schedule(shared, info)
    return AESGCM(key).decrypt(nonce, text, b"")


def grants(made: list[dict[str, Any]], old: list[dict[str, Any]]) -> list[dict[str, Any]]:
    written = []
    for number, one in enumerate(made):
        entry, recipient, seed = one["entry"], 5 + number, fixed(f"party {number}")
        ml_key, x_key = private_parts(seed)
        public = ml_key.public_key().public_bytes_raw() + x_key.public_key().public_bytes_raw()
        members = {**json.loads(one["aad"]), "recipient": recipient, "keyCommitment": entry["keyCommitment"]}
        info = b"portledger/grant/1\0" + jcs(members)
        grant = {
            "dataset": entry["name"],
            "recipient": recipient,
            "privateSeed": seed.hex(),
            "public": public.hex(),
            "publicDigest": h(public).hex(),
            "info": info.hex(),
            "key": one["key"].hex(),
        }
        kept = [before["sealed"] for before in old if {**before, "sealed": None} == {**grant, "sealed": None}]
        sealed = bytes.fromhex(kept[0]) if kept else seal(public, one["key"], info)
        if opened(seed, sealed, info) != one["key"]:
            raise SystemExit(f"grants.json: the grant of {entry['name']} does not open to its key")
        written.append({**grant, "sealed": sealed.hex()})
    return written


def main() -> None:
    made = sealed_datasets()
    path = FOLDER / "grants.json"
    old = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    files = {"trees.json": trees(made), "manifests.json": manifests(made), "grants.json": grants(made, old)}
    stale = []
    for name, content in files.items():
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        if "--check" not in sys.argv:
            (FOLDER / name).write_text(text, encoding="utf-8")
        elif not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        raise SystemExit(f"stale: {', '.join(stale)}; run scripts/write_vault_vectors")


if __name__ == "__main__":
    main()
