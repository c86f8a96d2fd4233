"""The whole ledger stamped from outside, by the operator's commands beside a running system, and what it serves."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.support import tsa
from tests.support.gateway import Gateway, Trader
from tests.support.proving import RELEASE, policy_for
from tests.support.tsa import EC, RSA
from tests.support.tsa_server import WHY_SKIPPED, has_openssl, openssl_authority, serving

from portledger import resources
from portledger.chain.deploy import Deployment
from portledger.chain.rpc import NodeAnsweredError, Rpc
from portledger.cli import operator
from portledger.cli.main import main
from portledger.domain.codes import Role
from portledger.domain.hashing import sha256
from portledger.domain.refusals import Unavailable
from portledger.domain.verification_errors import OutsidePolicy, VerificationError
from portledger.evidence import bundle, making, stamps
from portledger.evidence.bundle import Bundle
from portledger.evidence.bundle_verify import verify_bundle
from portledger.evidence.headers import parse
from portledger.gateway.settings import Settings
from portledger.gateway.system import free_port, running
from portledger.services import stamping
from portledger.services.ledger import Databases, Ledger
from portledger.services.prove import Prover
from portledger.services.stamping import Authority, AuthorityUnreachable
from portledger.store import proofs
from portledger.store import stamps as store

WHOLE = making.Form()
HOUR = 3600


class Forgetful(Rpc):
    """A node that can be told to forget its states, or to do something first."""

    before: Callable[[], None] | None = None
    forgot_after = -1

    def call(self, method: str, *params: Any) -> Any:
        if method == "eth_getProof":
            if self.before is not None:
                first, self.before = self.before, None
                first()
            if self.forgot_after == 0:
                raise NodeAnsweredError(method, -32000, "missing trie node")
            self.forgot_after -= 1
        return super().call(method, *params)


@dataclass
class Place:
    """A system whose own keeper never gets to work, and a prover beside it."""

    folder: Path
    node: Forgetful
    gateway: Gateway
    prover: Prover
    ledger: Ledger
    carrier: Trader
    shipper: Trader

    def bill(self) -> bytes:
        document = self.gateway.issue(self.carrier, self.shipper.party)
        self.gateway.act(self.shipper, document, "ACCEPT", counterparty=self.carrier.party, endorsee=self.shipper.party)
        return document

    def remark(self, document: bytes) -> None:
        self.gateway.act(self.shipper, document, "REMARK", detail=b"\x07" * 32)

    def stamp(self, *authorities: str, **words: Any) -> stamping.Stamped:
        return stamping.stamp(self.ledger, self.prover, [Authority(url) for url in authorities], **words)

    def file(self, document: bytes, **form: Any) -> Bundle:
        return bundle.load(self.prover.evidence(document, making.Form(**form)))

    def block_of(self, document: bytes) -> bytes:
        with self.ledger.databases.proofs.connect() as connection:
            found = proofs.kept(connection, document)
        assert found is not None
        return found.block.hash


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder: Path = tmp_path_factory.mktemp("system")
    node_port = free_port("127.0.0.1")
    settings = Settings(data=folder, port=0, node_port=node_port, block_seconds=0.05, proof_seconds=HOUR)
    with running(settings) as one, Forgetful(f"http://127.0.0.1:{node_port}") as node:
        gateway, databases = Gateway(one.url), Databases.open(folder)
        ledger = Ledger(Deployment.load(folder / "deployment.json"), databases, resources.kinds())
        yield Place(
            folder, node, gateway, Prover(ledger, node), ledger,
            gateway.register(Role.CARRIER), gateway.register(Role.SHIPPER_OR_CONSIGNEE),
        )  # fmt: skip
        databases.close()
        gateway.close()


@pytest.fixture
def place(system: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    system.node.before, system.node.forgot_after = None, -1
    return system


@contextmanager
def authority(by: tsa.Authority = RSA, **words: Any) -> Iterator[str]:
    with serving(lambda request: tsa.answer(request, words.pop("time", int(time.time())), by, **words)) as url:
        yield url


@pytest.fixture
def url() -> Iterator[str]:
    with authority() as found:
        yield found


def judged(read: Bundle, *named: tsa.Authority, stamped: bool = True) -> int | None:
    """When the evidence existed, by the verifier. Raises VerificationError."""
    policy = policy_for(read.domain, stamps=frozenset(one.fingerprint for one in named), stamped=stamped)
    return verify_bundle(read, policy, RELEASE, int(time.time())).stamped_at


# --- what it serves --------------------------------------------------------------------------------------------------


def test_the_evidence_of_every_document_carries_the_stamp(place: Place, url: str) -> None:
    first, second = place.bill(), place.bill()
    before = int(time.time())
    made = place.stamp(url)
    assert made.new
    assert made.documents >= 2
    for document in (first, second):
        read = place.file(document)
        assert [stamps.read(one).fingerprint for one in read.stamps] == [RSA.fingerprint]
        found = judged(read, RSA)
        assert found is not None
        assert before <= found <= time.time()
        assert parse("none", read.header).hash == made.point.hash
    assert place.file(first, form="suffix").stamps
    assert place.file(first, notes="hidden").stamps


def test_the_gateway_gives_the_stamp_with_the_file_as_asked(place: Place, url: str) -> None:
    document = place.bill()
    place.stamp(url)

    def stamped(query: str) -> list[str]:
        path = f"/v1/documents/{document.hex()}/evidence{query}"
        answer = place.gateway.http.get(path, headers=place.shipper.headers)
        assert answer.status_code == 200, answer.text
        read = bundle.load(answer.content)
        judged(read, RSA, stamped=bool(read.stamps))
        return [stamps.read(one).fingerprint.hex() for one in read.stamps]

    assert stamped("") == stamped("?stamps=all") == stamped(f"?stamps={RSA.fingerprint.hex()}")
    assert stamped("") == [RSA.fingerprint.hex()]
    assert stamped("?stamps=none") == stamped(f"?stamps={EC.fingerprint.hex()}") == []
    path = f"/v1/documents/{document.hex()}/evidence?stamps=some"
    refused = place.gateway.http.get(path, headers=place.shipper.headers)
    assert (refused.status_code, refused.json()["parameters"]["where"]) == (400, "stamps")


def test_a_file_without_its_stamp_holds_and_proves_no_ledger_head(place: Place, url: str) -> None:
    document = place.bill()
    place.stamp(url)
    bare = place.file(document, stamps="none")
    assert judged(bare, stamped=False) is None
    assert len(bare.proof) <= len(place.file(document).proof)
    with pytest.raises(OutsidePolicy):
        judged(bare, RSA)


def test_who_takes_the_stamp_out_or_puts_another_in_is_found_out(place: Place, url: str) -> None:
    one = place.bill()
    place.stamp(url)
    old = place.file(one)
    place.remark(one)
    place.stamp(url)
    new = place.file(one)
    with pytest.raises(VerificationError) as failed:
        judged(replace(new, stamps=old.stamps), RSA)
    assert failed.value.step == 15
    assert not isinstance(failed.value, OutsidePolicy)
    with pytest.raises(OutsidePolicy):
        judged(new, EC)


def test_after_a_change_the_old_stamp_serves_no_more_until_the_next(place: Place, url: str) -> None:
    changed, resting = place.bill(), place.bill()
    place.stamp(url)
    place.remark(changed)
    assert place.file(changed).stamps == ()
    first = judged(place.file(resting), RSA)
    place.stamp(url)
    assert judged(place.file(changed), RSA)
    assert judged(place.file(resting), RSA) == first


def test_several_authorities_stamp_one_block(place: Place, url: str) -> None:
    document = place.bill()
    early = int(time.time()) - 50
    with authority(EC, time=early) as another:
        place.stamp(url, another)
    read = place.file(document)
    assert [stamps.read(one).fingerprint for one in read.stamps] == [EC.fingerprint, RSA.fingerprint]
    assert judged(read, RSA, EC) == early
    with pytest.raises(OutsidePolicy):
        judged(read, RSA)
    assert judged(place.file(document, stamps=EC.fingerprint.hex()), EC) == early


# --- which proofs ----------------------------------------------------------------------------------------------------


def test_a_document_that_rested_keeps_its_first_stamp(place: Place, url: str) -> None:
    resting = place.bill()
    place.stamp(url)
    block = place.block_of(resting)
    place.bill()
    made = place.stamp(url)
    assert place.block_of(resting) == block != made.point.hash
    everything = place.stamp(url, everything=True)
    assert place.block_of(resting) == everything.point.hash


def test_proofs_kept_by_others_are_made_again_at_the_stamped_block(place: Place, url: str) -> None:
    document = place.bill()
    place.prover.keep_changed()
    place.bill()
    made = place.stamp(url)
    assert place.block_of(document) == made.point.hash


def test_a_stamped_proof_is_not_lost_to_a_newer_one_of_the_same_words(place: Place, url: str) -> None:
    document = place.bill()
    made = place.stamp(url)
    place.bill()
    newest = bundle.load(place.prover.evidence(document, WHOLE, newest=True))
    assert parse("none", newest.header).number > made.point.number
    assert place.block_of(document) == made.point.hash
    place.remark(document)
    place.prover.evidence(document, WHOLE)
    assert place.block_of(document) != made.point.hash


def test_what_changes_while_it_is_stamped_is_not_served_with_old_words(place: Place, url: str) -> None:
    document, other = place.bill(), place.bill()

    def meanwhile() -> None:
        place.remark(document)
        place.prover.evidence(document, WHOLE)

    def asking(request: bytes) -> bytes:
        place.node.before = meanwhile
        return tsa.answer(request, int(time.time()))

    with serving(asking) as slow:
        made = place.stamp(slow)
    assert place.block_of(other) == made.point.hash
    assert place.block_of(document) != made.point.hash
    assert len(place.file(document).entries) == 3
    again = place.stamp(url)
    assert place.block_of(document) == again.point.hash


def test_a_node_that_forgets_in_between_costs_only_what_was_left(place: Place, url: str) -> None:
    documents = [place.bill(), place.bill()]
    place.node.forgot_after = 1  # the ledgerHead is given, no proof of a document is
    with pytest.raises(Unavailable) as failed:
        place.stamp(url)
    assert "missing trie node" in failed.value.found
    place.node.forgot_after = -1
    place.stamp(url)
    assert all(judged(place.file(one), RSA) for one in documents)


def test_nothing_is_stamped_twice_while_nothing_happens(place: Place, url: str) -> None:
    place.bill()
    made = place.stamp(url)
    again = place.stamp(url)
    assert made.new
    assert not again.new
    assert again.stamps == made.stamps
    assert again.documents == made.documents
    assert place.stamp(url, everything=True).new


def test_an_authority_that_fails_leaves_what_the_others_gave(place: Place, url: str) -> None:
    document = place.bill()
    dead = f"http://127.0.0.1:{free_port('127.0.0.1')}/"
    with pytest.raises(AuthorityUnreachable):
        place.stamp(url, dead)
    with place.ledger.databases.proofs.connect() as connection:
        kept = store.newest(connection, 1)
    assert kept[0].authority == url
    place.stamp(url)
    assert judged(place.file(document), RSA)


# --- the commands ----------------------------------------------------------------------------------------------------


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_operator_s_commands(place: Place, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = place.bill()
    signer, root = tmp_path / "signer.pem", tmp_path / "root.der"
    signer.write_bytes(x509.load_der_x509_certificate(RSA.certificate).public_bytes(Encoding.PEM))
    root.write_bytes(tsa.root().certificate)
    where = ("--data", str(place.folder))
    named = ("--tsa", url, "--certificate", str(signer), "--ca", str(root))
    value = told(capsys, "admin", "stamp", *named, *where)
    assert value["new"]
    assert value["stamps"][0]["certificate"] == RSA.fingerprint.hex()
    assert value["documents"] >= 1
    (found,) = told(capsys, "admin", "stamps", "--last", "1", *where)
    assert {name: found[name] for name in ("block", "blockHash", "ledgerHead")} == {
        name: value[name] for name in ("block", "blockHash", "ledgerHead")
    }
    read = place.file(document)
    assert [one.hex() for one in read.stamps] == [found["token"]]
    imprint = stamps.imprint(read.domain, bytes.fromhex(value["blockHash"]), bytes.fromhex(value["ledgerHead"]))
    stamps.read(read.stamps[0]).check_imprint(imprint)

    assert main(["admin", "stamp", *named, *where]) == 0
    shown = capsys.readouterr()
    assert "the ledger has not changed since" in shown.out
    assert main(["admin", "stamp", "--tsa", url, "--all", *where]) == 0
    shown = capsys.readouterr()
    assert "documents, as long as they do not change" in shown.out
    assert f'certificate = "{RSA.fingerprint.hex()}"' in shown.err
    assert "nobody says that these certificates" in " ".join(shown.err.split())
    assert main(["admin", "stamps", *where]) == 0
    assert RSA.fingerprint.hex() in capsys.readouterr().out


def test_an_authority_with_another_clock_is_told(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.bill()
    with authority(time=1_700_000_000) as late:
        assert main(["admin", "stamp", "--tsa", late, "--data", str(place.folder)]) == 0
    assert "not this machine's time" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("words", "code", "found"),
    [
        (("--certificate", "{ec}"), 8, "VerificationError"),
        (("--ca", "{ec}"), 8, "VerificationError"),
        (("--ca", "{missing}"), 3, "InvalidInput"),
        (("--tsa", "ftp://127.0.0.1/"), 3, "InvalidInput"),
        (("--tsa", "{dead}"), 6, "AuthorityUnreachable"),
        (("--node", "{dead}"), 6, "Unavailable"),
        (("--engine", "clique"), 3, "InvalidInput"),
        (("--data", "{missing}"), 3, "InvalidInput"),
    ],
    ids=lambda words: words[0] if isinstance(words, tuple) else "",
)
def test_what_goes_wrong_is_named_and_nothing_is_kept(
    place: Place,
    url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    found: str,
) -> None:
    place.bill()
    (tmp_path / "ec.der").write_bytes(EC.certificate)
    names = {
        "ec": tmp_path / "ec.der",
        "missing": tmp_path / "none",
        "dead": f"http://127.0.0.1:{free_port('127.0.0.1')}",
    }
    arguments = ["admin", "stamp", "--data", str(place.folder), *(word.format(**names) for word in words)]
    kept = operator.stamps(place.folder, 1000)
    if "--tsa" not in words:
        arguments += ["--tsa", url]
    assert main([*arguments, "--json"]) == code
    failure = json.loads(capsys.readouterr().err.split("…\n")[-1])["error"]
    assert failure["code"] == found
    assert failure["remedy"]
    assert operator.stamps(place.folder, 1000) == kept


@pytest.mark.skipif(not has_openssl(), reason=WHY_SKIPPED)
def test_a_stamp_by_openssl_goes_all_the_way_into_the_verdict(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = place.bill()
    with openssl_authority(tmp_path) as real:
        value = told(capsys, "admin", "stamp", "--tsa", real.url, "--certificate", str(real.certificate),
                     "--ca", str(real.root), "--data", str(place.folder))  # fmt: skip
    (der,) = stamping.certificates_of(real.certificate.read_bytes(), "signer")
    assert value["stamps"][0]["certificate"] == sha256(der).hex()
    read = place.file(document)
    (tmp_path / "bill.evidence.json").write_bytes(bundle.dump(read))
    (tmp_path / "policy.toml").write_text(
        f'schema = "portledger/policy/1"\n[[ledger]]\nchain_id = {read.domain.chain_id}\nengine = "none"\n'
        f'code = "release"\n[require]\nstamped = true\n[[stamp]]\ncertificate = "{sha256(der).hex()}"\n'
    )
    words = [str(tmp_path / "bill.evidence.json"), "--policy", str(tmp_path / "policy.toml")]
    assert main(["verify", *words]) == 10
    assert "by an outside time stamp" in " ".join(capsys.readouterr().out.split())
    assert main(["verify", *words, "--json"]) == 10
    assert json.loads(capsys.readouterr().out)["stampedAt"] == value["stamps"][0]["time"]
