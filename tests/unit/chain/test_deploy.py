"""deployment.json says which ledger it is, and nothing malformed passes."""

from pathlib import Path

import pytest

from portledger.chain.deploy import Deployment, make_salt
from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import keccak

DEPLOYMENT = Deployment(
    1337, bytes(range(20)), keccak(b"salt"), keccak(b"genesis"), 4, keccak(b"code"), {0x0101: keccak(b"kind")}
)


def test_a_deployment_is_the_same_after_saving_and_loading(tmp_path: Path) -> None:
    DEPLOYMENT.save(tmp_path / "deployment.json")
    assert Deployment.load(tmp_path / "deployment.json") == DEPLOYMENT
    assert [path.name for path in tmp_path.iterdir()] == ["deployment.json"]


@pytest.mark.parametrize("member", DEPLOYMENT.to_json())
@pytest.mark.parametrize("value", [None, "00", "zz", []])
def test_a_malformed_member_is_refused(member: str, value: object) -> None:
    if member in ("chainId", "block") and value == "00":
        value = "x"
    with pytest.raises(InvalidInput):
        Deployment.from_json({**DEPLOYMENT.to_json(), member: value})


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deployment.json"
    path.write_text("{")
    with pytest.raises(InvalidInput):
        Deployment.load(path)


def test_two_deployments_never_share_a_salt() -> None:
    assert make_salt("consortium", bytes(32)) != make_salt("consortium", bytes(32))
    assert make_salt("c", bytes(32), bytes(32)) == keccak(b"c", bytes(64))
