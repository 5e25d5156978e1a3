import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { answerOf, createClient, NetworkError, ProblemError, TimeoutError } from "@caddy-shopping/client";
import { createAdminClient } from "@caddy-shopping/client/admin";
import { password, sharedShop } from "./support/shop.js";
import { startProxy } from "./support/proxy.js";
import { customer, filledCart, variant } from "./support/steps.js";

const baseUrl = sharedShop();

/** @param {Promise<unknown>} call @returns {Promise<unknown>} */
const failure = (call) => call.then(() => assert.fail("it succeeded"), (error) => error);

/** @param {import("node:test").TestContext} t */
async function faulty(t) {
  const proxy = await startProxy(baseUrl);
  t.after(proxy.close);
  return proxy;
}

test("a checkout whose answers are lost makes one order, by one key", async (t) => {
  const proxy = await faulty(t);
  const { client } = await customer(proxy.base, { backoffMs: 10 });
  const cart = await filledCart(client);
  proxy.fail("answer", /^POST .*\/checkout/, 2);
  proxy.fail("half", /^POST .*\/checkout/);

  const order = await client.checkOutCart({ cart: cart.id, body: { payment_provider: "sandbox" } });

  assert.equal(order.cart_id, cart.id);
  assert.equal(answerOf(order)?.replayed, true);
  const keys = proxy.header(/^POST .*\/checkout/, "Idempotency-Key");
  assert.equal(keys.length, 4);
  assert.equal(new Set(keys).size, 1);
  assert.match(keys[0] ?? "", /^[\x21-\x7e]{8,255}$/);
  const { data, page } = await client.listOrders({ count: "exact" });
  assert.equal(page.count, 1);
  assert.deepEqual(data.map(({ id }) => id), [order.id]);
});

test("what is added to a cart is added once, and two calls have two keys", async (t) => {
  const proxy = await faulty(t);
  const shop = createClient({ baseUrl: proxy.base, backoffMs: 10 });
  const { id: cart } = await shop.openCart();
  const line = { cart, body: { variant_id: await variant(shop), quantity: 1 } };
  proxy.fail("answer", /^POST .*\/lines/, 3);
  proxy.fail("request", /^POST .*\/lines/);
  await shop.addCartLine(line);
  assert.deepEqual((await shop.showCart({ cart })).lines.map(({ quantity }) => quantity), [1]);
  await shop.addCartLine(line);
  assert.deepEqual((await shop.showCart({ cart })).lines.map(({ quantity }) => quantity), [2]);
  assert.equal(new Set(proxy.header(/^POST .*\/lines/, "Idempotency-Key")).size, 2);
});

test("a caller's own key is used, and refused for something else", async () => {
  const shop = createClient({ baseUrl });
  const { id: cart } = await shop.openCart();
  const line = { cart, idempotencyKey: randomUUID(), body: { variant_id: await variant(shop), quantity: 1 } };
  await shop.addCartLine(line);
  assert.equal(answerOf(await shop.addCartLine(line))?.replayed, true);
  await assert.rejects(shop.addCartLine({ ...line, body: { ...line.body, quantity: 2 } }), { code: "idempotency.key_reused" });
});

test("ten copies at the same moment wait for the one that is at work", async () => {
  const shop = createClient({ baseUrl, retries: 0 });
  const cart = await filledCart(shop);
  const idempotencyKey = randomUUID();
  const orders = await Promise.all(Array.from({ length: 10 }, () =>
    shop.checkOutCart({ cart: cart.id, idempotencyKey, body: { payment_provider: "sandbox" } })));
  assert.equal(new Set(orders.map(({ id }) => id)).size, 1);
});

test("what could happen twice is not repeated", async (t) => {
  const proxy = await faulty(t);
  const shop = createClient({ baseUrl: proxy.base });
  const { id: cart } = await shop.openCart();
  proxy.fail("answer", /^PATCH /);
  const error = await failure(shop.changeCart({ cart, body: { note: "By the door" } }));
  assert.ok(error instanceof NetworkError && !(error instanceof TimeoutError));
  assert.equal(error.operation, "changeCart");
  assert.equal(error.attempts, 1);
  assert.ok(error.cause);
  assert.equal(proxy.requests(/^PATCH /).length, 1);

  proxy.fail("gateway", /^PATCH /);
  const refused = await failure(shop.changeCart({ cart, body: { note: "By the gate" } }));
  assert.ok(shop.changeCart.refused(refused));
  assert.equal(refused.code, "client.unexpected_answer");
  assert.equal(refused.status, 502);
  assert.equal(proxy.requests(/^PATCH /).length, 2);
});

