"""The document, the routes and the codes say the same."""
import json
import re
import subprocess

import pytest
from jsonschema import Draft202012Validator

from tests.openapi import Contract
from tests.shop import ROOT, program


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    from tests.shop import Shop

    shop = Shop(tmp_path_factory.mktemp("contract"))
    shop.start()
    try:
        yield shop.http.get(shop.base + "/api/v1/openapi.json").json()
        shop.stop()
    finally:
        shop.kill()


@pytest.fixture(scope="module")
def routes():
    return json.loads(subprocess.run([program(), "routes", "--json"], capture_output=True, text=True, check=True).stdout)


def operations(document):
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield method.upper(), path, operation


def test_routes_and_document_name_the_same_operations(document, routes):
    # Files under /media are no operation of the API: a product's answer says where each of them is.
    served = {(route["method"], route["path"]): route["access"] for route in routes if route["path"].startswith("/api/")}
    told = {(method, path): operation["x-access"] for method, path, operation in operations(document)}
    assert served == told


def test_path_parameters_are_declared(document):
    contract = Contract(document)
    for method, path, operation in operations(document):
        declared = document["paths"][path].get("parameters", []) + operation.get("parameters", [])
        named = {each["name"] for each in map(contract.resolve, declared) if each["in"] == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", path)), f"{method} {path}"


def test_the_document_is_openapi_and_its_schemas_are_schemas(document):
    assert document["openapi"].startswith("3.1")
    for name, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        if schema.get("type") == "object" and "properties" in schema:
            missing = set(schema.get("required", [])) - set(schema["properties"])
            assert not missing, f"{name} requires {missing}, which it does not describe"


def test_examples_follow_their_schemas(document):
    for name, schema in document["components"]["schemas"].items():
        if "example" in schema:
            faults = list(Draft202012Validator({**schema, "components": document["components"]}).iter_errors(schema["example"]))
            assert not faults, f"{name}: {faults[0].message}"


def test_every_operation_tells_its_success_and_its_refusals(document):
    for method, path, operation in operations(document):
        statuses = set(operation["responses"])
        assert any(status.startswith("2") for status in statuses), f"{method} {path}"
        assert "4XX" in statuses or any(status.startswith("4") for status in statuses), f"{method} {path}"
        assert isinstance(operation["x-codes"], list), f"{method} {path}"


def test_every_code_that_the_features_use_is_in_the_document(document):
    told = {code for _, _, operation in operations(document) for code in operation["x-codes"]}
    for folder in sorted((ROOT / "src" / "shop").iterdir()):
        if not list(folder.glob("*_api.yaml")):
            continue
        used = set()
        for source in folder.glob("*.cpp"):
            if not source.name.endswith("_test.cpp"):
                used |= set(re.findall(r'ErrorKind::\w+,\s*"([a-z_]+\.[a-z_]+)"', source.read_text()))
        used = {code for code in used if not code.startswith(("request.", "idempotency."))}
        readme = (folder / "README.md").read_text()
        assert all(code in told or code in readme for code in used), f"{folder.name}: {sorted(code for code in used if code not in told and code not in readme)}"


def test_the_codes_that_any_operation_may_have_are_told_once(document):
    told = [each["code"] for each in document["x-common-codes"]]
    assert told == sorted(set(told)) and all(set(each) == {"code", "status", "when"} for each in document["x-common-codes"])
    used = set()
    for source in (ROOT / "src").rglob("*.[ch]pp"):
        if not source.name.endswith("_test.cpp"):
            text = source.read_text(encoding="utf-8")
            used |= set(re.findall(r'"(request\.[a-z_]+)\\?"', text))
            used |= set(re.findall(r'ErrorKind::\w+,\s*"((?:idempotency\.|identity\.token_)[a-z_]+)"', text))
    assert set(told) == used


def test_the_settings_table_of_the_readme_is_the_programs(routes):
    table = subprocess.run([program(), "config", "print", "--markdown"], capture_output=True, text=True, check=True, env={"PATH": "/usr/bin"}).stdout
    for readme in ("README.md", "README.zh-CN.md"):
        text = (ROOT / readme).read_text(encoding="utf-8")
        found = re.search(r"<!-- settings[^>]*-->\n(.*?)<!-- /settings -->", text, re.S)
        assert found and found.group(1).strip() == table.strip(), f"{readme}: run tools/update_readme"
