"""A gateway that lies to a party: what it could make up is not believed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.sdk.conftest import Port

from portledger.domain.calls_decode import call_digest
from portledger.domain.codes import Role
from portledger.domain.hashing import abi_words, entry, json_digest, keccak, sha256
from portledger.domain.parties import Party
from portledger.domain.records import Control
from portledger.domain.vault_errors import GrantRefused, ManifestRefused
from portledger.domain.verification_errors import VerificationError
from portledger.formats import api_json as wire
from portledger.sdk import trust
from portledger.sdk.client import Client
from portledger.sdk.errors import GatewayProblem, LedgerChanged, LogChanged
from portledger.sdk.party import PartySession
from portledger.sdk.registration import Profile, request
from portledger.sdk.trust import Known
from portledger.sdk.verification import verify_document
from portledger.services import calls
from portledger.vault import keys as key_files
from portledger.vault.contents import seal_content
from portledger.vault.grants import Recipient, make_grants, seal_to

Alter = Callable[[str, Any], Any]
"""(path, answer) -> another answer."""


class Lying(httpx.BaseTransport):
    """The real gateway behind an operator who alters its JSON answers."""

    def __init__(self, alter: Alter) -> None:
        self._alter, self._honest = alter, httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._honest.handle_request(request)
        body = answer.read()
        if answer.is_success and request.method == "GET" and "json" in answer.headers.get("content-type", ""):
            body = json.dumps(self._alter(request.url.path, json.loads(body))).encode()
        return httpx.Response(answer.status_code, content=body, headers={"content-type": "application/json"})

    def close(self) -> None:
        self._honest.close()


@contextmanager
def lied_to(port: Port, who: PartySession, alter: Alter, **changes: Any) -> Iterator[PartySession]:
    """The party's session at the same gateway, whose answers are altered."""
    with Client(port.url, transport=Lying(alter)) as client:
        client.token = who.client.token
        yield PartySession(client, who.wallet, known=changes.pop("known", who.known), **changes)


def test_G3_a_gateway_that_names_its_own_key_for_a_party_gets_no_grant(
    port: Port, carrier: PartySession, shipper: PartySession
) -> None:
    """Whatever it says of the key and of its digest: the log has neither."""
    own = key_files.generate().encryption[0]

    def alter(path: str, answer: Any) -> Any:
        if path.endswith(f"/parties/{shipper.party}"):
            answer["encryptionKey"] = own.digest.hex()
        if path.endswith(f"/parties/{shipper.party}/encryption-key"):
            answer |= {"encryptionKey": wire.base64_text(own.public), "digest": own.digest.hex()}
        return answer

    with lied_to(port, carrier, alter) as session, pytest.raises(GrantRefused):
        session.new_document(port.bill(), counterparty=shipper.party, endorsee=shipper.party)


def test_G3_a_log_whose_last_key_was_exchanged_is_not_believed(
    port: Port, carrier: PartySession, shipper: PartySession
) -> None:
    own = key_files.generate().encryption[0]

    def alter(path: str, answer: Any) -> Any:
        if path.endswith(f"/parties/{shipper.party}/log"):
            answer["entries"][-1]["encryptionKey"] = own.digest.hex()
        if path.endswith(f"/parties/{shipper.party}/encryption-key"):
            answer |= {"encryptionKey": wire.base64_text(own.public), "digest": own.digest.hex()}
        return answer

    with lied_to(port, carrier, alter) as session, pytest.raises(VerificationError) as failed:
        session._recipient(shipper.party)
    assert failed.value.step == 8


def impostor(port: Port, who: PartySession) -> Alter:
    """Answers with a whole log for the party's id that the gateway's operator signed with keys of its own."""
    made = key_files.generate()
    asked = request(who.domain, who.party, made, Profile("Impostor", "JP", ["bank"]).document(made), 1 << 10)
    registration = wire.registration(asked.registration)
    call = calls.register(registration)
    word = Party(registration.roles, 1, 1, 0, 1, False, False).pack()
    digest, signers = call_digest(call), bytes(12) + b"\x11" * 20
    result = keccak(abi_words(word, registration.profile, registration.encryption_key, 0))
    forged = {
        "digest": digest.hex(),
        "partyWord": f"{word:064x}",
        "profile": registration.profile.hex(),
        "encryptionKey": registration.encryption_key.hex(),
        "accountWord": "00" * 32,
        "signers": signers.hex(),
        "head": entry(bytes(32), digest, result, signers, 1_800_000_000).hex(),
        "call": call.hex(),
        "block": 5,
        "time": 1_800_000_000,
        "transaction": "22" * 32,
    }

    def alter(path: str, answer: Any) -> Any:
        if path.endswith(f"/parties/{who.party}/log"):
            answer["entries"] = [forged]
        if path.endswith(f"/parties/{who.party}/encryption-key"):
            answer["encryptionKey"] = wire.base64_text(made.encryption[0].public)
        return answer

    return alter


