"""Webhooks, with a receiver that listens, checks signatures, and fails when it is told to."""
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.shop import Shop, key
from tests.waiting import until

CATALOGUE = Path(__file__).resolve().parent.parent / "fixtures" / "catalogue.csv"
HOOKS = "/admin/webhooks"


class Receiver:
    """An HTTP server on a free port: keeps what it gets, answers what it is told."""

    def __init__(self):
        self.calls, self.status, self.location = [], 200, None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.calls.append((dict(self.headers), body))
                self.send_response(receiver.status)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                answer = b"thanks " * 1000
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def events(self):
        return [json.loads(body) for _, body in self.calls]


@pytest.fixture
def receiver():
    own = Receiver()
    yield own
    own.close()


@pytest.fixture(scope="module")
def open_shop(tmp_path_factory):
    """A shop whose webhooks may call this machine, with short waits."""
    own = Shop(tmp_path_factory.mktemp("webhooks"), WEBHOOKS_ALLOW_PRIVATE="true", WEBHOOKS_RETRY_FIRST_S="1",
               WEBHOOKS_RETRY_MOST_S="1", WEBHOOKS_BREAKER_OPEN_S="1", WEBHOOKS_POLL_MS="100", JOBS_LEASE_S="5",
               WEBHOOKS_SECRET_GRACE_S="0")
    own.import_csv(CATALOGUE)
    own.start()
    yield own
    own.stop()


@pytest.fixture(scope="module")
def staff(open_shop):
    return open_shop.admin()


def make(shop, staff, url, *events):
    answer = shop.post(HOOKS, {"url": url, "events": list(events) or ["orders.*"]}, headers=staff)
    assert answer.status_code == 201, answer.text
    return answer.json()


def drop(shop, staff, hook):
    assert shop.delete(f"{HOOKS}/{hook['id']}", headers={**staff, "If-Match": "*"}).status_code == 204


def proven(call, secret):
    headers, body = call
    signed = headers["X-Caddy-Timestamp"].encode() + b"." + body
    expected = "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(each, expected) for each in headers["X-Caddy-Signature"].split(","))


def test_the_life_of_an_order_arrives_signed_in_order_and_once(open_shop, staff, receiver):
    hook = make(open_shop, staff, receiver.url)
    order, proof = open_shop.order(("plain-mug", 1))
    open_shop.post(f"/sandbox/payments/{order['payment']['id']}/approve")
    open_shop.wait_for_order(order, proof, "paid")
    until(lambda: len(receiver.calls) >= 2)
    time.sleep(0.5)
    events = receiver.events()
    assert [event["type"] for event in events] == ["orders.pending_payment", "orders.paid"]
    assert [event["sequence"] for event in events] == [1, 2]
    assert {event["aggregate"] for event in events} == {order["id"]}
    assert all(set(event) == {"id", "type", "aggregate", "sequence", "occurred_at", "data"} for event in events)
    assert events[1]["data"]["status"] == "paid"
    assert all(proven(call, hook["secret"]) for call in receiver.calls)
    assert [headers["X-Caddy-Event"] for headers, _ in receiver.calls] == [event["type"] for event in events]
    delivered = f"{HOOKS}/{hook['id']}/deliveries?status=delivered"
    until(lambda: len(open_shop.get(delivered, headers=staff).json()["data"]) == 2)   # noted after the receiver's answer
    page = open_shop.get(f"{delivered}&limit=1", headers=staff).json()
    assert page["data"][0]["type"] == "orders.paid" and page["data"][0]["response_status"] == 200
    more = open_shop.get(f"{HOOKS}/{hook['id']}/deliveries?limit=1&cursor={page['page']['next']}", headers=staff).json()
    assert more["data"][0]["type"] == "orders.pending_payment" and more["page"]["next"] is None
    detail = open_shop.get(f"/admin/webhook-deliveries/{page['data'][0]['id']}", headers=staff).json()
    assert detail["request_body"].encode() == receiver.calls[1][1]
    assert 0 < len(detail["response_excerpt"]) <= 4096
    assert hook["secret"] not in json.dumps(detail) and "X-Caddy-Signature" not in detail["request_headers"]
    drop(open_shop, staff, hook)


def test_a_receiver_that_fails_and_recovers_misses_nothing(open_shop, staff, receiver):
    receiver.status = 500
    hook = make(open_shop, staff, receiver.url, "orders.pending_payment")
    order, _ = open_shop.order(("plain-mug", 1))
    until(lambda: len(receiver.calls) >= 2)
    shown = open_shop.get(f"{HOOKS}/{hook['id']}", headers=staff).json()
    assert shown["failures"] >= 1 and shown["failing_since"]
    receiver.status = 200
    page = f"{HOOKS}/{hook['id']}/deliveries"
    until(lambda: open_shop.get(page, headers=staff).json()["data"][0]["status"] == "delivered")
    assert {event["id"] for event in receiver.events()} == {receiver.events()[0]["id"]}
    assert receiver.events()[-1]["aggregate"] == order["id"]
    until(lambda: open_shop.get(f"{HOOKS}/{hook['id']}", headers=staff).json()["failures"] == 0)
    drop(open_shop, staff, hook)


