"""Vendure beside ours: the shop of bench/peers/vendure on the same MariaDB and Redis, asked over its GraphQL API."""
import csv
import json
import os
import subprocess
import time

from harness import load, machine, servers, traffic

HOME = machine.ROOT / "bench/peers/vendure"
ENVIRONMENT = {"NODE_ENV": "production", "NPM_CONFIG_LOGLEVEL": "error", "VENDURE_DISABLE_TELEMETRY": "true"}
PRODUCTS = 200   # its importer takes a third of a second for each
COLUMNS = ["name", "slug", "description", "assets", "facets", "optionGroups", "optionValues", "sku", "price", "taxCategory", "stockOnHand",
           "trackInventory", "variantAssets", "variantFacets"]
API = "/shop-api"

LIST = """query { search(input: { take: 20, groupByProduct: true }) { totalItems items { productId productName slug description
  priceWithTax { ... on PriceRange { min max } } productAsset { preview } collectionIds } } }"""
PRODUCT = """query($slug: String!) { product(slug: $slug) { id name slug description assets { source } collections { id name slug }
  optionGroups { name options { name } } variants { id sku name priceWithTax currencyCode stockLevel options { name } } } }"""
ADD = "mutation($variant: ID!) { addItemToOrder(productVariantId: $variant, quantity: 1) { __typename } }"
TELL = """mutation($address: CreateAddressInput!) {
  setCustomerForOrder(input: { firstName: "Lei", lastName: "Li", emailAddress: "guest@example.com" }) { __typename }
  setOrderShippingAddress(input: $address) { __typename } setOrderShippingMethod(shippingMethodId: ["1"]) { __typename } }"""
BUY = """mutation { transitionOrderToState(state: "ArrangingPayment") { __typename }
  addPaymentToOrder(input: { method: "standard", metadata: {} }) { __typename ... on Order { state } } }"""
ADDRESS = {"fullName": "李雷", "streetLine1": "文三路 1 号", "city": "杭州市", "province": "浙江省", "postalCode": "310000", "countryCode": "CN",
           "phoneNumber": "+86 138 0000 0000"}


def question(text, **variables):
    return {"query": " ".join(text.split()), "variables": variables}


def write_catalogue(shelf, path):
    """The shelf in the form of Vendure's importer."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(COLUMNS)
        for number in range(shelf.products):
            rows = list(shelf.rows(number))
            head = rows[0]
            has_options = any(row[8] or row[10] for row in rows) and len(rows) > 1
            groups = "|".join(filter(None, [head[7], head[9]])) if has_options else ""
            for place, row in enumerate(rows):
                values = "|".join(filter(None, [row[8], row[10]])) if has_options else ""
                product = [head[1], head[0], head[2], "", "", groups] if place == 0 else [""] * 6
                out.writerow([*product, values, row[11], row[17], "standard", row[14], "true", "", ""])


def install(say):
    say("installing Vendure from npm")
    subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=HOME, check=True, capture_output=True, env={**os.environ, **ENVIRONMENT})


class Vendure(servers.Server):
    """In production mode: one server process for each worker, and one for its jobs."""

    def __init__(self, stage, shelf, workers, cores=()):
        self.database, self.folder, self.cores, self.shelf = stage.database(), stage.folder, cores, shelf
        self.name = f"caddy_vendure{len(stage.made)}"
        self.settings = {**self.database.create_database(self.name), **stage.redis().settings(), "WORKERS": str(workers), **ENVIRONMENT}
        catalogue = stage.folder / "vendure.csv"
        write_catalogue(shelf, catalogue)
        stage.say(f"filling Vendure with {shelf.products} products")
        done = subprocess.run(["node", "populate.js", str(catalogue)], cwd=HOME, capture_output=True, text=True, timeout=1200,
                              env={**os.environ, **self.settings, "PORT": str(machine.free_port()), "SYNCHRONIZE": "true"})
        if done.returncode != 0:
            raise RuntimeError("Vendure could not be filled:\n" + done.stdout[-1500:] + done.stderr[-1500:])

    def begin(self):
        self.port = machine.free_port()
        begun = time.monotonic()
        log = open(self.folder / "vendure.log", "ab")
        self.process = subprocess.Popen([*machine.pinned(self.cores), "node", "main.js"], cwd=HOME, stdout=log, stderr=log,
                                        env={**os.environ, **self.settings, "PORT": str(self.port)})
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() - begun > 120:
                raise RuntimeError("Vendure does not start:\n" + (self.folder / "vendure.log").read_text()[-3000:])
            time.sleep(0.01)
        self.started = time.monotonic() - begun
        return self

    def is_ready(self):
        try:
            return servers.ask(self.port, "GET", "/health")[0] == 200
        except OSError:
            return False

    def ask(self, asked):
        """What it says, since a GraphQL API says 200 to refusals, too."""
        status, body = servers.ask(self.port, "POST", API, asked)
        told = json.loads(body)
        if status != 200 or "errors" in told:
            raise RuntimeError(f"Vendure: {status} {body[:500]}")
        return told["data"]

    def wrk(self, stage, asked, seconds):
        """Load by one question, which is right before and after."""
        told = self.ask(asked)
        body = json.dumps(asked, ensure_ascii=False)
        script = f"wrk.method = 'POST'\nwrk.body = {json.dumps(body, ensure_ascii=False)}\nwrk.headers['Content-Type'] = 'application/json'\n"
        result = stage.wrk(self, API, seconds, script=script, beside=[self.database])
        if self.ask(asked) != told:
            raise RuntimeError("Vendure told something else after the load")
        return result

    def list(self, stage, seconds):
        if len(self.ask(question(LIST))["search"]["items"]) != 20:
            raise RuntimeError("Vendure's list is not of 20")
        return self.wrk(stage, question(LIST), seconds)

    def product(self, stage, seconds):
        return self.wrk(stage, question(PRODUCT, slug=self.shelf.handle(0)), seconds)

    def settled(self):
        return int(self.database.query("SELECT COUNT(*) FROM `order` WHERE state = 'PaymentSettled'", self.name)[0][0])

    def orders(self, stage, number, connections):
        """Guests with a cart each, who all pay at once; each order is in the database afterwards."""
        before = self.settled()
        replay = load.Replay(stage.traffic(buyers(number)), self.port, stage.options.client_cores(), connections=connections).ready()
        told = load.cost(self, replay.count, [self.database])
        if self.settled() - before != number:
            raise RuntimeError(f"Vendure has {self.settled() - before} of {number} orders")
        return told


def buyers(number):
    def say(name, asked, *takes, known=True):
        headers = ["Authorization: Bearer {token}"] if known else []
        return traffic.request(name, "POST", API, headers, asked, takes)
    yield f"# buyers {number}, at Vendure"
    for place in range(number):
        yield "S"
        yield say("add", question(ADD, variant=str(place % PRODUCTS + 1)), ("token", 1, "vendure-auth-token: "), known=False)
        yield say("address", question(TELL, address=ADDRESS))
        yield "M"
        yield say("order", question(BUY))
