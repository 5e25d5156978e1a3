"""The README's tour, run as it stands, line by line, by a shell that stops at the first fault."""
import re
import subprocess

from tests.shop import ROOT, Shop


def tour_of(readme):
    blocks = re.findall(r"```sh tour\n(.*?)```", (ROOT / readme).read_text(encoding="utf-8"), re.S)
    assert blocks, f"{readme} has no tour"
    return "\n".join(blocks)


def run_tour(readme, directory):
    directory.mkdir(exist_ok=True)
    shop = Shop(directory)
    shop.import_csv(ROOT / "samples/catalogue/products.csv")
    shop.start()
    try:
        script = tour_of(readme).replace("localhost:3000", f"localhost:{shop.port}").replace("/tmp/", f"{directory}/")
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120,
                              env={"PATH": "/usr/local/bin:/usr/bin:/bin", "DATA_DIR": str(shop.data), "HOME": str(directory)})
        assert done.returncode == 0, done.stdout + done.stderr
        assert "everything adds up" in done.stdout and '"status": "pending_payment"' in done.stdout
    finally:
        shop.kill()


def test_the_tour_works(tmp_path):
    run_tour("README.md", tmp_path / "en")


def test_the_chinese_tour_works(tmp_path):
    run_tour("README.zh-CN.md", tmp_path / "zh")
