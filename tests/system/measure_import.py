"""How long 10,000 products take through POST /admin/imports, what the process needs for it, and whether what comes out
is what went in. Printed, not asserted: `CADDY_PROGRAM=build/release/bin/caddy-shopping python3 -m tests.system.measure_import`.
"""
import argparse
import csv
import io
import random
import sys
import tempfile
import time

from tests.shop import Shop, key

COLUMNS = [
    "Handle", "Title", "Body (HTML)", "Vendor", "Type", "Tags", "Published", "Option1 Name", "Option1 Value",
    "Option2 Name", "Option2 Value", "Variant SKU", "Variant Grams", "Variant Inventory Tracker", "Variant Inventory Qty",
    "Variant Inventory Policy", "Variant Price", "Variant Compare At Price", "Variant Requires Shipping", "Variant Taxable",
    "Variant Barcode", "Image Src", "Image Position", "Image Alt Text", "SEO Title", "SEO Description", "Variant Weight Unit"]
KINDS = ["Mug", "Shirt", "Lamp", "Chair", "Tea 龙井茶", "Notebook", "Scarf 丝巾", "Vase", "Bowl", "Kettle"]
MATERIALS = ["Linen", "Oak", "Porcelain", "Silk", "Steel", "Bamboo", "Wool", "Glass"]
SIZES, COLOURS = ["S", "M", "L"], ["White 白", "Blue 蓝", "Black 黑"]


def product_rows(number, chance):
    """One product as Shopify exports it: a first row with the texts, then a row per further variant or image."""
    kind, material = chance.choice(KINDS), chance.choice(MATERIALS)
    handle = f"{material.lower()}-{kind.split()[0].lower()}-{number:05d}"
    sizes = SIZES[:chance.randint(1, 3)]
    colours = COLOURS[:chance.randint(1, 2)]
    for index, (size, colour) in enumerate((size, colour) for size in sizes for colour in colours):
        row = {
            "Handle": handle, "Option1 Value": size, "Option2 Value": colour, "Variant SKU": f"SKU-{number:05d}-{index}",
            "Variant Grams": str(chance.randint(50, 3000)), "Variant Inventory Tracker": "shopify",
            "Variant Inventory Qty": str(chance.randint(0, 500)), "Variant Inventory Policy": "deny",
            "Variant Price": f"{chance.randint(900, 90000) / 100:.2f}", "Variant Requires Shipping": "true",
            "Variant Taxable": "true", "Variant Weight Unit": "g"}
        if index == 0:
            body = " ".join(chance.choice(MATERIALS + KINDS) for _ in range(60))
            row |= {"Title": f"{material} {kind} No. {number}", "Body (HTML)": f"<p>{body}</p>", "Vendor": "Caddy Works",
                    "Type": kind.split()[0], "Tags": f"{material.lower()}, {kind.split()[0].lower()}", "Published": "true",
                    "Option1 Name": "Size", "Option2 Name": "Colour", "SEO Title": f"{material} {kind}",
                    "SEO Description": body[:150], "Image Src": f"https://pictures.example/{handle}.jpg",
                    "Image Position": "1", "Image Alt Text": f"{material} {kind}"}
        yield row


def catalogue(products, seed=7):
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    chance = random.Random(seed)
    for number in range(products):
        writer.writerows(product_rows(number, chance))
    return out.getvalue().encode()


def memory(process, field):
    """In MiB, of the process and those it started."""
    pids = [process.pid]
    try:
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as children:
            pids += [int(pid) for pid in children.read().split()]
    except FileNotFoundError:
        pass
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            total += next(int(line.split()[1]) for line in status if line.startswith(field))
    return total / 1024


def import_file(shop, admin, content):
    began = time.monotonic()
    answer = shop.call("POST", "/admin/imports", data=content,
                       headers={**admin, "Content-Type": "text/csv", "Idempotency-Key": key()})
    assert answer.status_code == 202, answer.text
    print(f"upload of {len(content) / 2**20:.1f} MiB: {time.monotonic() - began:.2f} s,"
          f" resident {memory(shop.process, 'VmRSS'):.0f} MiB")
    shown = 0
    while True:
        job = shop.get(f"/admin/imports/{answer.json()['id']}", headers=admin).json()
        if job["status"] in ("done", "failed"):
            break
        if time.monotonic() - shown > 5:
            shown = time.monotonic()
            print(f"  {job['progress']['done_rows']} of {job['progress']['total_rows']} rows,"
                  f" resident {memory(shop.process, 'VmRSS'):.0f} MiB")
        time.sleep(0.1)
    seconds = time.monotonic() - began
    print(f"{job['status']} after {seconds:.1f} s: {job['totals']}; peak {memory(shop.process, 'VmHWM'):.0f} MiB")
    assert job["status"] == "done" and job["totals"]["refused"] == 0, job
    return seconds


def export(shop, admin):
    began = time.monotonic()
    answer = shop.call("GET", "/admin/exports/products.csv", headers=admin)
    assert answer.status_code == 200, answer.text
    print(f"export of {len(answer.content) / 2**20:.1f} MiB: {time.monotonic() - began:.2f} s;"
          f" peak {memory(shop.process, 'VmHWM'):.0f} MiB")
    return answer.content


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--products", type=int, default=10_000)
    count = arguments.parse_args().products
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        outcome = []
        content = catalogue(count)
        for folder in (first, second):
            shop = Shop(folder).start()
            try:
                print(f"resident before: {memory(shop.process, 'VmRSS'):.0f} MiB")
                admin = shop.admin()
                import_file(shop, admin, content)
                content = export(shop, admin)
                outcome.append(content)
            finally:
                shop.stop()
    same = outcome[0] == outcome[1]
    print("the export of an import of the export is", "byte for byte the same" if same else "ANOTHER ONE")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
