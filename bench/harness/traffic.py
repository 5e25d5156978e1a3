"""What shoppers do, as a file that can be replayed: sessions of requests, with places for what earlier answers told.

One line a thing, its parts divided by tabs:

    S                                              a shopper begins; he goes on where the one before ended, on a connection
    R  name  METHOD  target  headers  body  takes  statuses
                                                   headers: `Name: value` divided by `|`; statuses that are right, by `,`
    M                                              all shoppers come up to here before the first goes on; counting begins
    # …                                            a remark

`takes` says what to keep of the answer: `key:n:text`, divided by `;`, is what stands between the n-th `text` and the quote
behind it, or the end of its header. `{key}` in a target, a header or a body is what was kept. `{unique}` is different in each request.
"""
import json
import random
import re
import urllib.parse

from harness.shelf import KINDS, STYLES

ADDRESS = {"name": "李雷", "phone": "+86 138 0000 0000", "country": "CN", "province": "浙江省", "city": "杭州市", "district": "西湖区",
           "line1": "文三路 1 号", "line2": "", "postal_code": "310000"}
KINDS_OF_SHOPPERS = [("browse", 60), ("search", 22), ("cart", 12), ("buy", 6)]   # of a hundred shoppers


def request(name, method, target, headers=(), body=None, takes=(), statuses=(200,)):
    text = "" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    kept = ";".join(f"{key}:{place}:{what}" for key, place, what in takes)
    return "\t".join(["R", name, method, target, "|".join(headers), text, kept, ",".join(map(str, statuses))])


class Shopper:
    """Writes what one of them does, from an address of his own, as an edge tells it."""

    def __init__(self, shelf, rng, address=None):
        self.shelf, self.rng, self.lines = shelf, rng, ["S"]
        self.address = address or f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"

    def say(self, name, method, target, headers=(), *words, **more):
        self.lines.append(request(name, method, target, [f"X-Forwarded-For: {self.address}", *headers], *words, **more))
        return self

    def page(self):
        sort = self.rng.choice(["", "", "", "&sort=price", "&sort=-price"])
        return self.say("list", "GET", f"/api/v1/products?limit=20{sort}")

    def category(self):
        name = self.rng.choice(sorted({kind[2] for kind in KINDS}))
        handle = re.sub(r"\W+", "-", name.lower())   # as the import makes it of the type
        return self.say("list", "GET", "/api/v1/products?limit=20&filter%5Bcategory%5D=" + urllib.parse.quote(handle))

    def product(self):
        handle = self.shelf.handle(self.shelf.popular(self.rng))
        return self.say("product", "GET", f"/api/v1/products/{handle}", takes=[("variant", 1, '"id":"var_')])

    def look_for(self):
        kind, style = self.rng.choice(KINDS), self.rng.choice(STYLES)
        words = self.rng.choice([kind[0], kind[1], style[0], style[1], f"{style[0]}{kind[0]}", f"{style[1]} {kind[1]}"])
        if self.rng.random() < 0.5:
            self.say("suggest", "GET", "/api/v1/search/suggest?q=" + urllib.parse.quote(words[:2 if words[0] > "\u2e80" else 4]))
        return self.say("search", "GET", "/api/v1/search?limit=20&q=" + urllib.parse.quote(words))

    def open_cart(self):
        return self.say("cart", "POST", "/api/v1/carts", body={}, takes=[("cart", 1, '"id":"'), ("token", 1, '"token":"')], statuses=(201,))

    def add(self, quantity=1, refused=(422, 409)):
        return self.say("add", "POST", "/api/v1/carts/{cart}/lines", ["X-Cart-Token: {token}"],
                        {"variant_id": "var_{variant}", "quantity": quantity}, statuses=(200, 201, *refused))

    def tell_address(self):
        self.say("methods", "GET", "/api/v1/shipping-methods?cart={cart}", ["X-Cart-Token: {token}"], takes=[("method", 1, '"id":"')])
        return self.say("address", "PATCH", "/api/v1/carts/{cart}", ["X-Cart-Token: {token}"], {
            "email": "guest@example.com", "shipping_address": ADDRESS, "shipping_method_id": "{method}"})

    def check_out(self, refused=(422, 409)):
        return self.say("order", "POST", "/api/v1/carts/{cart}/checkout", ["X-Cart-Token: {token}", "Idempotency-Key: {unique}"],
                        {"payment_provider": "sandbox"}, takes=[("order", 1, '"id":"ord_'), ("order_token", 1, '"token":"')],
                        statuses=(201, *refused))


def mixed(shelf, shoppers, seed=1):
    """Browse, search, fill a cart, buy: lines of the file."""
    rng = random.Random(f"traffic {seed}")
    yield f"# shoppers {shoppers}, products {shelf.products}, seed {seed}"
    names, weights = zip(*KINDS_OF_SHOPPERS)
    for _ in range(shoppers):
        shopper, kind = Shopper(shelf, rng), rng.choices(names, weights)[0]
        if kind == "search":
            shopper.look_for()
        else:
            shopper.page()
        for _ in range(rng.choice([1, 2, 3, 4, 6]) if kind == "browse" else rng.choice([1, 2, 3])):
            rng.choice([shopper.product] * 6 + [shopper.page, shopper.category])()
        if kind in ("cart", "buy"):
            shopper.product().open_cart().add()
            if rng.random() < 0.3:
                shopper.product().add()
        if kind == "buy":
            shopper.tell_address().check_out()
        yield from shopper.lines


def buyers(shelf, number, hot=None):
    """Buyers with a full cart each, who all press the button after the mark. `hot`: all want this product."""
    rng = random.Random("buyers")
    full, press = [], []
    yield f"# buyers {number}, " + (f"all of product {hot}" if hot is not None else f"spread over {shelf.products} products")
    for place in range(number):
        shopper = Shopper(shelf, rng)
        handle = shelf.handle(hot if hot is not None else place % shelf.products)
        shopper.say("product", "GET", f"/api/v1/products/{handle}", takes=[("variant", 1, '"id":"var_')])
        full.append(shopper.open_cart().add(refused=()).tell_address().lines)
        last = Shopper(shelf, rng, shopper.address)
        press.append(last.check_out(refused=(409, 422) if hot is not None else ()).lines[1:])
    for lines, last in zip(full, press):
        yield from lines
        yield "M"
        yield from last
