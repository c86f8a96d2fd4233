"""Alerts, dashboard, runbook and the running code speak of the same metrics."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import typer.main
import yaml
from prometheus_client.metrics_core import Metric

from portledger.chain.rpc import Rpc
from portledger.cli.main import build
from portledger.gateway import system
from portledger.gateway.settings import ROLES
from portledger.services import health
from portledger.services.health import Health
from portledger.services.ledger import Databases
from portledger.services.measuring import Measuring

ROOT = Path(__file__).parents[2]
ALERTS: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((ROOT / "deploy" / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
DASHBOARD = json.loads((ROOT / "deploy" / "dashboard.json").read_text())
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()
PROMETHEUS_OWN = {"up"}
"""Made by Prometheus itself for each target."""
PANELS = [(panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]
EXPRESSIONS = [*((rule["alert"], rule["expr"]) for rule in ALERTS), *PANELS]


class Node(Rpc):
    """Answers like a node with two blocks."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9")

    def call(self, method: str, *params: Any) -> Any:
        return {"eth_blockNumber": "0x2", "eth_chainId": "0x539"}.get(
            method, {"number": "0x2", "timestamp": "0x5", "gasLimit": "0x1", "hash": "0x" + "00" * 32}
        )


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Metric]:
    """Everything that a process exports, by the name that it has in the text; of an idle system."""
    from prometheus_client.parser import text_string_to_metric_families

    databases, rpc, found = Databases.open(tmp_path_factory.mktemp("measured")), Node(), Health()
    health.add_databases(found, databases)
    health.add_node(found, rpc, lambda: 1337)
    text = system.metrics_of(Measuring(found, databases, rpc), ROLES, None)().decode()
    databases.close()
    return {one.name + ("_total" if one.type == "counter" else ""): one for one in text_string_to_metric_families(text)}


def selectors(expression: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """(metric, labels with their values) of everything that an expression reads."""
    found: list[Any] = []
    promql_parser.walk(promql_parser.parse(expression), lambda node: found.append(node) or True)  # type: ignore[func-returns-value]
    for node in found:
        if isinstance(node, promql_parser.VectorSelector):
            yield node.name, [(one.name, one.value) for one in node.matchers.matchers]


def family_of(name: str, families: dict[str, Metric]) -> Metric | None:
    for suffix in ("", "_bucket", "_count", "_sum"):
        one = families.get(name.removesuffix(suffix)) if name.endswith(suffix) else None
        if one is not None and (not suffix or one.type == "histogram"):
            return one
    return None


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS, ids=[name for name, _ in EXPRESSIONS])
def test_every_expression_parses_and_reads_metrics_that_exist(
    where: str, expression: str, families: dict[str, Metric]
) -> None:
    read = list(selectors(expression))
    assert read
    for name, _ in read:
        assert name in PROMETHEUS_OWN or family_of(name, families) is not None, f"{where} reads {name}"


LABELS = {
    name: {one.strip() for one in labels.split(",") if one.strip()}
    for name, labels in re.findall(r"^\| `(portledger_\w+)` \| \w+ \|([^|]*)\|", RUNBOOK, re.MULTILINE)
}
OF_TARGETS = {"job", "instance"}
"""Labels that Prometheus adds."""


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS, ids=[name for name, _ in EXPRESSIONS])
def test_every_label_that_an_expression_asks_for_is_one_of_its_metric(where: str, expression: str) -> None:
    for name, labels in selectors(expression):
        known = next((LABELS[one] for one in (name, re.sub("_(bucket|count|sum)$", "", name)) if one in LABELS), set())
        asked = {label for label, _ in labels} - OF_TARGETS - {"le"}
        assert asked <= known, f"{where}: {name} has no {asked - known}"


def test_the_table_lists_every_metric_with_its_type_and_no_other(families: dict[str, Metric]) -> None:
    listed = dict(re.findall(r"^\| `(portledger_\w+)` \| (\w+) \|", RUNBOOK, re.MULTILINE))
    assert listed == {name: one.type for name, one in families.items() if name.startswith("portledger_")}


