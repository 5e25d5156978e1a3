"""The library of pictures: uploads of every kind, what is refused, and how browsers get the files, from both stores."""
import gzip
import io
import struct
import uuid
import zlib

import pytest

from tests.shop import Shop, key

WIDTHS = (160, 480, 960, 1600)


@pytest.fixture(scope="module", params=["folder", "database"])
def shop(request, tmp_path_factory):
    own = Shop(tmp_path_factory.mktemp(f"media-{request.param}"), MEDIA_STORE=request.param, MEDIA_PIXELS_MAX="4000000")
    own.start()
    yield own
    own.stop()


@pytest.fixture(scope="module")
def editor(shop):
    return shop.staff("catalog_write")


def png(width, height, shade=120, text=None):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((x * 7 + y * 3 + shade) & 255 for x in range(width) for _ in "rgb") for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    note = chunk(b"tEXt", b"Comment\0" + text) if text else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + note + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def bomb(width, height):
    """A few kilobytes that promise a gigantic picture."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1_000_000)))
            + chunk(b"IEND", b""))


def svg(label="cup", inner=""):
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="48" height="24"><title>{label}</title>{inner}</svg>'.encode()


def webp_size(content):
    assert content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    kind = content[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        bits = struct.unpack("<I", content[21:25])[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    assert kind == b"VP8X"
    return (int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1)


def send(shop, headers, content, kind="image/png", **more):
    return shop.call("POST", "/admin/media", data=content, headers={**headers, "Content-Type": kind, **more})


def uploaded(shop, headers, content, kind="image/png"):
    answer = send(shop, headers, content, kind)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def refused(answer, status, code):
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_a_picture_is_uploaded_in_a_form_and_served_in_every_size(shop, editor):
    content = png(1000, 500, text=b"taken at home by a person")
    answer = shop.call("POST", "/admin/media", files={"file": ("../../etc/passwd.html", io.BytesIO(content), "text/html")},
                       headers=editor)
    assert answer.status_code == 201, answer.text
    picture = answer.json()
    assert answer.headers["Location"].endswith(picture["id"]) and answer.headers["ETag"].startswith('"v1')
    assert (picture["content_type"], picture["width"], picture["height"]) == ("image/png", 1000, 500)
    assert [size["width"] for size in picture["sizes"]] == [160, 480, 960]
    for size in picture["sizes"]:
        served = shop.get(size["url"])
        assert served.headers["Content-Type"] == "image/webp"
        assert webp_size(served.content) == (size["width"], size["width"] // 2)
    whole = shop.get(picture["url"])
    assert whole.content[:8] == b"\x89PNG\r\n\x1a\n" and len(whole.content) == picture["bytes"]
    assert struct.unpack(">II", whole.content[16:24]) == (1000, 500)
    assert b"person" not in whole.content
    assert shop.get(f"/admin/media/{picture['id']}", headers=editor).json() == picture


def test_files_are_kept_for_good_and_revalidated_without_a_body(shop, editor):
    picture = uploaded(shop, editor, svg("kept"), "image/svg+xml")
    served = shop.get(picture["url"])
    assert served.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert served.headers["Content-Type"] == "image/svg+xml"
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    policy = served.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; sandbox")
    again = shop.get(picture["url"], headers={"If-None-Match": served.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    refused(shop.get("/media/" + "0" * 32 + ".png"), 404, "request.not_found")
    refused(shop.get("/media/%2e%2e/shop.sqlite"), 400, "request.malformed")


def test_the_same_content_is_the_same_picture(shop, editor):
    content = svg(uuid.uuid4().hex)
    first, second = (send(shop, editor, content, "image/svg+xml") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


def test_a_repeated_upload_has_one_effect(shop, editor):
    content, once = svg(uuid.uuid4().hex), key()
    first, second = (send(shop, editor, content, "image/svg+xml", **{"Idempotency-Key": once}) for _ in range(2))
    assert first.status_code == second.status_code == 201 and first.json()["id"] == second.json()["id"]
    assert second.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("content,kind,status,code", [
    (b"", "image/png", 400, "media.empty"),
    (b"{}", "application/json", 415, "media.unsupported_body"),
    (b"no form", "multipart/form-data; boundary=x", 400, "media.malformed_form"),
    (b"<html><body>hello</body></html>", "image/png", 415, "media.not_a_picture"),
    (b"%PDF-1.7", "image/jpeg", 415, "media.not_a_picture"),
    (png(300, 300)[:700], "image/png", 422, "media.damaged"),
    (b"\xff\xd8\xff\xe0 no more", "image/jpeg", 422, "media.damaged"),
    (bomb(60000, 60000), "image/png", 422, "media.too_many_pixels"),
    (svg(inner="<script>alert(1)</script>"), "image/svg+xml", 422, "media.svg_not_passive"),
    (svg(inner='<g onload="x()"/>'), "image/svg+xml", 422, "media.svg_not_passive"),
    (svg(inner="<foreignObject/>"), "image/svg+xml", 422, "media.svg_not_passive"),
    (svg(inner='<image href="https://example.com/x.png"/>'), "image/svg+xml", 422, "media.svg_not_passive"),
    (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + svg(), "image/svg+xml", 422, "media.svg_not_passive"),
], ids=lambda value: value if isinstance(value, str) and "." in value else "")
def test_what_is_no_harmless_picture_is_refused(shop, editor, content, kind, status, code):
    refused(send(shop, editor, content, kind), status, code)


def test_the_content_decides_and_not_what_is_said(shop, editor):
    picture = uploaded(shop, editor, svg("said to be a photograph"), "image/jpeg")
    assert picture["content_type"] == "image/svg+xml" and picture["url"].endswith(".svg")


def test_a_body_that_is_too_large_is_refused(shop, editor):
    refused(send(shop, editor, b"\x89PNG\r\n\x1a\n" + bytes(65 * 1024 * 1024)), 413, "request.body_too_large")


def test_a_product_shows_a_picture_and_keeps_it(shop, editor):
    picture = uploaded(shop, editor, png(500, 300, shade=33))
    tag = {**editor, "If-Match": '"v1"'}
    body = {"title": f"Shown {uuid.uuid4().hex}", "status": "active", "published": True,
            "variants": [{"price": {"amount_minor": 100, "currency": "CNY"}, "image": picture["url"]}],
            "media": [{"media_id": picture["id"], "alt": "Front"}, {"url": "https://example.com/side.jpg"}]}
    answer = shop.post("/admin/products", body, headers=editor)
    assert answer.status_code == 201, answer.text
    product = answer.json()
    assert product["media"][0]["media_id"] == picture["id"] and product["media"][0]["sizes"] == picture["sizes"]
    assert product["media"][1]["media_id"] is None
    public = shop.get(f"/products/{product['handle']}").json()
    assert public["media"][0]["sizes"] == picture["sizes"] and public["thumbnail"] == picture["sizes"][1]["url"]
    assert (public["media"][0]["width"], public["media"][0]["height"]) == (500, 300)
    listed = next(each for each in shop.get("/products?limit=100").json()["data"] if each["id"] == product["id"])
    assert "media" not in listed and listed["thumbnail"] == public["thumbnail"]

    refused(shop.delete(f"/admin/media/{picture['id']}", headers=tag), 409, "media.in_use")
    change = {**editor, "If-Match": f'"v{product["version"]}"'}
    answer = shop.call("PUT", f"/admin/products/{product['id']}/media", json={"media": []}, headers=change)
    assert answer.status_code == 200 and answer.json()["variants"][0]["image"] is None, answer.text
    assert shop.delete(f"/admin/media/{picture['id']}", headers=tag).status_code == 204
    refused(shop.get(f"/admin/media/{picture['id']}", headers=editor), 404, "media.not_found")


def test_a_product_takes_no_picture_that_is_not_there(shop, editor):
    variants = [{"price": {"amount_minor": 100, "currency": "CNY"}}]
    for media in ([{"media_id": "img_0000000000001"}], [{}], [{"media_id": "img_0000000000001", "url": "/a.png"}]):
        body = {"title": f"X {uuid.uuid4().hex}", "variants": variants, "media": media}
        refused(shop.post("/admin/products", body, headers=editor), 422, "request.invalid_field")


def test_a_picture_is_removed_only_as_it_was_seen(shop, editor):
    picture = uploaded(shop, editor, svg(uuid.uuid4().hex), "image/svg+xml")
    path = f"/admin/media/{picture['id']}"
    refused(shop.delete(path, headers=editor), 428, "request.if_match_required")
    refused(shop.delete(path, headers={**editor, "If-Match": '"v9"'}), 412, "request.version_mismatch")
    assert shop.delete(path, headers={**editor, "If-Match": "*"}).status_code == 204
    refused(shop.delete(path, headers={**editor, "If-Match": "*"}), 404, "media.not_found")


def test_the_library_is_listed_page_by_page(shop, editor):
    made = [uploaded(shop, editor, svg(uuid.uuid4().hex), "image/svg+xml")["id"] for _ in range(3)]
    first = shop.get("/admin/media?limit=2", headers=editor).json()
    assert [each["id"] for each in first["data"]] == sorted(made, reverse=True)[:2]
    second = shop.get(f"/admin/media?limit=2&cursor={first['page']['next']}", headers=editor).json()
    assert second["data"][0]["id"] == sorted(made)[0]
    refused(shop.get("/admin/media?cursor=x", headers=editor), 400, "request.cursor_malformed")


def test_only_who_writes_the_catalogue_may_upload(shop):
    for headers, status in (({}, 401), (shop.signed_in(), 403), (shop.staff("orders_read"), 403)):
        assert send(shop, headers, svg(), "image/svg+xml").status_code == status
        assert shop.get("/admin/media", headers=headers).status_code == status


def test_a_list_of_twenty_products_with_pictures_stays_small(shop, editor):
    for number in range(20):
        picture = uploaded(shop, editor, png(500, 20, shade=number))
        body = {"title": f"Listed {number}", "handle": f"listed-{number}-{uuid.uuid4().hex[:6]}", "status": "active",
                "published": True, "variants": [{"price": {"amount_minor": 100 + number, "currency": "CNY"}}],
                "media": [{"media_id": picture["id"], "alt": f"Listed {number}"}]}
        assert shop.post("/admin/products", body, headers=editor).status_code == 201
    answer = shop.http.get(shop.base + "/api/v1/products?limit=20", timeout=30)
    assert len(answer.json()["data"]) == 20
    assert len(gzip.compress(answer.content, 6)) <= 4096
