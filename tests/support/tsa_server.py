"""Time-stamping authorities that listen: one in Python (tests.support.tsa), one that is openssl's.

with serving(lambda request: tsa.answer(request, now)) as url: …
with openssl_authority(folder) as authority: authority.url, authority.certificate, authority.root
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"


@dataclass(frozen=True)
class Said:
    """An answer that is not simply a reply."""

    body: bytes = b""
    status: int = 200
    kind: str = REPLY
    location: str = ""


@contextmanager
def serving(answer: Callable[[bytes], bytes | Said]) -> Iterator[str]:
    """The address of an authority that answers so. A request that is no time-stamp query gets 415."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = self.rfile.read(int(self.headers["content-length"]))
            found = answer(request) if self.headers["content-type"] == QUERY else Said(status=415)
            said = Said(found) if isinstance(found, bytes) else found
            self.send_response(said.status)
            if said.kind:
                self.send_header("content-type", said.kind)
            if said.location:
                self.send_header("location", said.location)
            self.send_header("content-length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is said."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsr"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# --- openssl ---------------------------------------------------------------------------------------------------------

WHY_SKIPPED = "openssl is not on this machine"

_CONFIGURATION = """
[tsa]
default_tsa = it
[it]
serial = {folder}/serial
signer_cert = {folder}/signer.pem
certs = {folder}/root.pem
signer_key = {folder}/signer.key
signer_digest = {digest}
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = {chain}
ess_cert_id_alg = sha256
"""
_EXTENSIONS = "extendedKeyUsage = critical,timeStamping\nbasicConstraints = critical,CA:false\n"


def has_openssl() -> bool:
    return shutil.which("openssl") is not None


@dataclass(frozen=True)
class OpensslAuthority:
    """certificate, root: PEM files."""

    url: str
    certificate: Path
    root: Path


@contextmanager
def openssl_authority(
    folder: Path, key: str = "rsa:2048", digest: str = "sha256", chain: str = "no"
) -> Iterator[OpensslAuthority]:
    """An authority whose certificate, by a root of its own, and tokens openssl makes. key: as `openssl req -newkey` has
    it; chain: whether the tokens carry the root's digest, too."""

    def run(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    (folder / "extensions").write_text(_EXTENSIONS)
    (folder / "serial").write_text("01")
    (folder / "configuration").write_text(_CONFIGURATION.format(folder=folder, digest=digest, chain=chain))
    kind = ["-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{key[3:]}"] if key.startswith("ec:") else ["-newkey", key]
    run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "root.key", "-out", "root.pem", "-days", "30",
        "-subj", "/CN=Root of a test")  # fmt: skip
    run("req", *kind, "-nodes", "-keyout", "signer.key", "-out", "signer.csr", "-subj", "/CN=Time of a test")
    run("x509", "-req", "-in", "signer.csr", "-CA", "root.pem", "-CAkey", "root.key", "-set_serial", "5", "-days", "30",
        "-extfile", "extensions", "-out", "signer.pem")  # fmt: skip

    def answer(request: bytes) -> bytes:
        (folder / "request.tsq").write_bytes(request)
        run("ts", "-reply", "-config", "configuration", "-queryfile", "request.tsq", "-out", "reply.tsr")
        return (folder / "reply.tsr").read_bytes()

    with serving(answer) as url:
        yield OpensslAuthority(url, folder / "signer.pem", folder / "root.pem")


def openssl_verifies(folder: Path, token: bytes, imprint: bytes, root: Path) -> bool:
    """What openssl says of a token. imprint: 32 bytes."""
    (folder / "token.der").write_bytes(token)
    found = subprocess.run(
        ["openssl", "ts", "-verify", "-token_in", "-in", "token.der", "-digest", imprint.hex(), "-CAfile", str(root)],
        cwd=folder,
        capture_output=True,
    )
    return found.returncode == 0
