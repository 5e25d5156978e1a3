"""Messages of a payment provider: believed only when they prove who sent them."""
import hashlib
import hmac
import json
import time

import pytest

HOOK = "/hooks/payments/sandbox"


def signed(shop, body, secret=None, at=None):
    secret = secret or shop.secret("sandbox-secret")
    moment = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Sandbox-Signature": f"t={moment},v1={digest}", "Content-Type": "application/json"}


@pytest.mark.parametrize("headers", [
    {}, {"X-Sandbox-Signature": ""}, {"X-Sandbox-Signature": "t=1,v1=00"}, {"X-Sandbox-Signature": "v1=" + "0" * 64}])
def test_a_message_without_proof_is_refused(shop, headers):
    answer = shop.call("POST", HOOK, data=b"{}", headers={**headers, "Content-Type": "application/json"})
    assert answer.status_code == 401 and answer.json()["code"] in ("payments.bad_signature", "payments.stale_event"), answer.text


def test_another_secret_or_an_old_message_is_refused(shop):
    wrong = shop.call("POST", HOOK, data=b"{}", headers=signed(shop, b"{}", secret="guess"))
    assert (wrong.status_code, wrong.json()["code"]) == (401, "payments.bad_signature")
    old = shop.call("POST", HOOK, data=b"{}", headers=signed(shop, b"{}", at=int(time.time()) - 3600))
    assert (old.status_code, old.json()["code"]) == (401, "payments.stale_event")


def test_a_proven_message_that_says_nothing_is_malformed(shop):
    for body in (b"{}", b"[]", b"not json", b'{"id": 1}'):
        answer = shop.call("POST", HOOK, data=body, headers=signed(shop, body))
        assert (answer.status_code, answer.json()["code"]) == (400, "payments.malformed_event"), (body, answer.text)


def test_an_unknown_provider_has_no_hook(shop):
    answer = shop.call("POST", "/hooks/payments/gold", data=b"{}", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (404, "payments.unknown_hook")


def test_the_sandbox_decides_once(shop):
    order, proof = shop.order(("plain-mug", 1))
    payment = order["payment"]["id"]
    assert shop.post(f"/sandbox/payments/{payment}/approve").status_code == 202
    assert shop.post(f"/sandbox/payments/{payment}/approve").status_code == 202
    answer = shop.post(f"/sandbox/payments/{payment}/decline")
    assert (answer.status_code, answer.json()["code"]) == (409, "sandbox.already_decided")
    shop.wait_for_order(order, proof, "paid")
    missing = shop.post("/sandbox/payments/pay_0000000000001/approve")
    assert (missing.status_code, missing.json()["code"]) == (404, "sandbox.not_found")


def test_without_the_switch_there_is_no_sandbox(fresh_shop):
    fresh_shop.import_csv(__file__.replace("api/test_payments.py", "fixtures/catalogue.csv"))
    fresh_shop.settings["SANDBOX_PAYMENTS"] = "false"
    fresh_shop.start()
    assert [each["provider"] for each in fresh_shop.get("/payment-methods").json()["data"]] == ["manual"]
    cart, proof = fresh_shop.cart(("plain-mug", 1))
    answer = fresh_shop.checkout(cart, proof, provider="sandbox")
    assert (answer.status_code, answer.json()["code"]) == (422, "payments.unknown_provider")
    assert fresh_shop.http.post(fresh_shop.base + "/api/v1/sandbox/payments/pay_0000000000001/approve").status_code == 404
    assert fresh_shop.http.post(fresh_shop.base + "/api/v1" + HOOK, data=b"{}").status_code == 404
    fresh_shop.stop()


def test_a_message_of_the_wrong_amount_never_pays(shop):
    order, proof = shop.order(("plain-mug", 1))
    other, other_proof = shop.order(("plain-mug", 2))
    body = json.dumps({"id": "evt_forged", "merchant": "caddy-shopping", "type": "payment.succeeded",
                       "payment_id": order["payment"]["id"], "amount_minor": 1, "currency": "CNY"}).encode()
    shop.call("POST", HOOK, data=body, headers=signed(shop, body))
    time.sleep(0.5)
    assert shop.get(f"/orders/{order['id']}", headers=proof).json()["status"] == "pending_payment"
    assert shop.get(f"/orders/{other['id']}", headers=other_proof).json()["status"] == "pending_payment"


def test_the_ways_of_paying_are_listed_and_taken_as_listed(shop):
    answer = shop.get("/payment-methods")
    assert answer.headers["Cache-Control"].startswith("public")
    methods = answer.json()["data"]
    assert methods == [{"provider": "sandbox", "next_step": "redirect", "takes_money": False},
                       {"provider": "manual", "next_step": "instructions", "takes_money": True}]
    for method in methods:
        order = shop.order(("plain-mug", 1), provider=method["provider"])[0]
        assert order["payment"]["next_action"]["type"] == method["next_step"], order["payment"]
