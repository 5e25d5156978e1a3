"""Orders in the back office: found, sent in parts, refunded in parts, never by those who may not and never twice."""
import concurrent.futures
import time

import pytest

from tests.shop import key


@pytest.fixture(scope="module")
def staff(shop):
    return shop.staff("orders_read", "orders_write", "refunds")


def code(answer):
    return answer.status_code, answer.json()["code"]


def paid(shop, *lines):
    order, proof = shop.order(*lines)
    assert shop.post(f"/sandbox/payments/{order['payment']['id']}/approve").status_code == 202
    return shop.wait_for_order(order, proof, "paid"), proof


def act(shop, staff, order, what, body=None):
    return shop.post(f"/admin/orders/{order['id']}/{what}", body, headers=staff)


def refund(shop, staff, order, idempotency_key=None, **body):
    return shop.post(f"/admin/orders/{order['id']}/refund", {"reason": "broken", "restock": False, **body},
                     headers={**staff, "Idempotency-Key": idempotency_key or key()})


def view(shop, staff, order):
    answer = shop.get(f"/admin/orders/{order['id']}", headers=staff)
    assert answer.status_code == 200, answer.text
    return answer.json()


def wait_for(shop, staff, order, status, seconds=60):
    limit = time.monotonic() + seconds
    while (seen := view(shop, staff, order))["status"] != status:
        assert time.monotonic() < limit, seen
        time.sleep(0.05)
    return seen


def portion(order, quantity, line=0):
    return {"line_id": order["lines"][line]["id"], "quantity": quantity}


def test_an_order_is_sent_in_parts_and_taken_to_its_end(shop, staff):
    order, proof = paid(shop, ("plain-mug", 3), ("notebook-06", 1))
    assert code(act(shop, staff, order, "deliver")) == (409, "orders.step_not_allowed")
    first = act(shop, staff, order, "fulfil", {"lines": [portion(order, 2)], "tracking": "SF1"})
    assert (first.status_code, first.json()["status"]) == (201, "fulfilling"), first.text
    too_many = act(shop, staff, order, "fulfil", {"lines": [portion(order, 2)]})
    assert code(too_many) == (409, "orders.quantity_exceeded")
    assert too_many.json()["lines"] == [{"line_id": order["lines"][0]["id"], "requested": 2, "left": 1}]
    rest = act(shop, staff, order, "fulfil", {"lines": [portion(order, 1), portion(order, 1, 1)]})
    assert (rest.status_code, rest.json()["status"]) == (201, "shipped"), rest.text
    assert code(act(shop, staff, order, "fulfil", {"lines": [portion(order, 1)]})) == (409, "orders.not_fulfillable")
    assert act(shop, staff, order, "deliver").json()["status"] == "delivered"
    assert act(shop, staff, order, "deliver").json()["status"] == "delivered"
    done = act(shop, staff, order, "complete").json()
    assert done["status"] == "completed" and len(done["fulfilments"]) == 2
    assert done["timeline"][-1]["actor"].startswith("cus_") and "token" not in done
    assert shop.get(f"/orders/{order['id']}", headers=proof).json()["status"] == "completed"


def test_a_parcel_is_sent_once_for_each_key(shop, staff):
    order, _ = paid(shop, ("plain-mug", 2))
    headers = {**staff, "Idempotency-Key": key()}
    sent = [shop.post(f"/admin/orders/{order['id']}/fulfil", {"lines": [portion(order, 1)]}, headers=headers) for _ in range(2)]
    assert sent[0].json() == sent[1].json() and len(view(shop, staff, order)["fulfilments"]) == 1


def test_two_packers_at_once_send_each_piece_once(shop, staff):
    order, _ = paid(shop, ("plain-mug", 3))
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: act(shop, staff, order, "fulfil", {"lines": [portion(order, 1)]}), range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 201, 409, 409, 409]
    assert view(shop, staff, order)["status"] == "shipped"


