"""The table of threats in docs/security.md names tests that there are."""
import re

import pytest

from tests.conftest import ROOT

TABLE = (ROOT / "docs" / "security.md").read_text()
NAMED = re.findall(r"`([\w./]+\.(?:py|cpp))::([^`]+)`", TABLE)


def test_every_threat_has_a_test():
    rows = [line for line in TABLE.splitlines() if line.startswith("| ") and not line.startswith("| threat")]
    assert len(rows) >= 15
    assert [row for row in rows if "::" not in row] == []


@pytest.mark.parametrize("path, name", NAMED, ids=[f"{path.rpartition('/')[2]}-{name}" for path, name in NAMED])
def test_the_test_is_there(path, name):
    begins = rf"^def {name}\(" if path.endswith(".py") else rf"^TEST\w*\(\w+, {name}\)"
    assert re.search(begins, (ROOT / path).read_text(), re.M)


def test_the_parsers_are_fuzzed():
    fed = re.findall(r"`(fuzz/targets/\w+\.cpp)`", TABLE)
    assert fed and all((ROOT / path).is_file() for path in fed)
