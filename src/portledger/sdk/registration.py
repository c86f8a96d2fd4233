"""Becoming a party: profile, consents of every account, the request, and waiting for the registrar's answer."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from portledger.domain.actions import AccountConsent, Domain, Registration
from portledger.domain.codes import FULL_SCOPE, Role
from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import json_digest
from portledger.domain.refusals import Conflict
from portledger.domain.signatures import address_of, sign
from portledger.formats import api_json as wire
from portledger.sdk.client import Client
from portledger.sdk.errors import NotAdmitted, NotFinalYet, error_of
from portledger.sdk.trust import Known
from portledger.vault.canonical import check
from portledger.vault.keys import Keys

PROFILE_SCHEMA: Final = "portledger/profile/1"


@dataclass(frozen=True, slots=True)
class Profile:
    """Who a party is, for the other members. country: ISO 3166 alpha-2; lei, registration_number: where there is one.

    prefixes: beginnings of the numbers of this party's documents (a SCAC, a certifier's prefix).
    """

    name: str
    country: str
    roles: Sequence[str]
    address: Mapping[str, str] = field(default_factory=dict)
    lei: str = ""
    registration_number: str = ""
    prefixes: Sequence[str] = ()

    def document(self, keys: Keys) -> dict[str, Any]:
        """The salted JSON whose digest goes on the ledger; a fresh salt at each call. Raises InvalidInput."""
        if not self.name.strip():
            raise InvalidInput("profile name", "nothing", "the party's name")
        if len(self.country) != 2 or not self.country.isalpha() or not self.country.isupper():
            raise InvalidInput("profile country", repr(self.country), "two capital letters, ISO 3166 alpha-2")
        value: dict[str, Any] = {
            "schema": PROFILE_SCHEMA,
            "salt": secrets.token_hex(16),
            "name": self.name,
            "country": self.country,
            "roles": list(self.roles),
            "address": dict(self.address),
            "lei": self.lei,
            "registrationNumber": self.registration_number,
            "numberPrefixes": list(self.prefixes),
        }
        if keys.reference is not None:
            value["referenceKey"] = keys.reference.public.to_json()
        check(value)
        return value


def role_mask(names: Sequence[str]) -> int:
    """The mask of role names. Raises InvalidInput with the names there are."""
    try:
        return int(Role.from_names(names))
    except KeyError as unknown:
        raise InvalidInput("role", str(unknown), ", ".join(Role(sum(Role)).names())) from unknown


def request(
    domain: Domain,
    party: int,
    keys: Keys,
    profile: Mapping[str, Any],
    roles: int,
    *,
    threshold: int = 1,
    recovery_barred: bool = False,
    scopes: Sequence[int] | None = None,
) -> wire.RegistrationRequest:
    """The whole registration with every account's consent to exactly it (docs/protocol §11).

    party: the id that the consents name, the ledger's next; scopes: parallel to the keys' accounts, default all full.
    """
    registration = Registration(
        profile=json_digest(profile),
        roles=roles,
        encryption_key=keys.encryption[0].digest,
        threshold=threshold,
        recovery_barred=recovery_barred,
        accounts=tuple(address_of(key) for key in keys.accounts),
        scopes=tuple(scopes or [FULL_SCOPE] * len(keys.accounts)),
    )
    bound = registration.digest()
    consents = tuple(
        sign(AccountConsent(party, account, scope, bound).digest(domain), key)
        for key, account, scope in zip(keys.accounts, registration.accounts, registration.scopes, strict=True)
    )
    return wire.RegistrationRequest(
        party=party,
        registration=wire.RegistrationJson(
            profile=registration.profile.hex(),
            roles=roles,
            encryption_key=registration.encryption_key.hex(),
            threshold=threshold,
            recovery_barred=recovery_barred,
            accounts=[wire.address_text(account) for account in registration.accounts],
            scopes=list(registration.scopes),
            consents=[consent.hex() for consent in consents],
        ),
        profile=dict(profile),
        encryption_key=wire.base64_text(keys.encryption[0].public),
    )


def register(
    client: Client,
    keys: Keys,
    profile: Profile,
    *,
    threshold: int = 1,
    recovery_barred: bool = False,
    scopes: Sequence[int] | None = None,
    attempts: int = 5,
    known: Known | None = None,
) -> wire.RegistrationStatus:
    """Asks the registrar for admission; when somebody else takes the id meanwhile, signs anew for the next one.

    known: what was learnt of the ledger that the consents are for. Raises LedgerChanged.
    """
    document, roles = profile.document(keys), role_mask(profile.roles)
    known = known or Known()
    for attempt in range(1, attempts + 1):
        ledger = known.ledger(client.ledger())
        asked = request(
            domain_of(ledger), ledger.next_party, keys, document, roles,
            threshold=threshold, recovery_barred=recovery_barred, scopes=scopes,
        )  # fmt: skip
        try:
            return client.register(asked)
        except Conflict:
            if attempt == attempts:
                raise
    raise AssertionError("unreachable")


def wait_registered(client: Client, request_id: str, seconds: float = 60) -> int:
    """The party's id, once the ledger has it. Raises the refusal's error, or NotFinalYet while the registrar thinks."""
    end = time.monotonic() + seconds
    while True:
        status = client.registration(request_id)
        if status.status == "registered":
            return status.party
        if status.status == "refused":
            if status.problem is not None:
                raise error_of(status.problem)
            raise NotAdmitted(f"refused by the registrar: {status.reason or 'no reason given'}", "an admitted party")
        if time.monotonic() > end:
            raise NotFinalYet(
                f"registration {request_id} {status.status}", "an answer of the registrar",
                f"Go on with `portledger party resume {request_id}`, or ask the consortium.", requestId=request_id,
            )  # fmt: skip
        time.sleep(0.05)


def domain_of(ledger: wire.LedgerJson) -> Domain:
    """What every signature for this ledger is bound to."""
    return Domain(ledger.chain_id, wire.address(ledger.ledger, "$.ledger"), wire.digest(ledger.salt, "$.salt"))
