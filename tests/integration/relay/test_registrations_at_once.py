"""Registrations that come at the same moment: one gets the id, the others are told so; the same one is taken once."""

import base64
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from tests.support.node import Chain, consents, key
from tests.support.relay import Relay

from portledger.domain.actions import Registration
from portledger.domain.codes import FULL_SCOPE, Role
from portledger.domain.hashing import json_digest, sha256
from portledger.domain.refusals import Conflict
from portledger.domain.signatures import address_of
from portledger.formats import api_json as wire
from portledger.services import consortium
from portledger.store import outbox


def registration(chain: Chain, party: int, name: str) -> wire.RegistrationRequest:
    profile = {"schema": "portledger/profile/1", "salt": os.urandom(16).hex(), "name": name}
    raw, secret = os.urandom(1216), key(name)
    bare = Registration(
        json_digest(profile), int(Role.BANK), sha256(raw), 1, False, (address_of(secret),), (FULL_SCOPE,)
    )
    signed = replace(bare, consents=consents(chain.domain, party, bare, [secret]))
    return wire.RegistrationRequest(
        party=party,
        registration=wire.registration_json(signed),
        profile=profile,
        encryption_key=base64.b64encode(raw).decode(),
    )


def asked(relay: Relay, one: wire.RegistrationRequest) -> str:
    try:
        return consortium.request(relay.databases, one, 0.0, admit_at_once=True).request_id
    except Conflict:
        return "conflict"


def rows(relay: Relay) -> int:
    with relay.databases.intake.connect() as connection:
        return outbox.last_id(connection)


def test_of_several_parties_at_once_one_gets_the_id(relay: Relay) -> None:
    requests = [registration(relay.chain, 1, f"party {n}") for n in range(12)]
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda one: asked(relay, one), requests))
    assert answers.count("conflict") == 11
    assert rows(relay) == 1
    relay.step()
    relay.mine()
    assert relay.statuses() == [True]


def test_the_same_registration_sent_several_times_at_once_is_taken_once(relay: Relay) -> None:
    one = registration(relay.chain, 1, "a bank")
    with ThreadPoolExecutor(12) as pool:
        answers = set(pool.map(lambda _: asked(relay, one), range(24)))
    assert len(answers) == 1
    assert rows(relay) == 1
