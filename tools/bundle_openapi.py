#!/usr/bin/env python3
"""Bundles the features' OpenAPI fragments into the one document that the program serves.

Every fragment holds `paths` and `components`; the bundle is their union under one header. A path, an operation id or
a schema that two fragments define differently, and a reference that nothing defines, stop the build.
"""
import argparse
import json
import sys
from pathlib import Path

import yaml

HEADER = {
    "openapi": "3.1.0",
    "info": {
        "title": "Caddy Shopping",
        "summary": "A headless shop: catalogue, cart, checkout, orders, payment.",
        "description": (
            "REST and JSON. Money is an exact number of minor units. Lists are paged by opaque cursors. Errors are "
            "RFC 9457 problem documents whose `code` is stable. Reads carry a strong `ETag`; a POST may carry an "
            "`Idempotency-Key`, and those that move money must."
        ),
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    },
    "servers": [{"url": "/", "description": "This shop"}],
    "security": [],
}


def fail(message):
    sys.exit(f"bundle_openapi: {message}")


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def merge(bundle, fragment, source):
    for path, item in (fragment.get("paths") or {}).items():
        target = bundle["paths"].setdefault(path, {})
        for method, operation in item.items():
            if method in target:
                fail(f"{source}: {method.upper()} {path} is defined twice")
            target[method] = operation
    for kind, entries in (fragment.get("components") or {}).items():
        target = bundle["components"].setdefault(kind, {})
        for name, entry in entries.items():
            if target.setdefault(name, entry) != entry:
                fail(f"{source}: {kind}/{name} is defined twice, differently")
    bundle["x-common-codes"] += fragment.get("x-common-codes") or []


def check(bundle):
    seen = {}
    for path, item in bundle["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            for key in ("operationId", "summary", "tags", "responses", "x-access"):
                if key not in operation:
                    fail(f"{method.upper()} {path} has no {key}")
            other = seen.setdefault(operation["operationId"], f"{method.upper()} {path}")
            if other != f"{method.upper()} {path}":
                fail(f"{method.upper()} {path} and {other} share an operationId")
    for reference in references(bundle):
        node = bundle
        for part in reference.removeprefix("#/").split("/"):
            node = node.get(part) if isinstance(node, dict) else None
        if not reference.startswith("#/") or node is None:
            fail(f"nothing defines {reference}")


def add_unavailable(bundle):
    """The database may be away at any time, so every operation of the API can answer 503, whether its fragment says so or not."""
    if "Unavailable" not in bundle["components"].get("responses", {}):
        return
    for path, item in bundle["paths"].items():
        for method, operation in item.items():
            if path.startswith("/api/v1/") and method != "parameters" and "5XX" not in operation["responses"]:
                operation["responses"].setdefault("503", {"$ref": "#/components/responses/Unavailable"})


def bundle_of(version, fragments):
    bundle = {**HEADER, "info": {**HEADER["info"], "version": version}, "paths": {}, "components": {}, "x-common-codes": []}
    for fragment in fragments:
        try:
            content = yaml.safe_load(Path(fragment).read_text(encoding="utf-8")) or {}
        except yaml.YAMLError as fault:
            fail(f"{fragment}: {fault}")
        merge(bundle, content, fragment)
    check(bundle)
    add_unavailable(bundle)
    bundle["paths"] = dict(sorted(bundle["paths"].items()))
    return bundle


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", required=True)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("fragments", nargs="+")
    options = parser.parse_args()
    text = json.dumps(bundle_of(options.version, options.fragments), ensure_ascii=False, separators=(",", ":"))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
