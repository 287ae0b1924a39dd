"""Metrics reach an OpenTelemetry collector through the settings of Airflow."""

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

PROGRAM = """
from datetime import datetime, UTC
from airflow.sdk.configuration import conf
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils
stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=False)  # as at the start of every task
from dags.metrics import measure_batch, measure_findings, measure_step
from standard.ledger_entry import LedgerEntry
entry = LedgerEntry("transport.road", "2026-03-01", 1, "delivered", read=9, extracted=8, accepted=7, held=1,
                    delivered_at="2026-03-01T17:00:00.000000Z", seconds=2.5)
measure_batch(entry, datetime(2026, 3, 2, tzinfo=UTC))
measure_step("transport.road", "extract", 1.5)
measure_findings("transport.road", {"required": 3})
"""


@contextmanager
def collector():
    """Run a collector on loopback; yields its address and a list of received points: name, tags and value."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                for scope in resource.scope_metrics:
                    received.extend(point for metric in scope.metrics for point in points(metric))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        server.server_close()


def points(metric):
    for kind in ("gauge", "sum", "exponential_histogram", "histogram"):
        for point in getattr(metric, kind).data_points if metric.HasField(kind) else ():
            tags = {tag.key: tag.value.string_value for tag in point.attributes}
            value = point.sum if "histogram" in kind else point.as_double or point.as_int
            yield metric.name, tuple(sorted(tags.items())), value


def test_metrics_of_a_batch_reach_a_collector(tmp_path):
    with collector() as (address, received):
        environ = {
            **os.environ,
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__METRICS__OTEL_ON": "True",
            "OTEL_EXPORTER_OTLP_ENDPOINT": address,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        }
        result = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=environ, capture_output=True, text=True, check=False
        )
    assert result.returncode == 0, result.stderr
    road, batch = ("source", "transport.road"), ("status", "delivered")
    found = {(name.removeprefix("airflow."), tags): value for name, tags, value in received}
    assert found[("licex.rows.read", (road, batch))] == 9
    assert found[("licex.rows.accepted", (road, batch))] == 7
    assert found[("licex.rows.held", (road, batch))] == 1
    assert found[("licex.seconds", (road, batch))] == 2.5
    assert found[("licex.lag_seconds", (road, batch))] == 3600
    assert found[("licex.step", (road, ("step", "extract")))] == 1500
    assert found[("licex.findings.open", (("rule", "required"), road))] == 3
    assert found[("licex.findings.open", (("rule", "status"), road))] == 0
