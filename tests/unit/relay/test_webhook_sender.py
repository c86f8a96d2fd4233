"""The sender of webhooks: at least once, ordered per document, patient for a day, and never held up by one receiver."""

from __future__ import annotations

import base64
import json
import shutil
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Connection

from portledger.formats import api_json as wire
from portledger.relay import webhooks as sending
from portledger.relay.webhook_http import Answer, Poster
from portledger.relay.webhooks import Patience, Sender
from portledger.services import feed, webhooks
from portledger.services.ledger import Databases, Ledger
from portledger.services.query import Viewer
from portledger.services.webhooks import Secrets, Webhook
from portledger.store import webhook_queue
from portledger.store.leases import Lease, LeaseLost
from portledger.store.webhook_queue import DeliveryState

START = 1_800_000_000.0
TAKEN, BROKEN, GONE = Answer(200, ""), Answer(500, "HTTP 500"), Answer(410, "HTTP 410")


@dataclass
class World:
    """A sender over databases of its own, events made by hand, a clock and receivers that the test moves."""

    databases: Databases
    events: list[tuple[int, wire.CloudEvent]] = field(default_factory=list)
    posts: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    """By url, or by subject: what it gets instead of a 200."""
    now: float = START
    secrets: Secrets = field(default_factory=lambda: Secrets(bytes(32)))

    def __post_init__(self) -> None:
        self.sender = self.new_sender()

    def new_sender(self, lease: Lease | None = None) -> Sender:
        ledger = cast(Ledger, _Ledger(self.databases))
        return Sender(ledger, self.secrets, cast(Poster, self), Patience(), lambda: self.now, lease)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        event = json.loads(body)
        self.posts.append((url, dict(headers), event))
        return self.answers.get(url) or self.answers.get(event["subject"]) or TAKEN

    def happen(self, *subjects: str, kind: str = "portledger.document.acted") -> None:
        for subject in subjects:
            at = len(self.events) + 1
            event = wire.CloudEvent(
                "1.0", str(at), "urn:x", kind, "2027-01-01T00:00:00Z", subject, "application/json", {}
            )
            self.events.append((at, event))

    def webhook(self, url: str = "https://a.example/", types: tuple[str, ...] = (), after: int = 0) -> Webhook:
        return webhooks.create(self.databases.intake, 1, url, types, after, self.now, private=False)

    def run(self) -> None:
        """Until there is nothing to do at this moment."""
        for _ in range(1000):
            worked = self.sender.step()
            for busy in list(self.sender._busy.values()):
                busy.result()
            if not worked:
                return
        raise AssertionError("it never came to rest")

    def sent(self, url: str = "https://a.example/") -> list[int]:
        """The ids of the events that were posted there, in order."""
        return [int(event["id"]) for to, _, event in self.posts if to == url]

    def counts(self, webhook: Webhook) -> dict[DeliveryState, int]:
        with self.databases.relay.connect() as connection:
            return webhook_queue.counts(connection, [webhook.id])[webhook.id]


@dataclass
class _Ledger:
    databases: Databases


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    Databases.open(folder).close()
    return folder


