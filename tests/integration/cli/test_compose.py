"""compose.yaml, the proxy's settings and docs/operation.md, as far as they can be checked without containers."""

import datetime
import os
import re
import shlex
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.support.s3 import WHY_NOT, program

from portledger.cli.main import build
from portledger.domain.hashing import sha256
from portledger.domain.vault_errors import PayloadStoreFailed
from portledger.store.payloads import PayloadStore

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, one in SERVICES.items() if one.get("image") == "portledger")
NGINX = (ROOT / "deploy" / "nginx.conf").read_text()
PAGE = (ROOT / "docs" / "operation.md").read_text()
SHOWN = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
SECRETS = {"POSTGRES_PASSWORD": "pg", "S3_SECRET": "quiet", "PORTLEDGER_NODE": "http://node:8545",
           "PORTLEDGER_SITE": "https://ledger.example"}  # fmt: skip


def filled(text: str) -> str:
    """With the settings of .env in their places, as compose does it."""
    return re.sub(r"\$\{(\w+)(?::\?[^}]*)?\}", lambda found: SECRETS[found[1]], text)


def parse(words: list[str]) -> dict[str, Any]:
    here = typer.main.get_command(build(words[0]))
    while hasattr(here, "commands"):
        here = here.commands[words.pop(0)]
    return here.make_context("shown", words).params


@pytest.mark.parametrize("name", OURS)
def test_every_command_of_ours_parses(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one = SERVICES[name]
    for key, value in one["environment"].items():
        monkeypatch.setenv(key, filled(value))
    given = parse([filled(word) for word in one["command"]])
    assert given["node"] == "http://node:8545"
    assert given["database"] == "postgresql://portledger:pg@database:5432/portledger"
    assert given["data"] == Path("/data")


def test_the_roles_are_all_there_and_share_what_they_must() -> None:
    assert OURS == ["gateway", "indexer", "relayer"]
    keys = [word for name in ("gateway", "relayer") for word in SERVICES[name]["command"] if "webhook-key" in word]
    assert keys == ["--webhook-key=/shared/webhooks.key"] * 2
    assert all("shared:/shared" in SERVICES[name]["volumes"] for name in ("gateway", "relayer"))


@pytest.mark.parametrize("name", OURS)
def test_every_environment_variable_is_one_that_is_read(name: str) -> None:
    source = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    for variable in SERVICES[name]["environment"]:
        assert variable in source, variable


def test_every_name_that_a_service_uses_is_declared() -> None:
    for name, one in SERVICES.items():
        assert set(one.get("depends_on", ())) <= set(SERVICES), name
        for volume in one.get("volumes", ()):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or source.startswith("./deploy/"), volume
    used = {volume.split(":")[0] for one in SERVICES.values() for volume in one.get("volumes", ())}
    assert set(COMPOSE["volumes"]) <= used
    (network,) = COMPOSE["networks"]["default"]["ipam"]["config"]
    assert f"--proxy={network['subnet']}" in SERVICES["gateway"]["command"]


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, one in SERVICES.items() if "ports" in one] == ["proxy"]


def test_the_image_copies_what_exists_and_what_is_not_left_out() -> None:
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line.startswith("!")}
    copied = re.findall(r"^COPY (.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert {word for line in copied for word in line.split()} == let_in
    assert all((ROOT / name).exists() for name in let_in)


def test_the_proxy_passes_to_the_gateway_s_port_and_believes_no_client_s_address() -> None:
    assert "--port=8780" in SERVICES["gateway"]["command"]
    assert "set $gateway http://gateway:8780;" in NGINX
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in NGINX
    assert re.search(r"^ *ssl_protocols TLSv1\.2 TLSv1\.3;$", NGINX, re.MULTILINE)


@pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx is installed")
def test_nginx_takes_the_proxy_s_settings(tmp_path: Path) -> None:
    _certificate(tmp_path)
    stored = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = " ".join(f"{name}_temp_path {tmp_path / name};" for name in stored)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log stderr;\n"
        + NGINX.replace("/etc/nginx/tls", str(tmp_path))
        .replace("listen 80;", f"listen 127.0.0.1:{_free_port()};")
        .replace("listen 443 ssl;", f"listen 127.0.0.1:{_free_port()} ssl;")
        .replace("http {", "http { access_log off; " + places, 1)
    )
    said = subprocess.run(
        ["nginx", "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ledger.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    (folder / "certificate.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


@pytest.fixture
def payloads(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The payload store as compose.yaml starts it, but for folder and addresses: the environment to reach it."""
    weed = program()
    if weed is None:
        pytest.skip(WHY_NOT)
    master, volume, filer, s3 = (_free_port() for _ in range(4))
    here = {"-dir=/data": f"-dir={tmp_path}", "-ip=payloads": "-ip=127.0.0.1", "-ip.bind=0.0.0.0": "-ip.bind=127.0.0.1",
            "-s3.port=8333": f"-s3.port={s3}"}  # fmt: skip
    words = [here.get(word, word) for word in SERVICES["payloads"]["command"]]
    ports = [f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", "-volume.max=8",
             "-master.volumeSizeLimitMB=64",
             *(f"-{name}.port.grpc={_free_port()}" for name in ("volume", "filer", "s3"))]  # fmt: skip
    grpc = _free_port()
    environment = {key: filled(value) for key, value in SERVICES["payloads"]["environment"].items()}
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [weed, *words, *ports, f"-master.port.grpc={grpc}"],
            env={**os.environ, **environment}, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            (command,) = SERVICES["bucket"]["command"]
            command = command.replace("payloads:9333", f"127.0.0.1:{master}.{grpc}").replace("weed ", f"{weed} ")
            subprocess.run([*SERVICES["bucket"]["entrypoint"], command], check=True, timeout=90, stdout=log, stderr=log)
            yield {**environment, "AWS_ENDPOINT": f"http://127.0.0.1:{s3}", "AWS_REGION": "us-east-1"}
        finally:
            server.kill()
            server.wait()


def test_the_payload_store_makes_its_bucket_and_takes_who_knows_its_secret_only(
    payloads: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in payloads.items():
        monkeypatch.setenv(key, value)
    address = SERVICES["gateway"]["environment"]["PORTLEDGER_PAYLOADS"]
    until = time.monotonic() + 60
    while True:
        try:
            assert PayloadStore.at(address, None).put(sha256(b"sealed"), b"sealed") is True
            break
        except PayloadStoreFailed:
            assert time.monotonic() < until
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "guessed")
    with pytest.raises(PayloadStoreFailed):
        PayloadStore.at(address, None).get(sha256(b"sealed"))


@pytest.mark.parametrize("line", SHOWN)
def test_a_command_of_the_page_parses(line: str) -> None:
    program_name, *words = shlex.split(line)
    assert program_name == "portledger"
    parse(words)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
