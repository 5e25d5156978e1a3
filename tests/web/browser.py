"""Journeys through the pages in Debian's Chromium: web/browser has them."""
import json
import os
import shutil
import subprocess

from tests.conftest import ROOT


def journey(shop, file, name, **given):
    """Runs a journey of web/browser/<file>; what went wrong on the way is what the test fails with."""
    chromium = shutil.which("chromium")
    assert chromium, "no chromium; run tools/setup"
    order = {"base": shop.base, "chromium": chromium, "shots": os.environ.get("CADDY_SCREENSHOTS"), "journey": name, "language": "zh-CN", **given}
    done = subprocess.run(["node", file, json.dumps(order)], cwd=ROOT / "web" / "browser", capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
