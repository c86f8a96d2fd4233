"""Where the relayer's keys come from: keystore files, a secret of the environment, a signing service, the data folder.

Secrets are read from the environment once, and taken out of it before any other process is started. None is ever an
argument, a setting, or part of a message: what is said of a malformed one is its length.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
import stat
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import structlog

from portledger.chain.remote_signer import SigningService
from portledger.chain.signers import KeySigner, Ring, Signer, Source
from portledger.domain.errors import InvalidInput
from portledger.domain.vault_errors import KeyFileRefused, WrongKey, WrongPassphrase
from portledger.gateway import consortium_keys
from portledger.gateway.settings import RelayerKeySettings
from portledger.store.outbox import Sender
from portledger.vault import keys as vault_keys

log = structlog.get_logger("relayer")

KEY: Final = "PORTLEDGER_RELAYER_KEY"
"""Environment variable: the secret key itself, 64 hex digits."""
PASSPHRASE: Final = "PORTLEDGER_RELAYER_PASSPHRASE"  # noqa: S105 - the variable's name
"""Environment variable: what opens the keystores."""
TOKEN: Final = "PORTLEDGER_RELAYER_SIGNER_TOKEN"  # noqa: S105 - the variable's name
"""Environment variable: what the signing service is shown, as a bearer's token."""

Ask = Callable[[str], str | None]
"""Asks the person at the terminal for a passphrase; None when there is nobody."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the environment held."""

    key: str | None = field(default=None, repr=False)
    passphrase: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)

    @classmethod
    def take(cls, environment: MutableMapping[str, str]) -> Secrets:
        """Out of it: processes started later do not have them."""
        return cls(environment.pop(KEY, None), environment.pop(PASSPHRASE, None), environment.pop(TOKEN, None))


def nobody(_: str) -> str | None:
    """For who has no terminal."""
    return None


def ring(settings: RelayerKeySettings, folder: Path, secrets: Secrets, ask: Ask = nobody) -> Ring:
    """All keys that are given, the data folder's own before them where it is there; made there when none is given.

    folder: of the embedded consortium. Raises InvalidInput, KeyFileRefused, WrongKey, WrongPassphrase; what a signing
    service says is asked for later.
    """
    given: list[Source] = []
    if settings.keystore:
        given.append(Keystores(Path(settings.keystore), _passphrase(settings, secrets, ask)))
    if secrets.key is not None:
        given.append(Secret(KEY, lambda: str(secrets.key)))
    if settings.key_file:
        given.append(Secret(settings.key_file, lambda: read_secret(settings.key_file)))
    if settings.signer:
        given.append(_service(settings, secrets))
    own = consortium_keys.key_path(folder, Sender.RELAYER)
    if own.exists() or not given:
        consortium_keys.load_or_make(folder, [Sender.RELAYER])
        given.insert(0, Keystores(own, Passphrase(str(folder / consortium_keys.PASSPHRASE_FILE), None)))
    return Ring(given, _address(settings.address) if settings.address else None)


def _passphrase(settings: RelayerKeySettings, secrets: Secrets, ask: Ask) -> Passphrase:
    """From the file, the environment or the person at the terminal, in this order: asked now, and never by a thread
    that works."""
    if settings.passphrase_file or secrets.passphrase is not None:
        return Passphrase(settings.passphrase_file, secrets.passphrase)
    return Passphrase("", ask(f"Passphrase of {settings.keystore}"))


# --- the sources ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Passphrase:
    """Of the file, as it is now, or the one given."""

    file: str
    given: str | None = field(repr=False)

    def __call__(self, what: Path) -> str:
        if self.file:
            return read_secret(self.file).split("\n")[0].rstrip("\r")
        if self.given is None:
            raise WrongPassphrase(
                str(what), "no passphrase, and nobody at a terminal to ask", "the file's own passphrase",
                f"Give --relayer-passphrase-file FILE, or set {PASSPHRASE}.",
            )  # fmt: skip
        return self.given


