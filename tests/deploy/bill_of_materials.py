"""What SPDX 2.3 asks of a bill of materials in JSON, clause by clause, for the fields that ours has."""
import re

from jsonschema import Draft7Validator

REFERENCE = {"type": "string", "pattern": r"^SPDXRef-[A-Za-z0-9.-]+$"}
LICENCE = {"type": "string", "pattern": r"^(NONE|NOASSERTION|[A-Za-z0-9.+() -]+)$"}
TEXT = {"type": "string", "minLength": 1}


def thing(needed, **further):
    """An object with these fields and no others."""
    return {"type": "object", "required": list(needed), "properties": {**needed, **further}, "additionalProperties": False}


PACKAGE = thing(
    # 7.1, 7.2, 7.7: who it is and where it came from. A field of the files goes only with files that were looked at (7.8, 7.9).
    {"name": TEXT, "SPDXID": REFERENCE, "downloadLocation": {"type": "string", "pattern": r"^(NONE|NOASSERTION|[a-z][a-z0-9+.-]*:\S+)$"}},
    versionInfo=TEXT, filesAnalyzed={"const": False}, sourceInfo=TEXT, licenseConcluded=LICENCE, licenseDeclared=LICENCE, copyrightText=TEXT,
    checksums={"type": "array", "minItems": 1, "items": thing(   # 7.10
        {"algorithm": {"const": "SHA256"}, "checksumValue": {"type": "string", "pattern": "^[0-9a-f]{64}$"}})},
    externalRefs={"type": "array", "minItems": 1, "items": thing(   # 7.21, and the grammar of package URLs
        {"referenceCategory": {"enum": ["SECURITY", "PACKAGE-MANAGER", "PERSISTENT-ID", "OTHER"]}, "referenceType": {"const": "purl"},
         "referenceLocator": {"type": "string", "pattern": r"^pkg:deb/debian/[a-z0-9.%A-F-]+@[A-Za-z0-9.~%_-]+\?arch=[a-z0-9]+$"}})},
    primaryPackagePurpose={"enum": ["APPLICATION", "FRAMEWORK", "LIBRARY", "CONTAINER", "OPERATING-SYSTEM", "DEVICE", "FIRMWARE", "SOURCE",
                                    "ARCHIVE", "FILE", "INSTALL", "OTHER"]})   # 7.24
DOCUMENT = thing({
    "spdxVersion": {"const": "SPDX-2.3"}, "dataLicense": {"const": "CC0-1.0"}, "SPDXID": {"const": "SPDXRef-DOCUMENT"}, "name": TEXT,
    "documentNamespace": {"type": "string", "pattern": r"^[a-z][a-z0-9+.-]*:[^\s#]+$"},   # 6.5: absolute, without a fragment
    "creationInfo": thing({   # 6.8, 6.9
        "created": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
        "creators": {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": "^(Person|Organization|Tool): .+"}}}),
    "packages": {"type": "array", "minItems": 1, "items": PACKAGE},
    "relationships": {"type": "array", "items": thing(   # 11.1
        {"spdxElementId": REFERENCE, "relatedSpdxElement": REFERENCE, "relationshipType": {"enum": ["DESCRIBES", "CONTAINS", "DEPENDS_ON"]}})}})


def faults_of(bill):
    """What such a document may not be, as sentences; none where it is one."""
    found = [f"{'/'.join(str(step) for step in error.absolute_path)}: {error.message}" for error in Draft7Validator(DOCUMENT).iter_errors(bill)]
    if found:
        return found
    ids = [package["SPDXID"] for package in bill["packages"]]
    found += [f"{each} stands twice" for each in sorted(set(ids)) if ids.count(each) > 1]
    known = {*ids, "SPDXRef-DOCUMENT"}
    ends = {relationship[end] for relationship in bill["relationships"] for end in ("spdxElementId", "relatedSpdxElement")}
    found += [f"{each} is related to and is not there" for each in sorted(ends - known)]
    if not any(r["relationshipType"] == "DESCRIBES" and r["spdxElementId"] == "SPDXRef-DOCUMENT" for r in bill["relationships"]):
        found.append("the document describes nothing")
    unrelated = set(ids) - {r["relatedSpdxElement"] for r in bill["relationships"]}
    found += [f"{each} belongs to nothing" for each in sorted(unrelated)]
    for package in bill["packages"]:
        for reference in package.get("externalRefs", []):
            if re.split("[/@]", reference["referenceLocator"])[2].replace("%2B", "+") != package["name"]:
                found.append(f"{package['name']} is called otherwise in {reference['referenceLocator']}")
    return found
