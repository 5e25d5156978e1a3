"""`caddy-shopping import`: nothing lost, nothing half-done, and the same file again changes nothing."""
import csv
import shutil

import pytest

from tests.shop import ROOT

FIXTURE = ROOT / "tests" / "fixtures" / "catalogue.csv"
HEADER = "Handle,Title,Published,Option1 Name,Option1 Value,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price\n"


def counts(shop, *tables):
    import sqlite3

    with sqlite3.connect(shop.data / "shop.sqlite") as database:
        return [database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in tables]


def test_the_same_file_again_changes_nothing(fresh_shop):
    first = fresh_shop.import_csv(FIXTURE).stdout
    assert "37 created, 0 updated, 0 unchanged, 0 refused" in first
    before = counts(fresh_shop, "products", "product_variants", "stock_movements", "outbox_events")
    second = fresh_shop.import_csv(FIXTURE).stdout
    assert "0 created, 0 updated, 37 unchanged, 0 refused" in second
    assert counts(fresh_shop, "products", "product_variants", "stock_movements", "outbox_events") == before


def test_sales_are_not_undone_by_importing_again(fresh_shop):
    fresh_shop.import_csv(FIXTURE)
    fresh_shop.start()
    fresh_shop.order(("last-lamp", 1))
    fresh_shop.import_csv(FIXTURE)
    assert fresh_shop.variant("last-lamp")["availability"] == "out_of_stock"
    fresh_shop.stop()
    assert fresh_shop.audit().returncode == 0


@pytest.mark.parametrize("transform", [
    lambda text: b"\xef\xbb\xbf" + text,               # with a byte order mark
    lambda text: text.replace(b"\n", b"\r\n"),         # from another system
    lambda text: text.rstrip(b"\n"),                    # no line end at the end
])
def test_other_spellings_of_the_same_file(fresh_shop, tmp_path, transform):
    (tmp_path / "other.csv").write_bytes(transform(FIXTURE.read_bytes()))
    assert "37 created" in fresh_shop.import_csv(tmp_path / "other.csv").stdout


def test_every_filled_column_is_kept(fresh_shop):
    fresh_shop.import_csv(FIXTURE)
    dump = "\n".join(__import__("sqlite3").connect(fresh_shop.data / "shop.sqlite").iterdump())
    with open(FIXTURE, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for column, value in row.items():
            if value and column not in ("Body (HTML)", "Published", "Variant Inventory Policy", "Variant Price", "Variant Compare At Price", "Image Position") and value not in ("true", "false", "Title", "Default Title"):
                assert value.split(", ")[0].replace("'", "''") in dump, (row["Handle"], column, value)


def test_a_faulty_product_is_refused_whole_and_the_others_go_on(fresh_shop, tmp_path):
    (tmp_path / "mixed.csv").write_text(
        HEADER + "good,Good,true,Title,Default Title,shopify,5,deny,10.00\n"
        "bad,Bad,true,Size,S,shopify,5,deny,10.00\nbad,,,,M,shopify,5,deny,9.999\nalso-good,Also,true,Title,Default Title,shopify,5,deny,1\n")
    done = fresh_shop.run("import", tmp_path / "mixed.csv", check=False)
    assert done.returncode == 65
    assert "2 created" in done.stdout and "1 refused" in done.stdout and "row 4: bad: refused" in done.stdout
    fresh_shop.start()
    assert fresh_shop.get("/products/bad").status_code == 404
    assert {product["handle"] for product in fresh_shop.get("/products").json()["data"]} == {"good", "also-good"}
    fresh_shop.stop()


@pytest.mark.parametrize("content, code", [
    (b"", 65), (b"a,b,c\n1,2,3\n", 65), (b"Handle,Title\n\xff\xfe,x\n", 65), ("Handle,Title\n".encode("utf-16"), 65),
    (b'Handle,Title\n"open,x\n', 65)])
def test_what_is_no_product_file_is_refused_with_a_reason(fresh_shop, tmp_path, content, code):
    (tmp_path / "bad.csv").write_bytes(content)
    done = fresh_shop.run("import", tmp_path / "bad.csv", check=False)
    assert done.returncode == code and len(done.stderr) > 20, done.stderr
    assert counts(fresh_shop, "products") == [0]


def test_a_missing_file_and_a_wrong_currency_have_their_exit_codes(fresh_shop, tmp_path):
    assert fresh_shop.run("import", tmp_path / "none.csv", check=False).returncode == 66
    assert fresh_shop.run("import", FIXTURE, "--currency", "YUAN", check=False).returncode == 64


def test_prices_are_in_the_currency_that_was_named(fresh_shop, tmp_path):
    (tmp_path / "yen.csv").write_text(HEADER + "fan,Fan,true,Title,Default Title,shopify,5,deny,1200\n")
    fresh_shop.import_csv(tmp_path / "yen.csv", "--currency", "JPY")
    fresh_shop.start()
    assert fresh_shop.variant("fan")["price"] == {"amount_minor": 1200, "currency": "JPY", "exponent": 0}
    cart, proof = fresh_shop.cart(("fan", 1))
    assert cart["currency"] == "JPY" and fresh_shop.checkout(cart, proof).status_code == 201
    fresh_shop.stop()


def test_pictures_beside_the_file_come_along(fresh_shop, tmp_path):
    shutil.copytree(ROOT / "samples" / "catalogue", tmp_path / "sample")
    assert "60 created" in fresh_shop.import_csv(tmp_path / "sample" / "products.csv").stdout
    fresh_shop.start()
    product = fresh_shop.get("/products?limit=1").json()["data"][0]
    picture = fresh_shop.get(product["thumbnail"])
    assert picture.status_code == 200 and picture.headers["Content-Type"] == "image/svg+xml"
    assert "sandbox" in picture.headers["Content-Security-Policy"] and picture.headers["X-Content-Type-Options"] == "nosniff"
    fresh_shop.stop()


def test_an_empty_catalogue_is_filled_once(fresh_shop):
    assert "37 created" in fresh_shop.import_csv(FIXTURE, "--if-empty").stdout
    assert "nothing imported" in fresh_shop.import_csv(FIXTURE, "--if-empty").stdout
