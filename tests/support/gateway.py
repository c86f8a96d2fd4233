"""A party that speaks to a gateway over HTTP with nothing but domain signing: what the gateway's tests act with.

with running(Settings(data=folder, port=0)) as system:
    gateway = Gateway(system.url)
    carrier = gateway.register(Role.CARRIER)          # Trader(party, keys, token)
    document = gateway.issue(carrier, to=shipper.party)
    gateway.act(shipper, document, "ACCEPT", counterparty=carrier.party, endorsee=shipper.party)
"""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_utils.address import to_checksum_address

from portledger import resources
from portledger.domain.actions import (
    AccountConsent,
    Action,
    Domain,
    PartyAction,
    Registration,
    SignedAction,
    SignedPartyAction,
    document_id,
)
from portledger.domain.codes import FULL_SCOPE, ZERO
from portledger.domain.hashing import json_digest, keccak, sha256
from portledger.domain.kinds import KindFile
from portledger.domain.signatures import address_of, join, sign
from portledger.formats import api_json as wire
from portledger.vault.contents import SealedContent, seal_content, seal_next
from portledger.vault.manifest import Place

EBL = 0x0101
DAY = 86_400


@dataclass
class Trader:
    """One party with its secret keys; token: of its session."""

    party: int
    keys: tuple[bytes, ...]
    encryption_key: bytes
    profile: dict[str, Any]
    token: str = ""
    epoch: int = 1

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def address(self) -> bytes:
        return address_of(self.keys[0])


