"""The operator sees what waits, and takes out of the way what should wait: everything else goes on."""

import json
import time
from pathlib import Path

import pytest
from tests.support.node import Member
from tests.support.relay import EBL, Relay, issue

from portledger import resources
from portledger.cli.main import build
from portledger.domain.actions import SignedAction
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.refusals import Conflict, NotFound
from portledger.formats import api_json as wire
from portledger.services import queue
from portledger.services.ledger import Databases, Ledger
from portledger.services.status import status_of


def digest(relay: Relay, one: SignedAction) -> bytes:
    return one.action.digest(relay.chain.domain, resources.kind(EBL).intent(one.action.verb))


def states(databases: Databases) -> list[str]:
    return [one.state for one in queue.look(databases, 100).rows]


def test_a_parked_act_waits_and_the_others_go_on(relay: Relay, carrier: Member, shipper: Member) -> None:
    first, second, third = (issue(relay.chain, carrier, shipper) for _ in range(3))
    relay.accept(first, second, third)
    assert queue.park(relay.databases, digest(relay, second), "asked about it", 5.0) == [digest(relay, second)]
    for _ in range(3):
        relay.step()
        relay.mine()
    assert sorted(one.outbox_id for one in relay.outcomes()) == [1, 3]
    found = queue.look(relay.databases, 100)
    assert (found.waiting, found.sent, found.parked) == (0, 0, 1)
    assert [(one.row.digest, one.parked) for one in found.rows] == [(digest(relay, second), "asked about it")]


def test_who_asks_for_a_parked_act_is_told_that_it_waits_and_is_not_refused(
    relay: Relay, carrier: Member, shipper: Member
) -> None:
    one, other = (issue(relay.chain, carrier, shipper) for _ in range(2))
    relay.accept(one, other)
    queue.park(relay.databases, digest(relay, one), "asked about it", 5.0)
    ledger = Ledger(relay.chain.deployment, relay.databases, resources.kinds())

    def shown(act: SignedAction) -> tuple[str, bool]:
        found = status_of(ledger, digest(relay, act), problem_of)
        assert "asked about it" not in str(found)  # the operator's words are the operator's
        return found.status, found.parked

    def problem_of(failure: PortledgerError, _party: int | None) -> wire.Problem:
        raise AssertionError(failure)

    assert [shown(one), shown(other)] == [("accepted", True), ("accepted", False)]
    queue.release(relay.databases, digest(relay, one))
    assert shown(one) == ("accepted", False)


def test_it_waits_over_a_new_life_of_the_relayer(relay: Relay, carrier: Member, shipper: Member) -> None:
    one = issue(relay.chain, carrier, shipper)
    relay.accept(one)
    queue.park(relay.databases, digest(relay, one), "why", 5.0)
    relay.restart()
    for _ in range(3):
        relay.step()
        relay.mine()
    assert relay.outcomes() == []
    assert states(relay.databases) == ["parked"]


def test_a_released_act_becomes_final_once(relay: Relay, carrier: Member, shipper: Member) -> None:
    one, later = (issue(relay.chain, carrier, shipper) for _ in range(2))
    relay.accept(one)
    queue.park(relay.databases, digest(relay, one), "why", 5.0)
    relay.step()
    queue.release(relay.databases, digest(relay, one))
    relay.accept(later)
    for _ in range(3):
        relay.step()
        relay.mine()
    assert relay.statuses() == [True, True]
    assert queue.look(relay.databases, 100).rows == ()


def test_what_builds_on_a_parked_act_waits_with_it_and_goes_on_with_it(
    relay: Relay, carrier: Member, shipper: Member
) -> None:
    made = issue(relay.chain, carrier, shipper)
    relay.accept(made)
    for _ in range(2):
        relay.step()
        relay.mine()
    accept = relay.chain.prepare(
        shipper, EBL, "ACCEPT", document=made.action.document, counterparty=carrier.id, endorsee=shipper.id
    )
    relay.accept(accept, _offered_later(relay, accept, shipper, carrier))
    parked = queue.park(relay.databases, digest(relay, accept), "why", 5.0)
    assert len(parked) == 2
    for _ in range(3):
        relay.step()
        relay.mine()
    assert states(relay.databases) == ["parked", "parked"]
    assert queue.release(relay.databases, digest(relay, accept)) == parked
    for _ in range(4):
        relay.step()
        relay.mine()
    assert relay.statuses()[1] is True
    assert states(relay.databases) == []


def test_a_row_in_a_transaction_is_shown_with_its_nonce(relay: Relay, carrier: Member, shipper: Member) -> None:
    relay.accept(issue(relay.chain, carrier, shipper))
    relay.step()
    (one,) = queue.look(relay.databases, 100).rows
    assert (one.state, one.tx and one.tx.items) == ("sent", (1,))


def test_what_cannot_be_parked_or_released_is_refused_with_a_reason(
    relay: Relay, carrier: Member, shipper: Member
) -> None:
    one = issue(relay.chain, carrier, shipper)
    relay.accept(one)
    with pytest.raises(InvalidInput, match="why it is parked"):
        queue.park(relay.databases, digest(relay, one), " ", 5.0)
    with pytest.raises(NotFound):
        queue.park(relay.databases, bytes(32), "why", 5.0)
    with pytest.raises(Conflict, match="not parked"):
        queue.release(relay.databases, digest(relay, one))
    for _ in range(2):
        relay.step()
        relay.mine()
    with pytest.raises(Conflict, match="has its outcome"):
        queue.park(relay.databases, digest(relay, one), "why", 5.0)


def test_the_command_shows_parks_and_releases(
    relay: Relay, carrier: Member, shipper: Member, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    relay.chain.deployment.save(tmp_path / "deployment.json")
    url = str(relay.databases.relay.url.render_as_string(hide_password=False))
    if not url.startswith("sqlite"):
        monkeypatch.setenv("PORTLEDGER_DATABASE", url)
    one = issue(relay.chain, carrier, shipper)
    relay.accept(one)

    def say(*words: str) -> str:
        build("admin")(["admin", "queue", "--data", str(tmp_path), *words], standalone_mode=False)
        return capsys.readouterr().out

    name = digest(relay, one).hex()
    parked = json.loads(say("--json", "--park", name, "--reason", "its sender asked"))
    assert parked["parked"] == 1
    assert parked["rows"][0] | {"receivedAt": 0} == {
        "digest": name, "state": "parked", "type": "ACT", "party": carrier.id,
        "document": one.action.document.hex(), "receivedAt": 0, "transaction": None, "nonce": None,
        "parked": "its sender asked",
    }  # fmt: skip
    assert parked["rows"][0]["receivedAt"] <= time.time()
    shown = say()
    assert name in shown
    assert "its sender asked" in shown
    assert json.loads(say("--json", "--release", name))["rows"][0]["state"] == "waiting"


def _offered_later(relay: Relay, before: SignedAction, shipper: Member, carrier: Member) -> SignedAction:
    """An act on the same control track, accepted after that one."""
    return relay.chain.prepare(
        shipper, EBL, "OFFER", document=before.action.document, counterparty=carrier.id,
        previous=digest(relay, before),
    )  # fmt: skip
