"""Time stamps in evidence files: bound to the block and to the running hash over everything that the file proves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.support import evidence, tsa
from tests.support.evidence import POLICY, RELEASE, bundle_of
from tests.support.histories import Town, bill_of_lading
from tests.support.tsa import EC, RSA, token

from portledger.domain.hashing import keccak
from portledger.evidence import bundle as files
from portledger.evidence import making
from portledger.evidence.bundle import MAX_STAMP, MAX_STAMPS, Bundle
from portledger.evidence.policy import Policy
from portledger.evidence.verdict import Class, Verdict, judge

NAMED = replace(POLICY, stamps=frozenset({RSA.fingerprint}))
DEMANDING = replace(NAMED, stamped=True)


@pytest.fixture(scope="module")
def town() -> Town:
    return bill_of_lading()


def at(town: Town, *by: tsa.Authority) -> Callable[[bytes], list[bytes]]:
    """One token of each authority, each a minute after the one before, the first a minute after the block."""
    return lambda imprint: [
        token(imprint, town.time + 10 + 60 * number, one) for number, one in enumerate(by or (RSA,), 1)
    ]


def verdict(bundle: Bundle, town: Town, policy: Policy = DEMANDING) -> Verdict:
    return judge(files.dump(bundle), policy, RELEASE, town.time + 600)


def fails(found: Verdict) -> tuple[Class, int | None]:
    return found.verdict, found.failure and found.failure.step


@pytest.mark.parametrize("engine", ["none", "qbft", "istanbul"])
def test_the_result_says_since_when_it_existed(town: Town, engine: str) -> None:
    found = verdict(bundle_of(town, engine, stamped=at(town)), town)
    assert found.failure is None
    assert found.result is not None
    assert found.result.stamped_at == town.time + 70
    assert found.to_dict()["stampedAt"] == town.time + 70


@pytest.mark.parametrize("form", [making.Form("suffix"), making.Form(notes="hidden")])
def test_every_form_carries_the_stamp(town: Town, form: making.Form) -> None:
    assert verdict(bundle_of(town, form=form, stamped=at(town)), town).failure is None


def test_a_policy_that_names_no_authority_takes_no_stamped_file(town: Town) -> None:
    assert fails(verdict(bundle_of(town, stamped=at(town)), town, POLICY)) == (Class.OUTSIDE_POLICY, 15)
    assert fails(verdict(bundle_of(town, stamped=at(town, RSA, EC)), town, NAMED)) == (Class.OUTSIDE_POLICY, 15)


def test_a_policy_that_demands_a_stamp_takes_no_file_without_one(town: Town) -> None:
    assert fails(verdict(bundle_of(town), town)) == (Class.OUTSIDE_POLICY, 15)
    assert verdict(bundle_of(town), town, NAMED).failure is None


def test_B6_the_stamp_of_the_true_chain_fits_no_rewritten_one(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """All validators together may make another past and seal it; another block hash, another ledgerHead."""
    true = bundle_of(town, "qbft", stamped=at(town))
    monkeypatch.setattr(evidence, "LEDGER_HEAD", keccak(b"something else that never happened"))
    rewritten = bundle_of(town, "qbft", stamped=at(town))
    assert verdict(rewritten, town).failure is None, "a stamp of its own, which is a later one"
    assert fails(verdict(replace(rewritten, stamps=true.stamps), town)) == (Class.INVALID, 15)


def test_a_stamp_that_is_taken_out_leaves_a_proof_of_nothing(town: Town) -> None:
    assert fails(verdict(replace(bundle_of(town, stamped=at(town)), stamps=()), town, POLICY)) == (Class.INVALID, 3)


def test_a_stamp_that_is_put_in_has_no_proof_of_the_ledger_head(town: Town) -> None:
    stamped = bundle_of(town, stamped=at(town))
    assert fails(verdict(replace(bundle_of(town), stamps=stamped.stamps), town)) == (Class.INVALID, 3)


def test_all_tokens_must_hold_and_the_earliest_counts(town: Town) -> None:
    both = replace(DEMANDING, stamps=frozenset({RSA.fingerprint, EC.fingerprint}))
    whole = bundle_of(town, stamped=at(town, EC, RSA))
    found = verdict(whole, town, both)
    assert found.result is not None
    assert found.result.stamped_at == town.time + 70
    cut = replace(whole, stamps=(whole.stamps[0], whole.stamps[1][:-1]))
    broken = verdict(cut, town, both)
    assert fails(broken) == (Class.INVALID, 15)
    assert broken.failure is not None
    assert broken.failure.entry == "stamp 1"


@pytest.mark.parametrize("stamps", [(b"\x30",), (b"no token",), (bytes(MAX_STAMP),)], ids=["a byte", "text", "zeros"])
def test_what_is_no_token_is_not_valid(town: Town, stamps: tuple[bytes, ...]) -> None:
    assert fails(verdict(replace(bundle_of(town, stamped=at(town)), stamps=stamps), town)) == (Class.INVALID, 15)


@pytest.mark.parametrize(
    "stamps", [(b"",), (bytes(MAX_STAMP + 1),), (b"x",) * (MAX_STAMPS + 1)], ids=["empty", "large", "many"]
)
def test_limits_are_a_matter_of_form(town: Town, stamps: tuple[bytes, ...]) -> None:
    assert fails(verdict(replace(bundle_of(town, stamped=at(town)), stamps=stamps), town)) == (Class.MALFORMED, 0)