def test_G3_a_forged_log_does_not_take_the_place_of_one_seen_before(
    port: Port, carrier: PartySession, bank: PartySession
) -> None:
    carrier._recipient(bank.party)
    with lied_to(port, carrier, impostor(port, bank)) as session, pytest.raises(LogChanged, match="seen before"):
        session._recipient(bank.party)


def test_G3_with_a_node_a_forged_log_is_not_even_asked_for(
    port: Port, carrier: PartySession, bank: PartySession
) -> None:
    with lied_to(port, carrier, impostor(port, bank), known=Known(), node=port.node) as session:
        told = session._recipient(bank.party)
        with pytest.raises(GrantRefused):
            seal_to(told.public, told.ledger_digest, bytes(32), b"")
    honest = PartySession(carrier.client, carrier.wallet, known=Known(), node=port.node)
    assert sha256(honest._recipient(bank.party).public) == bank.wallet.encryption[0].digest


def test_a_log_that_does_not_replay_is_not_taken_note_of(
    port: Port, carrier: PartySession, shipper: PartySession
) -> None:
    """Else one lie, though noticed, would make every honest answer after it look like one."""
    done = carrier.new_document(port.bill(), counterparty=shipper.party, endorsee=shipper.party)
    known = Known()

    def alter(path: str, answer: Any) -> Any:
        if path.endswith(f"/parties/{carrier.party}/log"):
            answer["entries"][0]["head"] = "11" * 32
        if path.endswith(f"/parties/{carrier.party}"):
            answer["head"] = "11" * 32
        return answer

    with lied_to(port, shipper, alter, known=known) as session, pytest.raises(VerificationError):
        session.inspect(done.document)
    honest = PartySession(shipper.client, shipper.wallet, known=known)
    honest.accept(honest.inspect(done.document))


def test_what_is_known_of_parties_outlives_the_process(
    port: Port, carrier: PartySession, bank: PartySession, tmp_path: Path
) -> None:
    wallet = replace(carrier.wallet, path=tmp_path / "carrier.json")
    PartySession(carrier.client, wallet)._recipient(bank.party)
    again = Known.beside(wallet.path)
    with lied_to(port, carrier, impostor(port, bank), known=again) as later, pytest.raises(LogChanged):
        later._recipient(bank.party)


@pytest.mark.parametrize("member", ["chainId", "ledger", "salt", "genesis", "codeDigest"])
def test_a_gateway_that_names_another_ledger_than_before_gets_no_signature(
    port: Port, carrier: PartySession, tmp_path: Path, member: str
) -> None:
    wallet = replace(carrier.wallet, path=tmp_path / "carrier.json")
    assert PartySession(carrier.client, wallet).ledger.chain_id == 1337

    def alter(path: str, answer: Any) -> Any:
        if path.endswith("/v1/ledger"):
            answer[member] = {"chainId": 1, "ledger": "0x" + "11" * 20}.get(member, "11" * 32)
        return answer

    with lied_to(port, carrier, alter, known=Known.beside(wallet.path)) as session:
        with pytest.raises(LedgerChanged, match=member):
            session.new_document(port.bill(), counterparty=2, endorsee=2)
        with pytest.raises(LedgerChanged, match=r"carrier\.known"):
            session.sign_in()


def test_a_damaged_file_of_what_is_known_is_not_passed_over(port: Port, carrier: PartySession, tmp_path: Path) -> None:
    wallet = replace(carrier.wallet, path=tmp_path / "carrier.json")
    (tmp_path / "carrier.known").write_text("{")
    with pytest.raises(LedgerChanged, match=r"carrier\.known"):
        PartySession(carrier.client, wallet).sign_in()


