"""Walks over every operation of the API document: who is let in, and that strangers never break anything."""
import re

import pytest

PREFIXES = {
    "user": "cus", "customer": "cus", "role": "role", "order": "ord", "zone": "zone", "method": "ship", "cart": "cart", "line": "cln", "variant": "var",
    "product": "prod", "category": "cat", "payment": "pay", "event": "evt", "image": "img", "import": "imp",
}


def operations(shop):
    for path, item in sorted(shop.contract.document["paths"].items()):
        for method, operation in item.items():
            if method != "parameters" and path.startswith("/api/v1/"):
                yield method.upper(), path, operation


def filled(path):
    """The path with an id in each place that is well formed and nobody's."""
    return re.sub(r"{(\w+)}", lambda name: PREFIXES.get(name[1], name[1]) + "_0000000000001", path)


def ask(shop, method, path, headers):
    options = {} if method in ("GET", "DELETE") else {"json": {}}
    return shop.http.request(method, shop.base + filled(path), headers={**headers, "If-Match": "*"}, timeout=30, **options)


@pytest.fixture(scope="module")
def callers(shop):
    return {"nobody": {}, "customer": shop.signed_in(), "staff": shop.staff()}


def test_the_back_office_lets_in_only_whom_it_should(shop, callers):
    wrong, walked = [], 0
    for method, path, operation in operations(shop):
        if not path.startswith("/api/v1/admin/"):
            continue
        walked += 1
        expected = {"nobody": 401, "customer": 403}
        if operation.get("x-permission", "none") != "none" or operation["x-access"] == "admin":
            expected["staff"] = 403
        for who, status in expected.items():
            answer = ask(shop, method, path, callers[who])
            if answer.status_code != status:
                wrong.append(f"{method} {path} answers {who} with {answer.status_code} instead of {status}")
    assert walked > 10
    assert not wrong, "\n".join(wrong)


def test_every_operation_of_the_back_office_says_whom_it_lets_in(shop):
    silent = [f"{method} {path}" for method, path, operation in operations(shop)
              if path.startswith("/api/v1/admin/") and (operation.get("x-access") not in ("staff", "admin") or
                                                        (operation["x-access"] == "staff" and "x-permission" not in operation))]
    assert not silent, "\n".join(silent)


@pytest.mark.parametrize("who", ["nobody", "customer", "staff"])
def test_a_stranger_never_meets_a_fault(shop, callers, who):
    faults = []
    for method, path, operation in operations(shop):
        answer = ask(shop, method, path, callers[who])
        if answer.status_code >= 500:
            faults.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        if path.endswith("/auth/logout") and who != "nobody":
            callers[who] = shop.signed_in() if who == "customer" else shop.staff()
    assert not faults, "\n".join(faults)
