"""JSON lines on stderr: one object for each event, of every process and of the libraries in it.

A line holds words of this program, ids, numbers and times: never a body, a header, a path as it was sent, a credential
or the words of an unexpected error, which may quote what it was given. Whatever comes in, JSON quotes it and spells
what is not ASCII: nobody forges a line.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, Final, TextIO, cast

import structlog

MOST_CHARACTERS: Final = 500
"""Of one text."""
MOST_FRAMES: Final = 30

Event = MutableMapping[str, Any]
_Failure = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


def configure(level: str) -> None:
    """For this process, structlog's and logging's lines alike. level: debug, info, warning or error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        told_without_words,
        plain,
    ]
    stream = cast(TextIO, _Unfailing(sys.stderr))
    render = structlog.processors.JSONRenderer(default=_named)
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(logging.WARNING, _level(level)), force=True)


def granian(level: str) -> dict[str, Any]:
    """How the server that carries the gateway logs: as everybody else."""
    return {
        "formatters": {"json": {"()": "portledger.gateway.logs.formatter"}},
        "handlers": {"json": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "loggers": {"_granian": {"handlers": ["json"], "level": level.upper(), "propagate": False}},
    }


def formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_logger_name,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            told_without_words,
            plain,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(default=_named),
        ],
    )


def _level(word: str) -> int:
    return {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}.get(word, logging.ERROR)


def told_without_words(_logger: Any, _method: str, event: Event) -> Event:
    """An exception becomes its types and the places in the code that it went through; its words stay out."""
    given = event.pop("exc_info", None)
    if not given:
        return event
    kind, error, trace = _failure(given)
    if kind is None:
        return event
    event["exception"] = _names(error)
    system = _system_words(error)
    if system:
        event["reason"] = system
    frames = traceback.extract_tb(trace)[-MOST_FRAMES:]
    event["frames"] = [f"{_within(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def _within(path: str) -> str:
    """A file's place in its package: where that lies on this machine is left out."""
    return re.split(r"/(?:site-packages|src|python3\.\d+)/", path)[-1]


def _failure(given: Any) -> _Failure:
    if isinstance(given, BaseException):
        return type(given), given, given.__traceback__
    if isinstance(given, tuple):
        return given
    return sys.exc_info()


def _names(error: BaseException | None) -> str:
    """The error's type, and those that it came from."""
    names: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen and len(names) < 8:
        seen.add(id(error))
        names.append(type(error).__qualname__)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return " < ".join(names)


def _system_words(error: BaseException | None) -> str | None:
    """What the operating system says of its own failure, such as that a disk is full."""
    return error.strerror if isinstance(error, OSError) else None


def plain(_logger: Any, _method: str, event: Event) -> Event:
    """No text is longer than what a person reads, and an address is its host alone: the rest may be a password."""
    for name, value in event.items():
        if isinstance(value, str):
            text = _ADDRESS.sub(r"\1\2", value)
            event[name] = text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + "…"
    return event


_ADDRESS: Final = re.compile(r"(\w+://)(?:[^/\s@]*@)?([\w.:\[\]-]*)[^\s\"']*")


def _named(value: Any) -> str:
    """Of what JSON cannot show: its type alone."""
    return f"<{type(value).__qualname__}>"


class _Unfailing:
    """Written where it can be: a full disk, or a reader that is gone, must not end the thread that has something to say
    about it."""

    def __init__(self, to: TextIO) -> None:
        self._to = to

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            self._to.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._to.flush()
