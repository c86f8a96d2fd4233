"""A party's key file: one JSON file, one passphrase (docs/protocol/sealing.md, "Key files").

The file is an Ethereum keystore, version 3 (Web3 Secret Storage), of the party's first account, so other tools read it
as it is. Its extra member "portledger" holds further accounts in the same form and, sealed under the same passphrase,
the encryption keys and for issuers the reference key. One scrypt run opens all of it: the sections share salt and cost.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import tempfile
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portledger.domain.hashing import keccak
from portledger.domain.signatures import address_of
from portledger.domain.vault_errors import KeyFileRefused, WrongKey, WrongPassphrase
from portledger.durable import sync
from portledger.vault.canonical import encode
from portledger.vault.grants import EncryptionKey
from portledger.vault.references import ReferenceKey, ReferencePublicKey

SCHEMA: Final = "portledger/keys/1"
_SECRETS_INFO: Final = b"portledger/keys/1/secrets"


@dataclass(frozen=True, slots=True)
class Cost:
    """scrypt's cost (RFC 7914): n and r make 128·n·r bytes of memory, p repeats it."""

    n: int
    r: int = 8
    p: int = 1


STANDARD: Final = Cost(2**18)
"""Ethereum keystores' own: 256 MiB, about a second."""
FAST: Final = Cost(2**10)
"""For tests and demonstrations only: a stolen file falls to guessing."""
_MAX_MEMORY: Final = 2**30


@dataclass(frozen=True, slots=True)
class Keys:
    """The opened secrets of one party.

    accounts: wallet keys, 32 bytes each, the first is the default; encryption: newest first, former ones still open old
    grants; reference: issuers only; party: the id on the ledger, None before registration.
    """

    accounts: tuple[bytes, ...] = field(repr=False)
    encryption: tuple[EncryptionKey, ...]
    reference: ReferenceKey | None = None
    party: int | None = None

    def addresses(self) -> list[bytes]:
        """20 bytes each, in the order of `accounts`."""
        return [address_of(key) for key in self.accounts]

    def account(self, address: bytes) -> bytes:
        """The wallet key of this address. Raises WrongKey."""
        for key in self.accounts:
            if address_of(key) == address:
                return key
        raise WrongKey(
            "account", f"no key of 0x{address.hex()}", ", ".join(f"0x{one.hex()}" for one in self.addresses())
        )

    def with_party(self, party: int) -> Keys:
        return replace(self, party=party)

    def with_account(self, key: bytes | None = None) -> Keys:
        """One account more; a new one unless given."""
        return replace(self, accounts=(*self.accounts, key or new_account()))

    def officer(self, own: Keys) -> Keys:
        """The key file of another officer of this party: `own`'s accounts, and what the party seals and refers by.

        Raises WrongKey for keys of another party, an account that both would have (nobody signs for two), or where
        `own` holds a key that would be lost: an encryption or reference key that this file does not have.
        """
        if own.party not in (None, self.party):
            raise WrongKey("officer", f"keys of party {own.party}", f"new keys, or keys of party {self.party}")
        if shared := set(self.addresses()) & set(own.addresses()):
            raise WrongKey("officer", f"account 0x{min(shared).hex()} in both files", "accounts of the officer's own")
        if own.party is not None and set(own.encryption) - set(self.encryption):
            raise WrongKey(
                "officer", "an encryption key that the file it is shared from does not have",
                "the file of whoever rotated last, to share from",
            )  # fmt: skip
        if own.reference is not None and own.reference != self.reference:
            raise WrongKey("officer", "another reference key", "the party's own, or none")
        return replace(own, encryption=self.encryption, reference=self.reference, party=self.party)

    def with_new_encryption(self) -> Keys:
        """A new encryption key in front; the former ones stay until every grant has been renewed."""
        return replace(self, encryption=(EncryptionKey(os.urandom(32)), *self.encryption))

    def without_former_encryption(self) -> Keys:
        """Forgets all encryption keys but the newest: old grants open no more."""
        return replace(self, encryption=self.encryption[:1])

    def with_reference(self) -> Keys:
        """With a reference key; an existing one is never replaced."""
        return self if self.reference else replace(self, reference=ReferenceKey.generate())


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """What a key file says without its passphrase. It is not authenticated: use it to choose a file, not to trust."""

    addresses: tuple[bytes, ...]
    encryption: bytes
    """1216 bytes, the newest."""
    reference: ReferencePublicKey | None
    party: int | None


def new_account() -> bytes:
    """A random wallet key of secp256k1, 32 bytes."""
    while True:
        key = os.urandom(32)
        if 0 < int.from_bytes(key, "big") < 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141:
            return key


