"""Flash sales, as tests need them: a sale that runs, and what a buyer sends."""
import time
from datetime import datetime, timedelta, timezone

import requests

from tests.shop import ADDRESS, key
from tests.waiting import until


def moment(seconds):
    """So many seconds from now, as the API writes times."""
    return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def draft(variant, stock=5, quota=1, starts=-1, ends=600, price=1_000, **more):
    return {"title": "Mid-Autumn", "variant_id": variant, "currency": "CNY", "price_minor": price, "quota": quota,
            "stock": stock, "starts_at": moment(starts), "ends_at": moment(ends), **more}


def armed(shop, headers, variant, **wanted):
    """A sale that has its stock."""
    answer = shop.post("/admin/flash-sales", draft(variant, **wanted), headers=headers)
    assert answer.status_code == 201, answer.text
    answer = shop.post(f"/admin/flash-sales/{answer.json()['id']}/arm", headers=headers)
    assert answer.status_code == 200, answer.text
    # Processes look at sales once a second; on connections of their own so many answers come from all of them.
    asked = 40 if len(shop.workers()) > 1 else 1

    def is_shown():
        told = (requests.get(shop.base + "/api/v1/flash-sales", timeout=30).json()["data"] for _ in range(asked))
        return all(answer.json()["id"] in [each["id"] for each in data] for data in told)

    until(is_shown, every=0.05)
    assert shop.get("/flash-sales").status_code == 200
    return answer.json()


def request(method, **more):
    return {"email": "buyer@example.com", "shipping_address": ADDRESS, "shipping_method_id": method,
            "payment_provider": "sandbox", **more}


def take(shop, sale, headers, body, idempotency_key=None):
    proof = {**headers, "Idempotency-Key": idempotency_key} if idempotency_key else headers
    return shop.post(f"/flash-sales/{sale['id']}/tickets", body, headers=proof)


def follow(shop, ticket, headers, seconds=60):
    """The ticket once it waits no longer, and its payment has begun."""
    limit = time.monotonic() + seconds
    while True:
        seen = shop.get(ticket["status_url"], headers=headers).json()
        if seen["status"] in ("expired", "failed") or (seen["order"] and seen["order"]["payment_status"] != "created"):
            return seen
        assert time.monotonic() < limit, f"the ticket is still {seen}"
        time.sleep(0.05)


__all__ = ["armed", "draft", "follow", "key", "moment", "request", "take"]
