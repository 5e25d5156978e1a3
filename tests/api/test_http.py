"""The edge, as a client on the wire sees it."""
import gzip
import re
import socket

import pytest

STATUS_LINE = re.compile(rb"HTTP/1\.1 (\d{3}) [A-Z]")


def raw(shop, data, until_closed=True):
    with socket.create_connection(("127.0.0.1", shop.port), timeout=60) as connection:
        connection.sendall(data)
        received = b""
        while True:
            part = connection.recv(65536)
            if not part:
                return received
            received += part
            if not until_closed and b"\r\n\r\n" in received:
                return received


def test_head_is_get_without_the_body(shop):
    get, head = (shop.http.request(method, shop.base + "/api/v1/products/plain-mug") for method in ("GET", "HEAD"))
    assert head.status_code == 200 and head.content == b""
    assert head.headers["Content-Length"] == get.headers["Content-Length"] and head.headers["ETag"] == get.headers["ETag"]


def test_another_method_is_told_what_is_allowed(shop):
    answer = shop.http.put(shop.base + "/api/v1/products/plain-mug")
    assert answer.status_code == 405 and answer.json()["code"] == "request.method_not_allowed"
    assert {"GET", "HEAD"} <= {method.strip() for method in answer.headers["Allow"].split(",")}


def test_an_unknown_address_is_a_problem_document(shop):
    answer = shop.http.get(shop.base + "/api/v1/nothing")
    assert answer.status_code == 404 and answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "request.not_found" and problem["status"] == 404 and problem["retryable"] is False
    assert problem["request_id"] == answer.headers["X-Request-Id"]


def test_a_request_id_is_kept(shop):
    answer = shop.http.get(shop.base + "/health", headers={"X-Request-Id": "my-own-id-12345"})
    assert answer.headers["X-Request-Id"] == "my-own-id-12345"
    answer = shop.http.get(shop.base + "/health", headers={"X-Request-Id": "bad id \u00e9".encode("latin-1")})
    assert answer.headers["X-Request-Id"] != "bad id é"


def test_answers_are_compressed_for_those_who_take_it(shop):
    url = shop.base + "/api/v1/products?limit=50"
    plain = shop.http.get(url, headers={"Accept-Encoding": "identity"})
    packed = shop.http.get(url, headers={"Accept-Encoding": "gzip"}, stream=True)
    assert packed.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in packed.headers["Vary"]
    assert gzip.decompress(packed.raw.read(decode_content=False)) == plain.content
    assert packed.headers["ETag"] != plain.headers["ETag"]
    brotli = shop.http.get(url, headers={"Accept-Encoding": "gzip;q=0.5, br"}, stream=True)
    assert brotli.headers["Content-Encoding"] == "br"


def test_pipelined_requests_are_answered_in_order(shop):
    one = b"GET /api/v1/products/plain-mug HTTP/1.1\r\nHost: a\r\n\r\n"
    two = b"GET /api/v1/products/no-such HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answer = raw(shop, one + one + two)
    assert STATUS_LINE.findall(answer) == [b"200", b"200", b"404"]


def test_large_and_deep_bodies_are_refused(shop):
    big = shop.http.post(shop.base + "/api/v1/carts", data=b"x" * (1024 * 1024 + 1), headers={"Content-Type": "application/json"})
    assert big.status_code == 413
    deep = shop.http.post(shop.base + "/api/v1/carts", data=b'{"a":' * 40 + b"1" + b"}" * 40, headers={"Content-Type": "application/json"})
    assert deep.status_code == 400 and deep.json()["code"] == "request.too_deep"


@pytest.mark.parametrize("body, status, code", [
    (b"{", 400, "request.malformed_json"),
    (b'{"currency":"CNY","currency":"CNY"}', 400, "request.duplicate_member"),
    (b'{"currency":"\xff"}', 400, "request.malformed_json"),
    (b"[]", 422, "request.invalid_field"),
    (b'{"currency":1e400}', 422, "request.invalid_field"),
])
def test_bad_json_is_told_apart(shop, body, status, code):
    answer = shop.http.post(shop.base + "/api/v1/carts", data=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_a_form_is_not_json(shop):
    answer = shop.http.post(shop.base + "/api/v1/carts", data={"currency": "CNY"})
    assert (answer.status_code, answer.json()["code"]) == (415, "request.not_json")


def test_the_limits_of_the_guide_hold_and_say_so(fresh_shop):
    fresh_shop.settings.update(AUTH_RATE_LIMIT="5", THROTTLER_LIMIT="20", GLOBAL_RATE_LIMIT="30")
    fresh_shop.start()
    first = fresh_shop.get("/products")
    assert first.headers["RateLimit-Policy"] == '"api";q=20;w=60' and first.headers["RateLimit"].startswith('"api";r=')
    logins = [fresh_shop.post("/auth/login", {"email": f"{n}@example.com", "password": "wrong wrong"}) for n in range(6)]
    assert [answer.status_code for answer in logins] == [401] * 5 + [429]
    assert logins[-1].json()["code"] == "request.rate_limited" and 1 <= int(logins[-1].headers["Retry-After"]) <= 61
    statuses = [fresh_shop.get("/categories").status_code for _ in range(25)]
    assert statuses.count(200) <= 20 and statuses[-1] == 429
    assert fresh_shop.get("/health").status_code == 200
    fresh_shop.stop()


def test_every_answer_tells_browsers_what_they_may_do_with_it(fresh_shop):
    fresh_shop.settings.update(HTTP_HSTS_MAX_AGE_S="31536000")
    fresh_shop.start()
    for path in ("/api/v1/products", "/api/v1/me", "/nowhere", "/", "/health"):
        headers = fresh_shop.http.get(fresh_shop.base + path, timeout=30).headers
        assert headers["Strict-Transport-Security"] == "max-age=31536000", path
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer", path
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"] and "unsafe" not in headers["Content-Security-Policy"], path
    fresh_shop.stop()