@dataclass(frozen=True, slots=True)
class Keystores:
    """One file, or all *.json of a folder: read anew when a key is wanted, so that more can be put there."""

    path: Path
    passphrase: Passphrase

    def _files(self) -> dict[bytes, Path]:
        files = sorted(self.path.glob("*.json")) if self.path.is_dir() else [self.path]
        return {vault_keys.keystore_address(file): file for file in files}

    def addresses(self) -> Sequence[bytes]:
        return list(self._files())

    def signer(self, address: bytes) -> Signer:
        file = self._files()[address]
        return KeySigner(vault_keys.load_account(file, self.passphrase(file)))


@dataclass(frozen=True, slots=True)
class Secret:
    """Secret keys as text, one a line. where: how errors call it; read: the text as it is now."""

    where: str
    read: Callable[[], str] = field(repr=False)

    def _signers(self) -> dict[bytes, Signer]:
        lines = [line.strip() for line in self.read().splitlines() if line.strip()]
        if not lines:
            raise WrongKey(self.where, "no key", _SECRET)
        return {one.address: one for one in map(self._signer, lines)}

    def _signer(self, text: str) -> KeySigner:
        digits = text.removeprefix("0x")
        if len(digits) != 64 or set(digits.lower()) - set("0123456789abcdef"):
            raise WrongKey(self.where, f"a text of {len(text)} characters that is no key", _SECRET)
        try:
            return KeySigner(bytes.fromhex(digits))
        except ValueError:
            # What the curve's library says may hold the key, so that it is not even kept as the cause.
            raise WrongKey(self.where, "64 hex digits that are no key of the curve", _SECRET) from None

    def addresses(self) -> Sequence[bytes]:
        return list(self._signers())

    def signer(self, address: bytes) -> Signer:
        return self._signers()[address]


_SECRET: Final = "64 hex digits, the secret key of an account"  # noqa: S105 - of an error


def read_secret(name: str) -> str:
    """A file that only its owner may read. Raises KeyFileRefused."""
    try:
        with Path(name).open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            if mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise KeyFileRefused(
                    name, f"mode {stat.S_IMODE(mode):04o}", "a file that only its owner may read",
                    f"chmod 600 {name}; and make a new secret, if others may have read this one.",
                )  # fmt: skip
            return file.read(1 << 16)
    except UnicodeDecodeError:
        raise KeyFileRefused(name, "bytes that are no UTF-8", "a text file") from None
    except OSError as failure:
        raise KeyFileRefused(name, str(failure.strerror), "a file that can be read", "Check its name.") from failure


def _service(settings: RelayerKeySettings, secrets: Secrets) -> SigningService:
    where = urlsplit(settings.signer)
    if where.scheme not in ("http", "https") or not where.hostname or where.username is not None:
        raise InvalidInput(
            "relayer signer", "an address that is not http(s)://host[:port][/path]", "one without a user's name in it",
            f"A token goes into a file, --relayer-signer-token-file, or into {TOKEN}.",
        )  # fmt: skip
    token = read_secret(settings.token_file).strip() if settings.token_file else secrets.token
    if token is not None and not (token.isascii() and token.isprintable() and token):
        raise WrongKey("the signing service's token", "characters that no header carries", "printable ASCII")
    if token is not None and where.scheme == "http" and not _is_here(where.hostname):
        log.warning("signer_token_in_the_clear", host=where.hostname, remedy="Let the service be asked by https.")
    context = None
    if where.scheme == "https":
        try:
            context = ssl.create_default_context(cafile=settings.ca or None)
            if settings.certificate:
                read_secret(settings.certificate)  # its key is in it
                context.load_cert_chain(settings.certificate)
        except OSError as failure:  # SSLError is one
            files = " or ".join(filter(None, (settings.ca, settings.certificate)))
            raise KeyFileRefused(files, f"{type(failure).__name__}: {failure.strerror}", "PEM files") from failure
    return SigningService(settings.signer, token=token, context=context)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _address(text: str) -> bytes:
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != 20:
        raise InvalidInput("relayer address", text[:80], "0x and 40 hex digits")
    return found
