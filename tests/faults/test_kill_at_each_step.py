"""Processes killed at every named step between an act's acceptance and its final state, then started again."""

from pathlib import Path

from tests.support.gateway import Gateway

from portledger.domain.codes import Role
from portledger.gateway.settings import Settings
from portledger.gateway.system import running


def test_an_accepted_act_becomes_final_after_the_whole_system_was_killed(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, port=0, block_seconds=0.05)
    with running(settings) as system:
        gateway = Gateway(system.url)
        carrier, shipper = gateway.register(Role.CARRIER), gateway.register(Role.SHIPPER_OR_CONSIGNEE)
        signed, content = gateway.issue_act(carrier, shipper.party)
        answer = gateway.post(signed, content)
        assert answer.status_code == 202
        gateway.close()
        system.kill()
    with running(settings) as system:
        gateway = Gateway(system.url)
        assert gateway.wait(answer.json()["digest"]).status == "final"
        gateway.close()
