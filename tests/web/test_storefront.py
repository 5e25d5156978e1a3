"""The storefront in a real browser: Debian's Chromium, driven by web/browser."""
import csv
import html
import json
import os
import re
import shutil
import subprocess

import pytest

from tests import flash
from tests.conftest import ROOT
from tests.shop import Shop
from tests.web.browser import journey

CATALOGUE = ROOT / "samples" / "catalogue" / "products.csv"


@pytest.fixture(scope="module")
def sample_shop(tmp_path_factory):
    with Shop(tmp_path_factory.mktemp("storefront")).serving(CATALOGUE) as running:
        yield running


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
@pytest.mark.parametrize("language, search", [("zh-CN", "茶"), ("en", "tea")], ids=["chinese", "english"])
def test_a_guest_finds_buys_and_pays(sample_shop, phone, language, search):
    journey(sample_shop, "journey.js", "guest", phone=phone, language=language, search=search, dark=phone == (language == "en"))


@pytest.mark.parametrize("phone, language", [(True, "zh-CN"), (False, "en")], ids=["phone-chinese", "desktop-english"])
def test_a_customer_registers_claims_the_cart_pays_and_cancels(sample_shop, phone, language):
    journey(sample_shop, "journey.js", "customer", phone=phone, language=language, email=f"{language}@example.com".lower(), dark=phone,
            closes=phone, refused=422)


def test_the_last_piece_is_sold_to_somebody_else_meanwhile(fresh_shop):
    fresh_shop.import_csv(ROOT / "tests" / "fixtures" / "catalogue.csv")
    fresh_shop.start()
    journey(fresh_shop, "journey.js", "shortage", phone=True, language="en", handle="last-lamp", refused=409)
    assert fresh_shop.audit().returncode == 0
    fresh_shop.stop()


def test_the_price_changes_in_front_of_the_shopper(sample_shop):
    product = sample_shop.get("/products/linen-notebook").json()
    keeper = sample_shop.staff("catalog_write")
    variant = product["variants"][0]
    known = sample_shop.get(f"/admin/products/{product['id']}", headers=keeper)
    journey(sample_shop, "journey.js", "price", phone=False, language="zh-CN", handle="linen-notebook", refused=409, variant=variant["id"],
            keeper={**keeper, "If-Match": known.headers["ETag"]},
            change={"price": {"amount_minor": variant["price"]["amount_minor"] + 700, "currency": "CNY"}})


@pytest.mark.parametrize("phone, language, search", [(True, "en", "tea"), (False, "zh-CN", "茶")], ids=["phone-english", "desktop-chinese"])
def test_pages_hold_what_they_promise(sample_shop, phone, language, search):
    journey(sample_shop, "journey.js", "details", phone=phone, language=language, search=search, dark=not phone, refused=404)


@pytest.mark.skipif(not os.environ.get("CADDY_LIGHTHOUSE"), reason="minutes long, and its figures need a quiet machine: CADDY_LIGHTHOUSE=1")
def test_lighthouse_finds_little_to_say(sample_shop):
    order = {"base": sample_shop.base, "chromium": shutil.which("chromium"), "paths": ["/", "/products", "/products/celadon-teapot"], "least": 95}
    done = subprocess.run(["node", "lighthouse.js", json.dumps(order)], cwd=ROOT / "web" / "browser", capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_flash_sale_is_awaited_bought_from_and_missed(fresh_shop):
    fresh_shop.import_csv(CATALOGUE)
    fresh_shop.start()
    cart, _ = fresh_shop.cart(("celadon-teapot", 1))
    variant, keeper = cart["lines"][0]["variant_id"], fresh_shop.staff("catalog_write")
    sales = {name: flash.armed(fresh_shop, keeper, variant, stock=1, **when)["id"]
             for name, when in {"coming": {"starts": 3500, "ends": 7000}, "running": {}, "watched": {}, "late": {}, "queued": {},
                                 "ended": {}}.items()}
    assert fresh_shop.post(f"/admin/flash-sales/{sales['ended']}/cancel", headers=keeper).status_code == 200
    journey(fresh_shop, "journey.js", "sale", phone=True, language="zh-CN", dark=True, email="buyer@example.com", refused=410,
            rival=fresh_shop.signed_in(), wish=flash.request(cart["shipping_method_id"]), **sales)
    assert fresh_shop.audit().returncode == 0
    fresh_shop.stop()


def test_a_products_page_says_what_it_is_without_script(sample_shop):
    page = sample_shop.http.get(sample_shop.base + "/products/celadon-teapot").text
    product = sample_shop.get("/products/celadon-teapot").json()
    assert f"<title>{html.escape(product['seo']['title'] or product['title'])}</title>" in page
    address = re.search(r'<link rel="canonical" href="([^"]+)">', page).group(1)
    assert address.endswith("/products/celadon-teapot")
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page).group(1))
    assert data["@type"] == "Product" and data["name"] == product["title"] and data["url"] == address
    assert "<" not in data["description"] and data["description"]
    lowest = product["price_range"]["min"]
    assert data["offers"]["lowPrice"] == f"{lowest['amount_minor'] / 100:.2f}" and data["offers"]["priceCurrency"] == "CNY"
    assert sample_shop.http.get(sample_shop.base + "/products/nothing").status_code == 404


