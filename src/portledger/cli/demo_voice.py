"""How the demo speaks: plain text of a steady width, and a record of every step for the table at the end."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TextIO, TypeVar

from portledger.domain.errors import PortledgerError
from portledger.sdk.explain import found_and_allowed

WIDTH: Final = 78
T = TypeVar("T")


class DemoFailed(Exception):
    """Something that had to work did not, or something that had to be refused was not."""


@dataclass(frozen=True, slots=True)
class Step:
    """expected, happened: "done", or the code of the error; ms: how long it took."""

    part: str
    text: str
    expected: str
    happened: str
    ms: int

    @property
    def ok(self) -> bool:
        return self.happened in self.expected.split(" or ")


@dataclass(slots=True)
class Voice:
    out: TextIO
    steps: list[Step] = field(default_factory=list)
    part: str = ""

    def title(self, part: str, text: str) -> None:
        """Begins a part of the story."""
        self.part = part
        heading = f"{part}"
        self.line()
        self.line(heading)
        self.line("-" * len(heading))
        self.tell(text)

    def tell(self, text: str) -> None:
        """A paragraph."""
        for paragraph in textwrap.dedent(text).strip().split("\n\n"):
            self.line()
            for line in textwrap.wrap(" ".join(paragraph.split()), WIDTH):
                self.line(line)

    def line(self, text: str = "") -> None:
        self.out.write(text + "\n")
        self.out.flush()

    def note(self, text: str) -> None:
        """What a step came to, indented under it."""
        for line in textwrap.wrap(text, WIDTH - 6):
            self.line("      " + line)

    def does(self, text: str, do: Callable[[], T]) -> T:
        """A step that must work. Raises DemoFailed."""
        start = time.monotonic()
        self._say(text)
        try:
            result = do()
        except PortledgerError as error:
            self._took(text, "done", error.code, start)
            raise DemoFailed(f"{text}: {error}") from error
        self._took(text, "done", "done", start)
        return result

    def refused(self, text: str, expected: str, do: Callable[[], object]) -> PortledgerError:
        """A step that must be refused. expected: the error's code, or several joined by " or ". Raises DemoFailed."""
        start = time.monotonic()
        self._say(text)
        try:
            do()
        except PortledgerError as error:
            self._took(text, expected, error.code, start)
            if error.code not in expected.split(" or "):
                raise DemoFailed(f"{text}: {error}") from error
            where = f" at check {error.at_step}" if error.at_step else ""
            found, allowed = found_and_allowed(error)
            self.note(f"REFUSED{where}, {error.code}. Found: {found}. Allowed: {allowed}.")
            return error
        self._took(text, expected, "done", start)
        raise DemoFailed(f"{text}: it should have been refused with {expected}")

    def _say(self, text: str) -> None:
        lines = textwrap.wrap(text, WIDTH - 4)
        self.line()
        self.line(f"{len(self.steps) + 1:>3} " + lines[0])
        for line in lines[1:]:
            self.line("    " + line)

    def _took(self, text: str, expected: str, happened: str, start: float) -> None:
        self.steps.append(Step(self.part, text, expected, happened, round((time.monotonic() - start) * 1000)))

    def table(self) -> None:
        """Every step in one line."""
        self.line(f"{'':>3} {'what':<50}{'expected':<17}   ms")
        for at, step in enumerate(self.steps, 1):
            mark = "ok" if step.ok else "NO"
            text = step.text if len(step.text) <= 49 else step.text[:46].rstrip() + "..."
            self.line(f"{at:>3} {text:<50}{step.expected[:17]:<17}{step.ms:>6} {mark}")
