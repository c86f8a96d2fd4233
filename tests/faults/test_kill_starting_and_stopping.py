"""Killed while it begins on a new folder, while it stops, while it starts again, while a blob comes in."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.faults.steps import BEGINNING, RESTORING, STOPPING, UPLOADING
from tests.support.victim import Victim


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    one = Victim(tmp_path_factory.mktemp("victim"))
    yield one
    one.close()


def everything_is_final_once(victim: Victim, scratch: Path | None = None) -> None:
    offers = victim.acts()
    victim.offer(offers)
    victim.finish(offers)
    victim.check(scratch)


def test_a_system_killed_at_every_step_of_its_beginning_begins_all_the_same(victim: Victim, tmp_path: Path) -> None:
    for step in BEGINNING:
        victim.will_die_at(step)
        victim.dies_starting()
        victim.died()
    victim.start()
    victim.prepare()
    everything_is_final_once(victim, tmp_path / "rebuilt")


@pytest.mark.parametrize("step", STOPPING)
def test_a_system_killed_while_it_stops_has_lost_nothing(step: str, victim: Victim, tmp_path: Path) -> None:
    offers = victim.issues(3)
    victim.offer(offers)
    victim.will_die_at(step)
    victim.stop()
    victim.died()
    victim.start()
    victim.finish(offers)
    everything_is_final_once(victim, tmp_path / "rebuilt")


@pytest.mark.parametrize("step", RESTORING)
@pytest.mark.parametrize("node", ["living", "dead"])
def test_a_system_killed_while_it_starts_again_has_lost_nothing(
    node: str, step: str, victim: Victim, tmp_path: Path
) -> None:
    offers = victim.issues(3)
    victim.offer(offers)
    victim.kill()
    if node == "dead":
        victim.kill_node()
    victim.will_die_at(step)
    victim.dies_starting()
    victim.died()
    victim.start()
    victim.finish(offers)
    everything_is_final_once(victim, tmp_path / "rebuilt")


@pytest.mark.parametrize("step", UPLOADING)
def test_a_blob_whose_upload_was_killed_can_be_uploaded_again_and_named(step: str, victim: Victim) -> None:
    content = victim.new_content()
    victim.will_die_at(step)
    with pytest.raises(httpx.TransportError):
        victim.gateway.upload(content)
    victim.died()
    victim.revive()
    victim.gateway.upload(content)
    everything_is_final_once(victim)
