import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { createClient, ProblemError } from "@caddy-shopping/client";
import { sharedShop } from "./support/shop.js";
import { startProxy } from "./support/proxy.js";
import { customer } from "./support/steps.js";

const baseUrl = sharedShop();
const refreshes = /^POST .*\/auth\/refresh$/;

/** A pair whose access token is no longer good. @param {import("@caddy-shopping/client").Tokens} tokens */
const expired = (tokens) => ({ ...tokens, access_token: `${tokens.access_token.slice(0, -4)}AAAA` });

/** @param {import("node:test").TestContext} t */
async function setting(t) {
  const proxy = await startProxy(baseUrl);
  t.after(proxy.close);
  const { signIn } = await customer(baseUrl);
  return { proxy, signIn };
}

test("who signs in is signed in, until he signs out", async () => {
  /** @type {unknown[]} */
  const heard = [];
  const { client, signIn } = await customer(baseUrl, { onTokens: (/** @type {unknown} */ tokens) => heard.push(tokens) });
  assert.equal((await client.me()).id, signIn.user.id);
  await client.logout();
  await assert.rejects(client.me(), { code: "request.sign_in_required" });
  assert.deepEqual(heard, [{ access_token: signIn.access_token, refresh_token: signIn.refresh_token }, null]);
});

test("calls that find the token expired share one renewal", async (t) => {
  const { proxy, signIn } = await setting(t);
  /** @type {any[]} */
  const heard = [];
  const client = createClient({ baseUrl: proxy.base, auth: expired(signIn), onTokens: (tokens) => heard.push(tokens) });
  const seen = await Promise.all(Array.from({ length: 8 }, () => client.me()));
  assert.ok(seen.every(({ id }) => id === signIn.user.id));
  await client.listAddresses();
  assert.equal(proxy.requests(refreshes).length, 1);
  assert.equal(heard.length, 1);
  assert.notEqual(heard[0].refresh_token, signIn.refresh_token);
});

test("a call that starts with a refresh token alone renews first", async (t) => {
  const { proxy, signIn } = await setting(t);
  const client = createClient({ baseUrl: proxy.base, auth: { access_token: "", refresh_token: signIn.refresh_token } });
  assert.equal((await client.me()).id, signIn.user.id);
  assert.deepEqual(proxy.requests(/./).map(({ line }) => line), ["POST /api/v1/auth/refresh", "GET /api/v1/me"]);
});

test("two tabs with one storage renew once, by turns", async (t) => {
  const { proxy, signIn } = await setting(t);
  let stored = /** @type {import("@caddy-shopping/client").Tokens | null} */ (expired(signIn));
  /** @type {Promise<unknown>} */
  let queue = Promise.resolve();
  /** @type {string[]} */
  const names = [];
  // Node 18 has no Web Locks: this one, for one name, does what theirs do.
  const locks = {
    /** @param {string} name @param {() => Promise<unknown>} work */
    request: (name, work) => {
      names.push(name);
      const turn = queue.then(work);
      queue = turn.catch(() => {});
      return turn;
    },
  };
  Object.defineProperty(globalThis, "navigator", { value: { locks }, configurable: true });
  t.after(() => { delete /** @type {any} */ (globalThis).navigator; });
  const tab = () => createClient({
    baseUrl: proxy.base,
    auth: async () => { await pause(5); return stored; },
    onTokens: async (tokens) => { await pause(20); stored = tokens; },
  });
  const tabs = [tab(), tab(), tab()];
  const seen = await Promise.all(tabs.flatMap((each) => [each.me(), each.listAddresses()]));
  assert.equal(seen.length, 6);
  assert.equal(proxy.requests(refreshes).length, 1);
  assert.equal(names.length, 3);
  assert.notEqual(stored?.refresh_token, signIn.refresh_token);
  assert.equal((await createClient({ baseUrl, auth: stored }).me()).id, signIn.user.id);
});

