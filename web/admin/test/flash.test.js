// What is wrong with a flash sale before the shop is asked, and what is sent of it.
import { buildSync } from "esbuild";
import assert from "node:assert/strict";
import test from "node:test";
import { fileURLToPath } from "node:url";

async function load(path) {
  const { outputFiles: [bundle] } = buildSync({ entryPoints: [fileURLToPath(new URL(path, import.meta.url))], bundle: true, write: false, format: "esm" });
  return import(`data:text/javascript;base64,${Buffer.from(bundle.text).toString("base64")}`);
}
const { changeBody, draftBody, faultsOf, formOf, localMinute } = await load("../src/parts/flash/sale.ts");

const sale = {
  id: "fsl_1", title: "Tea", variant_id: "var_1", price: { amount_minor: 990, currency: "CNY", exponent: 2 }, stock: 50, quota: 2, starts_at: "2026-11-23T10:00:30.000Z",
  ends_at: "2026-11-23T12:00:00.000Z", status: "draft", version: 1,
};

test("what was not touched is not sent, nor are the seconds that the input does not show lost", () => {
  assert.deepEqual(changeBody(sale, formOf(sale)), {});
  assert.deepEqual(changeBody(sale, { ...formOf(sale), stock: "60", title: " Tea " }), { stock: 60 });
  assert.deepEqual(Object.keys(changeBody(sale, { ...formOf(sale), ends: localMinute("2026-11-23T13:00:00Z") })), ["ends_at"]);
});

test("a draft is sent whole, its times in UTC", () => {
  assert.deepEqual(draftBody({ ...formOf(sale), price_minor: 880 }), {
    title: "Tea", variant_id: "var_1", currency: "CNY", price_minor: 880, stock: 50, quota: 2, starts_at: "2026-11-23T10:00:00.000Z", ends_at: "2026-11-23T12:00:00.000Z",
  });
});

test("each field that is not filled in properly is named", () => {
  assert.deepEqual([...faultsOf(formOf(sale))], []);
  const empty = { title: " ", variant_id: "", currency: "CNY", price_minor: null, stock: "0", quota: "1.5", starts: "", ends: "" };
  assert.deepEqual([...faultsOf(empty)], ["title", "variant_id", "price_minor", "stock", "quota", "ends"]);
  assert.ok(faultsOf({ ...formOf(sale), ends: formOf(sale).starts }).has("ends"));
});
