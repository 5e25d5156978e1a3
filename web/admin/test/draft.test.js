// What is sent of an edited product, and how two people's changes come together: the source bundled on the way.
import { buildSync } from "esbuild";
import assert from "node:assert/strict";
import test from "node:test";
import { fileURLToPath } from "node:url";

globalThis.localStorage = { getItem: () => null, setItem() {} };
globalThis.document = { documentElement: {} };
Object.defineProperty(globalThis, "navigator", { value: { language: "en" }, configurable: true });
const { outputFiles: [bundle] } = buildSync({
  entryPoints: [fileURLToPath(new URL("../src/parts/products/draft.ts", import.meta.url))], bundle: true, write: false, format: "esm", platform: "browser",
  define: { __VUE_OPTIONS_API__: "false", __VUE_PROD_DEVTOOLS__: "false", __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false", "process.env.NODE_ENV": '"production"' },
});
const { bodyOf, combinations, draftOf, emptyDraft, exponentOf, keyOf, partsOf, sameOptions, variantPart, variantsOf, withParts } =
  await import(`data:text/javascript;base64,${Buffer.from(bundle.contents).toString("base64")}`);

const variant = (values, amount_minor, more = {}) => ({
  id: `var_${values.join("")}`, option_values: values, title: values.join(" / "), sku: null, barcode: null, price: { amount_minor, currency: "CNY", exponent: 2 }, compare_at_price: null,
  grams: 100, weight_unit: "g", requires_shipping: true, taxable: true, tracked: true, policy: "deny", availability: "in_stock", image: null, attributes: {}, internal_attributes: {}, ...more,
});
const product = (more = {}) => ({
  id: "prod_1", handle: "bowl", title: "Bowl", description: "<p>Round</p>", vendor: "", seo: { title: null, description: null }, status: "active", published: true, option_names: ["Size", "Glaze"],
  variants: [variant(["S", "green"], 1000), variant(["S", "white"], 1000), variant(["L", "green"], 2000)], media: [], categories: [{ id: "ctg_1", handle: "bowls", name: "Bowls" }], tags: ["new"],
  attributes: { Material: "porcelain" }, internal_attributes: {}, tax_category: "standard", version: 3, ...more,
});
const draft = (more) => draftOf(product(more), "CNY");
/** The merge as the dialog makes it: theirs, with what I alone changed, or what I chose. */
const merged = (base, mine, theirs, chosen = []) => {
  const apart = sameOptions(mine, theirs) && sameOptions(base, theirs);
  const [from, own, others] = [base, mine, theirs].map((one) => partsOf(one, apart));
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const values = { ...others };
  for (const name of new Set([...Object.keys(from), ...Object.keys(own), ...Object.keys(others)])) {
    if (!same(own[name], others[name]) && (same(from[name], others[name]) || chosen.includes(name))) values[name] = own[name];
  }
  return withParts(mine, values);
};

test("what was not touched is not sent", () => {
  assert.deepEqual(bodyOf(draft(), draft()), {});
  const mine = draft();
  mine.facts.push(["", ""]);
  assert.deepEqual(bodyOf(mine, draft()), {}, "an empty row counts for nothing");
});

test("a combination that is not made is left out, and comes back when it is wanted", () => {
  const mine = draft();
  assert.deepEqual(mine.left_out, [keyOf(["L", "white"])]);
  assert.equal(variantsOf(mine).length, 3);
  mine.variants[keyOf(["L", "white"])] = { ...mine.variants[keyOf(["L", "green"])], values: ["L", "white"] };
  mine.left_out = [];
  assert.deepEqual(bodyOf(mine, draft()).variants.map(({ option_values }) => option_values.join(" ")), ["S green", "S white", "L green", "L white"]);
});

test("a changed price is sent with every variant, since the list replaces the whole", () => {
  const mine = draft();
  mine.variants[keyOf(["S", "white"])].price = 1250;
  const body = bodyOf(mine, draft());
  assert.deepEqual(Object.keys(body).sort(), ["option_names", "variants"]);
  assert.deepEqual(body.variants.map(({ price }) => price), [1000, 1250, 2000].map((amount_minor) => ({ amount_minor, currency: "CNY" })));
});

test("parts make the same draft again", () => {
  for (const apart of [true, false]) assert.deepEqual(partsOf(withParts(draft(), partsOf(draft(), apart)), apart), partsOf(draft(), apart));
});

test("changes of different parts are all kept", () => {
  const mine = draft(), theirs = draft({ title: "Rice bowl", variants: [variant(["S", "green"], 1100), variant(["S", "white"], 1000), variant(["L", "green"], 2000)] });
  mine.tags.push("sale");
  mine.variants[keyOf(["L", "green"])].price = 2200;
  const both = merged(draft(), mine, theirs);
  assert.equal(both.title, "Rice bowl");
  assert.deepEqual(both.tags, ["new", "sale"]);
  assert.deepEqual(variantsOf(both).map(({ price }) => price), [1100, 1000, 2200]);
});

test("where both changed a part, theirs stands unless mine is chosen", () => {
  const mine = draft(), theirs = draft({ title: "Rice bowl" });
  mine.title = "Soup bowl";
  assert.equal(merged(draft(), mine, theirs).title, "Rice bowl");
  assert.equal(merged(draft(), mine, theirs, ["title"]).title, "Soup bowl");
});

test("a variant that they took out stays out, and one that they added is there", () => {
  const theirs = draft({ variants: [variant(["S", "green"], 1000), variant(["L", "green"], 2000), variant(["L", "white"], 2000)] });
  const mine = draft();
  mine.title = "Soup bowl";
  const both = merged(draft(), mine, theirs);
  assert.deepEqual(variantsOf(both).map(({ values }) => values.join(" ")).sort(), ["L green", "L white", "S green"]);
  assert.ok(both.left_out.includes(keyOf(["S", "white"])));
  assert.ok(!(variantPart + keyOf(["S", "white"]) in bodyOf(both, theirs)));
  assert.deepEqual(Object.keys(bodyOf(both, theirs)), ["title"]);
});

test("other options are another list of variants, chosen as one", () => {
  const theirs = draft({ option_names: ["Size"], variants: [variant(["S"], 1000), variant(["L"], 2000)] });
  const mine = draft();
  mine.variants[keyOf(["S", "green"])].price = 900;
  assert.deepEqual(variantsOf(merged(draft(), mine, theirs)).map(({ values }) => values), [["S"], ["L"]]);
  const chosen = merged(draft(), mine, theirs, ["variants"]);
  assert.deepEqual(chosen.options.map(({ name }) => name), ["Size", "Glaze"]);
  assert.deepEqual(variantsOf(chosen).map(({ price }) => price), [900, 1000, 2000]);
});

test("a new product is sent whole, its currency in capitals", () => {
  const mine = emptyDraft("eur");
  mine.title = "Cup";
  mine.variants[keyOf([])].price = 500;
  const body = bodyOf(mine, null);
  assert.equal(body.variants[0].price.currency, "EUR");
  assert.deepEqual(body.variants[0].option_values, []);
  assert.ok(!("handle" in body), "the shop makes one of the title");
});

test("an option without values makes nothing, and currencies know their digits", () => {
  assert.deepEqual(combinations([{ name: "Size", values: [] }]), []);
  assert.deepEqual(["CNY", "JPY", "KWD"].map(exponentOf), [2, 0, 3]);
});
