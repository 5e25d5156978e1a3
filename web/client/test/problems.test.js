import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { createClient, etagOf, ProblemError } from "@caddy-shopping/client";
import { createAdminClient } from "@caddy-shopping/client/admin";
import { password, sharedShop, startShop } from "./support/shop.js";
import { filledCart, variant } from "./support/steps.js";

const baseUrl = sharedShop();

/** @param {Promise<unknown>} call @returns {Promise<unknown>} */
const failure = (call) => call.then(() => assert.fail("it succeeded"), (error) => error);

const administrator = async () => {
  const admin = createAdminClient({ baseUrl });
  await admin.login({ body: { email: "admin@example.com", password } });
  return admin;
};

test("a refusal tells its code, its fields and its request", async () => {
  const shop = createClient({ baseUrl });
  const { id: cart } = await shop.openCart();
  const error = await failure(shop.addCartLine({ cart, body: { variant_id: await variant(shop), quantity: 0 } }));
  assert.ok(shop.addCartLine.refused(error));
  assert.ok(!shop.openCart.refused(error));
  assert.equal(error.status, 422);
  assert.deepEqual(error.errors.map(({ pointer }) => pointer), ["/quantity"]);
  assert.match(error.requestId ?? "", /./);
  assert.equal(error.retryable, false);
  assert.equal(error.attempts, 1);
  assert.match(error.message, /^addCartLine: /);
});

test("a refusal carries the members that the operation adds", async () => {
  const shop = createClient({ baseUrl });
  const cart = await filledCart(shop);
  const error = await failure(shop.checkOutCart({ cart: cart.id, body: { payment_provider: "sandbox", expected_total_minor: 1 } }));
  assert.ok(shop.checkOutCart.refused(error));
  assert.equal(error.code, "checkout.price_changed");
  assert.ok("totals" in error.problem);
  assert.equal(error.problem.totals?.total.amount_minor, cart.totals.total.amount_minor);
});

test("a change says which version it saw, and hears of the current one when it saw another", async () => {
  const admin = await administrator();
  const { id: category } = await admin.adminCreateCategory({ body: { name: `Shelf ${randomUUID()}` } });
  const seen = await admin.adminShowCategory({ category });
  assert.equal(etagOf(seen), `"v${seen.version}"`);
  const changed = await admin.adminChangeCategory({ category, ifMatch: seen, body: { name: `Shelf ${randomUUID()}` } });
  assert.equal(changed.version, seen.version + 1);

  const error = await failure(admin.adminChangeCategory({ category, ifMatch: seen, body: { name: "Too late" } }));
  assert.ok(admin.adminChangeCategory.refused(error));
  assert.equal(error.code, "request.version_mismatch");
  assert.equal(error.status, 412);
  assert.equal(error.currentVersion, changed.version);

  await admin.adminRemoveCategory({ category, ifMatch: error.currentVersion ?? 0 });
  await assert.rejects(admin.adminShowCategory({ category }), { code: "catalog.category_not_found" });
});

test("files go up and come down as they are", async () => {
  const admin = await administrator();
  const handle = `mug-${randomUUID()}`;
  const submitted = await admin.adminSubmitImport({ body: `Handle,Title,Published,Variant SKU,Variant Price\n${handle},Mug,true,${handle},12.00\n` });
  for (let state = submitted; state.status !== "done";) {
    assert.ok(["pending", "queued", "running", "done"].includes(state.status), state.status);
    state = await admin.adminShowImport({ import: submitted.id });
  }
  const file = await admin.adminExportProducts();
  assert.equal(typeof file, "string");
  assert.match(String(file), new RegExp(handle));
});

test("what is missing or without a version is told before anything is sent", async () => {
  const shop = createClient({ baseUrl, fetch: () => assert.fail("it was sent") });
  await assert.rejects(shop.showProduct({ product: "" }), TypeError);
  await assert.rejects(shop.showProduct({ product: ".." }), TypeError);
  assert.throws(() => etagOf({}), TypeError);
});

test("who asks too often waits for as long as the shop says", async (t) => {
  const strict = await startShop({ THROTTLER_LIMIT: "3", THROTTLER_TTL: "1" });
  t.after(strict.stop);
  const shop = createClient({ baseUrl: strict.base, backoffMs: 1 });
  const { id: cart } = await shop.openCart();
  for (let i = 0; i < 4; i++) await shop.listCategories();
  for (let i = 0; i < 4; i++) await shop.changeCart({ cart, body: { note: `Floor ${i}` } });

  const impatient = createClient({ baseUrl: strict.base, retries: 0 });
  const answers = await Promise.allSettled(Array.from({ length: 8 }, () => impatient.listCategories()));
  const refused = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason] : []));
  assert.ok(refused.length > 0);
  for (const error of refused) {
    assert.ok(error instanceof ProblemError);
    assert.equal(error.code, "request.rate_limited");
    assert.ok(error.retryable && error.retryAfter !== undefined && error.retryAfter >= 1);
  }
});
