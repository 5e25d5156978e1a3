"""Traces, as a collector gets them: the tree of a checkout over the outbox, W3C contexts, sampling, a dead collector."""
import os
import re
import subprocess
import time
from pathlib import Path

import pytest
import requests

from tests.api.test_webhooks import Receiver, make
from tests.collector import Collector
from tests.shop import Shop
from tests.system.test_metrics import scrape, value
from tests.waiting import until

CATALOGUE = Path(__file__).resolve().parent.parent / "fixtures" / "catalogue.csv"
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5


@pytest.fixture
def collector():
    own = Collector()
    yield own
    own.close()


@pytest.fixture
def start(tmp_path, collector):
    shops = []

    def start(*arguments, **settings):
        shop = Shop(tmp_path, **{"TRACING_ENABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
                                 "OTEL_BSP_SCHEDULE_DELAY": "50", **settings})
        shop.import_csv(CATALOGUE)
        shops.append(shop.start(*arguments))
        return shop

    yield start
    for shop in shops:
        shop.stop()


def context(flags="01"):
    """A caller's own trace and span."""
    trace, span = os.urandom(16).hex(), os.urandom(8).hex()
    return trace, span, {"traceparent": f"00-{trace}-{span}-{flags}"}


def above(span, spans):
    """The spans over one, the nearest first."""
    by_id = {each.id: each for each in spans}
    path = []
    while span.above in by_id:
        span = by_id[span.above]
        path.append(span)
    return path


def test_a_checkout_is_one_tree_from_the_request_to_the_job_that_its_event_sets_off(start, collector):
    shop = start(OTEL_SERVICE_NAME="our-shop", OTEL_RESOURCE_ATTRIBUTES="k8s.pod.name=pod-7,deployment.environment.name=test")
    cart, proof = shop.cart(("plain-mug", 1))
    trace, span, headers = context()
    answer = shop.checkout(cart, {**proof, **headers, "tracestate": "vendor=1", "baggage": "campaign=autumn"})
    assert answer.status_code == 201, answer.text

    def is_whole():
        known = collector.of_trace(trace)
        ids, kinds = {each.id for each in known}, {each.kind for each in known}
        return {SERVER, PRODUCER, CONSUMER} <= kinds and all(each.above in ids for each in known if each.kind != SERVER)

    until(is_whole)
    time.sleep(0.5)
    until(is_whole)   # what came meanwhile, too, has what it stands below
    spans = collector.of_trace(trace)
    root, = [each for each in spans if each.kind == SERVER]
    assert (root.above, root.name) == (span, "POST /api/v1/carts/{cart}/checkout")
    assert root.attributes["http.response.status_code"] == 201 and root.state == "vendor=1"
    assert root.resource["service.name"] == "our-shop" and root.resource["k8s.pod.name"] == "pod-7"
    ids = {each.id for each in spans}
    assert all(each.above in ids for each in spans if each is not root), spans
    statements = {each.name for each in spans if each.kind == CLIENT and each.attributes.get("db.system.name")}
    assert {"commit", "outbox.emit"} <= statements, statements
    emitted, = [each for each in spans if each.kind == PRODUCER and each.name == "emit orders.pending_payment"]
    jobs = [each for each in spans if each.kind == CONSUMER and each.above == emitted.id]
    assert jobs and all(root in above(job, spans) for job in jobs), spans
    assert all(each.begun <= each.ended for each in spans)
    assert cart["email"] not in repr(spans) and "文三路" not in repr(spans)


EXEMPLAR = re.compile(r'(\w+)_bucket\{(.*),le="([^"]+)"\} (\d+) # \{trace_id="([0-9a-f]{32})",span_id="([0-9a-f]{16})"\} (\S+) (\d+\.\d{6})')


def exemplars(shop):
    """Of OpenMetrics' text: by trace the family, the labels, the bucket's upper bound, and the exemplar's value."""
    text = requests.get(shop.admin_base + "/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"}, timeout=30).text
    lines = [line for line in text.splitlines() if " # " in line and not line.startswith("#")]
    found = {}
    for line in lines:
        match = EXEMPLAR.fullmatch(line)
        assert match, f"not an exemplar: {line}"
        family, labels, bound, count, trace, _, value, at = match.groups()
        assert float(value) <= float(bound) and int(count) >= 1 and abs(time.time() - float(at)) < 600, line
        found[trace] = (family, labels, float(bound), float(value))
    return text, found


