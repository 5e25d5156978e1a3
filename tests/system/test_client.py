"""The client of web/client: built from this tree's API documents, and tested by its own tests against the program."""
import os
import re
import subprocess

from tests.shop import ROOT, program

CLIENT = ROOT / "web" / "client"


def npm(*words):
    done = subprocess.run(
        ["npm", "run", "--silent", *words], cwd=CLIENT, capture_output=True, text=True, timeout=1200,
        env={**os.environ, "CADDY_PROGRAM": program()})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_client_builds_and_its_tests_pass():
    assert (ROOT / "web/node_modules/typescript").is_dir(), "run 'make web' first"
    npm("build")
    told = npm("test")
    passed = re.search(r"^# pass (\d+)$", told, re.M)
    assert passed and int(passed[1]) >= 40, told   # none of them was overlooked
