"""The command line in processes of its own, on a terminal or in a pipe."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

LINE = [sys.executable, "-c", "import sys; from portledger.cli.main import main; sys.exit(main(sys.argv[1:]))"]


def environment(**more: str) -> dict[str, str]:
    source = str(Path(__file__).parents[2] / "src")
    return {**os.environ, "PYTHONPATH": source, **more}


def on_a_terminal(arguments: list[str], *, columns: int = 80, **more: str) -> bytes:
    """What a terminal gets on stdout and stderr, without the carriage returns that it adds."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    terminal = environment(TERM="xterm-256color", **more)
    terminal = {name: value for name, value in terminal.items() if name not in ("COLUMNS", "LINES")}
    process = subprocess.Popen([*LINE, *arguments], stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, env=terminal)
    os.close(slave)
    parts = []
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    process.wait()
    os.close(master)
    return b"".join(parts).replace(b"\r\n", b"\n")