class Forger:
    """Serves another version 1 of a document: sealed and granted by the gateway's operator, fitting in every part."""

    def __init__(self, port: Port, who: PartySession, document: str, dataset: str, changes: dict[str, Any]) -> None:
        real = who.open(document)
        values = {**real.values(), dataset: {**real.value(dataset), **changes}}
        self.document, self.party = document, who.party
        self.content = seal_content(real.manifest.place, real.manifest.names(), values)
        to = Recipient(who.party, who.wallet.encryption[0].public, who.wallet.encryption[0].digest)
        self.grants = make_grants(self.content.manifest, self.content.keys, {to: real.manifest.names()})
        self.client = port.client(port.url)
        self.client.token = who.client.token
        for blob in self.content.blobs.values():
            self.client.put_blob(blob)

    def __call__(self, path: str, answer: Any) -> Any:
        if path.endswith(f"{self.document}/manifest"):
            answer |= {"manifest": self.content.manifest.members(), "content": self.content.manifest.digest().hex()}
        if path.endswith(f"{self.document}/grants"):
            answer["items"] = [
                {**grant.to_json(), "document": self.document, "granter": 1, "createdAt": 0} for grant in self.grants
            ]
        return answer


class Blobs(Lying):
    """Hands out the forger's sealed bytes too, which the real gateway would not give."""

    def __init__(self, forger: Forger) -> None:
        super().__init__(forger)
        self._blobs = {name.hex(): blob for name, blob in forger.content.blobs.items()}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        blob = self._blobs.get(request.url.path.rsplit("/", 1)[-1])
        return httpx.Response(200, content=blob) if blob else super().handle_request(request)


def test_content_that_the_gateway_made_is_neither_shown_nor_signed_by_a_certifier(
    port: Port, carrier: PartySession, shipper: PartySession
) -> None:
    """Else its forged goods would be sealed again, and certified, or amended, by the one who opened them."""
    done = carrier.new_document(port.bill(), counterparty=shipper.party, endorsee=shipper.party)
    shipper.accept(shipper.inspect(done.document))
    shipper.surrender_for_amendment(done.document, reason="ROUTE", changes="port of discharge")
    carrier.accept_surrender(done.document)
    forger = Forger(port, carrier, done.document, "route", {"displayedPod": ["ELSEWHERE"]})
    with Client(port.url, transport=Blobs(forger)) as client:
        client.token = carrier.client.token
        deceived = PartySession(client, carrier.wallet, known=carrier.known)
        with pytest.raises(ManifestRefused, match="ledger's content digest"):
            deceived.open(done.document)
        parties = carrier.open(done.document).value("parties")
        with pytest.raises(ManifestRefused, match="ledger's content digest"):
            deceived.amend(done.document, {"parties": parties}, reason="ROUTE", endorsee=shipper.party)


def test_an_older_version_is_not_shown_as_the_newest(port: Port, carrier: PartySession, shipper: PartySession) -> None:
    done = carrier.new_document(port.bill(), counterparty=shipper.party, endorsee=shipper.party)
    shipper.accept(shipper.inspect(done.document))
    shipper.surrender_for_amendment(done.document, reason="ROUTE", changes="port of discharge")
    carrier.accept_surrender(done.document)
    route = {**carrier.open(done.document).value("route"), "displayedPod": ["LAEM CHABANG"]}
    carrier.amend(done.document, {"route": route}, reason="ROUTE", endorsee=shipper.party)
    before = carrier.client.manifest(done.document, 1)

    def alter(path: str, answer: Any) -> Any:
        return json.loads(wire.encode(before)) if path.endswith("/manifest") else answer

    with lied_to(port, carrier, alter) as session, pytest.raises(ManifestRefused):
        session.open(done.document)


def test_a_gateway_that_shows_a_party_under_another_s_name_is_refused(
    port: Port, carrier: PartySession, shipper: PartySession, bank: PartySession
) -> None:
    """Whom a title goes to is chosen by name."""
    other = carrier.client.profile(bank.party)

    def alter(path: str, answer: Any) -> Any:
        if path.endswith(f"/parties/{shipper.party}/profile"):
            return other
        if path.endswith(f"/parties/{shipper.party}"):
            answer["profile"] = json_digest(other).hex()
        return answer

    with lied_to(port, carrier, alter) as session, pytest.raises(GatewayProblem, match="party's log"):
        trust.profile(session.client, session.domain, shipper.party, session.known)
    name = trust.profile(carrier.client, carrier.domain, shipper.party, carrier.known)["name"]
    assert name == "Party of shipperOrConsignee"


