"""One key, one effect."""
from concurrent.futures import ThreadPoolExecutor

from tests.shop import key


def test_the_same_key_gives_the_same_bytes(shop):
    cart, proof = shop.cart(("plain-mug", 1))
    first = shop.checkout(cart, proof, idempotency_key="one-key-for-all")
    second = shop.checkout(cart, proof, idempotency_key="one-key-for-all")
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert second.headers["Idempotent-Replayed"] == "true" and "Idempotent-Replayed" not in first.headers
    # What opens a guest's order is told again, and opens it.
    token = first.headers["X-Order-Token"]
    assert second.headers["X-Order-Token"] == token and second.headers["Location"] == first.headers["Location"]
    assert shop.get(f"/orders/{first.json()['id']}", headers={"X-Order-Token": token}).status_code == 200


def test_the_same_key_for_something_else_is_refused(shop):
    cart, proof = shop.cart(("plain-mug", 1))
    again = key()
    assert shop.checkout(cart, proof, idempotency_key=again).status_code == 201
    answer = shop.checkout(cart, proof, provider="manual", idempotency_key=again)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.key_reused")


def test_two_callers_with_one_key_do_not_meet(shop):
    one, one_proof = shop.cart(("plain-mug", 1))
    other, other_proof = shop.cart(("plain-mug", 1))
    shared = key()
    first = shop.checkout(one, one_proof, idempotency_key=shared)
    second = shop.checkout(other, other_proof, idempotency_key=shared)
    assert first.status_code == second.status_code == 201
    assert first.json()["id"] != second.json()["id"]


def test_checkout_needs_a_key_and_says_so(shop):
    cart, proof = shop.cart(("plain-mug", 1))
    answer = shop.post(f"/carts/{cart['id']}/checkout", {"payment_provider": "sandbox"}, headers=proof)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency.key_required")
    answer = shop.checkout(cart, proof, idempotency_key="short")
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency.key_malformed")


def test_a_key_is_accepted_where_it_is_not_required(shop):
    headers = {"Idempotency-Key": key()}
    first, second = (shop.post("/carts", {}, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json()["id"] == second.json()["id"] and first.json()["token"] == second.json()["token"]

    cart = first.json()
    proof = {"X-Cart-Token": cart["token"], "Idempotency-Key": key()}
    line = {"variant_id": shop.variant("plain-mug")["id"], "quantity": 3}
    for _ in range(3):
        answer = shop.post(f"/carts/{cart['id']}/lines", line, headers=proof)
        assert answer.status_code == 201, answer.text
    assert [each["quantity"] for each in shop.get(f"/carts/{cart['id']}", headers=proof).json()["lines"]] == [3]


def test_fifty_copies_at_once_make_one_order(shop):
    cart, proof = shop.cart(("plain-mug", 1))
    same = key()
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: shop.checkout(cart, proof, idempotency_key=same), range(50)))
    placed = [answer for answer in answers if answer.status_code == 201]
    rest = [answer for answer in answers if answer.status_code != 201]
    assert placed and len({answer.json()["id"] for answer in placed}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in placed) == 1
    assert all((answer.status_code, answer.json()["code"]) == (409, "idempotency.in_progress") for answer in rest)
    assert all(answer.headers["Retry-After"] == "1" for answer in rest)


def test_a_refusal_is_not_kept(shop):
    cart, proof = shop.cart(("plain-mug", 1))
    shop.patch(f"/carts/{cart['id']}", {"email": None}, headers=proof)
    same = key()
    assert shop.checkout(cart, proof, idempotency_key=same).json()["code"] == "checkout.incomplete"
    shop.patch(f"/carts/{cart['id']}", {"email": "guest@example.com"}, headers=proof)
    assert shop.checkout(cart, proof, idempotency_key=same).status_code == 201