@pytest.fixture
def world(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    databases = Databases.open(Path(shutil.copytree(template, tmp_path / "databases")))
    found = World(databases)

    def page(_ledger: Ledger, _who: Viewer, after: int, limit: int, only: feed.Filter) -> feed.Page:
        looked = [pair for pair in found.events if pair[0] > after][:limit]
        wanted = [pair for pair in looked if not only.types or pair[1].type in only.types]
        return feed.Page(wanted, looked[-1][0] if looked else after, len(looked) == limit)

    monkeypatch.setattr(feed, "page", page)
    yield found
    found.sender.close()
    databases.close()


def test_events_go_out_once_and_in_order(world: World) -> None:
    world.webhook()
    world.happen("a", "b", "a", "a")
    world.run()
    assert world.sent() == [1, 2, 3, 4]
    world.happen("b")
    world.run()
    assert world.sent() == [1, 2, 3, 4, 5]


def test_the_body_is_a_cloud_event_and_the_headers_those_of_standard_webhooks(world: World) -> None:
    webhook = world.webhook()
    world.happen("a")
    world.run()
    ((_, headers, event),) = world.posts
    assert (event["specversion"], event["id"], event["type"]) == ("1.0", "1", "portledger.document.acted")
    assert headers["content-type"] == "application/cloudevents+json"
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (f"{webhook.id}_1", str(int(START)))
    assert headers["webhook-signature"].startswith("v1,")


def test_the_signature_is_that_of_the_standard_s_own_example() -> None:
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = webhooks.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_only_events_of_the_types_asked_for_are_sent(world: World) -> None:
    world.webhook(types=("portledger.party.changed",))
    world.happen("a")
    world.happen("p", kind="portledger.party.changed")
    world.run()
    assert world.sent() == [2]


@pytest.mark.parametrize("back", [3600, 24 * 3600])
def test_what_was_queued_under_a_clock_that_was_ahead_goes_out_at_once(world: World, back: int) -> None:
    world.webhook()
    world.happen("a")
    world.now += back
    world.sender._take_up(webhooks.every(world.databases.intake)[0], None)
    world.now -= back
    world.run()
    assert world.sent() == [1]


def test_a_webhook_begins_after_its_cursor(world: World) -> None:
    world.happen("a", "a", "a")
    world.webhook(after=2)
    world.run()
    assert world.sent() == [3]


def test_a_failed_one_holds_its_own_document_and_no_other(world: World) -> None:
    world.webhook()
    world.answers["a"] = BROKEN
    world.happen("a", "b", "a", "b")
    world.run()
    assert world.sent() == [1, 2, 4]
    del world.answers["a"]
    world.now += 5
    world.run()
    assert world.sent() == [1, 2, 4, 1, 3]


def test_pauses_double_until_a_day_is_over_then_it_is_parked_and_visible(world: World) -> None:
    webhook = world.webhook()
    world.answers["a"] = BROKEN
    world.happen("a", "a", "b")
    world.run()
    times = [0.0]
    while world.counts(webhook).get(DeliveryState.PARKED, 0) == 0:
        with world.databases.relay.connect() as connection:
            ((first, behind), *_) = webhook_queue.listed(connection, webhook.id, DeliveryState.WAITING, 2, 10)
        assert not behind
        world.now = first.next_at
        times.append(world.now - START)
        world.run()
    assert times == [0.0, *(5.0 * (2**n - 1) for n in range(1, 15)), 86_400.0]
    with world.databases.relay.connect() as connection:
        listed = webhook_queue.listed(connection, webhook.id, None, None, 10)
        tried = webhook_queue.attempts_of(connection, [1])[1]
    assert [(one.position, one.state.word, behind) for one, behind in listed] == [
        (3, "delivered", False), (2, "waiting", True), (1, "parked", False),
    ]  # fmt: skip
    assert [(one.at - START, one.status, one.error) for one in tried] == [(at, 500, "HTTP 500") for at in times]


def test_what_is_parked_goes_out_when_its_owner_says_so_with_what_was_behind_it(world: World) -> None:
    webhook = world.webhook()
    world.answers["a"] = GONE
    world.happen("a", "a")
    world.run()
    assert world.counts(webhook) == {DeliveryState.PARKED: 1, DeliveryState.WAITING: 1}
    del world.answers["a"]
    webhooks.retry(world.databases.intake, 1, webhook.id)
    world.run()
    assert world.sent() == [1, 1, 2]
    assert world.counts(webhook) == {DeliveryState.DELIVERED: 2}


def test_replay_sends_everything_after_a_cursor_once_more_under_the_same_ids(world: World) -> None:
    webhook = world.webhook()
    world.happen("a", "b", "a")
    world.run()
    webhooks.replay(world.databases.intake, 1, webhook.id, 1)
    world.run()
    assert world.sent() == [1, 2, 3, 2, 3]
    ids = [headers["webhook-id"] for _, headers, _ in world.posts]
    assert ids[3:] == ids[1:3]


def test_replay_drops_what_was_parked(world: World) -> None:
    webhook = world.webhook()
    world.answers["a"] = GONE
    world.happen("a", "b")
    world.run()
    del world.answers["a"]
    webhooks.replay(world.databases.intake, 1, webhook.id, 0)
    world.run()
    assert world.sent() == [1, 2, 1, 2]
    assert DeliveryState.PARKED not in world.counts(webhook)


def test_an_answer_lost_by_a_dying_sender_means_once_more_and_never_lost(world: World) -> None:
    world.webhook()
    world.happen("a", "a")

    class Died(BaseException):
        pass

    def dies(url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        World.post(world, url, headers, body)
        raise Died

    world.post = dies  # type: ignore[method-assign]
    world.sender.step()
    for busy in world.sender._busy.values():
        busy.exception()
    world.sender.close()
    del world.post  # type: ignore[method-assign]
    world.sender = world.new_sender()
    world.run()
    assert world.sent() == [1, 1, 2]


def test_a_dead_receiver_holds_up_nobody_else(world: World) -> None:
    world.webhook("https://dead.example/")
    world.webhook()
    world.answers["https://dead.example/"] = Answer(None, "no answer (ConnectError)")
    world.happen(*"abcdef")
    world.run()
    assert world.sent() == [1, 2, 3, 4, 5, 6]
    assert world.sent("https://dead.example/") == [1, 2, 3, 4, 5, 6]  # each subject's first, once


def test_a_receiver_that_is_down_bounds_what_is_queued_for_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "MAX_WAITING", 10)
    monkeypatch.setattr(sending, "PAGE", 4)
    webhook = world.webhook()
    world.answers["https://a.example/"] = BROKEN
    world.happen(*(["a"] * 100))
    world.run()
    assert world.counts(webhook)[DeliveryState.WAITING] < 10 + 4
    del world.answers["https://a.example/"]
    world.now += 5
    world.run()
    assert world.sent()[1:] == list(range(1, 101))


def test_nothing_is_sent_to_a_deleted_webhook_and_its_log_is_gone(world: World) -> None:
    webhook = world.webhook()
    world.answers["a"] = BROKEN
    world.happen("a")
    world.run()
    webhooks.remove(world.databases.intake, 1, webhook.id)
    world.now += 100
    world.run()
    assert world.sent() == [1]
    with world.databases.relay.connect() as connection:
        assert webhook_queue.listed(connection, webhook.id, None, None, 10) == []


def test_while_secrets_overlap_every_message_is_signed_with_both(world: World) -> None:
    webhook = world.webhook()
    first = world.secrets.shown(webhook)
    rotated = webhooks.rotate(world.databases.intake, 1, webhook.id, 60, world.now)
    second = world.secrets.shown(rotated)
    world.happen("a")
    world.run()
    world.now += 61
    world.happen("a")
    world.run()
    (_, both, _), (_, one, _) = world.posts
    assert first != second
    assert len(both["webhook-signature"].split()) == 2
    assert len(one["webhook-signature"].split()) == 1


def test_the_delivery_log_keeps_the_newest_that_were_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "KEPT_DELIVERED", 3)
    webhook = world.webhook()
    for _ in range(10):
        world.happen("a")
        world.run()
    with world.databases.relay.connect() as connection:
        listed = webhook_queue.listed(connection, webhook.id, None, None, 100)
    assert [one.position for one, _ in listed][:3] == [10, 9, 8]
    assert len(listed) <= 4