def test_X15_a_reference_key_that_the_party_s_log_does_not_name_proves_no_number(
    port: Port, carrier: PartySession, shipper: PartySession
) -> None:
    """With another key an issuer could show one document under two numbers, if the gateway served its other profile."""
    done = carrier.new_document(port.bill(), counterparty=shipper.party, endorsee=shipper.party)
    another = Profile("Party of carrier", "JP", ["carrier"]).document(key_files.generate(reference=True))

    def alter(path: str, answer: Any) -> Any:
        if path.endswith(f"/parties/{carrier.party}/profile"):
            return another
        if path.endswith(f"/parties/{carrier.party}"):
            answer["profile"] = json_digest(another).hex()
        return answer

    with lied_to(port, shipper, alter) as session, pytest.raises(VerificationError, match="digest") as failed:
        verify_document(session, done.document)
    assert failed.value.step == 11


class Accomplice:
    """Names one more party as the endorsee of every record, from the moment it is told to."""

    def __init__(self, party: int) -> None:
        self.party, self.lies = party, False

    def __call__(self, path: str, answer: Any) -> Any:
        if self.lies and path.startswith("/v1/documents/") and path.count("/") == 3:
            told = replace(Control.unpack(int(answer["control"], 16)), endorsee=self.party)
            answer |= {"control": f"{told.pack():064x}", "endorsee": self.party}
        return answer


def readers(carrier: PartySession, document: str) -> set[int]:
    """Whom keys of the document were given to, by anybody."""
    return {one.recipient for one in carrier.client.disclosures(document)}


def test_G3_a_gateway_that_adds_an_accomplice_to_the_record_gets_no_keys_for_it(
    port: Port, carrier: PartySession, shipper: PartySession, bank: PartySession, customs: PartySession
) -> None:
    """Keys go to whom the verified history names: the gateway would read every document else, through a party of its
    own."""
    done = carrier.new_document(port.bill(), counterparty=shipper.party, endorsee=shipper.party)
    shipper.accept(shipper.inspect(done.document))
    alter = Accomplice(customs.party)
    with lied_to(port, shipper, alter) as session:
        act = session.unsigned(done.document, "OFFER", counterparty=bank.party)
        alter.lies = True
        with pytest.raises(VerificationError):
            session.send(session.sign(act))
    assert customs.party not in readers(carrier, done.document)
    shipper.grant(done.document, bank.party)
    assert bank.party in readers(carrier, done.document)


def test_a_new_document_s_keys_go_to_whom_its_act_names_whatever_the_gateway_says(
    port: Port, carrier: PartySession, shipper: PartySession, customs: PartySession
) -> None:
    alter = Accomplice(customs.party)
    alter.lies = True
    with lied_to(port, carrier, alter) as session:
        done = session.new_document(port.bill(), counterparty=shipper.party, endorsee=shipper.party)
    assert readers(carrier, done.document) == {shipper.party}


def test_a_detail_is_not_sealed_to_whom_only_the_gateway_names(
    port: Port, carrier: PartySession, shipper: PartySession, bank: PartySession, customs: PartySession
) -> None:
    done = carrier.new_document(port.bill(), counterparty=shipper.party, endorsee=shipper.party)
    shipper.accept(shipper.inspect(done.document))
    alter = Accomplice(customs.party)
    alter.lies = True
    with lied_to(port, shipper, alter) as session, pytest.raises(VerificationError):
        session.unsigned(done.document, "OFFER", counterparty=bank.party, detail={"comments": "a secret"})


def test_what_a_party_may_read_follows_the_roles_in_its_log(
    port: Port, carrier: PartySession, shipper: PartySession, bank: PartySession
) -> None:
    done = carrier.new_document(port.bill(), counterparty=shipper.party, endorsee=shipper.party)
    control = carrier.control(done.document)
    every = sum(Role)

    def alter(path: str, answer: Any) -> Any:
        return {**answer, "roles": every} if path.endswith(f"/parties/{bank.party}") else answer

    with lied_to(port, carrier, alter) as session:
        assert session.client.party(bank.party).roles == every
        assert session.readable(control, bank.party) == carrier.readable(control, bank.party)
        assert set(carrier.readable(control, bank.party)) < set(carrier.kind(control.kind).datasets_for(
            Role(every).names(), control.state))  # fmt: skip
