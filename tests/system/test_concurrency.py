"""Many buyers, few units: what is sold is what there was."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fleet import sell_tickets


def stocked(shop, quantity, *arguments):
    return sell_tickets(shop, quantity).start(*arguments)


@pytest.mark.parametrize("workers", [1, 3])
def test_sixty_four_clients_for_the_last_ten_units_make_ten_orders(fresh_shop, workers):
    stocked(fresh_shop, 10, "--workers", str(workers))
    with ThreadPoolExecutor(64) as pool:
        carts = list(pool.map(lambda _: fresh_shop.cart(("ticket", 1)), range(64)))
        answers = list(pool.map(lambda made: fresh_shop.checkout(*made), carts))
    placed = [answer.json() for answer in answers if answer.status_code == 201]
    refused = [answer.json()["code"] for answer in answers if answer.status_code != 201]
    assert len(placed) == 10 and len({order["id"] for order in placed}) == 10
    assert set(refused) == {"inventory.insufficient"} and len(refused) == 54
    assert fresh_shop.audit().returncode == 0

    # All ten pay, and the shop sold exactly what it had.
    for order in placed:
        assert fresh_shop.post(f"/sandbox/payments/{order['payment']['id']}/approve").status_code == 202
    for order in placed:
        fresh_shop.wait_for_order(order, {"X-Order-Token": order["token"]}, "paid", seconds=60)
    fresh_shop.stop()
    assert fresh_shop.audit().returncode == 0


def test_what_is_cancelled_can_be_sold_again_by_whoever_comes(fresh_shop):
    stocked(fresh_shop, 3)

    def buy_and_cancel(_):
        cart, proof = fresh_shop.cart()
        variant = fresh_shop.variant("ticket")["id"]
        if fresh_shop.post(f"/carts/{cart['id']}/lines", {"variant_id": variant, "quantity": 1}, headers=proof).status_code != 201:
            return 0
        answer = fresh_shop.checkout(cart, proof)
        if answer.status_code != 201:
            return 0
        order = answer.json()
        cancelled = fresh_shop.post(f"/orders/{order['id']}/cancel", headers={"X-Order-Token": order["token"]})
        assert cancelled.status_code == 200 and cancelled.json()["status"] == "cancelled"
        return 1

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(buy_and_cancel, range(64))) >= 3
    assert fresh_shop.variant("ticket")["availability"] in ("in_stock", "low_stock")
    fresh_shop.stop()
    assert fresh_shop.audit().returncode == 0
