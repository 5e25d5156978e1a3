// Steps of a journey that several tests take.
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "@caddy-shopping/client";
import { password } from "./shop.js";

export const address = {
  name: "李雷", phone: "+86 138 0000 0000", country: "CN", province: "浙江省", city: "杭州市", district: "西湖区",
  line1: "文三路 1 号", line2: "", postal_code: "310000",
};

/** The id of a variant that is there in plenty. @param {import("@caddy-shopping/client").ShopClient} shop */
export async function variant(shop) {
  for await (const { handle } of shop.listProducts.iterate({ "filter[in_stock]": true })) {
    const product = await shop.showProduct({ product: handle });
    const found = product.variants.find((each) => each.availability === "in_stock");
    if (found) return found.id;
  }
  throw new Error("nothing is in stock");
}

/** A cart that is ready for checkout. @param {import("@caddy-shopping/client").ShopClient} shop */
export async function filledCart(shop) {
  const { id: cart } = await shop.openCart();
  await shop.addCartLine({ cart, body: { variant_id: await variant(shop), quantity: 1 } });
  const { data: [method] } = await shop.listShippingMethods({ cart });
  if (!method) throw new Error("nothing ships");
  return shop.changeCart({
    cart, body: { email: "guest@example.com", shipping_address: address, shipping_method_id: method.id },
  });
}

/** A client on which somebody new has signed in. @param {string} baseUrl @param {object} [options] */
export async function customer(baseUrl, options = {}) {
  const client = createClient({ baseUrl, ...options });
  const signIn = await client.register({ body: { email: `${randomUUID()}@example.com`, password } });
  return { client, signIn };
}

/** Asks until it holds. @template T @param {() => Promise<T>} ask @param {(value: T) => boolean} holds @returns {Promise<T>} */
export async function until(ask, holds) {
  for (const limit = Date.now() + 15_000; ; await pause(50)) {
    const value = await ask();
    if (holds(value)) return value;
    if (Date.now() > limit) throw new Error(`still ${JSON.stringify(value)}`);
  }
}
