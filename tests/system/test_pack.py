"""The archive that is deployed: complete, checked, and served from another place."""
import os
import subprocess
import tarfile

from tests.shop import ROOT, Shop


def test_the_archive_unpacks_elsewhere_and_serves(tmp_path, monkeypatch):
    done = subprocess.run(["npm", "run", "--silent", "pack"], cwd=ROOT, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout + done.stderr
    archives = sorted((ROOT / "dist").glob("caddy-shopping-*.tar.gz"), key=lambda path: path.stat().st_mtime)
    with tarfile.open(archives[-1]) as archive:
        archive.extractall(tmp_path)
    (home,) = tmp_path.iterdir()
    assert subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=home).returncode == 0
    for part in ("bin/caddy-shopping", "lib/caddy-shopping/picture.so", "share/caddy-shopping/web/docs/index.html", "share/caddy-shopping/migrations", "deploy", "share/doc/README.md"):
        assert (home / part).exists(), part
    listed = {line.split("  ", 1)[1].strip() for line in (home / "SHA256SUMS").read_text().splitlines()}
    present = {"./" + os.path.relpath(os.path.join(folder, name), home) for folder, _, names in os.walk(home) for name in names}
    assert present - {"./SHA256SUMS"} == listed

    monkeypatch.setenv("CADDY_PROGRAM", str(home / "bin/caddy-shopping"))
    (tmp_path / "elsewhere").mkdir()
    shop = Shop(tmp_path / "elsewhere")
    try:
        shop.import_csv(home / "share/caddy-shopping/samples/catalogue/products.csv")
        shop.start()
        assert shop.get("/health").status_code == 200
        assert "text/html" in shop.get("/docs").headers["Content-Type"]
        assert len(shop.get("/products?limit=100").json()["data"]) > 50
        shop.stop()
    finally:
        shop.kill()
