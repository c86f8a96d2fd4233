"""Traces of requests and of the acts that they bring, in OpenTelemetry's form, where they are asked for.

request ─ submit ─ relay ─ final: the gateway's two spans, then the relayer's two of each act, in one trace, whatever
processes and machines they are in. A client's `traceparent` (W3C Trace Context) is gone on with. Spans hold routes,
numbers, digests and codes, no content. The packages come with the extra `otel` and are imported only by `configure`.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from portledger.domain.errors import InvalidInput

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

EXPORT_SECONDS: Final = 2
"""So long a collector has for each post, and twice as long at the end of the process."""
_PARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_provider: TracerProvider | None = None

Values = Mapping[str, str | int | None]
"""Attributes; those that are None are left out."""


def on() -> bool:
    return _provider is not None


def configure(collector: str, role: str) -> None:
    """Sends spans to a collector. collector: address of OTLP over HTTP; role: what service.name says after the
    program's name. Which traces are kept is OTEL_TRACES_SAMPLER's business.

    Raises InvalidInput when the extra is not installed, or the address is none.
    """
    if not re.match(r"https?://[^/\s]", collector):
        raise InvalidInput("--traces", repr(collector[:60]), "http://… or https://… of an OTLP collector")
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as missing:
        raise InvalidInput(
            "--traces", "no OpenTelemetry packages", "the extra `otel`", "Install portledger[otel], or leave it out."
        ) from missing
    made = TracerProvider(resource=Resource.create({"service.name": f"portledger-{role}"}), shutdown_on_exit=False)
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(collector, timeout=EXPORT_SECONDS)))
    use(made)


def use(provider: TracerProvider | None) -> None:
    """From now on spans go there; None = nowhere."""
    global _provider
    _provider = provider


def close() -> None:
    """Sends what is left, as far as the collector takes it in time."""
    provider = _provider
    use(None)
    if provider is not None:
        last = threading.Thread(target=provider.shutdown, name="traces", daemon=True)
        last.start()
        last.join(2 * EXPORT_SECONDS)


class Span:
    """One that is under way."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def tell(self, values: Values, name: str | None = None) -> None:
        if name is not None:
            self._inner.update_name(name)
        self._inner.set_attributes(_shown(values))


@contextlib.contextmanager
def span(
    name: str, parent: str | None = None, *, server: bool = False, **values: str | int | None
) -> Iterator[Span | None]:
    """What happens within it is its child, in this thread and in tasks begun here. parent: a traceparent from
    elsewhere; one that is none is not gone on with. Gives None when nothing is traced."""
    if _provider is None:
        yield None
        return
    from opentelemetry.trace import SpanKind

    kind = SpanKind.SERVER if server else SpanKind.INTERNAL
    tracer = _provider.get_tracer("portledger")
    # Words of an exception may quote what it was given: its type is told by who catches it.
    with tracer.start_as_current_span(
        name, _context(parent), kind, _shown(values), record_exception=False, set_status_on_exception=False
    ) as inner:
        yield Span(inner)


def emit(name: str, parent: str, start: float, end: float, **values: str | int | None) -> str:
    """A span that is over. start, end: unix seconds. Gives its own traceparent."""
    assert _provider is not None
    from opentelemetry.trace import SpanKind

    tracer = _provider.get_tracer("portledger")
    began, ended = int(start * 1e9), int(max(start, end) * 1e9)
    inner = tracer.start_span(name, _context(parent), SpanKind.INTERNAL, _shown(values), start_time=began)
    inner.end(ended)
    return _text(inner.get_span_context())


def current() -> str | None:
    """The traceparent of the span that this is in, when it is kept."""
    if _provider is None:
        return None
    from opentelemetry.trace import get_current_span

    found = get_current_span().get_span_context()
    return _text(found) if found.is_valid and found.trace_flags.sampled else None


def _text(context: Any) -> str:
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def _context(parent: str | None) -> Any:
    """None = what is current."""
    if parent is None:
        return None
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    if not _PARENT.fullmatch(parent):
        return Context()
    return TraceContextTextMapPropagator().extract({"traceparent": parent}, Context())


def _shown(values: Values) -> dict[str, str | int]:
    return {f"portledger.{name}": value for name, value in values.items() if value is not None}
