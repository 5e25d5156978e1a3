"""Whether a list's thousandth page costs what its first one costs, with 100,000 rows in each table. Printed, not asserted:
`CADDY_PROGRAM=build/release/bin/caddy-shopping python3 -m tests.system.measure_lists`.

The rows are copies of rows that the shop itself made, written straight into its file.
"""
import argparse
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing

from tests.conftest import ROOT
from tests.shop import Shop, key

# What is another value in each copy; `n` is the copy's number. Ids lie below those that the shop gives, in one sequence.
COPIES = {
    "products": {"id": "1000000 + n", "handle": "'copy-' || n", "handle_key": "'copy-' || n", "title": "'Copy ' || n",
                 "created_at": "created_at + n", "updated_at": "updated_at + n", "published_at": "published_at - n"},
    "product_listings": {"product_id": "1000000 + n", "published_at": "published_at - n"},
    "product_variants": {"id": "2000000 + n", "product_id": "1000000 + n", "sku": "'COPY-' || n"},
    "stock_levels": {"variant_id": "2000000 + n"},
    "stock_movements": {"id": "3000000 + n"},
    "users": {"id": "4000000 + n", "email": "'copy' || n || '@shop.example'"},
    "orders": {"id": "5000000 + n", "number": "'COPY-' || n", "token": "'copy-' || n",
               "cart_id": "printf('cart_%013d', n)", "created_at": "created_at - n"},
    "audit_log": {"id": "6000000 + n", "at": "at - n"},
}
# Which row is copied, where not any will do.
TEMPLATES = {"products": "WHERE status = 'active' AND published_at IS NOT NULL AND price_min IS NOT NULL",
             "product_listings": "WHERE category_id = 0",
             "users": "WHERE role = 'customer'"}


def copy_rows(database, table, count, overrides):
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    if not columns:
        print(f"{table}: there is no such table")
        return
    values = ", ".join(overrides.get(column, f"t.{column}") for column in columns)
    database.execute(
        f"WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n + 1 < {count}) "
        f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) SELECT {values} FROM c, (SELECT * FROM {table} {TEMPLATES.get(table, '')} LIMIT 1) t")
    rows = database.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]
    print(f"{table}: {rows} rows")


def page_of(shop, path, headers, cursor):
    address = f"{shop.base}/api/v1{path}{'&' if '?' in path else '?'}limit=20" + (f"&cursor={cursor}" if cursor else "")
    began = time.perf_counter()
    answer = shop.http.get(address, headers=headers, timeout=30)
    seconds = time.perf_counter() - began
    assert answer.status_code == 200, answer.text
    return answer.json()["page"]["next"], seconds


def measure(shop, path, headers, pages, repeats=41):
    """The medians of a page near the beginning and of one far behind, taken by turns."""
    far, cursor = None, None
    for _ in range(pages - 1):
        cursor, _ = page_of(shop, path, headers, cursor)
        if cursor is None:
            print(f"{path}: fewer than {pages} pages")
            return
        far = cursor
    first, last = [], []
    for _ in range(repeats):
        first.append(page_of(shop, path, headers, None)[1])
        last.append(page_of(shop, path, headers, far)[1])
    near, behind = statistics.median(first) * 1000, statistics.median(last) * 1000
    print(f"{path}: page 1 {near:.2f} ms, page {pages} {behind:.2f} ms, {behind / near:.2f} times")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--pages", type=int, default=1_000)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(folder)
        shop.import_csv(ROOT / "tests" / "fixtures" / "catalogue.csv")
        shop.start()
        try:
            headers = shop.admin()
            shop.register()
            variant = shop.variant("plain-mug")
            shop.order((variant["id"], 1))
            adjusted = shop.post(f"/admin/inventory/{variant['id']}/adjust", {"delta": 1, "reason": "counted"},
                                 headers={**headers, "Idempotency-Key": key()})
            assert adjusted.status_code < 300, adjusted.text
            shop.stop()
            with closing(sqlite3.connect(shop.data / "shop.sqlite")) as database:
                for table, overrides in COPIES.items():
                    copy_rows(database, table, options.rows, overrides)
                database.execute("ANALYZE")
                database.commit()
            shop.start()
            for path in ("/products", "/admin/products", "/admin/orders", "/admin/customers", "/admin/audit-log",
                         f"/admin/inventory/{variant['id']}/movements", "/admin/inventory"):
                try:
                    measure(shop, path, headers, options.pages)
                except (AssertionError, KeyError) as fault:
                    print(f"{path}: {fault}")
        finally:
            if shop.process:
                shop.stop()


if __name__ == "__main__":
    main()
