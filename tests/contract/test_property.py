"""Generated requests over the whole document: whatever is sent, no answer is a 5xx, and every answer is as documented."""
import json
import re
import uuid

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from tests.openapi import Contract
from tests.shop import ROOT, Shop

texts = st.one_of(
    st.text(max_size=40), st.sampled_from(["", " ", "0", "-1", "null", "'", "\"", "%00", "../..", "你好", "a" * 300, "\u202e", "﷽" * 20]))
scalars = st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False), texts)
anything = st.recursive(scalars, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)), max_leaves=8)


def id_like(prefix):
    return st.integers(0, 2**63 - 1).map(lambda number: prefix + "_" + base32(number))


def base32(number):
    digits = "0123456789abcdefghjkmnpqrstvwxyz"
    return "".join(digits[(number >> shift) & 31] for shift in range(60, -1, -5))


def valued(contract, schema, depth=0):
    """Values that follow the schema, mostly."""
    schema = contract.resolve(schema)
    if depth > 5:
        return anything
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return st.one_of([valued(contract, each, depth + 1) for each in schema[key]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema.get("type")
    if isinstance(kind, list):
        return st.one_of([valued(contract, {**schema, "type": each}, depth + 1) for each in kind])
    if kind == "object":
        properties = {name: valued(contract, each, depth + 1) for name, each in schema.get("properties", {}).items()}
        required = {name: properties.pop(name) for name in schema.get("required", []) if name in properties}
        return st.fixed_dictionaries(required, optional=properties)
    if kind == "array":
        return st.lists(valued(contract, schema.get("items", {}), depth + 1), max_size=4)
    if kind == "integer":
        return st.integers(schema.get("minimum", -10), schema.get("maximum", 10_000))
    if kind == "boolean":
        return st.booleans()
    if kind == "null":
        return st.none()
    prefix = re.match(r"\^(\w+)_", schema.get("pattern", "") or "")
    return st.one_of(id_like(prefix.group(1)), texts) if prefix else texts


def mutated(contract, schema):
    """Good bodies, good bodies with something spoilt, and nonsense."""
    good = valued(contract, schema)

    def spoil(pair):
        body, (name, value) = pair
        return {**body, name: value} if isinstance(body, dict) else value

    return st.one_of(good, st.tuples(good, st.tuples(texts, anything)).map(spoil), anything)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    shop = Shop(tmp_path_factory.mktemp("property"), ARGON2_MEMORY_KIB="1024", ARGON2_PASSES="1")
    shop.import_csv(ROOT / "tests" / "fixtures" / "catalogue.csv")
    shop.start()
    try:
        acquaint(shop)
        yield shop
        shop.stop()
    finally:
        shop.kill()


def acquaint(shop):
    """Ids that exist and callers that may do something, so that generated requests reach the features."""
    shop.known = {
        "product": [shop.get("/products").json()["data"][0]["id"], "plain-mug"], "category": ["home"],
        "provider": ["sandbox", "manual"]}
    cart, proof = shop.cart(("plain-mug", 1))
    order, order_proof = shop.order(("plain-mug", 1))
    shop.known.update(cart=[cart["id"]], line=[cart["lines"][0]["id"]], order=[order["id"]], payment=[order["payment"]["id"]])
    shop.callers = [{}, proof, order_proof, shop.signed_in(), {**shop.signed_in(), **proof}, {"Authorization": "Bearer nonsense"}]
    shop.callers.append(shop.admin())


def requests_of(contract, shop):
    """One strategy over all operations."""
    strategies = []
    for method, _, _, template, operation in contract.operations:
        parameters = shop.contract.document["paths"][template].get("parameters", []) + operation.get("parameters", [])
        parameters = [contract.resolve(each) for each in parameters]
        names = re.findall(r"\{(\w+)\*?\}", template)
        path = st.fixed_dictionaries({name: st.one_of(
            st.sampled_from(shop.known.get(name, ["x"])), id_like({"cart": "cart", "order": "ord"}.get(name, "prod")), texts) for name in names})
        query = st.fixed_dictionaries({}, optional={
            each["name"]: st.one_of(valued(contract, each.get("schema", {})), texts) for each in parameters if each["in"] == "query"})
        content = contract.resolve(operation.get("requestBody", {})).get("content", {}).get("application/json", {})
        body = mutated(contract, content.get("schema", {})) if content else st.none()
        strategies.append(st.tuples(st.just(method), st.just(template), path, query, body, st.sampled_from(shop.callers), st.booleans()))
    return st.one_of(strategies)


def test_no_request_is_answered_with_a_fault(running):
    contract = Contract(running.contract.document)

    @settings(max_examples=1500, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(requests_of(contract, running))
    def attempt(request):
        method, template, path, query, body, caller, keyed = request
        url = re.sub(r"\{(\w+)\*?\}", lambda match: quoted(path[match.group(1)]), template)
        headers = dict(caller)
        if keyed:
            headers["Idempotency-Key"] = str(uuid.uuid4())
        options = {"params": {name: value if isinstance(value, str) else json.dumps(value) for name, value in query.items()}}
        if method not in ("GET", "DELETE") and body is not None:
            headers["Content-Type"] = "application/json"
            options["data"] = json.dumps(body).encode("utf-8", "surrogatepass")
        answer = running.http.request(method, running.base + url, headers=headers, timeout=30, **options)
        assert answer.status_code < 500, f"{method} {url} {options}: {answer.status_code} {answer.text}"
        found, _ = contract.find(method, url)
        if found == template:
            contract.check(method, url, answer)

    attempt()
    assert running.process.poll() is None


def quoted(text):
    from urllib.parse import quote

    return quote(text.encode("utf-8", "replace"), safe="") or "-"
