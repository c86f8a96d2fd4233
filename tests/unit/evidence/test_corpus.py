"""The corpus of evidence files under the Python verifier; tests/verifier holds the TypeScript one to the same."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.corpus import FILES, Sample, good
from tests.support.crooked import LIVES, crooked
from tests.support.damage import damaged
from tests.support.evidence import POLICY
from tests.support.histories import key
from tests.support.write_corpus import POLICY_JSON, verdict

from portledger.domain.calls_decode import PartyActCall, decode_call
from portledger.domain.codes import PartyAct
from portledger.domain.signatures import address_of
from portledger.evidence import policy as policies
from portledger.evidence.bundle import Bundle
from portledger.evidence.history import Act
from portledger.evidence.making import signers_of
from portledger.evidence.verdict import Class, Verdict, read

SAMPLED = 12
"""Of the damaged files this run looks at every so many; tests/verifier takes all of them."""
FACTS = ("document", "state", "issuer", "possessor", "endorsee", "used", "version", "head", "acts", "notes", "freezes")


def facts(found: Verdict) -> dict[str, Any]:
    assert found.result is not None
    told = found.result.to_dict()
    return {name: told[name] for name in FACTS}


def accepted(found: Verdict) -> bool:
    return found.verdict in (Class.VALID, Class.UNSEALED)


def test_there_are_enough_files() -> None:
    assert len(good()) >= 40
    assert len(damaged()) >= 1_000


def test_every_good_file_is_accepted() -> None:
    refused = {name: verdict(sample).failure for name, sample in good().items() if not accepted(verdict(sample))}
    assert not refused


@pytest.mark.parametrize("kind", FILES)
def test_good_files_show_what_may_befall_a_document_and_its_parties(kind: str) -> None:
    told = {
        name: verdict(good()[f"{kind} {name}"]).result for name in ("frozen", "suspended party", "rotated accounts")
    }
    assert told["frozen"] is not None
    assert told["frozen"].frozen_until
    assert told["suspended party"] is not None
    assert any("suspended" in remark for remark in told["suspended party"].remarks)
    made = read(good()[f"{kind} rotated accounts"].data)
    assert isinstance(made, Bundle)
    calls = [decode_call(one.call) for party in made.parties for one in party.log]
    acts = [one.what for one in calls if isinstance(one, PartyActCall)]
    assert acts == [PartyAct.ADD_ACCOUNT, PartyAct.REMOVE_ACCOUNT]
    last = made.entries[-1]
    assert isinstance(last, Act)
    assert address_of(key("new")) in signers_of([last])


@pytest.mark.parametrize("name", LIVES)
def test_a_ledger_that_broke_the_rules_is_found_out_at_the_step(name: str) -> None:
    found = verdict(crooked()[f"crooked: {name}"])
    assert found.verdict is Class.INVALID
    assert found.failure is not None
    assert found.failure.step == LIVES[name][1], found.failure


def check_damaged(sample: Sample, whole: dict[str, dict[str, Any]]) -> str | None:
    """What is wrong with the verdict on a damaged file: it may only be accepted where it says the same as before."""
    found = verdict(sample)
    if accepted(found) and facts(found) != whole[sample.base]:
        return f"{sample.name}: {found.verdict}"
    return None


def test_no_damaged_file_says_anything_else_of_the_document() -> None:
    whole = {name: facts(verdict(sample)) for name, sample in good().items()}
    wrong = [check_damaged(sample, whole) for sample in list(damaged().values())[::SAMPLED]]
    assert not [one for one in wrong if one]


def test_the_corpus_s_policy_is_the_one_that_is_written_out() -> None:
    assert policies.parse(POLICY_JSON).ledgers[1].validators == POLICY.ledgers[1].validators
