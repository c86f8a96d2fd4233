"""Where a person's things lie, and what commands may leave out: the home folder and its small config.

$PORTLEDGER_HOME (default ~/.portledger)
    config.toml      gateway = "http://127.0.0.1:8780", party = "shipper", node = "http://…"
    keys/NAME.json   key files
    sessions/        sign-in tokens, one per key file, readable by the owner only
"""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from portledger.domain.errors import InvalidInput

DEFAULT_GATEWAY: Final = "http://127.0.0.1:8780"
_KNOWN: Final = ("gateway", "party", "node")


@dataclass(frozen=True, slots=True)
class Settings:
    """home: a folder; gateway: base address; party: name of a key file in keys/, or its path; node: for `verify`."""

    home: Path
    gateway: str
    party: str | None
    node: str | None = None

    def key_file(self, name: str | None) -> Path:
        """The key file called `name`: a path that exists, or a name in the home folder. Raises InvalidInput."""
        wanted = name or self.party
        if wanted is None:
            raise InvalidInput(
                "--as", "no party named", "the name of a key file",
                "Say --as NAME, set PORTLEDGER_PARTY, or `portledger config set party NAME`.",
            )  # fmt: skip
        return self.key_path(wanted)

    def key_path(self, wanted: str) -> Path:
        path = Path(wanted)
        if path.suffix == ".json" and (path.exists() or path.is_absolute() or len(path.parts) > 1):
            return path
        return self.home / "keys" / f"{wanted}.json"

    @property
    def config_path(self) -> Path:
        return self.home / "config.toml"


def load(home: str | None = None, gateway: str | None = None, party: str | None = None) -> Settings:
    """From arguments, then the environment, then config.toml, then defaults. Raises InvalidInput for a bad file."""
    folder = Path(home or os.environ.get("PORTLEDGER_HOME") or Path.home() / ".portledger")
    stored = read_config(folder / "config.toml")
    return Settings(
        home=folder,
        gateway=gateway or os.environ.get("PORTLEDGER_GATEWAY") or stored.get("gateway") or DEFAULT_GATEWAY,
        party=party or os.environ.get("PORTLEDGER_PARTY") or stored.get("party"),
        node=os.environ.get("PORTLEDGER_NODE") or stored.get("node"),
    )


def read_config(path: Path) -> dict[str, str]:
    """The config's values; empty when there is none. Raises InvalidInput naming the file and what is wrong."""
    try:
        values = tomllib.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as wrong:
        raise InvalidInput(str(path), str(wrong), "a TOML file with " + ", ".join(_KNOWN)) from wrong
    for name, value in values.items():
        if name not in _KNOWN or not isinstance(value, str):
            raise InvalidInput(str(path), f"{name} = {value!r}", "texts named " + ", ".join(_KNOWN))
    return values


def write_config(path: Path, name: str, value: str) -> None:
    """Sets one value and keeps the other. Raises InvalidInput for a name that is not known."""
    if name not in _KNOWN:
        raise InvalidInput("config", name, " or ".join(_KNOWN))
    values = {**read_config(path), name: value}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{key} = {json.dumps(text)}\n" for key, text in sorted(values.items())))


def read_session(path: Path) -> dict[str, Any] | None:
    """A kept sign-in, or None: {gateway, token, expiresAt}. A damaged file counts as none; signing in replaces it."""
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None


def write_session(path: Path, value: dict[str, Any]) -> None:
    """Keeps a sign-in, readable by the owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(value, file)
