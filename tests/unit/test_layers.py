"""Imports run one way (docs/architecture.md): a room imports only the rooms listed for it, a pure room no I/O."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "portledger"

ALLOWED: dict[str, set[str]] = {
    "domain": set(),
    "evidence": {"domain", "vault"},
    "formats": {"domain"},
    "vault": {"domain"},
    "chain": {"domain"},
    "store": {"domain"},
    "services": {"domain", "evidence", "formats", "vault", "chain", "store"},
    "relay": {"domain", "formats", "chain", "store", "services"},
    "gateway": {"domain", "evidence", "formats", "vault", "chain", "store", "services", "relay"},
    "sdk": {"domain", "evidence", "formats", "vault"},
    "desk": {"domain", "formats", "sdk"},
    # The command line is a party's tool; only the commands that run the system itself (OPERATOR) reach below the SDK.
    "cli": {"domain", "evidence", "formats", "vault", "sdk", "desk"},
}
OPERATOR = {"serving", "demo", "operator", "consortium", "admin", "backups", "doctor"}
OPERATOR_MAY = {"chain", "gateway", "relay", "services", "store"}
NEUTRAL = {"durable", "resources", "faults", "measures", "tracing", "samples", "__version__"}

PURE = {"domain", "evidence"}
FORBIDDEN_IN_PURE = {
    "web3", "httpx", "requests", "urllib", "http", "socket", "sqlalchemy", "sqlite3", "fastapi", "starlette", "time",
    "os", "pathlib", "subprocess", "asyncio", "threading", "random", "secrets",
}  # fmt: skip


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        if len(parts) > 1:
            yield parts[0], path


def imports(path: Path) -> Iterator[str]:
    """Dotted names imported anywhere in the file, relative ones resolved."""
    package = ["portledger", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{name}.{alias.name}" for alias in node.names) if name == "portledger" else [name]


def room_of(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if parts[0] == "portledger" and len(parts) > 1 else None


@pytest.mark.parametrize("room", sorted({room for room, _ in modules()} - NEUTRAL))
def test_a_room_imports_only_the_rooms_below_it(room: str) -> None:
    assert room in ALLOWED, f"the room {room} is not in the table: say which rooms it may import"
    wrong = []
    for owner, path in modules():
        if owner != room:
            continue
        allowed = ALLOWED[room] | NEUTRAL | {room}
        if room == "cli" and path.stem in OPERATOR:
            allowed |= OPERATOR_MAY
        wrong += [f"{path.name} imports {name}" for name in imports(path) if room_of(name) not in allowed | {None}]
    assert not wrong


@pytest.mark.parametrize("room", sorted(PURE & {room for room, _ in modules()}))
def test_the_pure_rooms_do_no_input_or_output(room: str) -> None:
    wrong = [
        f"{path.name} imports {name}"
        for owner, path in modules()
        if owner == room
        for name in imports(path)
        if name.split(".")[0] in FORBIDDEN_IN_PURE
    ]
    assert not wrong