def test_a_part_goes_back_then_the_rest_and_never_more(shop, staff):
    order, _ = paid(shop, ("plain-mug", 2))
    total = order["totals"]["total"]["amount_minor"]
    one = key()
    first = refund(shop, staff, order, one, amount_minor=1000)
    assert (first.status_code, first.json()["status"]) == (201, "pending"), first.text
    again = refund(shop, staff, order, one, amount_minor=1000)
    assert again.json() == first.json() and again.headers["Idempotent-Replayed"] == "true"
    assert code(refund(shop, staff, order, one, amount_minor=999)) == (422, "idempotency.key_reused")
    part = wait_for(shop, staff, order, "partially_refunded")
    assert [(each["status"], each["amount"]["amount_minor"]) for each in part["refunds"]] == [("done", 1000)]
    assert part["payments"][0]["returned"]["amount_minor"] == 1000
    much = refund(shop, staff, order, amount_minor=total - 999)
    assert code(much) == (409, "payments.refund_too_much") and much.json()["left"]["amount_minor"] == total - 1000
    assert refund(shop, staff, order, amount_minor=total - 1000).status_code == 201
    whole = wait_for(shop, staff, order, "refunded")
    assert whole["payments"][0]["status"] == "refunded"
    assert code(refund(shop, staff, order, amount_minor=1)) == (409, "orders.not_refundable")


def test_pieces_come_back_to_the_shelf(shop, staff):
    order, _ = paid(shop, ("notebook-07", 3))
    stocker = shop.staff("inventory_write")
    level = lambda: shop.get(f"/admin/inventory/{order['lines'][0]['variant_id']}", headers=stocker).json()
    act(shop, staff, order, "fulfil", {"lines": [portion(order, 1)]})
    before = level()
    answer = refund(shop, staff, order, lines=[portion(order, 2)], restock=True)
    assert answer.status_code == 201, answer.text
    assert answer.json()["lines"] == [{**portion(order, 2), "freed": 2, "restocked": 0}]
    after = level()
    assert (after["on_hand"], after["reserved"]) == (before["on_hand"], before["reserved"] - 2)
    wait_for(shop, staff, order, "partially_refunded")
    sent = refund(shop, staff, order, lines=[portion(order, 1)], restock=True).json()
    assert (sent["lines"][0]["restocked"], level()["on_hand"]) == (1, before["on_hand"] + 1)
    assert sent["amount"]["amount_minor"] == order["lines"][0]["unit_price"]["amount_minor"]
    wait_for(shop, staff, order, "partially_refunded")
    assert code(refund(shop, staff, order, lines=[portion(order, 1)])) == (409, "orders.quantity_exceeded")
    assert act(shop, staff, order, "deliver").json()["status"] == "delivered"


def test_many_refunds_at_once_never_exceed_what_was_paid(shop, staff):
    order, _ = paid(shop, ("plain-mug", 1))
    total = order["totals"]["total"]["amount_minor"]
    part = total // 3
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refund(shop, staff, order, amount_minor=part), range(8)))
    granted = [answer for answer in answers if answer.status_code == 201]
    assert len(granted) == 3 and all(code(answer)[0] == 409 for answer in answers if answer not in granted)
    seen = wait_for(shop, staff, order, "refunded" if 3 * part == total else "partially_refunded")
    assert sum(each["amount"]["amount_minor"] for each in seen["refunds"]) == 3 * part


def test_one_key_at_once_refunds_once(shop, staff):
    order, _ = paid(shop, ("plain-mug", 1))
    one = key()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refund(shop, staff, order, one, amount_minor=100), range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert len(wait_for(shop, staff, order, "partially_refunded")["refunds"]) == 1


