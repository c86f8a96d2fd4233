"""One trace from the client's own span to the act's outcome, through two processes, to a collector."""

import gzip
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.support.gateway import Gateway
from tests.support.processes import eventually

from portledger.domain.codes import Role
from portledger.formats import api_json as wire
from portledger.gateway.settings import Settings
from portledger.gateway.system import running


class Collector(ThreadingHTTPServer):
    """Takes OTLP over HTTP."""

    daemon_threads = True

    def __init__(self) -> None:
        self.spans: list[tuple[str, Any]] = []
        """(the service's name, the span)"""
        super().__init__(("127.0.0.1", 0), _Taking)

    def of(self, trace: str) -> dict[str, Any]:
        """By name."""
        return {span.name: span for _, span in list(self.spans) if span.trace_id.hex() == trace}


class _Taking(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        assert isinstance(self.server, Collector)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = next(one.value.string_value for one in resource.resource.attributes if one.key == "service.name")
            for scope in resource.scope_spans:
                self.server.spans += [(service, span) for span in scope.spans]
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as one:
        thread = threading.Thread(target=one.serve_forever)
        thread.start()
        yield one
        one.shutdown()
        thread.join()


def attributes(span: Any) -> dict[str, str | int]:
    return {
        one.key.removeprefix("portledger."): one.value.string_value or one.value.int_value for one in span.attributes
    }


def test_from_the_client_s_request_to_the_outcome(tmp_path: Path, collector: Collector) -> None:
    traces = f"http://127.0.0.1:{collector.server_address[1]}/v1/traces"
    trace, above = os.urandom(16).hex(), os.urandom(8).hex()
    settings = Settings(data=tmp_path / "data", port=0, block_seconds=0.05, traces=traces)
    with running(settings, {"OTEL_BSP_SCHEDULE_DELAY": "200"}) as system:
        door = Gateway(system.url)
        carrier, shipper = door.register(Role.CARRIER), door.register(Role.SHIPPER_OR_CONSIGNEE)
        signed, content = door.issue_act(carrier, shipper.party)
        body = wire.encode({"action": wire.signed_action_json(signed), "manifest": content.manifest.members()})
        headers = {"traceparent": f"00-{trace}-{above}-01"}
        answer = door.http.post("/v1/actions", content=body, params={"wait": "final"}, headers=headers)
        assert answer.json()["status"] == "final"
        names = {"POST /v1/actions", "submit", "relay", "final"}
        eventually("all spans have come", lambda: set(collector.of(trace)) == names)
        door.http.get(f"/v1/documents/{signed.action.document.hex()}", headers={"traceparent": "crooked"})
        door.close()
    found, digest = collector.of(trace), door.digest(signed).hex()
    assert found["POST /v1/actions"].parent_span_id.hex() == above
    assert found["submit"].parent_span_id == found["POST /v1/actions"].span_id
    assert {found[name].parent_span_id for name in ("relay", "final")} == {found["submit"].span_id}
    assert attributes(found["POST /v1/actions"]) == {
        "method": "POST", "route": "/v1/actions", "status": 200, "action": digest,
    }  # fmt: skip
    assert attributes(found["relay"])["action"] == digest
    assert attributes(found["final"])["transaction"] == answer.json()["transaction"]
    services = {span.name: service for service, span in collector.spans if span.trace_id.hex() == trace}
    assert services["submit"] == "portledger-gateway"
    assert services["final"] == "portledger-relayer-indexer"
    # What was sent when the process ended came, too; and no path as a client sent it.
    assert "GET /v1/documents/{document}" in {span.name for _, span in collector.spans}
    everything = b"".join(span.SerializeToString() for _, span in collector.spans)
    assert signed.action.document.hex().encode() not in everything
    assert carrier.token.encode() not in everything


def test_a_collector_that_is_gone_holds_up_nobody(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", port=0, block_seconds=0.05, traces="http://127.0.0.1:9/v1/traces")
    with running(settings) as system:
        door = Gateway(system.url)
        carrier, shipper = door.register(Role.CARRIER), door.register(Role.SHIPPER_OR_CONSIGNEE)
        door.issue(carrier, shipper.party)
        door.close()
    assert system.process.returncode == 0
