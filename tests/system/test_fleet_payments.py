"""The payment provider's messages do not come through: orders wait, what was decided is tried again, and counts once when it comes."""
import threading
import time

import pytest

from tests.fleet import Buyer, Fleet, durable_server
from tests.relay import Relay
from tests.shop import key

PAID = 6


@pytest.fixture
def database():
    server = durable_server()
    yield server
    server.remove()


@pytest.fixture
def relay():
    with Relay() as running:
        yield running


def placed(fleet, buyer):
    since = time.monotonic()
    made = buyer.cart()
    answer = fleet.pod().checkout({"id": made[0]}, made[1], idempotency_key=key())
    assert answer.status_code == 201, answer.text
    return answer.json(), time.monotonic() - since


def statuses(fleet):
    return dict(fleet.query("SELECT status, COUNT(*) FROM orders GROUP BY status"))


def failed_deliveries(fleet):
    """As the pods count them."""
    count = 0.0
    for pod in fleet.pods:
        for line in pod.http.get(pod.admin_base + "/metrics", timeout=30).text.splitlines():
            if line.startswith("caddy_jobs_total{") and 'type="sandbox.webhook_due"' in line and 'result="failed"' in line:
                count += float(line.rsplit(" ", 1)[1])
    return count


def faults_of(relay, target):
    """How the line to the shop is lost, and how it is had again."""
    return {"killed": (relay.stop, lambda: relay.start(target)),
            "frozen": (relay.freeze, relay.thaw),
            "slow": (lambda: relay.start(target, delay_s=30), lambda: relay.start(target))}


@pytest.mark.parametrize("fault", ["killed", "frozen", "slow"])
def test_orders_wait_for_a_provider_that_is_gone_and_are_paid_once_when_it_is_back(tmp_path, database, relay, fault):
    settings = {"SANDBOX_WEBHOOK_URL": f"http://127.0.0.1:{relay.port}/api/v1/hooks/payments/sandbox", "OUTGOING_LIMIT_MS": "1000"}
    with Fleet(tmp_path, database, pods=2, workers=2, **settings) as fleet:
        relay.start(fleet.pods[0].port)
        buyer = Buyer(fleet.prepare(), threading.Event())
        orders = [placed(fleet, buyer)[0] for _ in range(PAID + 1)]
        lose, have = faults_of(relay, fleet.pods[0].port)[fault]
        lose()
        for order in orders:
            answer = fleet.pod().post(f"/sandbox/payments/{order['payment']['id']}/approve", {"copies": 2})
            assert answer.status_code == 202, answer.text
        *kept, given_up = orders
        owner = {"X-Order-Token": given_up["token"]}
        assert fleet.pod().post(f"/orders/{given_up['id']}/cancel", headers=owner).status_code == 200
        limit = time.monotonic() + 90
        while failed_deliveries(fleet) < 2 * len(orders):
            assert time.monotonic() < limit, "nobody tries"
            time.sleep(0.1)
        assert statuses(fleet) == {"pending_payment": str(PAID), "cancelled": "1"}
        another, took = placed(fleet, buyer)
        assert took < 10, "the shop waits for what it owes nobody"
        have()
        since = time.monotonic()
        while statuses(fleet).get("paid") != str(PAID):
            assert time.monotonic() - since < 180, statuses(fleet)
            time.sleep(0.05)
        back = time.monotonic() - since
        # Each decision arrived twice and counts once; the money of the order that was given up goes back.
        while fleet.query("SELECT COUNT(*) FROM outbox_events WHERE type = 'sandbox.webhook_due' AND status <> 'done'") != [("0",)]:
            assert time.monotonic() - since < 180
            time.sleep(0.05)
        assert fleet.query("SELECT COUNT(*), COUNT(DISTINCT payment_id) FROM payment_events") == [(str(PAID + 1),) * 2]
        while dict(fleet.query("SELECT status, COUNT(*) FROM payments GROUP BY status")) != {"succeeded": str(PAID), "refunded": "1", "pending": "1"}:
            assert time.monotonic() - since < 180, fleet.query("SELECT status, COUNT(*) FROM payments GROUP BY status")
            time.sleep(0.05)
        print(f"the provider's line {fault}: an order took {took * 1000:.0f} ms meanwhile; {PAID} were paid {back * 1000:.0f} ms after it was back")
        assert fleet.pod().get(f"/orders/{another['id']}", headers={"X-Order-Token": another["token"]}).json()["status"] == "pending_payment"
        fleet.stop()
        assert fleet.audit().returncode == 0