@pytest.mark.parametrize("content", ["", "00" * 31, "zz" * 32])
def test_a_damaged_key_file_is_refused_and_not_written_over(tmp_path: Path, content: str) -> None:
    path = tmp_path / "webhooks.key"
    path.write_text(content)
    with pytest.raises(webhooks.InvalidInput, match=r"webhooks\.key"):
        Secrets.load(path)
    assert path.read_text() == content


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "webhooks.key"
    assert Secrets.load(path) == Secrets.load(path)
    assert path.stat().st_mode & 0o777 == 0o600


# --- two senders, and receivers that hold on -------------------------------------------------------------------------


class Passed:
    """A lease that another process has by now."""

    def prove(self, _connection: Connection) -> None:
        raise LeaseLost("a webhooks whose place was given to another", "the one that has the lease")


def test_a_sender_that_was_passed_over_takes_nothing_up(world: World) -> None:
    world.webhook(types=("portledger.party.changed",))
    world.happen("a")
    world.run()
    world.happen("b")
    passed = world.new_sender(cast(Lease, Passed()))
    with pytest.raises(LeaseLost):
        passed.step()
    passed.close()
    with world.databases.relay.connect() as connection:
        (found,) = webhook_queue.progress(connection).values()
    assert found.position == 1


def due(world: World, webhook: Webhook) -> list[webhook_queue.Delivery]:
    with world.databases.relay.connect() as connection:
        return webhook_queue.due(connection, webhook.id, world.now, 10)


