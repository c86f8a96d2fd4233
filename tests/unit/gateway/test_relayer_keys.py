"""Where the relayer's key comes from, and what is said of a wrong one: never the secret itself."""

import datetime
import ipaddress
import json
import os
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from eth_account import Account
from structlog.testing import capture_logs
from tests.support.signing_service import signing_service

from portledger.chain.signers import Ring, SignerUnreachable
from portledger.chain.transactions import Transaction
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.signatures import address_of
from portledger.domain.vault_errors import KeyFileRefused, WrongKey, WrongPassphrase
from portledger.gateway import relayer_keys
from portledger.gateway.relayer_keys import Secrets
from portledger.gateway.settings import RelayerKeySettings
from portledger.vault import keys as vault_keys

KEY, OTHER = bytes(range(1, 33)), bytes(range(33, 65))
PASSPHRASE = "a long passphrase of the operator"
TRANSACTION = Transaction(1, 21_000, b"\xaa" * 20, b"\1")


def ring(
    folder: Path, secrets: Secrets | None = None, ask: relayer_keys.Ask = relayer_keys.nobody, **settings: object
) -> Ring:
    return relayer_keys.ring(RelayerKeySettings(**settings), folder / "consortium", secrets or Secrets(), ask)  # type: ignore[arg-type]


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def keystore(path: Path, key: bytes = KEY, passphrase: str = PASSPHRASE) -> Path:
    """As other programs make them: nothing of ours is in it."""
    path.write_text(json.dumps(Account.encrypt(key, passphrase, kdf="scrypt", iterations=2**10)))
    return path


# --- the data folder's own --------------------------------------------------------------------------------------------


def test_where_no_key_is_given_one_is_made_in_the_data_folder_and_found_again(tmp_path: Path) -> None:
    made = ring(tmp_path).first()
    assert ring(tmp_path).first().address == made.address
    assert (tmp_path / "consortium" / "relayer.json").stat().st_mode & 0o077 == 0


def test_where_one_is_given_none_is_made(tmp_path: Path) -> None:
    assert ring(tmp_path, Secrets(key=KEY.hex())).first().address == address_of(KEY)
    assert not (tmp_path / "consortium" / "relayer.json").exists()


def test_one_that_was_made_before_stays_the_first_and_the_given_one_is_there(tmp_path: Path) -> None:
    """Whoever gives another key to a relayer that has begun changes it by naming it, not by starting it otherwise."""
    made = ring(tmp_path).first()
    both = ring(tmp_path, Secrets(key=KEY.hex()))
    assert both.first().address == made.address
    assert both.require(address_of(KEY)).address == address_of(KEY)


# --- keystores --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["file", "environment", "terminal"])
def test_a_keystore_is_opened_with_the_passphrase_of_each_source(tmp_path: Path, source: str) -> None:
    path = keystore(tmp_path / "relayer.json")
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return PASSPHRASE

    file = str(private(tmp_path / "passphrase", PASSPHRASE + "\nanother line\n")) if source == "file" else ""
    secrets = Secrets(passphrase=PASSPHRASE if source == "environment" else None)
    found = ring(tmp_path, secrets, ask, keystore=str(path), passphrase_file=file).first()
    assert found.sign(TRANSACTION, 1337) == TRANSACTION.sign(KEY, 1337)
    assert asked == ([f"Passphrase of {path}"] if source == "terminal" else [])


def test_a_key_file_of_ours_is_a_keystore_too(tmp_path: Path) -> None:
    keys = vault_keys.generate(1)
    vault_keys.save(tmp_path / "keys.json", keys, PASSPHRASE, vault_keys.FAST)
    found = ring(tmp_path, Secrets(passphrase=PASSPHRASE), keystore=str(tmp_path / "keys.json")).first()
    assert found.address == address_of(keys.accounts[0])


