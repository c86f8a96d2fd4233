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
from portledger.domain.hashing import abi_words, entry, keccak, sha256
from portledger.domain.parties import Party
from portledger.domain.vault_errors import GrantRefused
from portledger.domain.verification_errors import VerificationError
from portledger.formats import api_json as wire
from portledger.sdk.client import Client
from portledger.sdk.errors import LedgerChanged, LogChanged
from portledger.sdk.party import PartySession
from portledger.sdk.registration import Profile, request
from portledger.sdk.trust import Known
from portledger.services import calls
from portledger.vault import keys as key_files
from portledger.vault.grants import seal_to

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
