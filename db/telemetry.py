"""Spans by OpenTelemetry, the extra `otel`; imported where they are asked for and nowhere else."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Final

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

FLUSH_WITHIN_MS: Final = 1_000
_HEADER: Final = "traceparent"
Told = Mapping[str, str | int | float]


class Telemetry:
    """The spans of one process.

    Args:
        provider: whoever exports them.
    """

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("packshot")
        self._format = TraceContextTextMapPropagator()

    def span(self, name: str, told: Told) -> AbstractContextManager[object]:
        return self._tracer.start_as_current_span(name, attributes=dict(told))

    @contextmanager
    def continued(self, traceparent: str) -> Iterator[None]:
        token = context.attach(self._format.extract({_HEADER: traceparent}))
        try:
            yield
        finally:
            context.detach(token)

    def past(self, name: str, began: datetime, ended: datetime) -> None:
        self._tracer.start_span(name, start_time=_ns(began)).end(end_time=_ns(ended))

    def note(self, told: Told) -> None:
        trace.get_current_span().set_attributes(dict(told))

    def traceparent(self) -> str | None:
        carrier: dict[str, str] = {}
        self._format.inject(carrier)
        return carrier.get(_HEADER)

    def flush(self) -> None:
        self._provider.force_flush(FLUSH_WITHIN_MS)


def exported(service: str, *, to: str, share: float) -> Telemetry:
    """Sent in the background to a collector that takes OTLP by HTTP, as http://collector:4318.

    Args:
        service: what this process is.
        to: the collector's address.
        share: of the traces that begin here, how many are told; who continues one does as it does.
    """
    provider = TracerProvider(
        resource=Resource.create({"service.name": service}),
        sampler=ParentBased(TraceIdRatioBased(share)),
    )
    exporter = OTLPSpanExporter(endpoint=f"{to.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Telemetry(provider)


def _ns(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1_000
