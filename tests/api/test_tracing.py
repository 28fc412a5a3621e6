"""One trace from a request to the commit of its job: the real API, a real hand, kept spans."""

from collections.abc import Iterator

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pytest_httpserver import HTTPServer
from starlette.testclient import TestClient

from db import settings, telemetry, tracing
from tests import benches, factories, rows
from workers.perform import perform

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracing.use(telemetry.Telemetry(provider))
    yield kept
    tracing.use(None)
    provider.shutdown()


def _placed(client: TestClient, **headers: str) -> str:
    picture = client.post("/v1/pictures", files={"file": factories.png()}).json()["id"]
    asked = {"operation": {"op": "relight", "picture": picture}}
    answer = client.post("/v1/jobs", json=asked, headers=headers)
    assert answer.status_code == 202, answer.text
    job_id: str = answer.json()["id"]
    return job_id


def _named(kept: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in kept.get_finished_spans()}


def test_a_trace_leads_from_the_request_to_the_commit(
    client: TestClient, spans: InMemorySpanExporter
) -> None:
    job_id = _placed(client, traceparent=PARENT)
    (job,) = rows.claim(queue="gpu")
    with benches.set_up(max_batch=2) as bench:
        perform(job, bench)

    assert rows.read(job_id).state == "succeeded"
    found = [one for one in spans.get_finished_spans() if _trace(one) == PARENT[3:35]]
    names = [one.name for one in found]
    assert names[0] == "request"
    assert names[-1] == "job"
    assert set(names) == {
        *("request", "job", "queue"),
        *("decode", "moderate", "device", "score", "encode", "commit"),
    }
    by_name = _named(spans)
    request, whole = by_name["request"], by_name["job"]
    assert (request.attributes or {})["route"] == "/v1/jobs"
    assert (whole.attributes or {})["outcome"] == "succeeded"
    assert (whole.attributes or {})["job_id"] == job_id
    assert whole.parent is not None
    assert request.context is not None
    assert whole.parent.span_id == request.context.span_id
    assert whole.context is not None
    inside = [one for one in found if one.name not in ("request", "job")]
    assert all(one.parent and one.parent.span_id == whole.context.span_id for one in inside)
    begins = [by_name[name].start_time or 0 for name in ("queue", "decode", "device", "commit")]
    assert begins == sorted(begins)


def _trace(span: ReadableSpan) -> str:
    return "" if span.context is None else f"{span.context.trace_id:032x}"


def test_without_the_setting_nothing_is_traced(client: TestClient) -> None:
    job_id = _placed(client, traceparent=PARENT)

    assert tracing.traceparent() is None
    assert rows.read(job_id).traceparent is None


def test_each_job_keeps_the_request_that_made_it(client: TestClient) -> None:
    named, unnamed = _placed(client, **{"X-Request-Id": "mine-1"}), _placed(client)

    assert rows.read(named).request_id == "mine-1"
    assert len(rows.read(unnamed).request_id or "") == 36


def test_a_collector_gets_the_spans(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request("/v1/traces").respond_with_data(b"")
    monkeypatch.setenv("LOG_TRACES_TO", httpserver.url_for("/"))
    settings.logs.cache_clear()
    try:
        tracing.configure("clerk")
        with tracing.span("sorting", letters=3):
            assert tracing.traceparent()
        tracing.flush()
    finally:
        tracing.use(None)
        settings.logs.cache_clear()

    ((request, _),) = httpserver.log
    told = ExportTraceServiceRequest.FromString(request.get_data()).resource_spans[0]
    assert told.scope_spans[0].spans[0].name == "sorting"
    assert "clerk" in str(told.resource)