@dataclass
class Gateway:
    """A gateway at an address, as a client sees it."""

    url: str
    _made: int = 0
    _contents: dict[str, SealedContent] = field(default_factory=dict)
    uploader: Trader | None = None
    """Who uploads blobs when nobody is named: the first one registered."""

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)
        known = wire.decode(self.http.get("/v1/ledger").content, wire.LedgerJson)
        self.domain = Domain(known.chain_id, bytes.fromhex(known.ledger[2:]), bytes.fromhex(known.salt))

    def close(self) -> None:
        self.http.close()

    def ledger(self) -> wire.LedgerJson:
        return wire.decode(self.http.get("/v1/ledger").content, wire.LedgerJson)

    # --- parties ----------------------------------------------------------------------------------------------------

    def new_keys(self, count: int) -> tuple[bytes, ...]:
        self._made += count
        return tuple(keccak(os.urandom(32)) for _ in range(count))

    def registration(
        self, party: int, keys: Sequence[bytes], roles: int, *, threshold: int = 1, scopes: Sequence[int] | None = None
    ) -> tuple[wire.RegistrationRequest, dict[str, Any], bytes]:
        """A registration that the accounts consent to, with its profile and raw encryption key."""
        profile = {"schema": "portledger/profile/1", "salt": os.urandom(16).hex(), "name": f"Trader {party}"}
        raw = os.urandom(1216)
        bare = Registration(
            profile=json_digest(profile),
            roles=int(roles),
            encryption_key=sha256(raw),
            threshold=threshold,
            recovery_barred=False,
            accounts=tuple(address_of(key) for key in keys),
            scopes=tuple(scopes or [FULL_SCOPE] * len(keys)),
        )
        consents = tuple(
            sign(AccountConsent(party, account, scope, bare.digest()).digest(self.domain), key)
            for account, scope, key in zip(bare.accounts, bare.scopes, keys, strict=True)
        )
        asked = wire.RegistrationRequest(
            party=party,
            registration=wire.registration_json(replace(bare, consents=consents)),
            profile=profile,
            encryption_key=base64.b64encode(raw).decode(),
        )
        return asked, profile, raw

    def register(self, roles: int, *, accounts: int = 1, threshold: int = 1, sign_in: bool = True) -> Trader:
        keys, party = self.new_keys(accounts), self.ledger().next_party
        asked, profile, raw = self.registration(party, keys, roles, threshold=threshold)
        answer = self.http.post("/v1/registrations", content=wire.encode(asked))
        assert answer.status_code == 202, answer.text
        request_id = answer.json()["requestId"]
        until = time.monotonic() + 30
        while (found := self.http.get(f"/v1/registrations/{request_id}").json())["status"] != "registered":
            assert found["status"] in ("waiting", "approved"), found
            assert time.monotonic() < until, found
            time.sleep(0.02)
        trader = Trader(party, keys, raw, profile)
        self.uploader = self.uploader or trader
        if sign_in:
            self.sign_in(trader)
        return trader

    def siwe_message(
        self, address: bytes, given: wire.NonceAnswer, *, lifetime: timedelta = timedelta(hours=1), **changes: object
    ) -> str:
        now = datetime.now(UTC)
        parts = {
            "domain": given.domain,
            "uri": given.uri,
            "chain": self.domain.chain_id,
            "nonce": given.nonce,
            **changes,
        }
        return (
            f"{parts['domain']} wants you to sign in with your Ethereum account:\n{to_checksum_address(address)}\n\n\n"
            f"URI: {parts['uri']}\nVersion: 1\nChain ID: {parts['chain']}\nNonce: {parts['nonce']}\n"
            f"Issued At: {now:%Y-%m-%dT%H:%M:%SZ}\nExpiration Time: {now + lifetime:%Y-%m-%dT%H:%M:%SZ}"
        )

    def nonce(self) -> wire.NonceAnswer:
        return wire.decode(self.http.post("/v1/sessions/nonce").content, wire.NonceAnswer)

    def post_session(self, key: bytes, message: str) -> httpx.Response:
        signature = Account.sign_message(encode_defunct(text=message), key).signature
        return self.http.post("/v1/sessions", json={"message": message, "signature": bytes(signature).hex()})

    def sign_in(self, trader: Trader) -> None:
        answer = self.post_session(trader.keys[0], self.siwe_message(trader.address, self.nonce()))
        assert answer.status_code == 201, answer.text
        trader.token = answer.json()["token"]

    # --- documents --------------------------------------------------------------------------------------------------

    def kind(self, number: int = EBL) -> KindFile:
        return resources.kind(number)

    def record(self, document: bytes, who: Trader) -> wire.DocumentJson:
        answer = self.http.get(f"/v1/documents/{document.hex()}", headers=who.headers)
        assert answer.status_code == 200, answer.text
        return wire.decode(answer.content, wire.DocumentJson)

    def prepare(self, trader: Trader, verb: str, document: bytes, *, kind: int = EBL, **members: Any) -> SignedAction:
        """A signed act of one signature per key that `signers` names (default: the first)."""
        file, signers = self.kind(kind), members.pop("signers", trader.keys[:1])
        members.setdefault("epoch", trader.epoch)
        members.setdefault("deadline", int(time.time()) + DAY)
        action = Action(kind=kind, verb=file.verb(verb).number, document=document, actor=trader.party, **members)
        return SignedAction(action, join(action.digest(self.domain, file.intent(action.verb)), signers))

    def digest(self, signed: SignedAction) -> bytes:
        file = self.kind(signed.action.kind)
        return signed.action.digest(self.domain, file.intent(signed.action.verb))

    def place(self, document: bytes, kind: int = EBL) -> Place:
        return Place(self.domain.chain_id, self.domain.ledger, document, kind)

    def sealed(self, document: bytes, kind: int = EBL, *, upload: bool = True, text: str = "tea") -> SealedContent:
        names = [one.name for one in self.kind(kind).datasets]
        content = seal_content(self.place(document, kind), names, {names[0]: {"text": text}})
        if upload:
            self.upload(content)
        return content

    def upload(self, content: SealedContent) -> None:
        for blob in content.blobs.values():
            answer = self.put_blob(blob)
            assert answer.status_code in (200, 201), answer.text

    def put_blob(self, blob: bytes) -> httpx.Response:
        assert self.uploader is not None
        if not self.uploader.token:
            self.sign_in(self.uploader)
        return self.http.put(f"/v1/blobs/{sha256(blob).hex()}", content=blob, headers=self.uploader.headers)

    def issue_act(
        self, carrier: Trader, to: int, *, reference: bytes | None = None, endorsee: int | None = None, **members: Any
    ) -> tuple[SignedAction, SealedContent]:
        self.uploader = self.uploader or carrier
        reference = reference or os.urandom(32)
        document = document_id(EBL, carrier.party, reference)
        content = self.sealed(document)
        signed = self.prepare(
            carrier,
            "ISSUE",
            document,
            previous=ZERO,
            content=content.manifest.digest(),
            document_reference=reference,
            counterparty=to,
            endorsee=to if endorsee is None else endorsee,
            **members,
        )
        return signed, content

    def post(self, signed: SignedAction, content: SealedContent | None = None, **members: Any) -> httpx.Response:
        body: dict[str, Any] = {"action": wire.signed_action_json(signed), **members}
        if content is not None:
            body["manifest"] = content.manifest.members()
        return self.http.post("/v1/actions", content=wire.encode(body))

    def wait(self, digest: bytes | str, seconds: float = 30) -> wire.ActionStatus:
        text = digest if isinstance(digest, str) else digest.hex()
        until = time.monotonic() + seconds
        while True:
            answer = self.http.get(f"/v1/actions/{text}", params={"wait": 5})
            assert answer.status_code == 200, answer.text
            found = wire.decode(answer.content, wire.ActionStatus)
            if found.status in ("final", "refused") or time.monotonic() > until:
                return found

    def wait_carried(self, signed: SignedAction, seconds: float = 30) -> None:
        """Waits for an act that somebody else took to the ledger: the gateway did not know of it."""
        until = time.monotonic() + seconds
        while self.http.get(f"/v1/actions/{self.digest(signed).hex()}").status_code == 404:
            assert time.monotonic() < until
            time.sleep(0.02)

    def final(self, signed: SignedAction, content: SealedContent | None = None, **members: Any) -> wire.ActionStatus:
        """Offers the act and waits until it is on the ledger."""
        answer = self.post(signed, content, **members)
        assert answer.status_code == 202, answer.text
        found = self.wait(answer.json()["digest"])
        assert found.status == "final", found
        return found

    def issue(self, carrier: Trader, to: int, **members: Any) -> bytes:
        signed, content = self.issue_act(carrier, to, **members)
        self.final(signed, content)
        return signed.action.document

    def act(self, trader: Trader, document: bytes, verb: str, **members: Any) -> wire.ActionStatus:
        """Reads the head, signs, offers, waits until it is final."""
        if "previous" not in members:
            members["previous"] = bytes.fromhex(self.record(document, trader).head)
        return self.final(self.prepare(trader, verb, document, **members))

    def amended(self, before: SealedContent, text: str) -> SealedContent:
        first = before.manifest.names()[0]
        values = {name: dict(one.value) for name, one in before.opened.items()}
        values[first] = {"text": text}
        content = seal_next(before.manifest, before.opened, values)
        self.upload(content)
        return content

    # --- a party's acts on itself -------------------------------------------------------------------------------------

    def party_act(
        self, trader: Trader, what: int, value: bytes = ZERO, *, nonce: int, signers: Sequence[bytes] | None = None,
        consent: bytes = b"",
    ) -> httpx.Response:  # fmt: skip
        act = PartyAction(trader.party, nonce, what, value, int(time.time()) + DAY)
        signed = SignedPartyAction(act, join(act.digest(self.domain), signers or trader.keys), consent)
        return self.http.post("/v1/party-acts", content=wire.encode(wire.party_act_json(signed)))
