import assert from "node:assert/strict";
import { test } from "node:test";
import { answerOf, createClient, createClientOf, storedIn } from "@caddy-shopping/client";
import { listCategories, showCategory } from "@caddy-shopping/client/operations";
import { sharedShop } from "./support/shop.js";
import { address, customer, filledCart, until, variant } from "./support/steps.js";

const baseUrl = sharedShop();

test("a guest looks around, fills a cart, checks out and pays", async () => {
  const shop = createClient({ baseUrl });
  const { data: categories } = await shop.listCategories();
  assert.ok(categories.length > 0);
  const { data: [first] } = await shop.listProducts({ limit: 1, sort: "price" });
  assert.ok(first);
  assert.equal((await shop.showProduct({ product: first.handle })).id, first.id);

  const { id: cart } = await shop.openCart({ body: { currency: "CNY" } });
  await shop.addCartLine({ cart, body: { variant_id: await variant(shop), quantity: 2 } });
  const { data: [method] } = await shop.listShippingMethods({ cart });
  assert.ok(method);
  const { totals } = await shop.changeCart({
    cart, body: { email: "guest@example.com", shipping_address: address, shipping_method_id: method.id },
  });
  const order = await shop.checkOutCart({
    cart, body: { payment_provider: "sandbox", expected_total_minor: totals.total.amount_minor },
  });
  assert.equal(order.status, "pending_payment");
  assert.equal(order.payment.next_action?.type, "redirect");

  await shop.approveSandboxPayment({ payment: order.payment.id });
  const paid = await until(() => shop.showOrder({ order: order.id }), ({ status }) => status === "paid");
  assert.equal(paid.totals.total.amount_minor, totals.total.amount_minor);
});

test("a guest's tokens are kept where the caller says, and open the cart from another page", async () => {
  const kept = new Map();
  const storage = {
    getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void kept.set(key, value),
    removeItem: (/** @type {string} */ key) => void kept.delete(key),
  };
  const { id: cart, token } = await createClient({ baseUrl, guestTokens: storedIn(storage, "t:") }).openCart();
  assert.deepEqual([...kept], [[`t:${cart}`, token]]);

  const again = createClient({ baseUrl, guestTokens: storedIn(storage, "t:") });
  assert.equal((await again.showCart({ cart })).id, cart);
  const stranger = createClient({ baseUrl });
  await assert.rejects(stranger.showCart({ cart }), { code: "cart.not_found" });
  assert.equal((await stranger.showCart({ cart, cartToken: token ?? "" })).id, cart);
});

test("a customer claims the guest's cart, and its token is forgotten", async () => {
  const kept = new Map();
  const { client } = await customer(baseUrl, { guestTokens: kept });
  const guest = await createClient({ baseUrl, guestTokens: kept }).openCart();
  assert.ok(kept.get(guest.id));
  const mine = await client.claimCart({ cart: guest.id });
  assert.equal(mine.id, guest.id);
  assert.equal(mine.token, null);
  assert.equal(kept.size, 0);
});

test("an order opens with its token, and shows what it answered with", async () => {
  const shop = createClient({ baseUrl });
  const cart = await filledCart(shop);
  const order = await shop.checkOutCart({ cart: cart.id, body: { payment_provider: "sandbox" } });
  assert.equal(answerOf(order)?.status, 201);
  assert.equal(answerOf(order)?.replayed, false);
  assert.ok(answerOf(order)?.requestId);
  await assert.rejects(createClient({ baseUrl }).showOrder({ order: order.id }), { code: "orders.not_found" });
  assert.equal((await shop.cancelOrder({ order: order.id })).status, "cancelled");
});

test("a client of a few operations has these and no others", async () => {
  const few = createClientOf({ listCategories, showCategory }, { baseUrl: `${baseUrl}/` });
  assert.deepEqual(Object.keys(few), ["listCategories", "showCategory"]);
  const { data: [category] } = await few.listCategories();
  assert.ok(category);
  assert.equal((await few.showCategory({ category: category.handle })).id, category.id);
});

test("every call says which language its caller reads, and whatever else it is told to", async () => {
  /** @type {Headers[]} */
  const sent = [];
  const shop = createClient({
    baseUrl, language: () => "zh-CN",
    fetch: (url, init) => { sent.push(new Headers(init.headers)); return fetch(url, init); },
  });
  await shop.listCategories();
  await shop.listCategories({}, { language: "en", headers: { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` } });
  assert.deepEqual(sent.map((headers) => headers.get("Accept-Language")), ["zh-CN", "en"]);
  assert.ok(sent[1]?.get("traceparent"));
});
