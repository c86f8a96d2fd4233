"""Home folder, config, keys and files without a gateway."""

import json
from pathlib import Path

import pytest

from portledger import resources, samples
from portledger.cli import settings
from portledger.cli.files import detail_members, read_document, standard_form
from portledger.cli.main import main
from portledger.domain.errors import InvalidInput
from portledger.vault import keys as key_files

SAMPLES = Path(samples.__file__).parent


def test_arguments_go_before_the_environment_and_the_environment_before_the_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PORTLEDGER_HOME", "PORTLEDGER_GATEWAY", "PORTLEDGER_PARTY", "PORTLEDGER_NODE"):
        monkeypatch.delenv(name, raising=False)
    settings.write_config(tmp_path / "config.toml", "gateway", "http://config")
    settings.write_config(tmp_path / "config.toml", "party", "bank")
    assert settings.load(str(tmp_path)).gateway == "http://config"
    monkeypatch.setenv("PORTLEDGER_GATEWAY", "http://environment")
    assert settings.load(str(tmp_path)).gateway == "http://environment"
    assert settings.load(str(tmp_path), "http://argument").gateway == "http://argument"
    assert settings.load(str(tmp_path)).party == "bank"


@pytest.mark.parametrize("text", ["gateway = 1\n", "unknown = 'x'\n", "not toml", "party = ['a']\n"])
def test_a_bad_config_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.toml").write_text(text)
    with pytest.raises(InvalidInput, match=r"config\.toml"):
        settings.load(str(tmp_path))


def test_keys_are_made_once_and_never_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTLEDGER_PASSPHRASE", "long enough")
    monkeypatch.setattr(key_files, "STANDARD", key_files.FAST)
    home = ["--home", str(tmp_path)]
    assert main(["key", "new", "bank", "--accounts", "2", "--json", *home]) == 0
    made = capsys.readouterr()
    assert len(json.loads(made.out)["accounts"]) == 2
    assert "three accounts" in made.err
    assert (tmp_path / "keys" / "bank.json").stat().st_mode & 0o777 == 0o600
    assert main(["key", "new", "bank", *home]) == 3
    assert main(["key", "show", "bank", "--json", *home]) == 0
    assert json.loads(capsys.readouterr().out)["party"] is None


def test_a_short_passphrase_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTLEDGER_PASSPHRASE", "short")
    assert main(["key", "new", "bank", "--home", str(tmp_path)]) == 3
    assert "at least 8" in capsys.readouterr().err
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize(
    ("file", "kind", "number"),
    [
        ("transport_document_negotiable.json", "ebl-negotiable", "PLLTYO2604417"),
        ("certificate_of_origin_rcep.json", "certificate-of-origin", "HKZ-CO-26-0311"),
        ("commercial_invoice.json", "commercial-invoice", "HKZ-26-1093"),
    ],
)
def test_a_file_is_known_by_what_is_in_it(file: str, kind: str, number: str) -> None:
    document = read_document(SAMPLES / file)
    assert (document.kind, document.number) == (kind, number)
    assert standard_form(resources.kind(kind), document.datasets) == json.loads((SAMPLES / file).read_text())


def test_a_shipping_instruction_is_told_by_its_kind_and_needs_a_number() -> None:
    file = SAMPLES / "shipping_instruction.json"
    assert read_document(file, kind="shipping-instruction", number="SI-1").number == "SI-1"
    with pytest.raises(InvalidInput, match="--number"):
        read_document(file, kind="shipping-instruction")


def test_a_file_is_completed_by_paths(tmp_path: Path) -> None:
    value = json.loads((SAMPLES / "transport_document_negotiable.json").read_text())
    del value["carrierCode"], value["transportDocumentReference"]
    file = tmp_path / "bill.json"
    file.write_text(json.dumps(value))
    document = read_document(file, number="X-1", completed=["/carrierCode=EXLN", "/transports/portOfLoading/x=1"])
    assert document.number == "X-1"
    assert document.datasets["header"]["carrierCode"] == "EXLN"
    with pytest.raises(InvalidInput, match="PATH=VALUE"):
        read_document(file, completed=["carrierCode"])


def test_details_are_texts_or_json() -> None:
    assert detail_members(["platform=OTHER", 'successors=["A"]']) == {"platform": "OTHER", "successors": ["A"]}
    with pytest.raises(InvalidInput):
        detail_members(["platform"])


def test_kind_files_are_checked_and_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = resources.protocol_folder() / "kinds" / "ebl_negotiable.toml"
    assert main(["kind", "lint", str(good)]) == 0
    bad = tmp_path / "bad.toml"
    bad.write_text(good.read_text().replace('next = "OFFERED"', 'next = "NOWHERE"', 1))
    assert main(["kind", "lint", str(bad)]) == 3
    assert "NOWHERE" in capsys.readouterr().out
    assert main(["kind", "diagram", "ebl-negotiable"]) == 0
    assert "OFFERED --> ISSUED: ACCEPT" in capsys.readouterr().out
