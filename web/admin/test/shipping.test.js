// What is wrong with a way of shipping before the shop is asked, what is sent of it, and which zone an address falls into.
import { buildSync } from "esbuild";
import assert from "node:assert/strict";
import test from "node:test";
import { fileURLToPath } from "node:url";

async function load(path) {
  const { outputFiles: [bundle] } = buildSync({ entryPoints: [fileURLToPath(new URL(path, import.meta.url))], bundle: true, write: false, format: "esm" });
  return import(`data:text/javascript;base64,${Buffer.from(bundle.text).toString("base64")}`);
}
const { freshRate, methodBody, methodFaults, zoneOf } = await load("../src/parts/shipping/shipping.ts");
const { countries, countryCodes, countryName } = await load("../src/countries.ts");

const form = (more, rate = {}) => ({
  zone_id: "zone_1", code: "post", name: "Post", kind: "flat", position: 0, active: true, weight_min_grams: null, weight_max_grams: null, rates: [{ ...freshRate("CNY"), price_minor: 500, ...rate }], ...more,
});

test("a proper method has no faults", () => {
  assert.deepEqual(methodFaults(form()), {});
  assert.deepEqual(methodFaults(form({ kind: "by_weight" }, { steps: [{ up_to: 1000, price_minor: 0 }, { up_to: null, price_minor: 900 }] })), {});
});

test("each fault stands at its field", () => {
  assert.deepEqual(methodFaults(form({ name: " ", code: "Ä" }, { price_minor: null })), { name: "required", code: "required", "rates/0/price_minor": "required" });
  assert.deepEqual(methodFaults(form({ weight_min_grams: 5, weight_max_grams: 4 }, { amount_min_minor: 2, amount_max_minor: 1 })), { weight_max_grams: "limits", "rates/0/amount_max_minor": "limits" });
  const steps = [{ up_to: 1000, price_minor: null }, { up_to: 1000, price_minor: 1 }, { up_to: null, price_minor: 1 }, { up_to: 9, price_minor: 1 }];
  assert.deepEqual(methodFaults(form({ kind: "by_amount" }, { steps })), { "rates/0/steps/0/price_minor": "required", "rates/0/steps/1/up_to": "ascending", "rates/0/steps/2/up_to": "required" });
  assert.deepEqual(methodFaults(form({ rates: [{ ...freshRate("EUR"), price_minor: 1 }, { ...freshRate("eur"), price_minor: 1 }, { ...freshRate("€"), price_minor: 1 }] })), { "rates/1/currency": "twice", "rates/2/currency": "currency" });
});

test("what is not of its kind is not sent", () => {
  const steps = [{ up_to: 1000, price_minor: 1 }];
  const of = (kind, more = {}) => methodBody(form({ kind }, { steps, further_kg_minor: 3, ...more })).rates[0];
  assert.deepEqual([of("flat").price_minor, of("flat").steps, of("flat").further_kg_minor], [500, [], null]);
  assert.deepEqual([of("by_weight").price_minor, of("by_weight").steps, of("by_weight").further_kg_minor], [null, steps, 3]);
  assert.equal(of("by_amount").further_kg_minor, null);
  assert.equal(of("by_weight", { steps: [{ up_to: null, price_minor: 1 }] }).further_kg_minor, null, "no end, nothing beyond");
});

test("the most specific zone decides", () => {
  const zone = (id, ...destinations) => ({ id, destinations });
  const zones = [zone("world", { country: "*", provinces: [] }), zone("china", { country: "CN", provinces: [] }), zone("east", { country: "CN", provinces: ["浙江省", "Shanghai"] })];
  assert.equal(zoneOf(zones, "CN", " shanghai ").id, "east");
  assert.equal(zoneOf(zones, "CN", "浙江").id, "china", "a province is what the address writes");
  assert.equal(zoneOf(zones, "FR", "").id, "world");
  assert.equal(zoneOf(zones.slice(2), "CN", ""), undefined);
});

test("countries have names, and former ones and unions are none", () => {
  const codes = countryCodes();
  assert.ok(codes.length > 230 && codes.length < 270, String(codes.length));
  for (const code of ["CN", "DE", "US", "TW"]) assert.ok(codes.includes(code), code);
  for (const code of ["DD", "UK", "EU", "ZZ"]) assert.ok(!codes.includes(code), code);
  assert.equal(countryName("DE", "en"), "Germany");
  assert.equal(countryName("D", "en"), "D");
  assert.equal(countries("en").at(0).name, "Afghanistan");
});