def test_what_another_sender_has_sent_meanwhile_is_not_sent_behind_its_followers(world: World) -> None:
    webhook = world.webhook()
    world.answers["a"] = BROKEN
    world.happen("a", "a")
    world.run()
    world.now += 5
    slept = due(world, webhook)  # as a sender read it that then was paused
    del world.answers["a"]
    world.run()
    assert world.sent() == [1, 1, 2]
    world.new_sender()._send_all(webhook, slept)
    assert world.sent() == [1, 1, 2]


def test_an_attempt_that_ends_late_does_not_undo_what_another_sender_wrote(world: World) -> None:
    webhook = world.webhook()
    world.happen("a", "a")
    world.answers["a"] = BROKEN
    world.run()
    world.now += 5
    slept = due(world, webhook)

    def answers_late(url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        del world.post  # type: ignore[method-assign]
        del world.answers["a"]
        world.run()  # the other sender, while this one waits for its answer
        return BROKEN

    world.post = answers_late  # type: ignore[method-assign]
    late = world.new_sender()
    late._send_all(webhook, slept)
    late.close()
    assert world.counts(webhook) == {DeliveryState.DELIVERED: 2}
    assert world.sent() == [1, 1, 2]


def test_a_webhook_that_fails_in_itself_holds_up_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = world.webhook("https://broken.example/")
    world.webhook()
    real = webhook_queue.add

    def add(connection: Connection, webhook: str, *rest: Any) -> None:
        if webhook == broken.id:
            raise RuntimeError("as nobody thought")
        real(connection, webhook, *rest)

    monkeypatch.setattr(webhook_queue, "add", add)
    world.happen("a", "b")
    world.run()
    assert world.sent() == [1, 2]


@pytest.fixture
def holding(world: World) -> Iterator[threading.Event]:
    """Receivers at slow.example answer when this is set."""
    answer = threading.Event()

    def post(url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if "slow.example" in url:
            answer.wait(60)
        return World.post(world, url, headers, body)

    world.post = post  # type: ignore[method-assign]
    yield answer
    answer.set()


def test_a_party_whose_receivers_are_slow_holds_up_no_other_party(world: World, holding: threading.Event) -> None:
    for at in range(webhooks.MAX_WEBHOOKS):
        world.webhook(f"https://slow.example/{at}")
    other = webhooks.create(world.databases.intake, 2, "https://a.example/", (), 0, world.now, private=False)
    world.happen("a")
    world.sender.step()
    world.sender._busy[other.id].result(30)
    assert world.sent() == [1]
    assert len(world.sender._busy) == sending.WORKERS_OF_PARTY + 1
    holding.set()
    world.run()
    assert len(world.posts) == webhooks.MAX_WEBHOOKS + 1


def test_a_worker_turns_to_the_next_webhook_when_its_time_is_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = world.webhook()
    world.happen("a", "b", "c")
    passing = SimpleNamespace(monotonic=lambda: len(world.posts) * sending.TURN_SECONDS / 2)
    monkeypatch.setattr(sending, "time", passing)  # an answer takes half a turn
    world.sender.step()
    assert world.sender._busy[webhook.id].result(30) == 2
    world.run()
    assert world.sent() == [1, 2, 3]
