"""A progress bar for work that takes its time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from portledger.cli import output

Watch = Callable[[float, int], None]
"""Told the share that is done, 0 to 1, and a count."""


@contextmanager
def bar(what: str, unit: str) -> Iterator[Watch]:
    """On stderr, where somebody looks at it. unit: what the count counts."""
    console = output.console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
        TextColumn("{task.fields[count]:,} " + unit), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(what, total=1.0, count=0)

        def watch(share: float, count: int) -> None:
            progress.update(task, completed=share, count=count)

        yield watch