def test_a_redirect_is_a_failure_and_is_not_followed(open_shop, staff, receiver):
    other = Receiver()
    receiver.status, receiver.location = 302, other.url
    hook = make(open_shop, staff, receiver.url)
    delivery = open_shop.post(f"{HOOKS}/{hook['id']}/test", headers=staff).json()
    until(lambda: receiver.calls)
    where = f"/admin/webhook-deliveries/{delivery['id']}"
    until(lambda: open_shop.get(where, headers=staff).json()["response_status"] == 302)
    assert not other.calls
    drop(open_shop, staff, hook)
    other.close()


def test_a_ping_a_replay_and_another_secret(open_shop, staff, receiver):
    hook = make(open_shop, staff, receiver.url)
    one = f"{HOOKS}/{hook['id']}"
    answer = open_shop.post(f"{one}/test", headers=staff)
    assert answer.status_code == 202, answer.text
    ping = answer.json()
    until(lambda: len(receiver.calls) == 1)
    assert receiver.events()[0]["type"] == "ping" and proven(receiver.calls[0], hook["secret"])
    rotated = open_shop.post(f"{one}/rotate-secret", headers=staff).json()
    assert rotated["secret"] != hook["secret"] and rotated["version"] == hook["version"] + 1
    until(lambda: open_shop.get(f"{one}/deliveries", headers=staff).json()["data"][0]["status"] == "delivered")
    wishes = [{"delivery_id": ping["id"]}, {"event_id": ping["event_id"]},
              {"from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"}]
    for number, wish in enumerate(wishes):
        again = {**staff, "Idempotency-Key": key()}
        for _ in range(2):
            answer = open_shop.post(f"{one}/replay", wish, headers=again)
            assert (answer.status_code, answer.json()) == (202, {"replayed": 1}), answer.text
        until(lambda: len(receiver.calls) == number + 2)
        until(lambda: open_shop.get(f"{one}/deliveries", headers=staff).json()["data"][0]["status"] == "delivered")
        assert proven(receiver.calls[-1], rotated["secret"]) and not proven(receiver.calls[-1], hook["secret"])
    assert len({event["id"] for event in receiver.events()}) == 1
    assert open_shop.post(f"{one}/replay", {}, headers=staff).status_code == 422
    missing = open_shop.post(f"{one}/replay", {"delivery_id": "whd_0000000000001"}, headers=staff)
    assert (missing.status_code, missing.json()["code"]) == (404, "webhooks.delivery_not_found")
    drop(open_shop, staff, hook)


def ping(shop, staff, hook, receiver):
    """The call that a test of the webhook makes."""
    before = len(receiver.calls)
    delivery = shop.post(f"{HOOKS}/{hook['id']}/test", headers=staff)
    assert delivery.status_code == 202, delivery.text
    where = f"/admin/webhook-deliveries/{delivery.json()['id']}"
    until(lambda: shop.get(where, headers=staff).json()["status"] == "delivered")
    assert len(receiver.calls) == before + 1
    return receiver.calls[-1]


def signed_by(call, *secrets):
    """True when these secrets signed, in this order, and no other."""
    given = call[0]["X-Caddy-Signature"].split(",")
    alone = [({**call[0], "X-Caddy-Signature": each}, call[1]) for each in given]
    return len(given) == len(secrets) and all(proven(each, secret) for each, secret in zip(alone, secrets))


def test_a_rotated_secret_signs_beside_the_new_one_for_its_grace(fresh_shop, receiver):
    grace = 25
    fresh_shop.start(WEBHOOKS_ALLOW_PRIVATE="true", WEBHOOKS_POLL_MS="100", WEBHOOKS_SECRET_GRACE_S=str(grace))
    staff = fresh_shop.staff("webhooks_manage")
    hook = make(fresh_shop, staff, receiver.url)
    rotate = f"{HOOKS}/{hook['id']}/rotate-secret"
    assert fresh_shop.post(rotate, headers=fresh_shop.staff("catalog_write")).status_code == 403
    assert signed_by(ping(fresh_shop, staff, hook, receiver), hook["secret"])
    again = {**staff, "Idempotency-Key": key()}
    second = fresh_shop.post(rotate, headers=again).json()
    assert fresh_shop.post(rotate, headers=again).json() == second, "a repeat draws no other secret"
    assert signed_by(ping(fresh_shop, staff, hook, receiver), second["secret"], hook["secret"])
    third = fresh_shop.post(rotate, headers=staff).json()
    rotated_at = time.monotonic()
    assert signed_by(ping(fresh_shop, staff, hook, receiver), third["secret"], second["secret"])
    assert time.monotonic() < rotated_at + grace, "the machine was too slow for this test"
    time.sleep(max(0.0, rotated_at + grace + 0.2 - time.monotonic()))
    assert signed_by(ping(fresh_shop, staff, hook, receiver), third["secret"])
    log = fresh_shop.get("/admin/audit-log", params={"filter[action]": "webhooks.endpoint.rotate_secret"},
                         headers=fresh_shop.owner())
    assert len(log.json()["data"]) == 2
    for secret in (hook["secret"], second["secret"], third["secret"]):
        assert secret not in log.text
    fresh_shop.stop()


