"""A hostile shopper at work: what he writes stays inert, what he adds is not taken, what he claims is not believed."""
import base64
import json
import uuid
from urllib.parse import quote

import pytest

from tests.api.test_access_walk import operations
from tests.api.test_customers import wait_for_mail
from tests.api.test_http import STATUS_LINE, raw
from tests.shop import ADDRESS, key

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
    for path, name in [("/products", name) for name in ("q", "cursor", "filter[category]", "filter[vendor]", "sort", "limit")] + [
            ("/search", "filter[category]"), ("/search", "filter[vendor]"), ("/search", "cursor")]:
        more = {"q": "mug"} if path == "/search" else {}
        answer = shop.http.get(shop.base + "/api/v1" + path, params={**more, name: text}, timeout=30)
        assert answer.status_code in (200, 400, 422), (path, name, answer.text)
        assert answer.status_code != 200 or answer.json()["data"] == [], f"{name}={text} finds what is not called so"
        assert "password" not in answer.text.replace(text, "")
    assert shop.http.get(f"{shop.base}/api/v1/products/{quote(text, safe='')}", timeout=30).status_code in (400, 404)


@pytest.mark.parametrize("email", ["a'or'1'='1@example.com", "x'--@example.com", "'||'a@example.com", "a/**/or/**/1@example.com", "`a`;b@example.com"])
def test_an_address_is_a_value_and_never_a_statement(shop, email):
    shop.register()   # there is somebody whom a statement would find
    body = {"email": email, "password": "correct horse battery"}
    assert shop.http.post(shop.base + "/api/v1/auth/login", json=body, timeout=30).status_code in (401, 422)
    answer = shop.http.get(shop.base + "/api/v1/admin/customers", params={"q": email}, headers=shop.staff("customers_read"), timeout=30)
    assert answer.status_code == 200 and answer.json()["data"] == [], answer.text


def test_unknown_members_change_nobodys_rights(shop):
    body = {"password": "correct horse battery"}
    for more in ({"role": "admin"}, {"permissions": ["*"]}, {"id": "cus_0000000000001"}, {"__proto__": {"role": "admin"}}):
        answer = shop.http.post(shop.base + "/api/v1/auth/register", json={**body, "email": f"{uuid.uuid4().hex}@example.com", **more}, timeout=30)
        assert answer.status_code in (201, 422), answer.text
        if answer.status_code == 201:
            assert answer.json()["user"]["id"] != "cus_0000000000001" and answer.json()["user"]["role"] == "customer"
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
        shop.http.get(shop.base + line.rsplit("/", 2)[0] + "?_method=DELETE", headers={**proof, name: "DELETE"}, timeout=30)
        assert shop.http.get(shop.base + line, headers={**proof, name: "DELETE"}, timeout=30).status_code == 405
        assert shop.http.post(shop.base + line, json={}, headers={**proof, name: "DELETE"}, timeout=30).status_code == 405
    assert len(shop.get(f"/carts/{cart['id']}", headers=proof).json()["lines"]) == 1


@pytest.mark.parametrize("path", ["/api/v1/products/%2e%2e%2fadmin%2forders", "/api/v1%2fadmin%2forders", "/api/v1//admin/orders", "//api/v1/admin/orders",
                                  "/api/v1/admin/orders%00", "/api/v1/admin/orders;/", "/media/%2e%2e%2fsecrets%2fjwt-secret",
                                  "/media/..%2fcaddy.db", "/docs/%252e%252e/secrets"])
def test_no_spelling_of_a_path_leads_around_its_guard(shop, path):
    answer = raw(shop, b"GET " + path.encode() + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert STATUS_LINE.match(answer)[1] in (b"400", b"401", b"404"), answer[:200]


def test_what_the_client_says_of_itself_goes_into_no_header_and_no_link(shop):
    for name in ("Host", "X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL", "Forwarded"):
        for path in ("/api/v1/products?limit=1", "/", "/products/plain-mug", "/docs", "/sitemap.xml", "/robots.txt", "/nowhere"):
            answer = shop.http.get(shop.base + path, headers={name: "evil.example"}, allow_redirects=False, timeout=30)
            assert answer.status_code in (200, 301, 302, 307, 308, 400, 404, 421), (name, path)
            assert "evil.example" not in answer.text + str(answer.headers), (name, path)
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


def test_a_mailed_link_leads_to_the_shop_and_not_to_where_the_request_said(shop):
    account = shop.register()
    for name in ("Host", "X-Forwarded-Host", "Forwarded", "Origin", "Referer"):
        shop.http.post(shop.base + "/api/v1/auth/password/forgot", json={"email": account["user"]["email"]}, timeout=30,
                       headers={name: "host=evil.example" if name == "Forwarded" else "https://evil.example" if name in ("Origin", "Referer") else "evil.example"})
    mail, _ = wait_for_mail(shop, account["user"]["email"], "/account/reset")
    assert b"evil.example" not in mail.as_bytes()


ADDED = {"id": "ord_0000000000001", "customer_id": "cus_0000000000001", "user_id": "cus_0000000000001", "role": "admin", "status": "paid", "paid": True,
         "payment_status": "paid", "price": {"amount_minor": 1, "currency": "CNY"}, "unit_price": {"amount_minor": 1, "currency": "CNY"}, "price_minor": 1,
         "total": 1, "totals": {"total": {"amount_minor": 1, "currency": "CNY"}}, "discount": 99, "tax": 0, "version": 99, "email_verified": True, "currency": "JPY"}


def spoilt(shop, method, path, body, headers, name):
    """The answer to the same request with one more member; a refusal is answered, too."""
    return shop.http.request(method, shop.base + "/api/v1" + path, json={**body, name: ADDED[name]}, timeout=30, headers=headers)


@pytest.mark.parametrize("name", ADDED)
def test_a_member_that_only_the_shop_decides_decides_nothing(shop, name):
    cart, proof = shop.cart(("plain-mug", 2))
    right = cart["totals"]["total"]
    variant = cart["lines"][0]["variant_id"]
    customer = shop.signed_in()
    me = shop.get("/me", headers=customer).json()
    requests = [("POST", f"/carts/{cart['id']}/lines", {"variant_id": variant, "quantity": 2}, proof), ("PATCH", "/me", {"name": "Li"}, customer),
                ("PATCH", f"/carts/{cart['id']}", {"email": "guest@example.com"}, proof), ("POST", "/me/addresses", ADDRESS, customer),
                ("POST", f"/carts/{cart['id']}/checkout", {"payment_provider": "sandbox"}, {**proof, "Idempotency-Key": key()})]
    for method, path, body, headers in requests:
        answer = spoilt(shop, method, path, body, headers, name)
        assert answer.status_code in (200, 201, 400, 422), (path, answer.text)
        if path.endswith("/checkout") and answer.status_code == 201:
            order = answer.json()
            assert order["status"] == "pending_payment" and order["id"] != ADDED["id"] and order["payment"]["status"] != "paid"
            assert order["totals"]["total"]["amount_minor"] >= right["amount_minor"] and order["totals"]["total"]["currency"] == right["currency"]
    now = shop.get("/me", headers=customer).json()
    assert {each: now.get(each) for each in ("id", "role", "email", "email_verified")} == {each: me.get(each) for each in ("id", "role", "email", "email_verified")}
