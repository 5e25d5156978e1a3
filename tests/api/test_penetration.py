"""A hostile shopper at work: what he writes stays inert, what he adds is not taken, what he claims is not believed."""
import base64
import json
import uuid

import pytest

from tests.api.test_access_walk import operations
from tests.api.test_http import STATUS_LINE, raw
from tests.shop import ADDRESS

INERT = (
    "'; DROP TABLE orders; --", "' OR '1'='1", "1 UNION SELECT password_hash FROM users", "\\'; SELECT 1 --",
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "{{7*7}}${7*7}<%= 7*7 %>", "%s%n%00", "../../etc/passwd", "=cmd|' /C calc'!A0",
)


@pytest.mark.parametrize("text", INERT)
def test_what_is_written_into_texts_comes_back_unchanged_and_does_nothing(shop, text):
    cart, proof = shop.cart(("plain-mug", 1))
    address = {**ADDRESS, "name": text, "line1": text, "city": text}
    answer = shop.patch(f"/carts/{cart['id']}", {"shipping_address": address}, headers=proof)
    assert answer.status_code == 200, answer.text
    kept = shop.get(f"/carts/{cart['id']}", headers=proof)
    assert {name: kept.json()["shipping_address"][name] for name in ("name", "line1", "city")} == {"name": text, "line1": text, "city": text}
    assert kept.headers["Content-Type"].startswith("application/json") and kept.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("text", INERT)
def test_what_is_written_into_queries_is_a_value_and_never_a_statement(shop, text):
    for name in ("q", "cursor", "category", "sort"):
        answer = shop.http.get(shop.base + "/api/v1/products", params={name: text}, timeout=30)
        assert answer.status_code < 500, (name, answer.text)
        assert "password" not in answer.text.replace(text, "")
    assert shop.http.post(shop.base + "/api/v1/auth/login", json={"email": text, "password": text}, timeout=30).status_code in (401, 422)


def test_unknown_members_change_nobodys_rights(shop):
    body = {"password": "correct horse battery"}
    for more in ({"role": "admin"}, {"permissions": ["*"]}, {"id": "cus_0000000000001"}, {"__proto__": {"role": "admin"}}):
        answer = shop.http.post(shop.base + "/api/v1/auth/register", json={**body, "email": f"{uuid.uuid4().hex}@example.com", **more}, timeout=30)
        assert answer.status_code in (201, 422), answer.text
        if answer.status_code == 201:
            mine = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            assert shop.http.get(shop.base + "/api/v1/admin/orders", headers=mine, timeout=30).status_code == 403


def altered(token):
    """The same token as others would have it: unsigned, of another role, signed by nobody."""
    head, claims, signature = token.split(".")

    def packed(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    def opened(part):
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))

    return (f"{packed({**opened(head), 'alg': 'none'})}.{claims}.", f"{packed({**opened(head), 'alg': 'nOnE'})}.{claims}.{signature}",
            f"{head}.{packed({**opened(claims), 'role': 'admin'})}.{signature}", f"{head}.{packed({**opened(claims), 'exp': 1 << 40})}.{signature}",
            f"{head}.{claims}.", f"{head}.{claims}.{signature[::-1]}", f"{head}.{claims}", f"{packed({**opened(head), 'kid': '../../dev/null'})}.{claims}.{signature}")


def test_a_changed_token_opens_no_door(shop):
    token = shop.register()["access_token"]
    doors = [path for method, path, operation in operations(shop) if method == "GET" and "{" not in path and operation["x-access"] in ("customer", "staff", "admin")]
    assert len(doors) > 10
    assert shop.get("/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    for number, forged in enumerate(altered(token)):
        for path in {"/api/v1/me", *doors[number::8]}:
            answer = shop.http.get(shop.base + path, headers={"Authorization": f"Bearer {forged}"}, timeout=30)
            assert answer.status_code == 401, (number, path, answer.text)


def test_another_method_in_a_header_or_a_query_is_not_taken(shop):
    cart, proof = shop.cart(("plain-mug", 1))
    line = f"/api/v1/carts/{cart['id']}/lines/{cart['lines'][0]['id']}"
    for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        shop.http.get(shop.base + f"/api/v1/carts/{cart['id']}?_method=DELETE", headers={**proof, name: "DELETE"}, timeout=30)
        assert shop.http.post(shop.base + line, json={}, headers={**proof, name: "DELETE"}, timeout=30).status_code == 405
    assert len(shop.get(f"/carts/{cart['id']}", headers=proof).json()["lines"]) == 1


@pytest.mark.parametrize("path", ["/api/v1/products/%2e%2e%2fadmin%2forders", "/api/v1%2fadmin%2forders", "/api/v1//admin/orders", "//api/v1/admin/orders",
                                  "/api/v1/admin/orders%00", "/api/v1/admin/orders;/", "/media/%2e%2e%2f%2e%2e%2fsecrets%2fjwt-secret",
                                  "/media/..%5c..%5csecrets", "/docs/%252e%252e/secrets"])
def test_no_spelling_of_a_path_leads_around_its_guard(shop, path):
    answer = raw(shop, b"GET " + path.encode() + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert STATUS_LINE.match(answer)[1] in (b"400", b"401", b"404"), answer[:200]


def test_what_the_client_says_of_itself_goes_into_no_header_and_no_link(shop):
    for name in ("Host", "X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL", "Forwarded"):
        answer = shop.http.get(shop.base + "/api/v1/products?limit=1", headers={name: "evil.example"}, allow_redirects=False, timeout=30)
        assert answer.status_code in (200, 400, 421), name
        assert "evil.example" not in answer.text + str(answer.headers)
    answer = raw(shop, b"GET /health?x=%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: a\r\nX-Request-Id: a%0d%0aSet-Cookie: a=b\r\nConnection: close\r\n\r\n")
    assert b"\r\nset-cookie" not in answer.lower()
    answer = shop.http.get(shop.base + "//evil.example/%2f..", allow_redirects=False, timeout=30)
    assert "evil.example" not in answer.headers.get("Location", "")


def test_a_limit_is_not_left_by_claiming_to_be_somebody_else(fresh_shop):
    fresh_shop.settings.update(THROTTLER_LIMIT="10")
    fresh_shop.start()
    names = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP")
    answers = [fresh_shop.http.get(fresh_shop.base + "/api/v1/products", timeout=30, headers={
        name: f"for=203.0.113.{number}" if name == "Forwarded" else f"203.0.113.{number}" for name in names}) for number in range(25)]
    assert [each.status_code for each in answers].count(429) >= 5   # even where a window ends between
    fresh_shop.stop()