def test_changes_need_the_version_and_a_paused_webhook_waits(open_shop, staff, receiver):
    hook = make(open_shop, staff, receiver.url, "*")
    one = f"{HOOKS}/{hook['id']}"
    assert open_shop.patch(one, {"status": "paused"}, headers=staff).status_code == 428
    assert open_shop.patch(one, {"status": "paused"}, headers={**staff, "If-Match": '"v9"'}).status_code == 412
    paused = open_shop.patch(one, {"status": "paused"}, headers={**staff, "If-Match": '"v1"'})
    assert (paused.status_code, paused.json()["status"], paused.headers["ETag"]) == (200, "paused", '"v2"')
    assert open_shop.post(f"{one}/test", headers=staff).json()["code"] == "webhooks.not_active"
    open_shop.order(("plain-mug", 1))
    time.sleep(1)
    assert not receiver.calls
    assert open_shop.patch(one, {"status": "active"}, headers={**staff, "If-Match": '"v2"'}).status_code == 200
    until(lambda: receiver.calls)
    broken = open_shop.patch(one, {"status": "broken"}, headers={**staff, "If-Match": '"v3"'})
    assert broken.status_code == 422
    drop(open_shop, staff, hook)
    assert open_shop.get(one, headers=staff).status_code == 404


def test_the_secret_is_shown_once_and_strangers_see_nothing(open_shop, staff, receiver):
    again = {**staff, "Idempotency-Key": key()}
    wish = {"url": receiver.url, "events": ["orders.paid"], "description": "Lager"}
    first, second = (open_shop.post(HOOKS, wish, headers=again) for _ in range(2))
    assert first.json() == second.json() and first.json()["secret"].startswith("whsec_")
    hook = first.json()
    for where in (HOOKS, f"{HOOKS}/{hook['id']}"):
        assert hook["secret"] not in open_shop.get(where, headers=staff).text
        assert open_shop.get(where).status_code == 401
        assert open_shop.get(where, headers=open_shop.signed_in()).status_code == 403
    drop(open_shop, staff, hook)


@pytest.mark.parametrize("wish", [
    {"url": "https://example.com/", "events": []}, {"url": "https://example.com/", "events": ["orders.sold"]},
    {"url": "https://u:p@example.com/", "events": ["*"]}, {"url": "gopher://example.com/", "events": ["*"]}])
def test_unfit_webhooks_are_refused(open_shop, staff, wish):
    answer = open_shop.post(HOOKS, wish, headers=staff)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid_field"), answer.text


@pytest.mark.parametrize("url", [
    "http://example.com/", "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://10.0.0.1/",
    "https://169.254.169.254/", "https://100.64.0.1/", "https://2130706433/", "https://localhost/"])
def test_private_addresses_are_refused_by_default(shop, url):
    answer = shop.post(HOOKS, {"url": url, "events": ["*"]}, headers=shop.admin())
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid_field"), answer.text


def test_an_address_that_is_no_longer_allowed_is_not_called(fresh_shop, receiver):
    fresh_shop.start(WEBHOOKS_ALLOW_PRIVATE="true")
    staff = fresh_shop.admin()
    hook = make(fresh_shop, staff, receiver.url)
    fresh_shop.stop()
    fresh_shop.start()
    delivery = fresh_shop.post(f"{HOOKS}/{hook['id']}/test", headers=staff).json()
    where = f"/admin/webhook-deliveries/{delivery['id']}"
    until(lambda: fresh_shop.get(where, headers=staff).json()["error"])
    assert fresh_shop.get(where, headers=staff).json()["error"] == "the host has no public address"
    assert not receiver.calls
    fresh_shop.stop()


def test_kill_between_event_and_delivery_loses_nothing(fresh_shop, receiver):
    fresh_shop.settings.update(WEBHOOKS_ALLOW_PRIVATE="true", WEBHOOKS_POLL_MS="100", JOBS_LEASE_S="5")
    fresh_shop.import_csv(CATALOGUE)
    fresh_shop.start(JOBS_POLL_MS="60000", WEBHOOKS_POLL_MS="60000")
    staff = fresh_shop.admin()
    make(fresh_shop, staff, receiver.url, "orders.pending_payment")
    orders = {fresh_shop.order(("plain-mug", 1))[0]["id"] for _ in range(3)}
    fresh_shop.kill()
    fresh_shop.start()
    until(lambda: {event["aggregate"] for event in receiver.events()} == orders, seconds=60)
    assert len({event["id"] for event in receiver.events()}) == 3
    fresh_shop.stop()
