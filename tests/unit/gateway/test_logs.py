"""One event is one line of JSON in plain ASCII, without contents, credentials and addresses' secret parts."""

import io
import json
import logging
import logging.config
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from portledger.gateway import logs

SECRET = "correct-horse-battery"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Configured; called, it gives what was logged so far, line by line."""
    root, stream = logging.getLogger(), io.StringIO()
    before = (root.handlers[:], root.level, structlog.get_config())
    root.handlers[:] = []  # else those of the test runner would be closed
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        logs.configure("info")

    def read() -> list[dict[str, Any]]:
        text = stream.getvalue()
        assert text.isascii()
        assert not [sign for sign in text if ord(sign) < 32 and sign != "\n"]
        return [json.loads(line) for line in text.splitlines()]

    read.stream = stream  # type: ignore[attr-defined]
    yield read
    root.handlers[:], _ = before[0], root.setLevel(before[1])
    structlog.configure(**before[2])


@pytest.mark.parametrize(
    "sign", ["\n", "\r\n", "\x85", "\u2028", "\u2029", "\x1b[2K", "\x9b2K", "\x00", "\x7f", "\u202e"],
    ids=ascii,
)  # fmt: skip
def test_no_text_forges_a_line(lines: Any, sign: str) -> None:
    forged = f'x{sign}{{"event":"answered","status":200}}'
    structlog.get_logger("a").warning("node", found=forged)
    logging.getLogger("some.library").warning("said %s", forged)
    found = lines()
    assert [one["event"] for one in found] == ["node", f"said {forged}"]
    assert found[0]["found"] == forged


def test_words_of_an_unexpected_error_stay_out_and_its_place_is_told(lines: Any) -> None:
    def break_it() -> None:
        try:
            raise KeyError(SECRET)
        except KeyError as failure:
            raise ValueError(f"cannot take {SECRET}") from failure

    for say in (structlog.get_logger("a").exception, logging.getLogger("some.library").exception):
        try:
            break_it()
        except ValueError:
            say("failed")
    found = lines()
    assert [one["exception"] for one in found] == ["ValueError < KeyError"] * 2
    assert all("break_it" in one["frames"][-1] for one in found)
    assert SECRET not in json.dumps(found)


def test_an_error_given_as_a_value_is_told_the_same_way(lines: Any) -> None:
    structlog.get_logger("a").error("failed", exc_info=ValueError(SECRET))
    (found,) = lines()
    assert found["exception"] == "ValueError"
    assert SECRET not in json.dumps(found)


def test_what_the_system_says_of_its_own_failure_is_told(lines: Any) -> None:
    try:
        raise OSError(28, "No space left on device", "/secret/place")
    except OSError:
        structlog.get_logger("a").exception("failed")
    (found,) = lines()
    assert found["reason"] == "No space left on device"
    assert "/secret/place" not in json.dumps(found)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"https://rpc.example/v2/{SECRET}: no answer", "https://rpc.example no answer"),
        (f"postgresql://user:{SECRET}@db:5432/portledger", "postgresql://db:5432"),
        (f"http://[::1]:8545/{SECRET}?x=1", "http://[::1]:8545"),
        ("nothing of the kind", "nothing of the kind"),
    ],
)
def test_of_an_address_only_its_host_is_told(lines: Any, said: str, shown: str) -> None:
    structlog.get_logger("a").warning("node", found=said)
    assert lines()[0]["found"] == shown


def test_long_texts_and_values_that_are_no_json_are_cut_short(lines: Any) -> None:
    structlog.get_logger("a").warning("x", long="y" * 10_000, raw=SECRET.encode())
    (found,) = lines()
    assert len(found["long"]) == logs.MOST_CHARACTERS + 1
    assert found["raw"] == "<bytes>"


def test_below_the_level_nothing_is_said(lines: Any) -> None:
    structlog.get_logger("a").debug("unheard")
    logging.getLogger("some.library").info("unheard")
    assert lines() == []


def test_the_server_that_carries_the_gateway_speaks_as_everybody(lines: Any) -> None:
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False, **logs.granian("info")})
    handler = logging.getLogger("_granian").handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(lines.stream)
    logging.getLogger("_granian").info("Started worker-1")
    assert [(one["event"], one["logger"]) for one in lines()] == [("Started worker-1", "_granian")]
