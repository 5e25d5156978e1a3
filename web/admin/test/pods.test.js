// Which pods stand out of a fleet, and how many of their workers serve.
import { buildSync } from "esbuild";
import assert from "node:assert/strict";
import test from "node:test";
import { fileURLToPath } from "node:url";

const { outputFiles: [bundle] } = buildSync({ entryPoints: [fileURLToPath(new URL("../src/parts/system/pods.ts", import.meta.url))], bundle: true, write: false, format: "esm" });
const { serving, usual } = await import(`data:text/javascript;base64,${Buffer.from(bundle.text).toString("base64")}`);

const pod = (version, started_at, state = "serving") => ({ version, started_at, state });
const version = (each) => each.version;

test("what most pods run is usual", () => {
  assert.equal(usual([pod("2", "2026-01-03"), pod("1", "2026-01-01"), pod("1", "2026-01-02")], version), "1");
});

test("of two as common, that of the pod which began last is", () => {
  assert.equal(usual([pod("1", "2026-01-01"), pod("2", "2026-01-02")], version), "2");
  assert.equal(usual([pod("2", "2026-01-02"), pod("1", "2026-01-01")], version), "2");
});

test("pods that fell silent do not decide, unless there are no others", () => {
  assert.equal(usual([pod("1", "2026-01-01", "silent"), pod("1", "2026-01-01", "silent"), pod("2", "2026-01-02")], version), "2");
  assert.equal(usual([pod("1", "2026-01-01", "silent")], version), "1");
  assert.equal(usual([], version), "");
});

test("a place whose worker hands over to its successor counts once", () => {
  const workers = [{ slot: 0, state: "retiring" }, { slot: 0, state: "serving" }, { slot: 1, state: "starting" }, { slot: 2, state: "serving" }];
  assert.equal(serving({ workers }), 2);
});
