"""Reads what pip-audit and npm audit said: weaknesses, nothing known, or that nobody could be asked."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

CLEAN, WEAK, UNKNOWN = 0, 1, 3


def read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def python_packages(said: Any) -> tuple[list[str], list[str]]:
    """(weaknesses, packages that nobody was asked about) of pip-audit's JSON."""
    packages = said.get("dependencies", [])
    weak = [
        f"{one['name']} {one['version']}: {weakness['id']}, repaired in {', '.join(weakness['fix_versions']) or 'none'}"
        for one in packages
        for weakness in one.get("vulns", [])
    ]
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    return weak, unknown if packages else ["all"]


def npm_packages(said: Any) -> tuple[list[str], list[str]]:
    """The same of npm's JSON."""
    if "auditReportVersion" not in said:
        return [], ["all"]
    return [f"{name}: {one['severity']}" for name, one in sorted(said["vulnerabilities"].items())], []


def report(python: Any, *npm: Any) -> tuple[int, str]:
    """(exit code, what to print)"""
    found = {"Python packages": python_packages(python)}
    found |= {f"npm packages, list {number}": npm_packages(one) for number, one in enumerate(npm, 1)}
    lines = []
    for what, (weak, unknown) in found.items():
        lines += [f"{what}: {one}" for one in weak]
        if unknown:
            lines.append(f"{what}: NOT AUDITED, the service could not be asked about {_few(unknown)}")
        elif not weak:
            lines.append(f"{what}: no weakness is known")
    if any(weak for weak, _ in found.values()):
        return WEAK, "\n".join(lines)
    return (UNKNOWN if any(unknown for _, unknown in found.values()) else CLEAN), "\n".join(lines)


def _few(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


if __name__ == "__main__":
    code, text = report(*(read(Path(name)) for name in sys.argv[1:]))
    print(text)
    sys.exit(code)