def test_the_table_lists_every_label() -> None:
    from portledger import measures

    for one in measures.REGISTRY._collector_to_names:
        name = one._name + ("_total" if one._type == "counter" else "")  # type: ignore[attr-defined]
        assert LABELS[name] == set(one._labelnames), name  # type: ignore[attr-defined]


def test_every_metric_has_a_help_text_that_is_a_sentence(families: dict[str, Metric]) -> None:
    for name, one in families.items():
        assert len(one.documentation) > 10, name
        assert one.documentation[0].isupper() or one.documentation[0].isdigit(), name
        assert one.documentation.endswith("."), name


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_every_alert_has_a_severity_words_and_a_section_that_says_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"].endswith(".")
    assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{rule['alert'].lower()}"
    section = re.search(rf"^### {rule['alert']}\n\n(.*?)(?=^##|\Z)", RUNBOOK, re.MULTILINE | re.DOTALL)
    assert section is not None
    for word in ("**Means:**", "**See:**", "**Do"):
        assert word in section[1], word


def test_every_section_is_of_an_alert_and_each_alert_is_there_once() -> None:
    names = [rule["alert"] for rule in ALERTS]
    assert len(names) == len(set(names))
    assert re.findall(r"^### (\w+)$", RUNBOOK, re.MULTILINE) == names


def test_every_part_of_readiness_is_explained() -> None:
    source = "".join(
        (ROOT / "src" / "portledger" / path).read_text() for path in ("services/health.py", "gateway/system.py")
    )
    parts = set(re.findall(r'\.add\("(\w+)"', source))
    assert len(parts) == 7
    assert set(re.findall(r"^\| `(\w+)` \| [^|]*\| [^|]*\|$", RUNBOOK, re.MULTILINE)) == parts


def test_events_of_the_log_that_the_runbook_names_are_logged() -> None:
    source = "".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
    named = set(re.findall(r"`(\w+_\w+|answered|failed)`", RUNBOOK)) - set(LABELS)
    fields = {"request_id", "scrape_configs", "limit_conn", "_seconds", "OTEL_TRACES_SAMPLER"}
    assert len(named - fields) >= 12
    assert {one for one in named - fields if f'"{one}"' not in source} == set()


def test_the_dashboard_s_panels_lie_beside_each_other() -> None:
    places: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & places, panel["title"]
        assert at["x"] + at["w"] <= 24
        places |= cells
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))


def test_every_metric_of_ours_is_seen_somewhere(families: dict[str, Metric]) -> None:
    seen = {one.name for _, text in EXPRESSIONS for name, _ in selectors(text) if (one := family_of(name, families))}
    assert {one.name for name, one in families.items() if name.startswith("portledger_")} - seen == set()


@pytest.mark.parametrize(
    "line", [line for block in re.findall(r"```sh\n(.*?)```", RUNBOOK, re.DOTALL) for line in block.splitlines()]
)
def test_a_command_of_the_runbook_parses(line: str) -> None:
    program, *words = shlex.split(line)
    assert program == "portledger"
    here = typer.main.get_command(build(words[0]))
    while hasattr(here, "commands"):
        here = here.commands[words.pop(0)]
    assert here.make_context("shown", words).params["metrics"]


def test_the_scrape_configuration_of_the_runbook_names_the_job_that_the_alerts_know() -> None:
    (shown,) = re.findall(r"```yaml\n(.*?)```", RUNBOOK, re.DOTALL)
    assert yaml.safe_load(shown)["scrape_configs"][0]["job_name"] == "portledger"
    jobs = {
        value for _, text in EXPRESSIONS for _, labels in selectors(text) for name, value in labels if name == "job"
    }
    assert jobs == {"portledger"}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool is installed")
def test_promtool_takes_the_rules() -> None:
    said = subprocess.run(
        ["promtool", "check", "rules", str(ROOT / "deploy" / "alerts.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
