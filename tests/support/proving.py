"""Evidence files from a running system, judged by the verifier."""

import time

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


def judged(data: bytes) -> tuple[Bundle, Result]:
    """The file as it is read, and the verifier's result. Raises Malformed, VerificationError."""
    read = bundle.load(data)
    return read, verify_bundle(read, policy_for(read.domain), RELEASE, int(time.time()))