test("a store that lags behind does not make a token be used twice", async (t) => {
  const { proxy, signIn } = await setting(t);
  const client = createClient({ baseUrl: proxy.base, auth: () => expired(signIn) });
  await client.me();
  await client.me();
  assert.equal(proxy.requests(refreshes).length, 1);
});

test("a renewal whose answer is lost comes again at once, and the session lives", async (t) => {
  const { proxy, signIn } = await setting(t);
  const client = createClient({ baseUrl: proxy.base, auth: expired(signIn), backoffMs: 10 });
  proxy.fail("answer", refreshes);
  // A change is not repeated for a lost answer of its own; that of the renewal is another matter.
  assert.equal((await client.changeMe({ body: { name: "Lin Yue" } })).id, signIn.user.id);
  assert.equal(proxy.requests(refreshes).length, 2);
  assert.equal(proxy.requests(/^PATCH /).length, 2);
  assert.equal((await client.listSessions()).data.length, 1);
});

test("a session that has ended is told once, and the call fails with the shop's first word", async (t) => {
  const { proxy, signIn } = await setting(t);
  await createClient({ baseUrl, auth: signIn }).logout();
  /** @type {unknown[]} */
  const heard = [];
  const client = createClient({ baseUrl: proxy.base, auth: expired(signIn), onTokens: (tokens) => heard.push(tokens) });
  await assert.rejects(client.me(), { code: "identity.token_invalid", status: 401 });
  await assert.rejects(client.me(), { code: "request.sign_in_required" });
  assert.deepEqual(heard, [null]);
  assert.equal(proxy.requests(refreshes).length, 1);
});

test("a token that is refused although it is new is not renewed again", async (t) => {
  const { proxy, signIn } = await setting(t);
  const client = createClient({
    baseUrl: proxy.base,
    auth: signIn,
    fetch: (url, init) => {
      const headers = new Headers(init.headers);
      if (headers.has("Authorization")) headers.set("Authorization", "Bearer a.b.c");
      return fetch(url, { ...init, headers });
    },
  });
  await assert.rejects(client.me(), (error) => error instanceof ProblemError && error.status === 401);
  assert.equal(proxy.requests(refreshes).length, 1);
});

test("who signs out while a renewal is under way stays signed out", async (t) => {
  const { signIn } = await setting(t);
  /** @type {unknown[]} */
  const heard = [];
  /** @type {() => void} */
  let release = () => {};
  const held = new Promise((resolve) => { release = () => resolve(undefined); });
  /** @type {() => void} */
  let reach = () => {};
  const reached = new Promise((resolve) => { reach = () => resolve(undefined); });
  const client = createClient({
    baseUrl, auth: signIn, onTokens: (tokens) => heard.push(tokens),
    fetch: async (url, init) => {
      if (!url.endsWith("/auth/refresh")) {
        const headers = new Headers(init.headers);
        if (url.endsWith("/addresses")) headers.set("Authorization", "Bearer a.b.c");
        return fetch(url, { ...init, headers });
      }
      const answer = await fetch(url, init);
      reach();
      await held;
      return answer;
    },
  });
  const asking = client.listAddresses().catch((error) => error);
  await reached;
  await client.logout();
  release();
  assert.equal((await asking).status, 401);
  assert.deepEqual(heard, [null]);
});

test("what is the same for everybody is asked for without a token", async () => {
  /** @type {[string, boolean][]} */
  const sent = [];
  const { client } = await customer(baseUrl, {
    fetch: (/** @type {string} */ url, /** @type {RequestInit} */ init) => {
      sent.push([new URL(url).pathname, new Headers(init.headers).has("Authorization")]);
      return fetch(url, init);
    },
  });
  await client.listCategories();
  const cart = await client.openCart();
  assert.equal(cart.token, null);
  assert.deepEqual(sent, [["/api/v1/auth/register", false], ["/api/v1/categories", false], ["/api/v1/carts", true]]);
});
