"""The node's address is a setting: the whole system on a node that it neither starts, nor mines, nor keeps."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.gateway import Gateway

from portledger.chain.deploy import Deployment
from portledger.chain.node import find_anvil
from portledger.chain.rpc import NodeUnreachable, Rpc
from portledger.domain.codes import Role
from portledger.gateway.settings import Settings
from portledger.gateway.system import free_port, running

CHAIN_ID = 424_242


@pytest.fixture
def foreign_node(tmp_path: Path) -> Iterator[str]:
    """A chain with blocks of its own rhythm, of the newest hardfork, under another chain id."""
    port = free_port("127.0.0.1")
    options = {"--port": port, "--chain-id": CHAIN_ID, "--block-time": 0.2, "--base-fee": 0, "--gas-price": 0,
               "--gas-limit": 10**11, "--cache-path": tmp_path / "cache"}  # fmt: skip
    command = [str(find_anvil()), "--quiet", *(str(part) for option in options.items() for part in option)]
    node = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with Rpc(f"http://127.0.0.1:{port}") as rpc:
            while node.poll() is None:
                try:
                    assert rpc.call("eth_chainId") == hex(CHAIN_ID)
                    break
                except NodeUnreachable:
                    continue
            yield rpc.url
    finally:
        node.terminate()
        node.wait()


def test_the_system_runs_on_a_node_that_is_given_by_its_address_alone(foreign_node: str, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "port", port=0, node=foreign_node, log_level="warning")
    with running(settings) as system:
        gateway = Gateway(system.url)
        assert gateway.domain.chain_id == CHAIN_ID
        carrier, shipper = gateway.register(Role.CARRIER), gateway.register(Role.SHIPPER_OR_CONSIGNEE)
        document = gateway.issue(carrier, to=shipper.party)
        gateway.act(shipper, document, "ACCEPT", counterparty=carrier.party, endorsee=shipper.party)
        assert gateway.record(document, shipper).possessor == shipper.party
        gateway.close()
    assert not (settings.data / "chain").exists()
    with Rpc(foreign_node) as rpc:
        Deployment.load(settings.data / "deployment.json").check(rpc)
