"""Every kind of failure has its exit code."""

from pathlib import Path

import pytest

from portledger.cli.exit_codes import MEANING, Exit, exit_of
from portledger.cli.main import main
from portledger.domain import vault_errors
from portledger.domain.errors import InvalidInput, KindUnknown, PortledgerError
from portledger.domain.refusals import Conflict, NotFound, NotSignedIn, Unavailable
from portledger.domain.verification_errors import VerificationError
from portledger.sdk.errors import GatewayUnreachable, KeyMissing, NodeUnreachable, NoGrant, NotFinalYet
from portledger.vault import keys as key_files


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInput("a", "b", "c"), Exit.INPUT),
        (vault_errors.NotCanonical("a", "b", "c"), Exit.INPUT),
        (KindUnknown(kind=1), Exit.LEDGER),
        (NotFound("a", "b"), Exit.REFUSED),
        (Conflict("a", "b"), Exit.REFUSED),
        (GatewayUnreachable("a", "b"), Exit.UNREACHABLE),
        (NodeUnreachable("a", "b"), Exit.UNREACHABLE),
        (Unavailable("a", "b"), Exit.UNREACHABLE),
        (vault_errors.WrongPassphrase("a", "b", "c"), Exit.KEYS),
        (KeyMissing("a", "b"), Exit.KEYS),
        (NoGrant("a", "b"), Exit.KEYS),
        (NotSignedIn("a", "b"), Exit.KEYS),
        (VerificationError(5, "a", "b", "c"), Exit.VERIFICATION),
        (vault_errors.InspectionRefused(9, "a", "b", "c"), Exit.VERIFICATION),
        (vault_errors.RootMismatch("a", "b", "c"), Exit.VERIFICATION),
        (NotFinalYet("a", "b"), Exit.PENDING),
    ],
)
def test_an_error_has_its_exit_code(error: PortledgerError, code: Exit) -> None:
    assert exit_of(error) == code


def test_every_exit_code_has_a_meaning() -> None:
    assert set(MEANING) == set(Exit)


def test_a_wrong_command_line_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doc", "offer"]) == 2
    assert main(["nonsense"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_no_gateway_is_6_and_says_how_to_start_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTLEDGER_PASSPHRASE", "a passphrase")
    monkeypatch.setattr("portledger.sdk.client.FIRST_PAUSE", 0)
    key_files.save(tmp_path / "keys" / "bank.json", key_files.generate(party=1), "a passphrase", key_files.FAST)
    arguments = ["--home", str(tmp_path), "--gateway", "http://127.0.0.1:9", "--as", "bank"]
    assert main(["doc", "list", *arguments]) == 6
    assert "portledger up" in capsys.readouterr().err


def test_a_wrong_passphrase_is_7(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTLEDGER_PASSPHRASE", "another")
    key_files.save(tmp_path / "keys" / "bank.json", key_files.generate(party=1), "a passphrase", key_files.FAST)
    assert main(["inbox", "--home", str(tmp_path), "--as", "bank"]) == 7
    assert "WrongPassphrase" in capsys.readouterr().err


def test_nobody_to_ask_for_the_passphrase_is_7(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PORTLEDGER_PASSPHRASE", raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    key_files.save(tmp_path / "keys" / "bank.json", key_files.generate(party=1), "a passphrase", key_files.FAST)
    assert main(["inbox", "--home", str(tmp_path), "--as", "bank"]) == 7
    assert "--passphrase-file" in capsys.readouterr().err


def test_what_nobody_expected_is_1_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise ZeroDivisionError("x")

    monkeypatch.setattr("portledger.resources.kinds", broken)
    monkeypatch.delenv("PORTLEDGER_DEBUG", raising=False)
    assert main(["kind", "list"]) == 1
    err = capsys.readouterr().err
    assert "ZeroDivisionError" in err
    assert "Traceback" not in err
