// What an entry of the audit log says has changed, and where its object is shown.
import { buildSync } from "esbuild";
import assert from "node:assert/strict";
import test from "node:test";
import { fileURLToPath } from "node:url";

const { outputFiles: [bundle] } = buildSync({ entryPoints: [fileURLToPath(new URL("../src/parts/audit/changes.ts", import.meta.url))], bundle: true, write: false, format: "esm" });
const { apart, changes, isMoney, place } = await import(`data:text/javascript;base64,${Buffer.from(bundle.text).toString("base64")}`);

const told = (before, after) => changes(before, after).map(({ path, before: was, after: is }) => [path.join("/"), was, is]);

test("only what differs is told, and what every change brings along last", () => {
  assert.deepEqual(told({ version: 1, title: "a", handle: "x" }, { version: 2, title: "b", handle: "x" }), [["title", "a", "b"], ["version", 1, 2]]);
  assert.deepEqual(told({ a: { b: [1] } }, { a: { b: [1] } }), []);
});

test("what was made or removed is told by its fields, but not by the empty ones", () => {
  assert.deepEqual(told(null, { name: "A", description: "", parent_id: null, tags: [], attributes: {}, position: 0, active: false }), [["name", undefined, "A"], ["position", undefined, 0], ["active", undefined, false]]);
  assert.deepEqual(told({ name: "A" }, null), [["name", "A", undefined]]);
  assert.deepEqual(told(null, null), []);
});

test("an amount is one value", () => {
  const [was, is] = [{ amount_minor: 100, currency: "CNY", exponent: 2 }, { amount_minor: 90, currency: "CNY", exponent: 2 }];
  assert.equal(isMoney(was), true);
  assert.deepEqual(told({ price: was }, { price: is }), [["price", was, is]]);
  assert.deepEqual(told({ price: null }, { price: is }), [["price", null, is]]);
});

test("things in a list are told apart by their ids wherever they stand, and called by what people know", () => {
  const [one, two] = [{ id: "var_1", sku: "A-1", grams: 1 }, { id: "var_2", sku: "A-2", grams: 2 }];
  assert.deepEqual(told({ variants: [one, two] }, { variants: [two, { ...one, grams: 9 }] }), [["variants/A-1/grams", 1, 9]]);
  assert.deepEqual(told({ variants: [one] }, { variants: [one, { id: "var_3", sku: "A-3", grams: 3 }] }), [["variants/A-3/sku", undefined, "A-3"], ["variants/A-3/grams", undefined, 3], ["variants/A-3/id", undefined, "var_3"]]);
});

test("things without anything to tell them apart are told by their places", () => {
  assert.deepEqual(told({ steps: [{ up_to: 1 }, { up_to: 2 }] }, { steps: [{ up_to: 1 }, { up_to: 5 }] }), [["steps/2/up_to", 2, 5]]);
  assert.deepEqual(told({ areas: [{ country: "CN", x: 1 }, { country: "CN", x: 2 }] }, { areas: [{ country: "CN", x: 1 }, { country: "CN", x: 3 }] }), [["areas/CN/x", 2, 3]]);
});

test("a list of plain values is one field", () => {
  assert.deepEqual(told({ tags: ["a", "b"] }, { tags: ["b", "c"] }), [["tags", ["a", "b"], ["b", "c"]]]);
  assert.deepEqual(told({ tags: [] }, { tags: ["c"] }), [["tags", [], ["c"]]]);
});

test("of two texts what differs stands between what they share, cut short", () => {
  assert.deepEqual(apart("the red cup", "the green cup"), { head: "the ", was: "red", is: "green", tail: " cup" });
  assert.deepEqual(apart("茶杯", "茶杯很好"), { head: "茶杯", was: "", is: "很好", tail: "" });
  assert.deepEqual(apart("aa", "aaa"), { head: "aa", was: "", is: "a", tail: "" });
  const { head, was, is, tail } = apart(`${"x".repeat(100)}1${"y".repeat(100)}`, `${"x".repeat(100)}2${"y".repeat(100)}`);
  assert.deepEqual([head, was, is, tail], [`…${"x".repeat(40)}`, "1", "2", `${"y".repeat(40)}…`]);
  assert.deepEqual(apart("😀a", "😁a"), { head: "", was: "😀", is: "😁", tail: "a" });
});

test("an object is shown on its page, unless it is gone", () => {
  assert.deepEqual(place("prod_1", "catalog.product.update"), { name: "product", params: { id: "prod_1" } });
  assert.deepEqual(place("cus_1", "identity.customer.update"), { name: "customer", params: { id: "cus_1" } });
  assert.deepEqual(place("cus_1", "identity.user.update"), { name: "colleague", params: { id: "cus_1" } });
  assert.equal(place("prod_1", "catalog.product.delete"), null);
  assert.equal(place("orders.csv", "orders.export"), null);
});
