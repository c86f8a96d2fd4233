"""Spans go where they are asked for, in one trace with who asked, and hold no words of an exception."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from portledger import tracing
from portledger.domain.errors import InvalidInput

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.use(provider)
    yield exporter
    tracing.close()


def named(exporter: InMemorySpanExporter, name: str) -> ReadableSpan:
    (found,) = [one for one in exporter.get_finished_spans() if one.name == name]
    return found


def test_a_client_s_trace_is_gone_on_with(spans: InMemorySpanExporter) -> None:
    with tracing.span("request", PARENT, server=True) as one, tracing.span("submit", acts=3):
        assert tracing.current() is not None
        assert one is not None
        one.tell({"status": 202, "party": None}, "POST /v1/actions")
    request, submit = named(spans, "POST /v1/actions"), named(spans, "submit")
    assert request.parent is not None
    assert submit.parent is not None
    assert f"{request.parent.span_id:016x}" == "b7ad6b7169203331"
    assert {f"{found.context.trace_id:032x}" for found in (request, submit)} == {PARENT[3:35]}  # type: ignore[union-attr]
    assert submit.parent.span_id == request.context.span_id  # type: ignore[union-attr]
    assert request.attributes == {"portledger.status": 202}
    assert submit.attributes == {"portledger.acts": 3}


@pytest.mark.parametrize(
    "crooked",
    ["", "x", PARENT.upper(), PARENT + "\n", PARENT[:-1], "00-" + "0" * 32 + "-b7ad6b7169203331-01", "00-" + "a" * 90],
)
def test_what_is_no_traceparent_begins_a_trace_of_its_own(spans: InMemorySpanExporter, crooked: str) -> None:
    with tracing.span("request", crooked):
        pass
    assert named(spans, "request").parent is None


def test_what_is_over_is_told_with_its_times(spans: InMemorySpanExporter) -> None:
    own = tracing.emit("relay", PARENT, 100.0, 101.5, action="ab", code=None)
    found = named(spans, "relay")
    assert (found.start_time, found.end_time) == (100 * 10**9, 1015 * 10**8)
    assert found.attributes == {"portledger.action": "ab"}
    assert own.startswith(PARENT[:36])
    tracing.emit("back in time", PARENT, 100.0, 99.0)
    late = named(spans, "back in time")
    assert late.end_time == late.start_time


def test_an_exception_passes_and_leaves_no_words(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="secret"), tracing.span("submit"):
        raise ValueError("secret")
    found = named(spans, "submit")
    assert "secret" not in found.to_json()


def test_a_trace_that_is_not_kept_is_not_handed_on(spans: InMemorySpanExporter) -> None:
    with tracing.span("request", PARENT[:-2] + "00"):
        assert tracing.current() is None
    assert spans.get_finished_spans() == ()


def test_without_being_asked_for_nothing_is_traced_and_nothing_imported() -> None:
    code = (
        "import sys, portledger.gateway.app, portledger.gateway.system\n"
        "from portledger import tracing\n"
        "with tracing.span('request') as one: assert one is None and tracing.current() is None\n"
        # The interface's names may be there, of a library that looks for them; what would do something is not.
        "assert not [one for one in sys.modules if one.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("address", ["", "collector:4318", "ftp://collector", "http://", "http:// x"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(InvalidInput, match="OTLP"):
        tracing.configure(address, "gateway")


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(InvalidInput, match=r"portledger\[otel\]"):
        tracing.configure("http://127.0.0.1:4318/v1/traces", "gateway")
    assert not tracing.on()
