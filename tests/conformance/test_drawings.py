"""What is drawn from the rules is redrawn when the rules change, or the check says which page is stale."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_pages_that_do_not_match_the_rules_are_named_and_fail_the_check(tmp_path: Path) -> None:
    """`make check` runs this on the checkout itself."""
    for name in ("scripts", "docs", "protocol"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "src").symlink_to(ROOT / "src")
    kind = tmp_path / "protocol" / "kinds" / "commercial_invoice.toml"
    kind.write_text(kind.read_text().replace('en = "Commercial invoice"', 'en = "Invoice"', 1))
    command = [sys.executable, "scripts/draw_docs.py", "--check"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "commercial-invoice.md" in done.stdout + done.stderr
    assert "certificate-of-origin.md" not in done.stdout + done.stderr
