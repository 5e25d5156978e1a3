"""What those who run the shop look at: background jobs, and figures that are exact."""
import datetime
import sqlite3
import time
from pathlib import Path

import pytest

from tests.shop import Shop, key
from tests.waiting import until

CATALOGUE = Path(__file__).resolve().parent.parent / "fixtures" / "catalogue.csv"
JOBS = "/admin/jobs"
FIGURES = "/admin/figures"


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A shop whose every order is known."""
    shop = Shop(tmp_path_factory.mktemp("operations"))
    shop.import_csv(CATALOGUE)
    shop.start()
    yield shop
    shop.stop()


@pytest.fixture(scope="module")
def staff(own):
    return own.staff("jobs_manage", "orders_read", "audit_read")


def code(answer):
    return answer.status_code, answer.json()["code"]


def paid(shop, *lines):
    order, proof = shop.order(*lines)
    assert shop.post(f"/sandbox/payments/{order['payment']['id']}/approve").status_code == 202
    return shop.wait_for_order(order, proof, "paid")


def today():
    return datetime.datetime.now(datetime.timezone.utc).date()


def test_the_figures_are_those_of_the_orders_that_were_placed(own, staff):
    now = datetime.datetime.now(datetime.timezone.utc)
    if now.hour == 23 and now.minute >= 57:   # the figures of one day: it is not to end meanwhile
        time.sleep(60 * (60 - now.minute))
    empty = own.get(FIGURES, headers=staff).json()
    assert empty["sales"] == [] and empty["conversion"] == {"carts": 0, "orders_paid": 0, "basis_points": None}
    day = today()
    orders = [paid(own, ("plain-mug", 2)), paid(own, ("plain-mug", 1), ("notebook-06", 3)), paid(own, ("notebook-06", 1))]
    waiting, _ = own.order(("plain-mug", 1))
    own.cart(("plain-mug", 1))
    assert today() == day, "the day ended meanwhile; run this again"

    answer = own.get(f"{FIGURES}?from={day}&to={day}", headers=staff)

    assert answer.status_code == 200 and "no-store" in answer.headers["Cache-Control"]
    figures = answer.json()
    total = sum(order["totals"]["total"]["amount_minor"] for order in orders)
    [sales] = figures["sales"]
    assert sales["total"] == {"amount_minor": total, "currency": "CNY", "exponent": 2}
    assert sales["orders"] == 3 and sales["average"]["amount_minor"] == (total * 2 + 3) // 6
    assert sales["days"] == [{"date": str(day), "orders": 3, "total": sales["total"]}]
    assert {each["status"]: each["orders"] for each in figures["orders_by_status"]} == {"paid": 3, "pending_payment": 1}
    assert figures["conversion"] == {"carts": 5, "orders_paid": 3, "basis_points": 6000}
    pieces = {each["product_id"]: each["quantity"] for each in figures["top_products"]}
    mug, notebook = (own.get(f"/products/{handle}").json()["id"] for handle in ("plain-mug", "notebook-06"))
    assert pieces == {mug: 3, notebook: 4} and figures["top_products"][0]["product_id"] == notebook
    line = next(line for line in orders[0]["lines"])
    assert figures["top_products"][1]["total"]["amount_minor"] == 3 * line["unit_price"]["amount_minor"]
    before = day - datetime.timedelta(days=1)
    assert own.get(f"{FIGURES}?from={before}&to={before}", headers=staff).json()["sales"] == []
    assert waiting["status"] == "pending_payment"


def test_low_stock_is_shown(own, staff):
    boss = own.owner()
    variant = own.variant("plain-mug")["id"]
    level = own.get(f"/admin/inventory/{variant}", headers=boss).json()
    answer = own.post(f"/admin/inventory/{variant}/adjust", {"set": level["reserved"] + 1, "if_on_hand": level["on_hand"], "reason": "counted"},
                      headers={**boss, "Idempotency-Key": key()})
    assert answer.status_code == 200, answer.text
    low = own.get(FIGURES, headers=staff).json()["low_stock"]
    assert variant in [level["variant_id"] for level in low] and len(low) <= 20
    assert all(level["low"] for level in low)


@pytest.mark.parametrize("query, status, refusal", [
    ("from=2026-01-01&to=2027-01-02", 422, "request.invalid_field"), ("from=2026-02-01&to=2026-01-31", 422, "request.invalid_field"),
    ("from=2026-02-30", 422, "request.invalid_field"), ("to=tomorrow", 422, "request.invalid_field"),
    ("since=2026-01-01", 400, "request.unknown_parameter")])
def test_days_that_cannot_be_are_refused(own, staff, query, status, refusal):
    assert code(own.get(f"{FIGURES}?{query}", headers=staff)) == (status, refusal)


def test_a_whole_leap_year_is_answered(own, staff):
    assert own.get(f"{FIGURES}?from=2024-01-01&to=2024-12-31", headers=staff).status_code == 200


def park(shop, aggregate_type, count):
    """Arranges what only hours of failures would: events that were given up."""
    with sqlite3.connect(shop.data / "shop.sqlite", timeout=60) as base:
        rows = base.execute("SELECT id, aggregate FROM outbox_events WHERE type = ? AND status = 'done' LIMIT ?",
                            (aggregate_type, count)).fetchall()
        assert len(rows) == count
        base.executemany("UPDATE outbox_events SET status = 'parked', attempts = 12, last_error = 'it broke' WHERE id = ?",
                         [(row[0],) for row in rows])
        base.commit()
    base.close()
    return [row[1] for row in rows]


def parked(shop, staff, kind="orders.paid"):
    return shop.get(f"{JOBS}?filter[state]=parked&filter[type]={kind}", headers=staff).json()["data"]


def settle(shop, staff):
    until(lambda: not shop.get(f"{JOBS}?filter[state]=due", headers=staff).json()["data"]
               and not shop.get(f"{JOBS}?filter[state]=leased", headers=staff).json()["data"])


def test_a_parked_job_runs_again_when_somebody_says_so(own, staff):
    paid(own, ("notebook-06", 1))
    settle(own, staff)
    [aggregate] = park(own, "orders.paid", 1)
    [job] = parked(own, staff)
    assert job["aggregate"] == aggregate and job["last_error"] == "it broke" and "payload" not in job
    counts = own.get(f"{JOBS}/summary", headers=staff).json()["counts"]
    assert {"type": "orders.paid", "state": "parked", "count": 1} in counts

    headers = {**staff, "Idempotency-Key": key()}
    answer = own.post(f"{JOBS}/{job['id']}/retry", headers=headers)

    assert (answer.status_code, answer.json()["attempts"]) == (202, 0), answer.text
    until(lambda: not parked(own, staff))
    settle(own, staff)
    assert own.post(f"{JOBS}/{job['id']}/retry", headers=headers).json() == answer.json()
    assert code(own.post(f"{JOBS}/{job['id']}/retry", headers=staff)) == (409, "operations.job_not_parked")
    assert code(own.post(f"{JOBS}/evt_0000000000001/retry", headers=staff)) == (404, "operations.job_not_found")
    [entry] = own.get(f"/admin/audit-log?filter[subject]={job['id']}", headers=staff).json()["data"]
    assert entry["action"] == "operations.job.retry" and entry["before"]["state"] == "parked"


def test_all_parked_jobs_of_a_type_run_again(own, staff):
    for _ in range(2):
        paid(own, ("notebook-06", 1))
    settle(own, staff)
    park(own, "orders.paid", 2)
    park(own, "orders.pending_payment", 1)
    headers = {**staff, "Idempotency-Key": key()}
    answer = own.post(f"{JOBS}/retry", {"type": "orders.paid"}, headers=headers)
    assert (answer.status_code, answer.json()) == (202, {"retried": 2})
    assert own.post(f"{JOBS}/retry", {"type": "orders.paid"}, headers=headers).json() == {"retried": 2}
    until(lambda: not parked(own, staff))
    assert len(parked(own, staff, "orders.pending_payment")) == 1
    assert code(own.post(f"{JOBS}/retry", {"type": ""}, headers=staff)) == (422, "request.invalid_field")
    assert own.post(f"{JOBS}/retry", {"type": "orders.pending_payment"}, headers=staff).json() == {"retried": 1}


def test_finished_events_are_delivered_again_a_part_at_a_time(own, staff):
    orders = [paid(own, ("notebook-06", 1)) for _ in range(3)]
    settle(own, staff)
    wish = {"type": "orders.paid", "from": orders[0]["created_at"], "to": "2100-01-01T00:00:00Z", "limit": 2}
    headers = {**staff, "Idempotency-Key": key()}
    answer = own.post(f"{JOBS}/replay", wish, headers=headers)
    assert answer.status_code == 202 and answer.json()["replayed"] == 2 and answer.json()["next"], answer.text
    assert own.post(f"{JOBS}/replay", wish, headers=headers).json() == answer.json(), "a repeat delivers nothing a third time"
    rest = own.post(f"{JOBS}/replay", {**wish, "from": answer.json()["next"], "limit": 100}, headers=staff).json()
    assert rest["next"] is None and rest["replayed"] >= 1
    settle(own, staff)
    for order in orders:
        shown = own.get(f"/admin/orders/{order['id']}", headers=staff).json()
        assert (shown["status"], shown["totals"]) == ("paid", order["totals"])
    [entry, *_] = own.get("/admin/audit-log?filter[action]=operations.jobs.replay", headers=staff).json()["data"]
    assert entry["subject"] == "orders.paid" and entry["after"] == rest


@pytest.mark.parametrize("change, pointer", [
    ({"type": "order_mails.due"}, "/type"), ({"type": "identity.registered"}, "/type"), ({"type": ""}, "/type"),
    ({"to": "2020-01-01T00:00:00Z"}, "/to"), ({"limit": 0}, "/limit"), ({"limit": 501}, "/limit"), ({"from": "yesterday"}, "/from")])
def test_a_replay_that_cannot_be_is_refused(own, staff, change, pointer):
    wish = {"type": "orders.paid", "from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z", **change}
    answer = own.post(f"{JOBS}/replay", wish, headers=staff)
    assert code(answer) == (422, "request.invalid_field") and pointer in answer.text, answer.text


def test_jobs_are_paged_without_repeats(own, staff):
    settle(own, staff)
    whole = own.get(f"{JOBS}?filter[state]=done&limit=100", headers=staff).json()["data"]
    seen, cursor = [], ""
    while len(seen) < min(len(whole), 12):
        page = own.get(f"{JOBS}?filter[state]=done&limit=5{cursor}", headers=staff).json()
        seen += [job["id"] for job in page["data"]]
        cursor = "&cursor=" + (page["page"]["next"] or "")
        if not page["page"]["next"]:
            break
    assert len(seen) > 5 and len(set(seen)) == len(seen)
    assert set(seen) <= {job["id"] for job in whole}
    first = own.get(f"{JOBS}?limit=1", headers=staff).json()["page"]["next"]
    assert code(own.get(f"{JOBS}?limit=1&filter[state]=done&cursor={first}", headers=staff)) == (400, "request.cursor_mismatch")


@pytest.mark.parametrize("query, status, refusal", [
    ("filter[state]=broken", 422, "request.invalid_field"), ("filter[type]=", 422, "request.invalid_field"),
    ("state=due", 400, "request.unknown_parameter"), ("cursor=1.2.3", 400, "request.cursor_mismatch")])
def test_lists_that_cannot_be_are_refused(own, staff, query, status, refusal):
    assert code(own.get(f"{JOBS}?{query}", headers=staff)) == (status, refusal)


def test_only_those_who_may_see_it(own):
    other = own.staff("catalog_write")
    for path in (JOBS, f"{JOBS}/summary", FIGURES):
        assert own.get(path).status_code == 401
        assert own.get(path, headers=own.signed_in()).status_code == 403
        assert own.get(path, headers=other).status_code == 403
    assert own.post(f"{JOBS}/retry", {"type": "orders.paid"}, headers=own.staff("orders_read")).status_code == 403
    assert own.get(FIGURES, headers=own.staff("jobs_manage")).status_code == 403
    assert own.get(JOBS, headers=own.owner()).status_code == 200
