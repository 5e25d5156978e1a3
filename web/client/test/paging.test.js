import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "@caddy-shopping/client";
import { sharedShop } from "./support/shop.js";
import { startProxy } from "./support/proxy.js";

const baseUrl = sharedShop();

test("every product comes once, whatever the size of the pages", async () => {
  const shop = createClient({ baseUrl });
  const { page: { count } } = await shop.listProducts({ limit: 1, count: "exact" });
  const ids = [];
  for await (const product of shop.listProducts.iterate({ limit: 7, sort: "price" })) ids.push(product.id);
  assert.ok(count && count > 7);
  assert.equal(ids.length, count);
  assert.equal(new Set(ids).size, count);
});

test("pages come with what they say of themselves", async () => {
  const shop = createClient({ baseUrl });
  const sizes = [];
  let next;
  for await (const { data, page } of shop.listProducts.pages({ limit: 10 })) {
    sizes.push(data.length);
    next = page.next;
  }
  assert.ok(sizes.length > 1);
  assert.ok(sizes.slice(0, -1).every((size) => size === 10));
  assert.equal(next, null);
});

test("who has seen enough asks for no more", async (t) => {
  const proxy = await startProxy(baseUrl);
  t.after(proxy.close);
  const shop = createClient({ baseUrl: proxy.base });
  let seen = 0;
  for await (const product of shop.listProducts.iterate({ limit: 5 })) {
    assert.ok(product.id);
    if (++seen === 6) break;
  }
  assert.equal(proxy.requests(/^GET .*\/products/).length, 2);
});

test("an iteration begins at a cursor, survives lost answers, and ends when it is aborted", async (t) => {
  const proxy = await startProxy(baseUrl);
  t.after(proxy.close);
  const shop = createClient({ baseUrl: proxy.base, backoffMs: 1 });
  const first = await shop.listProducts({ limit: 5 });
  const stop = new AbortController();
  /** @type {string[]} */
  const seen = [];
  proxy.fail("answer", /^GET .*\/products/, 2);
  await assert.rejects(async () => {
    for await (const { id } of shop.listProducts.iterate({ limit: 5, cursor: first.page.next ?? "" }, { signal: stop.signal })) {
      if (seen.push(id) === 5) stop.abort(new Error("enough"));
    }
  }, /enough/);
  assert.equal(seen.length, 5);
  assert.ok(first.data.every(({ id }) => !seen.includes(id)));
});