def test_a_folder_of_keystores_is_read_anew_when_a_key_is_wanted(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    keystore(folder / "first.json")
    both = ring(tmp_path, Secrets(passphrase=PASSPHRASE), keystore=str(folder))
    assert both.first().address == address_of(KEY)
    assert both.find(address_of(OTHER)) is None
    keystore(folder / "second.json", OTHER)
    assert both.require(address_of(OTHER)).address == address_of(OTHER)


def test_a_wrong_passphrase_is_refused_and_not_repeated(tmp_path: Path) -> None:
    path = keystore(tmp_path / "relayer.json")
    with pytest.raises(WrongPassphrase) as caught:
        ring(tmp_path, Secrets(passphrase="not the one at all"), keystore=str(path)).first()
    assert "not the one at all" not in told(caught.value)


def test_without_a_passphrase_it_says_where_to_give_one(tmp_path: Path) -> None:
    path = keystore(tmp_path / "relayer.json")
    with pytest.raises(WrongPassphrase, match=r"--relayer-passphrase-file.*PORTLEDGER_RELAYER_PASSPHRASE"):
        ring(tmp_path, keystore=str(path)).first()


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"address": 5}', '{"address": "zz"}', '{"address": "aabb"}', '{"address": "%s"}' % ("11" * 20),
     '{"address": "%s", "crypto": [], "version": 3}' % ("11" * 20)],
)  # fmt: skip
def test_what_is_no_keystore_is_refused_by_its_name(tmp_path: Path, content: str) -> None:
    path = private(tmp_path / "relayer.json", content)
    with pytest.raises(KeyFileRefused, match=r"relayer\.json"):
        ring(tmp_path, Secrets(passphrase=PASSPHRASE), keystore=str(path)).first()
    with pytest.raises(KeyFileRefused, match="absent"):
        ring(tmp_path, Secrets(passphrase=PASSPHRASE), keystore=str(tmp_path / "absent.json")).first()


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_secrets_are_taken_out_of_the_environment() -> None:
    environment = {"PORTLEDGER_RELAYER_KEY": "a", "PORTLEDGER_RELAYER_PASSPHRASE": "b", "HOME": "/",
                   "PORTLEDGER_RELAYER_SIGNER_TOKEN": "c"}  # fmt: skip
    taken = Secrets.take(environment)
    assert (taken.key, taken.passphrase, taken.token) == ("a", "b", "c")
    assert environment == {"HOME": "/"}
    assert repr(taken) == "Secrets()"


@pytest.mark.parametrize("text", [KEY.hex(), "0x" + KEY.hex(), KEY.hex().upper() + "\n"])
def test_a_secret_of_the_environment_or_of_a_file_signs(tmp_path: Path, text: str) -> None:
    file = private(tmp_path / "key", text)
    for found in (ring(tmp_path, Secrets(key=text)).first(), ring(tmp_path, key_file=str(file)).first()):
        assert found.sign(TRANSACTION, 1337) == TRANSACTION.sign(KEY, 1337)


def test_a_second_line_of_the_file_is_a_second_key(tmp_path: Path) -> None:
    file = private(tmp_path / "key", KEY.hex() + "\n")
    one = ring(tmp_path, key_file=str(file))
    assert one.first().address == address_of(KEY)
    file.write_text(f"{KEY.hex()}\n\n{OTHER.hex()}\n")
    assert one.require(address_of(OTHER)).address == address_of(OTHER)
    with pytest.raises(InvalidInput, match="--relayer-address"):
        ring(tmp_path, key_file=str(file)).first()
    named = ring(tmp_path, key_file=str(file), address="0x" + address_of(OTHER).hex())
    assert named.first().address == address_of(OTHER)


MALFORMED = {
    "one digit short": KEY.hex()[:-1],
    "one digit long": KEY.hex() + "0",
    "no hex": "correct horse battery staple correct horse battery staple 1234567",
    "another alphabet": "٣" * 64,
    "zero": "00" * 32,
    "the order": "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
    "nothing": "",
}


@pytest.mark.parametrize("wrong", MALFORMED)
def test_a_malformed_secret_is_never_repeated(tmp_path: Path, wrong: str) -> None:
    text = MALFORMED[wrong]
    file = private(tmp_path / "key", text)
    for secrets, settings in ((Secrets(key=text), {}), (Secrets(), {"key_file": str(file)})):
        with pytest.raises(WrongKey) as caught:
            ring(tmp_path, secrets, **settings).first()
        if text:
            assert text not in told(caught.value)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
@pytest.mark.parametrize("what", ["key_file", "passphrase_file", "token_file"])
def test_a_secret_that_others_may_read_is_refused(tmp_path: Path, what: str, mode: int) -> None:
    file = private(tmp_path / "secret", KEY.hex())
    file.chmod(mode)
    beside = {"passphrase_file": {"keystore": str(keystore(tmp_path / "k.json"))}, "token_file": {"signer": "http://h"}}
    with pytest.raises(KeyFileRefused, match=f"0{mode:o}.*chmod 600"):
        ring(tmp_path, **{what: str(file)}, **beside.get(what, {})).first()


