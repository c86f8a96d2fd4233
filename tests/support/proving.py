"""Evidence files from a running system, judged by the verifier."""

import json
import time
from functools import cache

from jsonschema import Draft202012Validator

from portledger import resources
from portledger.domain.actions import Domain
from portledger.evidence import bundle
from portledger.evidence.bundle import Bundle
from portledger.evidence.bundle_verify import Release, verify_bundle
from portledger.evidence.policy import LedgerRule, Policy
from portledger.evidence.result import Result

RELEASE = Release(resources.release_code_digest, frozenset(one.kind_digest for one in resources.kinds().values()))


def policy_for(domain: Domain, **wanted: object) -> Policy:
    """Trusts this one ledger, on a chain that nobody seals."""
    return Policy((LedgerRule(domain.chain_id, "none", domain.ledger, domain.salt),), **wanted)  # type: ignore[arg-type]


@cache
def schema_of(name: str) -> Draft202012Validator:
    """The published schema of evidence or presentation."""
    return Draft202012Validator(json.loads(resources.read(f"schemas/{name}.schema.json")))


def judged(data: bytes) -> tuple[Bundle, Result]:
    """The file as it is read, and the verifier's result. Raises Malformed, VerificationError."""
    schema_of("evidence").validate(json.loads(data))
    read = bundle.load(data)
    return read, verify_bundle(read, policy_for(read.domain), RELEASE, int(time.time()))
