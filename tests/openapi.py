"""Holds every answer that a test sees against the document that the program serves."""
import re
from functools import lru_cache

import jsonschema


class Contract:
    def __init__(self, document):
        self.document = document
        self.operations = []
        self.common = {each["code"]: each["status"] for each in document["x-common-codes"]}
        for path, item in document["paths"].items():
            pattern = re.compile("^" + re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(path)) + "$")
            literal = sum(1 for part in path.split("/") if part and not part.startswith("{"))
            for method, operation in item.items():
                if method != "parameters":
                    self.operations.append((method.upper(), pattern, literal, path, operation))
        self.operations.sort(key=lambda each: -each[2])   # literal segments win over parameters, as in the router
        self.seen = set()

    def find(self, method, path):
        for each_method, pattern, _, template, operation in self.operations:
            if each_method == method and pattern.match(path):
                return template, operation
        return None, None

    def resolve(self, node):
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    @lru_cache(maxsize=None)
    def validator(self, template, method, status, media):
        operation = self.document["paths"][template][method.lower()]
        responses = operation["responses"]
        response = responses.get(str(status)) or responses.get(f"{status // 100}XX") or responses.get("default")
        assert response is not None, f"{method} {template} answered {status}, which is not documented"
        content = self.resolve(response).get("content", {})
        if media is None:
            return None
        assert media in content, f"{method} {template} answered {status} as {media}; documented: {list(content)}"
        schema = {**content[media].get("schema", {}), "components": self.document["components"]}
        return jsonschema.Draft202012Validator(schema)

    def check(self, method, path, answer):
        """Asserts that status, media type, body and code of an answer are as documented."""
        template, operation = self.find("GET" if method == "HEAD" else method, path)
        if template is None or answer.status_code in (304, 405) or method == "HEAD":
            return
        media = answer.headers.get("Content-Type", "").split(";")[0] or None
        if answer.status_code == 204 or not answer.content:
            media = None
        self.seen.add((method, template, answer.status_code))
        validator = self.validator(template, method, answer.status_code, media)
        if validator is None or "json" not in media:
            return
        body = answer.json()
        faults = sorted(validator.iter_errors(body), key=lambda fault: list(fault.absolute_path))
        assert not faults, f"{method} {template} {answer.status_code}: " + "; ".join(
            f"/{'/'.join(map(str, fault.absolute_path))}: {fault.message[:300]}" for fault in faults[:5])
        if answer.status_code >= 400:
            code = body["code"]
            known = code in operation.get("x-codes", []) or self.common.get(code) == answer.status_code
            assert known, f"{method} {template} refuses {answer.status_code} with {code}: neither its x-codes nor the common codes have it"