def test_buckets_name_the_trace_of_a_request_that_fell_into_them(start, collector):
    shop = start("--workers", "2")
    for _ in range(8):   # as many as fall into one bucket: the last is kept, and of one worker or the other
        trace, _, headers = context()
        assert requests.get(shop.base + "/api/v1/products/plain-mug", headers=headers, timeout=30).status_code == 200
    unsampled, _, headers = context("00")
    requests.get(shop.base + "/api/v1/products/plain-mug", headers=headers, timeout=30)
    until(lambda: trace in exemplars(shop)[1])
    text, found = exemplars(shop)
    family, labels, _, _ = found[trace]
    assert family == "http_server_request_duration_seconds" and 'http_route="/api/v1/products/{product}"' in labels
    assert 'http_response_status_code="200"' in labels and unsampled not in found
    until(lambda: all(collector.of_trace(each) for each in found))
    plain = requests.get(shop.admin_base + "/metrics", timeout=30).text
    assert "trace_id" not in plain, "Prometheus' own text has no exemplars"
    check = subprocess.run(["promtool", "check", "metrics"], input=plain, capture_output=True, text=True, timeout=60)
    # OpenTelemetry's name for a pool's connections ends like a histogram's, which promtool's style does not like.
    complaints = [line for line in check.stderr.splitlines() if not line.startswith("db_client_connection_count non-histogram")]
    assert check.returncode in (0, 3) and not complaints, check.stderr

    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    families = {each.name: each for each in parser.text_string_to_metric_families(text)}
    shown = [each.exemplar for each in families["http_server_request_duration_seconds"].samples if each.exemplar]
    assert trace in {each.labels["trace_id"] for each in shown}
    assert families["caddy_worker_up"].type == "gauge" and families["caddy_jobs"].type == "counter"


def test_without_tracing_no_bucket_names_a_trace_and_what_the_caller_said_is_handed_on(start, collector):
    shop = start(TRACING_ENABLED="false", HTTP_ACCESS_LOG_EVERY="1")
    trace, _, headers = context()
    shop.get("/products/plain-mug", headers=headers)
    assert exemplars(shop)[1] == {} and not collector.spans
    until(lambda: trace in (shop.directory / "serve.log").read_text())


def test_a_checkout_and_the_webhook_that_tells_of_it_are_one_tree_and_the_receiver_can_go_on_with_it(start, collector):
    receiver = Receiver()
    receiver.status = 503   # the first attempt; the next ones are of the same trace
    try:
        shop = start(WEBHOOKS_ALLOW_PRIVATE="true", WEBHOOKS_POLL_MS="50", WEBHOOKS_RETRY_FIRST_S="1", WEBHOOKS_RETRY_MOST_S="1",
                     WEBHOOKS_BREAKER_OPEN_S="1")
        make(shop, shop.admin(), receiver.url, "orders.pending_payment")
        cart, proof = shop.cart(("plain-mug", 1))
        trace, _, headers = context()
        assert shop.checkout(cart, {**proof, **headers}).status_code == 201
        until(lambda: receiver.calls)
        receiver.status = 200
        until(lambda: len(receiver.calls) >= 2)
        heard = [{name.lower(): value for name, value in headers.items()}["traceparent"].split("-") for headers, _ in receiver.calls]
        assert {each[1] for each in heard} == {trace} and {each[3] for each in heard} == {"01"}
        until(lambda: {each[2] for each in heard} <= {each.id for each in collector.of_trace(trace)})
        until(lambda: sum(each.name == "webhooks.deliver" for each in collector.of_trace(trace)) >= 2)
        until(lambda: {SERVER, "emit orders.pending_payment", "webhooks.fan_out"} <= {
            known for each in collector.of_trace(trace) for known in (each.kind, each.name)})
        spans = collector.of_trace(trace)
        root, = [each for each in spans if each.kind == SERVER]
        emitted, = [each for each in spans if each.kind == PRODUCER and each.name == "emit orders.pending_payment"]
        fanned, = [each for each in spans if each.kind == CONSUMER and each.name == "webhooks.fan_out"]
        for parent in heard:   # what the receiver is told is the call, below the attempt, below the event, below the request
            call, = [each for each in spans if each.id == parent[2]]
            path = above(call, spans)
            assert call.kind == CLIENT and [each.name for each in path[:3]] == [
                "webhooks.deliver", "webhooks.fan_out", "emit orders.pending_payment"], path
            assert path[1] is fanned and path[2] is emitted and path[-1] is root
        attempts = sorted((each for each in spans if each.name == "webhooks.deliver"), key=lambda each: each.begun)
        assert [each.attributes["caddy.attempt"] for each in attempts[:2]] == [1, 2] and attempts[0].failed
    finally:
        receiver.close()