def test_a_paid_order_is_cancelled_with_a_reason(shop, staff):
    order, proof = paid(shop, ("plain-mug", 1))
    assert shop.post(f"/admin/orders/{order['id']}/cancel", {}, headers=staff).status_code == 422
    cancelled = act(shop, staff, order, "cancel", {"reason": "none left"})
    assert cancelled.status_code == 200, cancelled.text
    assert any(entry["note"] == "none left" for entry in cancelled.json()["timeline"])
    shop.wait_for_order(order, proof, "refunded")
    sent, _ = paid(shop, ("plain-mug", 1))
    act(shop, staff, sent, "fulfil", {"lines": [portion(sent, 1)]})
    assert code(act(shop, staff, sent, "cancel", {"reason": "late"})) == (409, "orders.not_cancellable")


def test_a_transfer_is_marked_paid_and_paid_back(shop, staff):
    order, proof = shop.order(("plain-mug", 1), provider="manual")
    payment = f"/admin/payments/{order['payment']['id']}"
    assert code(shop.post(payment + "/mark-refunded", headers=staff)) == (409, "payments.no_refund_due")
    assert shop.post(payment + "/mark-paid", headers=staff).json()["status"] == "paid"
    assert shop.post(payment + "/mark-paid", headers=staff).json()["status"] == "paid"
    assert refund(shop, staff, order, amount_minor=500).status_code == 201
    wait_for(shop, staff, order, "refunding")
    assert shop.post(payment + "/mark-refunded", headers=staff).json()["status"] == "partially_refunded"
    other, _ = shop.order(("plain-mug", 1))
    assert code(shop.post(f"/admin/payments/{other['payment']['id']}/mark-paid", headers=staff)) == (409, "payments.not_payable")
    assert code(shop.post("/admin/payments/pay_0000000000001/mark-paid", headers=staff)) == (404, "payments.not_found")
    assert code(shop.post("/admin/payments/pay_0000000000001/mark-refunded", headers=staff)) == (404, "payments.not_found")


def test_a_note_is_for_staff_to_read(shop, staff):
    order, proof = shop.order(("plain-mug", 1))
    noted = act(shop, staff, order, "notes", {"note": "He called.\nTwice."})
    assert noted.status_code == 201
    assert noted.json()["timeline"][-1].items() >= {"note": "He called.\nTwice.", "audience": "staff"}.items()
    shown = shop.get(f"/orders/{order['id']}", headers=proof)
    assert [entry["note"] for entry in shown.json()["timeline"]] == [None] and "He called" not in shown.text
    assert act(shop, staff, order, "notes", {"note": ""}).status_code == 422


def test_orders_are_found_by_what_is_known_of_them(shop, staff):
    order, _ = paid(shop, ("plain-mug", 1))

    def search(query):
        answer = shop.get(f"/admin/orders?{query}", headers=staff)
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert [each["id"] for each in search(f"filter[number]={order['number']}")["data"]] == [order["id"]]
    assert [each["id"] for each in search(f"q={order['number'].lower()}")["data"]] == [order["id"]]
    assert order["id"] in [each["id"] for each in search("q=guest@example.com&limit=100")["data"]]
    assert all(each["status"] == "paid" for each in search("filter[status]=paid")["data"])
    assert search("filter[created][lte]=2020-01-01T00:00:00Z")["data"] == []
    first = search("limit=1&count=exact")
    assert first["page"]["count"] >= 1 and first["data"][0]["id"] >= order["id"]
    second = search(f"limit=1&cursor={first['page']['next']}")
    assert second["data"][0]["id"] < first["data"][0]["id"]
    account = {"email": f"{key()}@example.com", "password": "quiet teapot on the shelf"}
    assert shop.post("/auth/register", account).status_code == 201
    session = shop.post("/auth/login", account).json()
    mine = {"Authorization": "Bearer " + session["access_token"]}
    cart, _ = shop.cart(("plain-mug", 1), headers=mine)
    placed = shop.checkout(cart, mine).json()
    customer = shop.get("/me", headers=mine).json()["id"]
    assert [each["id"] for each in search(f"filter[customer]={customer}")["data"]] == [placed["id"]]
    assert search(f"filter[customer]={customer}&filter[status]=paid")["data"] == []
    assert search(f"filter[customer]={customer}&filter[number]={placed['number']}&filter[email]={placed['email']}")["data"] != []
    for query in ("filter[status]=lost", "filter[customer]=cus_1", f"filter[customer]={order['id']}", "filter[created][gte]=yesterday", "filter[number]=%25", "q="):
        assert shop.get(f"/admin/orders?{query}", headers=staff).status_code == 422, query
    mismatch = shop.get(f"/admin/orders?filter[status]=paid&cursor={first['page']['next']}", headers=staff)
    assert code(mismatch) == (400, "request.cursor_mismatch")
    assert shop.get("/admin/orders?filter[total]=1", headers=staff).status_code == 400