def generate(accounts: int = 1, *, reference: bool = False, party: int | None = None) -> Keys:
    """New keys of one party. reference: issuers need one; it takes about half a second."""
    keys = Keys(tuple(new_account() for _ in range(accounts)), (EncryptionKey(os.urandom(32)),), None, party)
    return keys.with_reference() if reference else keys


def save(path: Path, keys: Keys, passphrase: str, cost: Cost = STANDARD) -> None:
    """Writes the key file: mode 0600, whole or not at all, over an older one. Raises KeyFileRefused."""
    text = json.dumps(seal_keys(keys, passphrase, cost), indent=1) + "\n"
    try:
        write_whole(path, text.encode())
    except OSError as error:
        raise KeyFileRefused(str(path), str(error), "a folder that can be written") from error


def load(path: Path, passphrase: str) -> Keys:
    """Opens a key file. Raises KeyFileRefused, WrongPassphrase."""
    return open_keys(_read(path), passphrase, str(path))


def read_public(path: Path) -> PublicKeys:
    """Addresses and public keys, without the passphrase. Raises KeyFileRefused."""
    where = str(path)
    data = _read(path)
    try:
        extra = data["portledger"]
        reference = extra["public"]["reference"]
        return PublicKeys(
            tuple(bytes.fromhex(store["address"]) for store in (data, *extra["accounts"])),
            b64decode(extra["public"]["encryption"], validate=True),
            ReferencePublicKey.from_json(reference) if reference else None,
            extra["party"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise KeyFileRefused(where, f"another form ({error!r})", "a portledger key file") from error


def keystore_address(path: Path) -> bytes:
    """Which account a keystore says that it is of, 20 bytes; of any program's keystore. Raises KeyFileRefused."""
    try:
        address = bytes.fromhex(_read(path)["address"].removeprefix("0x"))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise KeyFileRefused(str(path), f"another form ({error!r})", "a keystore of version 3") from error
    if len(address) != 20:
        raise KeyFileRefused(str(path), f"an address of {len(address)} bytes", "20 bytes")
    return address


def load_account(path: Path, passphrase: str) -> bytes:
    """The wallet key, 32 bytes, of a keystore; of a key file of ours the first one. Raises KeyFileRefused,
    WrongPassphrase."""
    try:
        return _open_keystore(_read(path), passphrase, {}, str(path))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise KeyFileRefused(str(path), f"another form ({error!r})", "a keystore of version 3") from error


def seal_keys(keys: Keys, passphrase: str, cost: Cost = STANDARD) -> dict[str, Any]:
    """The JSON object of a key file. Raises WrongKey (no account, no encryption key)."""
    if not keys.accounts or not keys.encryption:
        raise WrongKey("keys", "no account or no encryption key", "at least one of each")
    salt = os.urandom(32)
    derived = _derive(passphrase, salt, cost, "keys")
    first, *more = (_keystore(key, derived, salt, cost) for key in keys.accounts)
    return {
        **first,
        "portledger": {
            "schema": SCHEMA,
            "party": keys.party,
            "public": {
                "encryption": b64encode(keys.encryption[0].public).decode(),
                "reference": keys.reference.public.to_json() if keys.reference else None,
            },
            "accounts": more,
            "secrets": _seal_secrets(keys, derived),
        },
    }


def open_keys(data: Any, passphrase: str, where: str = "key file", *, derivations: int | None = None) -> Keys:
    """Opens the JSON object of a key file. derivations: how many differing salts and costs it may have at most; those
    that `save` wrote have one. Raises KeyFileRefused, WrongPassphrase."""
    try:
        extra = data["portledger"]
        if extra["schema"] != SCHEMA:
            raise KeyFileRefused(where, str(extra["schema"])[:60], SCHEMA)
        stores = [data, *extra["accounts"]]
        differing = len({_parameters(one) for one in stores})
        if derivations is not None and differing > derivations:
            raise KeyFileRefused(where, f"{differing} key derivations", f"at most {derivations}")
        derived: dict[str, bytes] = {}
        accounts = tuple(_open_keystore(store, passphrase, derived, where) for store in stores)
        secrets = _open_secrets(extra["secrets"], _derived(data, passphrase, derived, where), where)
        encryption = tuple(EncryptionKey(bytes.fromhex(seed)) for seed in secrets["encryption"])
        reference = ReferenceKey.from_der(b64decode(secrets["reference"])) if secrets["reference"] else None
        return Keys(accounts, encryption, reference, extra["party"])
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise KeyFileRefused(where, f"another form ({error!r})", "a portledger key file") from error


def _derive(passphrase: str, salt: bytes, cost: Cost, where: str) -> bytes:
    memory = 128 * cost.n * cost.r
    if memory > _MAX_MEMORY or not 1 <= cost.p <= 16:
        raise KeyFileRefused(where, f"scrypt n={cost.n} r={cost.r} p={cost.p}", "at most 1 GiB, p at most 16")
    return hashlib.scrypt(
        passphrase.encode(),
        salt=salt,
        n=cost.n,
        r=cost.r,
        p=cost.p,
        dklen=32,
        maxmem=memory + 2**20 + 256 * cost.r * cost.p,
    )


def _derived(store: Any, passphrase: str, known: dict[str, bytes], where: str) -> bytes:
    """The scrypt output for this keystore, computed once per salt and cost."""
    crypto = store["crypto"]
    parameters = crypto["kdfparams"]
    if store["version"] != 3 or crypto["kdf"] != "scrypt" or parameters["dklen"] != 32:
        raise KeyFileRefused(where, "another key derivation", "keystore version 3, scrypt, dklen 32")
    key = _parameters(store)
    if key not in known:
        cost = Cost(parameters["n"], parameters["r"], parameters["p"])
        known[key] = _derive(passphrase, bytes.fromhex(parameters["salt"]), cost, where)
    return known[key]


def _parameters(store: Any) -> str:
    """Salt and cost of a keystore: the same for two whose scrypt output is the same."""
    return json.dumps(store["crypto"]["kdfparams"], sort_keys=True)


def _keystore(key: bytes, derived: bytes, salt: bytes, cost: Cost) -> dict[str, Any]:
    iv = os.urandom(16)
    ciphertext = _aes_ctr(derived[:16], iv, key)
    return {
        "address": address_of(key).hex(),
        "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": {"iv": iv.hex()},
            "ciphertext": ciphertext.hex(),
            "kdf": "scrypt",
            "kdfparams": {"dklen": 32, "n": cost.n, "r": cost.r, "p": cost.p, "salt": salt.hex()},
            "mac": keccak(derived[16:32], ciphertext).hex(),
        },
        "id": str(UUID(bytes=os.urandom(16), version=4)),
        "version": 3,
    }


def _open_keystore(store: Any, passphrase: str, known: dict[str, bytes], where: str) -> bytes:
    derived = _derived(store, passphrase, known, where)
    crypto = store["crypto"]
    ciphertext = bytes.fromhex(crypto["ciphertext"])
    if crypto["cipher"] != "aes-128-ctr" or len(ciphertext) != 32:
        raise KeyFileRefused(where, "another cipher or length", "aes-128-ctr of 32 bytes")
    if not hmac.compare_digest(keccak(derived[16:32], ciphertext), bytes.fromhex(crypto["mac"])):
        raise WrongPassphrase(where, "a passphrase that does not open it", "the file's own passphrase")
    # Some writers take it for a number, and leave out its leading zeros: one file in 256 has such.
    iv = bytes.fromhex(crypto["cipherparams"]["iv"]).rjust(16, b"\0")
    key = _aes_ctr(derived[:16], iv, ciphertext)
    if address_of(key).hex() != store["address"].removeprefix("0x").lower():
        raise KeyFileRefused(where, "a key of another address", f"0x{store['address']}")
    return key


def _aes_ctr(key: bytes, iv: bytes, data: bytes) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor()
    return cipher.update(data) + cipher.finalize()


def _secrets_key(derived: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, _SECRETS_INFO).derive(derived)


def _seal_secrets(keys: Keys, derived: bytes) -> dict[str, str]:
    plain = encode(
        {
            "encryption": [key.seed.hex() for key in keys.encryption],
            "reference": b64encode(keys.reference.to_der()).decode() if keys.reference else None,
        }
    )
    nonce = os.urandom(12)
    sealed = AESGCM(_secrets_key(derived)).encrypt(nonce, plain, SCHEMA.encode())
    return {"cipher": "aes-256-gcm", "nonce": nonce.hex(), "ciphertext": b64encode(sealed).decode()}


def _open_secrets(data: Any, derived: bytes, where: str) -> Any:
    try:
        cipher = AESGCM(_secrets_key(derived))
        sealed = b64decode(data["ciphertext"], validate=True)
        return json.loads(cipher.decrypt(bytes.fromhex(data["nonce"]), sealed, SCHEMA.encode()))
    except InvalidTag:
        raise WrongPassphrase(where, "sealed keys that do not open", "the file as it was written") from None


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KeyFileRefused(str(path), str(error), "a portledger key file") from error


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file of mode 0600, whole or not at all, over an older one. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # mkstemp makes the file with mode 0600.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    sync(path.parent)