def test_what_the_catalogue_says_stays_text(fresh_shop, tmp_path):
    hostile = "</title></script><script>alert(1)</script>\"'&"
    rows = [["Handle", "Title", "Vendor", "Published", "Option1 Name", "Option1 Value", "Variant SKU", "Variant Inventory Qty", "Variant Price", "SEO Description"],
            ["hostile", hostile, hostile, "true", "Title", "Default Title", "H-1", "3", "9.00", hostile]]
    with open(tmp_path / "hostile.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    fresh_shop.import_csv(tmp_path / "hostile.csv")
    fresh_shop.start()
    page = fresh_shop.http.get(fresh_shop.base + "/products/hostile").text
    assert "alert(1)" in page and "<script>" not in page and page.count("</script>") == 2
    assert json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page).group(1))["name"] == hostile
    fresh_shop.stop()


def test_pages_are_the_applications_and_nothing_else_is(sample_shop):
    page = sample_shop.http.get(sample_shop.base + "/products/spring-longjing")
    assert page.status_code == 200 and page.headers["Content-Type"].startswith("text/html")
    assert page.headers["Cache-Control"] == "no-cache"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy
    for path in ("/api/v1/nothing", "/nothing", "/products/a/b", "/assets/nothing.js", "/assets/../index.html"):
        assert sample_shop.http.get(sample_shop.base + path).status_code == 404, path


def test_an_address_that_is_no_page_is_told_so_with_its_status(sample_shop):
    """Browsers get the shop's own page; programs, and whoever asks the API, get the problem document."""
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    home = sample_shop.http.get(sample_shop.base + "/", headers=browser)
    for path in ("/nothing", "/prodcuts/celadon-teapot", "/products/a/b", "/categories/nothing", "/index.php"):
        page = sample_shop.http.get(sample_shop.base + path, headers=browser)
        assert (page.status_code, page.text) == (404, home.text), path
        assert page.headers["Content-Security-Policy"] == home.headers["Content-Security-Policy"]
        assert sample_shop.http.head(sample_shop.base + path, headers=browser).status_code == 404, path
    for path, headers in (("/nothing", {}), ("/api/v1/nothing", browser), ("/api/nothing", browser), ("/assets/nothing.js", browser)):
        answer = sample_shop.http.get(sample_shop.base + path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "request.not_found"), path
    assert sample_shop.http.post(sample_shop.base + "/nothing", headers=browser).json()["code"] == "request.not_found"
    category = sample_shop.get("/categories").json()["data"][0]["handle"]
    assert sample_shop.http.get(f"{sample_shop.base}/categories/{category}", headers=browser).status_code == 200


def test_files_of_a_release_are_kept_for_good_and_sent_small(sample_shop):
    page = sample_shop.http.get(sample_shop.base + "/").text
    script = page.split('src="')[1].split('"')[0]
    answer = sample_shop.http.get(sample_shop.base + script, headers={"Accept-Encoding": "gzip"}, stream=True)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.raw.read(decode_content=False)) < 90_000