def test_log_lines_name_the_trace(start, collector):
    shop = start(HTTP_ACCESS_LOG_EVERY="1")
    trace, _, headers = context()
    shop.get("/products/plain-mug", headers=headers)
    line = shop.wait_for_log_line(trace)
    assert '"trace_flags":"01"' in line and '"http.request"' in line
    until(lambda: any(f'"span_id":"{each.id}"' in line for each in collector.of_trace(trace)))


@pytest.mark.parametrize("headers", [
    {"traceparent": "00-00000000000000000000000000000000-b7ad6b7169203331-01"},
    {"traceparent": "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
    {"traceparent": "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"},
    {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"},
])
def test_a_malformed_parent_begins_a_new_trace(start, collector, headers):
    shop = start()
    shop.get("/products/plain-mug", headers=headers)
    until(lambda: any(each.kind == SERVER and "products" in each.name for each in list(collector.spans)))
    seen = next(each for each in list(collector.spans) if each.kind == SERVER and "products" in each.name)
    assert seen.above == "" and seen.trace not in headers["traceparent"].lower() and len(seen.trace) == 32


def test_what_the_caller_does_not_sample_is_not_recorded_and_a_ratio_is_kept(start, collector):
    shop = start(OTEL_TRACES_SAMPLER="parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG="0.2")
    left_out = [context("00") for _ in range(20)]
    taken = [context("01") for _ in range(20)]
    for _, _, headers in left_out + taken:
        shop.get("/categories", headers=headers)
    for _ in range(400):
        shop.get("/categories")
    until(lambda: all(collector.of_trace(trace) for trace, _, _ in taken))
    time.sleep(0.5)
    assert not any(collector.of_trace(trace) for trace, _, _ in left_out)
    known = {trace for trace, _, _ in taken}

    def own():
        return [each for each in list(collector.spans) if each.kind == SERVER and each.trace not in known]

    until(lambda: len(own()) >= 40)
    time.sleep(0.5)
    assert len(own()) <= 130, len(own())   # 80 of 400, by more than four standard deviations to either side


def test_spans_are_flushed_when_the_shop_ends(start, collector):
    shop = start(OTEL_BSP_SCHEDULE_DELAY="60000")
    trace, _, headers = context()
    shop.get("/products/plain-mug", headers=headers)
    assert not collector.of_trace(trace)
    shop.stop()
    assert collector.of_trace(trace)


def test_a_collector_that_is_slow_or_dead_costs_spans_that_are_counted_and_no_request(start, collector):
    shop = start(OTEL_BSP_MAX_QUEUE_SIZE="20", OTEL_BSP_MAX_EXPORT_BATCH_SIZE="20")
    collector.delay = 3
    for _ in range(200):
        assert shop.get("/categories").status_code == 200
    until(lambda: {shop.get("/categories").status_code for _ in range(20)} == {200} and spans(shop, "dropped") > 0)
    collector.delay = 0
    collector.close()
    for _ in range(50):
        assert shop.get("/categories").status_code == 200


@pytest.mark.parametrize("fault", ["refuses", "dead"])
def test_spans_that_the_collector_did_not_take_are_counted_as_failed(start, collector, fault):
    collector.status = 400
    if fault == "dead":
        collector.close()
    shop = start()   # whose own first requests are told of, too
    for _ in range(20):
        assert shop.get("/categories").status_code == 200
    until(lambda: shop.get("/categories").status_code == 200 and spans(shop, "failed") >= 20)   # told with the next span
    assert spans(shop, "sent") == 0


def spans(shop, result):
    return value(scrape(shop).text, "caddy_trace_spans_total", result=result)
