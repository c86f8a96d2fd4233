"""The contract and the Python model, driven by the same random acts, agree in every error, head and word.

At least 10,000 acts in the normal run, 200,000 with PORTLEDGER_LONG=1. The count by verb and by error is printed: a
run that was mostly refused, or that never met one of the errors, would prove little.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from portledger.domain.codes import DAY, PartyAct
from tests.property.world import Report, World
from tests.support.node import Chain

LONG = os.environ.get("PORTLEDGER_LONG") == "1"
LEAST = 200_000 if LONG else 10_000
MUST_MEET = {
    "BadParameter", "DeadlineTooFar", "EpochPassed", "Expired", "KindMismatch", "KindUnknown", "NoRule", "NotAllowed",
    "NoteRepeated", "NumberTaken", "PartyInactive", "RecordFrozen", "RoleMissing", "ScopeMissing", "SignaturesRefused",
    "StalePrevious", "WrongDocumentId",
}  # fmt: skip
"""Every error of an act but CounterFull, which tests/contracts reaches by writing storage."""
MUST_APPLY = {
    "register", "propose", "order", "cancelOrder", "veto", "enact", "suspend", "reinstate", "freeze", "unfreeze",
    "defineKind", "appoint", "accept",
    *(f"partyAct {what.name.replace('_', ' ')}" for what in PartyAct if what is not PartyAct.SET_ROLES),
}  # fmt: skip
"""Every entry point beside the acts on documents, and everything that a party does with its own keys."""
MUST_MEET_BESIDE = {
    "AccountTaken", "BadConsent", "BadParameter", "ChangeOpen", "NoRecord", "NotReady", "NotVetoable", "PartyInactive",
    "PowerMissing", "ScopeMissing", "SignaturesRefused", "TooLong",
}  # fmt: skip


def machine_of(chain: Chain, report: Report) -> type[RuleBasedStateMachine]:
    """The state machine over one node; every example starts from the freshly deployed ledger."""

    class ContractAndModel(RuleBasedStateMachine):
        @initialize(seed=st.integers(0, 2**63))
        def start(self, seed: int) -> None:
            # A seed, not Hypothesis' own random: an act takes more choices than one example may draw.
            self.snapshot = chain.rpc.call("evm_snapshot")
            self.world = World(chain, Random(seed), report)

        @rule()
        def acts_in_a_batch(self) -> None:
            self.world.batch()

        @rule()
        def more_acts_in_a_batch(self) -> None:
            self.world.batch()

        @rule()
        def a_single_act(self) -> None:
            self.world.single()

        @rule()
        def acts_of_parties(self) -> None:
            for _ in range(8):
                self.world.party_act()

        @rule()
        def acts_of_powers(self) -> None:
            for _ in range(8):
                self.world.power_act()

        @rule()
        def a_registration(self) -> None:
            self.world.register()

        @rule()
        def malformed_terms(self) -> None:
            self.world.malformed_terms()

        @rule(seconds=st.sampled_from((0, 1, 3600, DAY, 8 * DAY, 31 * DAY, 100 * DAY)))
        def time_passes(self, seconds: int) -> None:
            self.world.pass_time(seconds)

        def teardown(self) -> None:
            if hasattr(self, "world"):
                self.world.compare_parties()
                self.world.compare_documents()
                assert chain.rpc.call("evm_revert", self.snapshot)

    return ContractAndModel


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Iterator[Report]:
    made = Report()
    yield made
    with capsys.disabled():
        print("\n" + "\n".join(made.lines()), file=sys.stderr)


def missing(report: Report) -> set[str]:
    """What the run has yet to meet; chance may want a longer run for the rarest."""
    beside = {name.split(":")[1] for name in report.refused if ":" in name}
    return (MUST_APPLY - report.applied.keys()) | (MUST_MEET - report.refused.keys()) | (MUST_MEET_BESIDE - beside)


def test_contract_and_model_agree_on_random_acts(chain: Chain, report: Report) -> None:
    machine = machine_of(chain, report)
    run = settings(
        max_examples=4,
        stateful_step_count=50,
        deadline=None,
        derandomize=not LONG,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    while report.total < LEAST or (missing(report) and report.total < 4 * LEAST):
        run_state_machine_as_test(machine, settings=run, _min_steps=40)
        run = settings(run, derandomize=False)
    assert report.applied.total() >= 0.4 * report.total
    assert missing(report) == set()
