"""Limits are a pod's, not each worker's."""
from concurrent.futures import ThreadPoolExecutor

import requests


def statuses(shop, path, times, method="GET", **options):
    """A connection for each request, so that every worker gets its share."""
    def ask(_):
        answer = requests.request(method, shop.base + path, timeout=30, **options)
        answer.close()
        return answer.status_code
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(ask, range(times)))


def test_the_workers_of_one_pod_admit_the_limit_together(fresh_shop):
    fresh_shop.settings["THROTTLER_LIMIT"] = "60"
    fresh_shop.start("--workers", "3")
    spent = 1   # the API document, which every test shop asks for
    answers = statuses(fresh_shop, "/api/v1/products", 150)
    assert answers.count(200) == 60 - spent and answers.count(429) == 150 - 60 + spent
    refused = requests.get(fresh_shop.base + "/api/v1/products", timeout=30)
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) >= 1
    assert refused.headers["RateLimit-Policy"] == '"api";q=60;w=60'
    assert refused.headers["RateLimit"].startswith('"api";r=0;t=')
    fresh_shop.stop()


def test_five_wrong_passwords_are_five_whichever_worker_hears_them(fresh_shop):
    fresh_shop.start("--workers", "3")
    body = {"email": "somebody@example.com", "password": "not the password"}
    answers = statuses(fresh_shop, "/api/v1/auth/login", 12, "POST", json=body)
    assert answers.count(401) == 5 and answers.count(429) == 7
    fresh_shop.stop()
