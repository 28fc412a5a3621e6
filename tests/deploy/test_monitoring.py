"""What watches us asks for numbers that we tell: rules, dashboard and scrape configuration."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY
from prometheus_client.metrics_core import Metric

from api import metrics as of_the_api
from db.tables.jobs import TERMINAL
from workers import metrics, queues
from workers.batcher_numbers import Numbers
from workers.scraped import Now, _Live
from workers.settings import WorkerSettings

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
SCRAPED: dict[str, Any] = yaml.safe_load((DEPLOY / "prometheus.yml").read_text(encoding="utf-8"))
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
DASHBOARD: dict[str, Any] = json.loads(
    (DEPLOY / "grafana" / "dashboard.json").read_text(encoding="utf-8")
)
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in PANELS for target in panel["targets"]
]
# Of PromQL what is no number: operators, aggregations, functions that are used here.
WORDS = {
    *("and", "by", "on", "or", "unless", "histogram_quantile", "increase", "max", "min", "rate"),
    *("sum", "topk"),
}
OTHERS = {"up": {"job", "instance"}, "process_resident_memory_bytes": {"job", "instance"}}
SUFFIXES = {
    "counter": ("_total",),
    "histogram": ("_bucket", "_sum", "_count"),
    "gauge": ("",),
}


def _families() -> Iterator[Metric]:
    yield from REGISTRY.collect()
    yield from _Live(lambda: Now(1, 0, Numbers(), (("total", 1),))).collect()


@pytest.fixture(scope="module")
def told(empty_archive: Path) -> dict[str, set[str]]:
    """Every name that a process of ours tells, and its labels."""
    from tests import archives

    metrics.ended("sample", TERMINAL[0], 0.1)
    metrics.ended("sample", "retry", 0.1)
    metrics.phased({"decode": 1.0})
    metrics.claimed("gpu", 1)
    metrics.swept("sample", "queued")
    metrics.delivery("delivered", 0.1)
    queues._published.labels("gpu", "sent").inc()
    of_the_api.answered("GET", "/healthz", 200, 0.1)
    of_the_api.shop_events_told(counted=1, repeated=0, refused=0)
    with pytest.MonkeyPatch.context() as patch, archives.opened(patch, empty_archive.parent):
        patch.setattr(of_the_api.of_the_table, "_good_until", 0.0)
        families = list(_families())
    of_the_api.of_the_table._good_until = 0.0
    return {
        f"{family.name}{suffix}": {name for one in family.samples for name in one.labels}
        for family in families
        for suffix in SUFFIXES.get(family.type, ())
    }


def _names(expression: str) -> set[str]:
    """Metrics of an expression: what is left without texts, labels, ranges and grouping."""
    bare = re.sub(r'"[^"]*"', "", expression)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(by|on)\s*\([^)]*\)", " ", bare)
    return set(re.findall(r"[a-z_][a-z0-9_]*", bare)) - WORDS


def _labels(expression: str) -> set[str]:
    """Labels that an expression asks by or groups by."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    matched = re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"\"", bare)
    grouped = re.findall(r"\b(?:by|on)\s*\(([^)]*)\)", bare)
    return {*matched, *(name.strip() for group in grouped for name in group.split(","))}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_asks_for_what_we_tell(expression: str, told: dict[str, set[str]]) -> None:
    known = told | OTHERS
    names = _names(expression)

    assert names
    assert names <= set(known)
    own = {label for name in names for label in known[name]}
    assert _labels(expression) <= own | {"le", "instance"}


def test_the_check_bites() -> None:
    wrong = 'sum by (op) (rate(packshot_jobs_ended_total{outcome="dead"}[5m])) > 1'

    assert _names(wrong) == {"packshot_jobs_ended_total"}
    assert _labels(wrong) == {"op", "outcome"}


def test_nearly_all_that_we_tell_is_looked_at(told: dict[str, set[str]]) -> None:
    asked = {name for expression in EXPRESSIONS for name in _names(expression)}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked}

    ours = {re.sub(r"_(bucket|sum|count)$", "", name) for name in told if "packshot_" in name}
    assert ours - families == set()


def test_a_rule_says_how_grave_it_is_and_what_to_do() -> None:
    names = [rule["alert"] for rule in RULES]

    assert len(set(names)) == len(names)
    assert {rule["labels"]["severity"] for rule in RULES} == {"page", "look"}
    assert all(set(rule["annotations"]) == {"summary", "what"} for rule in RULES)
    assert all(re.fullmatch(r"\d+[smh]", rule.get("for", "1m")) for rule in RULES)


def test_the_dashboard_has_what_grafana_needs() -> None:
    source = yaml.safe_load(
        (DEPLOY / "grafana/provisioning/datasources/prometheus.yaml").read_text(encoding="utf-8")
    )["datasources"][0]

    assert {"uid", "title", "schemaVersion", "panels", "time", "refresh"} <= set(DASHBOARD)
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in PANELS:
        assert {"title", "description", "gridPos", "fieldConfig", "targets"} <= set(panel)
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        assert [one["refId"] for one in panel["targets"]] == list(
            "ABCDEFGH"[: len(panel["targets"])]
        )
        assert panel["datasource"]["uid"] == source["uid"]


def test_no_two_panels_lie_upon_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_prometheus_asks_services_that_there_are_on_the_port_that_they_were_told() -> None:
    api, workers = SCRAPED["scrape_configs"]
    (asked,) = workers["dns_sd_configs"]
    told = COMPOSE["x-environment"]

    named = {*asked["names"], *api["dns_sd_configs"][0]["names"]}
    ours = {n for n, one in COMPOSE["services"].items() if one["image"].startswith("packshot-")}
    assert named == ours - {"init"}
    assert str(asked["port"]) == told["WORKER_METRICS_PORT"]
    assert WorkerSettings(metrics_port=told["WORKER_METRICS_PORT"]).metrics_port
    assert COMPOSE["services"]["api"]["environment"]["API_METRICS"] == "open"


def test_the_monitors_are_given_files_that_are_there() -> None:
    services = [
        one for one in COMPOSE["services"].values() if one.get("profiles") == ["monitoring"]
    ]
    given = [
        volume.split(":")[0]
        for one in services
        for volume in one["volumes"]
        if volume.startswith("./")
    ]

    assert len(services) == 2
    assert {"./prometheus.yml", "./alerts.yml", "./grafana/dashboard.json"} <= set(given)
    assert all((DEPLOY / path).exists() for path in given)
    assert SCRAPED["rule_files"] == ["alerts.yml"]
