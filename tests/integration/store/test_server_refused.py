"""A database server that does not let us in is said so, without its address or password."""

from pathlib import Path

import pytest

from portledger.domain.refusals import Unavailable
from portledger.services.ledger import Databases


def test_a_server_that_does_not_answer_is_told_without_its_secrets(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="database server") as refused:
        Databases.open(tmp_path, "postgresql://somebody:secret@127.0.0.1:1/portledger")
    assert "secret" not in str(refused.value)
    assert "127.0.0.1" not in str(refused.value)