test("a removal that names its version is repeated, and its echo tells that it is one", async (t) => {
  const proxy = await faulty(t);
  const admin = createAdminClient({ baseUrl: proxy.base, backoffMs: 10 });
  await admin.login({ body: { email: "admin@example.com", password } });
  const shelf = await admin.adminCreateCategory({ body: { name: `Shelf ${randomUUID()}` } });
  proxy.fail("request", /^DELETE /);
  proxy.fail("answer", /^DELETE /);
  const error = await failure(admin.adminRemoveCategory({ category: shelf.id, ifMatch: shelf }));
  assert.ok(admin.adminRemoveCategory.refused(error));
  assert.equal(error.code, "catalog.category_not_found");
  assert.equal(error.attempts, 3);
});

test("reads come again after lost, broken and foreign answers, as often as is allowed", async (t) => {
  const proxy = await faulty(t);
  const shop = createClient({ baseUrl: proxy.base, backoffMs: 1 });
  for (const fault of /** @type {const} */ (["request", "answer", "half", "gateway"])) proxy.fail(fault, /categories$/);
  assert.ok((await shop.listCategories()).data.length > 0);
  assert.equal(proxy.requests(/categories$/).length, 5);

  proxy.fail("gateway", /categories$/, 100);
  const error = await failure(shop.listCategories({}, { retries: 2 }));
  assert.ok(error instanceof ProblemError);
  assert.equal(error.code, "client.unexpected_answer");
  assert.equal(error.attempts, 3);
});

test("nobody at the address is a network error after the last attempt", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  const error = await failure(createClient({ baseUrl: `http://127.0.0.1:${port}`, backoffMs: 1, retries: 2 }).listCategories());
  assert.ok(error instanceof NetworkError);
  assert.equal(error.attempts, 3);
});

test("an attempt that takes too long comes again, within the deadline of the call", async (t) => {
  const proxy = await faulty(t);
  const shop = createClient({ baseUrl: proxy.base, timeoutMs: 200, backoffMs: 1 });
  proxy.fail("silence", /categories$/);
  await shop.listCategories({}, { timeoutMs: 3000 });
  assert.equal(proxy.requests(/categories$/).length, 2);

  proxy.fail("silence", /categories$/, 100);
  const started = Date.now();
  const error = await failure(shop.listCategories({}, { deadlineMs: 2000, retries: 100 }));
  assert.ok(error instanceof TimeoutError);
  assert.ok(error.attempts >= 2, String(error.attempts));
  assert.ok(Date.now() - started < 10_000);
});

test("a call without a deadline has none", async () => {
  const patient = createClient({ baseUrl, deadlineMs: Infinity, timeoutMs: Infinity });
  assert.ok((await patient.listCategories()).data.length > 0);
});

/** @param {Awaited<ReturnType<typeof faulty>>} proxy @param {number} count */
async function arrived(proxy, count) {
  while (proxy.requests(/./).length < count) await pause(10);
}

test("a call ends when its caller says so: before it, under way, and between two attempts", async (t) => {
  const proxy = await faulty(t);
  const shop = createClient({ baseUrl: proxy.base });
  const reason = new Error("the page is left");
  await assert.rejects(shop.listCategories({}, { signal: AbortSignal.abort(reason) }), reason);
  assert.equal(proxy.requests(/./).length, 0);

  proxy.fail("silence", /categories$/);
  const underWay = new AbortController();
  arrived(proxy, 1).then(() => underWay.abort(reason));
  await assert.rejects(shop.listCategories({}, { signal: underWay.signal }), reason);
  assert.equal(proxy.requests(/./).length, 1);

  proxy.fail("request", /categories$/, 100);
  const between = new AbortController();
  const patient = createClient({ baseUrl: proxy.base, backoffMs: 1e8, backoffMostMs: 1e8, deadlineMs: 2e8 });
  arrived(proxy, 2).then(() => setTimeout(() => between.abort(reason), 300));
  const started = Date.now();
  await assert.rejects(patient.listCategories({}, { signal: between.signal }), reason);
  assert.ok(Date.now() - started < 60_000);
  assert.equal(proxy.requests(/./).length, 2);
});