def test_a_secret_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileRefused, match="nowhere"):
        ring(tmp_path, key_file=str(tmp_path / "nowhere")).first()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe" * 20)
    (tmp_path / "bytes").chmod(0o600)
    with pytest.raises(KeyFileRefused, match="UTF-8"):
        ring(tmp_path, key_file=str(tmp_path / "bytes")).first()


@pytest.mark.parametrize("address", ["0x12", "zz", "0x" + "11" * 21])
def test_an_address_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(InvalidInput, match="40 hex digits"):
        ring(tmp_path, address=address)


def told(error: BaseException) -> str:
    """Everything that a log or a trace would show of it."""
    parts: list[str] = []
    here: BaseException | None = error
    while here is not None:
        parts += [str(here), repr(here), repr(here.args)]
        if isinstance(here, PortledgerError):
            parts.append(repr(here.parameters()))
        here = here.__cause__ or (None if here.__suppress_context__ else here.__context__)
    return "\n".join(parts)


# --- a signing service ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["ftp://host", "signer.example", "https://", "https://user:secret@host:9000"])
def test_an_address_of_no_service_is_refused_without_what_may_be_secret_in_it(tmp_path: Path, address: str) -> None:
    with pytest.raises(InvalidInput, match="token") as caught:
        ring(tmp_path, signer=address)
    assert "user:secret" not in told(caught.value)


@pytest.mark.parametrize("token", ["", "two\r\nX-Header: 1", "schlüssel"])
def test_a_token_that_no_header_carries_is_refused_and_not_repeated(tmp_path: Path, token: str) -> None:
    with pytest.raises(WrongKey) as caught:
        ring(tmp_path, Secrets(token=token), signer="http://127.0.0.1:1")
    assert not token or token not in told(caught.value)


def certificate(folder: Path, name: str) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key, in one file."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    path = folder / f"{name}.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    path.chmod(0o600)
    return path


def test_a_certificate_whose_key_others_can_read_is_refused(tmp_path: Path) -> None:
    ours = certificate(tmp_path, "ours")
    ours.chmod(0o640)
    with pytest.raises(KeyFileRefused, match=r"mode 0640"):
        ring(tmp_path, signer="https://127.0.0.1:9", certificate=str(ours))


@pytest.mark.parametrize(
    ("url", "token", "warned"),
    [
        ("http://signer.internal:9000", "a-token", True),
        ("http://10.0.0.7:9000", "a-token", True),
        ("https://signer.internal:9000", "a-token", False),
        ("http://127.0.0.1:9000", "a-token", False),
        ("http://localhost:9000", "a-token", False),
        ("http://10.0.0.7:9000", None, False),
    ],
)
def test_a_token_that_goes_over_a_network_in_the_clear_is_warned_of(
    tmp_path: Path, url: str, token: str | None, warned: bool
) -> None:
    with capture_logs() as said:
        ring(tmp_path, Secrets(token=token), signer=url)
    assert [one["event"] for one in said] == ["signer_token_in_the_clear"] * warned
    assert token is None or token not in str(said)


def test_a_service_with_tls_shows_its_certificate_and_is_shown_ours(tmp_path: Path) -> None:
    theirs, ours, strange = (certificate(tmp_path, name) for name in ("theirs", "ours", "strange"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(theirs)
    context.load_verify_locations(ours)
    context.verify_mode = ssl.CERT_REQUIRED
    with signing_service(KEY, context=context) as service:
        known = {"signer": service.url, "ca": str(theirs), "certificate": str(ours)}
        assert ring(tmp_path, **known).first().sign(TRANSACTION, 1337) == TRANSACTION.sign(KEY, 1337)
        for changed in ({"ca": str(strange)}, {"ca": ""}, {"certificate": ""}, {"certificate": str(strange)}):
            with pytest.raises(SignerUnreachable):
                ring(tmp_path, **{**known, **changed}).first()
        for changed in ({"ca": str(tmp_path / "none.pem")}, {"certificate": str(tmp_path / "none.pem")}):
            with pytest.raises(KeyFileRefused, match=r"none\.pem"):
                ring(tmp_path, **{**known, **changed})


def test_all_sources_may_be_given_at_once(tmp_path: Path) -> None:
    third = os.urandom(32)
    with signing_service(third) as service:
        many = ring(
            tmp_path, Secrets(key=OTHER.hex(), passphrase=PASSPHRASE),
            keystore=str(keystore(tmp_path / "k.json")), signer=service.url,
        )  # fmt: skip
        for key in (KEY, OTHER, third):
            signed = many.require(address_of(key)).sign(TRANSACTION, 1337)
            assert signed == TRANSACTION.sign(key, 1337)
