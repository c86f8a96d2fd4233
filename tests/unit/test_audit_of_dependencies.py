"""scripts/audit_dependencies says what is weak, and never "nothing known" when nobody could be asked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from audit_dependencies import report

FINE: dict[str, Any] = {"dependencies": [{"name": "a", "version": "1", "vulns": []}]}
WEAK: dict[str, Any] = {
    "dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}]
}
SKIPPED: dict[str, Any] = {"dependencies": [{"name": "a", "version": "1", "skip_reason": "not found"}]}
NPM_FINE: dict[str, Any] = {"auditReportVersion": 2, "vulnerabilities": {}}
NPM_WEAK: dict[str, Any] = {"auditReportVersion": 2, "vulnerabilities": {"b": {"severity": "high"}}}
NPM_ERROR: dict[str, Any] = {"error": {"code": "ENOTFOUND"}}


@pytest.mark.parametrize(
    ("python", "npm", "code", "said"),
    [
        (FINE, NPM_FINE, 0, "no weakness is known"),
        (WEAK, NPM_FINE, 1, "a 1: CVE-1, repaired in 2"),
        (FINE, NPM_WEAK, 1, "b: high"),
        (SKIPPED, NPM_FINE, 3, "Python packages: NOT AUDITED"),
        (FINE, NPM_ERROR, 3, "npm packages, list 1: NOT AUDITED"),
        ({}, {}, 3, "NOT AUDITED"),
        (WEAK, NPM_ERROR, 1, "NOT AUDITED"),
    ],
)
def test_the_report_says_weak_unknown_or_clean(python: Any, npm: Any, code: int, said: str) -> None:
    found, text = report(python, npm)
    assert found == code
    assert said in text
