"""The guide in two languages: the same sections in the same order, the same commands, tables of the same size, links that lead somewhere."""
import re

import pytest

from tests.deploy.manifests import ROOT

TWINS = [("docs/kubernetes.md", "docs/kubernetes.zh-CN.md"), ("docs/operations.md", "docs/operations.zh-CN.md")]


def shape(text):
    """Headings by their level, and what stands between them that is the same in every language."""
    outside = re.sub(r"^ *```sh\n.*?^ *```$", "", text, flags=re.M | re.S)
    return {"sections": [len(marks) for marks in re.findall(r"^(#+) ", outside, re.M)],
            "blocks": re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.M | re.S),
            "tables": len(re.findall(r"^\|", outside, re.M)),
            "names": sorted(re.findall(r"`([^`\n]+)`", outside))}


def anchors(text):
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.*)$", text, re.M)}


@pytest.mark.parametrize("one, other", TWINS)
@pytest.mark.parametrize("what", ["sections", "blocks", "tables", "names"])
def test_both_have_the_same(one, other, what):
    assert shape((ROOT / one).read_text())[what] == shape((ROOT / other).read_text())[what]


@pytest.mark.parametrize("path", [path for pair in TWINS for path in pair])
def test_links_lead_somewhere(path):
    text = (ROOT / path).read_text()
    for target, _, place in [each.partition("#") for each in re.findall(r"\]\(([^)]+)\)", text)]:
        if not target.startswith("http"):
            linked = (ROOT / path).parent / target if target else ROOT / path
            assert linked.is_file(), target
            assert not place or place in anchors(linked.read_text()), f"{target}#{place}"