@pytest.mark.parametrize("what, body, pointer", [
    ("fulfil", {"lines": []}, "/lines"), ("fulfil", {"lines": [{"line_id": "oln_0000000000001", "quantity": 0}]}, "/lines/0/quantity"),
    ("fulfil", {"lines": [{"line_id": "oln_0000000000001", "quantity": 1}] * 2}, "/lines/1/line_id"), ("fulfil", {}, "/lines"),
    ("refund", {"reason": "x", "restock": False}, "/amount_minor"), ("refund", {"amount_minor": 0, "reason": "x", "restock": False}, "/amount_minor"),
    ("refund", {"amount_minor": 5, "reason": "x", "restock": True}, "/lines"), ("refund", {"amount_minor": 5, "restock": False}, "/reason"),
    ("refund", {"amount_minor": 5, "reason": "x"}, "/restock")])
def test_a_bad_body_is_refused_by_pointer(shop, staff, what, body, pointer):
    order = {"id": "ord_0000000000001"}
    answer = shop.post(f"/admin/orders/{order['id']}/{what}", body, headers={**staff, "Idempotency-Key": key()})
    assert answer.status_code == 422 and pointer in [each["pointer"] for each in answer.json()["errors"]], answer.text


def test_only_those_who_may_see_and_touch_orders(shop, staff):
    order, _ = shop.order(("plain-mug", 1))
    one, payment = f"/admin/orders/{order['id']}", f"/admin/payments/{order['payment']['id']}"
    needs = {"orders_read": [("GET", "/admin/orders"), ("GET", one)],
             "orders_write": [("POST", f"{one}/{each}") for each in ("fulfil", "deliver", "complete", "cancel", "notes")]
             + [("POST", payment + "/mark-paid"), ("POST", payment + "/mark-refunded")],
             "refunds": [("POST", one + "/refund")]}
    customer = shop.signed_in()
    for permission, calls in needs.items():
        without = shop.staff(*(each for each in needs if each != permission))
        for method, path in calls:
            body = None if method == "GET" else {}
            assert shop.call(method, path, json=body).status_code == 401, path
            assert shop.call(method, path, json=body, headers=customer).status_code == 403, path
            assert shop.call(method, path, json=body, headers=without).status_code == 403, path
    unknown = {"id": "ord_0000000000001"}
    assert code(shop.get("/admin/orders/ord_0000000000001", headers=staff)) == (404, "orders.not_found")
    for what, body in (("fulfil", {"lines": [{"line_id": "oln_0000000000001", "quantity": 1}]}), ("deliver", {}), ("complete", {}),
                       ("cancel", {"reason": "x"}), ("notes", {"note": "x"})):
        assert code(act(shop, staff, unknown, what, body)) == (404, "orders.not_found"), what
    assert code(refund(shop, staff, unknown, amount_minor=1)) == (404, "orders.not_found")
    assert code(refund(shop, staff, order, amount_minor=1)) == (409, "orders.not_refundable")
    keyless = shop.post(one + "/refund", {"amount_minor": 1, "reason": "x", "restock": False}, headers=staff)
    assert code(keyless) == (400, "idempotency.key_required")


def test_everything_adds_up_at_the_end(shop, staff):
    assert shop.audit().stdout.strip() == "everything adds up"
