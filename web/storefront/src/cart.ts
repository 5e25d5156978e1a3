// The shopper's cart. A change shows at once; when the shop refuses it, the cart is again what the shop last said.
import { computed, ref, shallowRef } from "vue";
import { codeOf, explain, shop, type Cart, type Line, type Product, type Variant } from "./shop";

const key = "caddy:cart";
let settled: Cart | null = null;
let queue: Promise<unknown> = Promise.resolve();
let waiting = 0;

export const cart = shallowRef<Cart | null>(null);
export const loaded = ref(false);
export const pending = ref(false);
export const drawerOpen = ref(false);
export const trouble = ref("");
export const count = computed(() => cart.value?.lines.reduce((sum, line) => sum + line.quantity, 0) ?? 0);

export function keep(next: Cart): void {
  settled = next;
  if (waiting <= 1) cart.value = next;
}

export function forget(): void {
  localStorage.removeItem(key);
  settled = null;
  cart.value = null;
}

export async function load(): Promise<void> {
  const id = localStorage.getItem(key);
  try {
    if (id) {
      const found = await shop.showCart({ cart: id });
      if (found.status === "open") keep(found);
      else forget();
    }
  } catch (error) {
    if (codeOf(error) === "cart.not_found") forget();
    else trouble.value = explain(error);
  } finally {
    loaded.value = true;
  }
}

const begun = load();

async function id(): Promise<string> {
  await begun;
  const known = localStorage.getItem(key);
  if (known) return known;
  const opened = await shop.openCart();
  localStorage.setItem(key, opened.id);
  keep(opened);
  return opened.id;
}

/** Shows the guess, asks the shop in turn, and then shows what the shop says. True where the shop has agreed. */
async function change(guess: (cart: Cart) => Cart, ask: (id: string) => Promise<Cart>): Promise<boolean> {
  trouble.value = "";
  if (cart.value) cart.value = guess(cart.value);
  waiting++;
  pending.value = true;
  const turn = queue.then(async () => keep(await ask(await id())));
  queue = turn.catch(() => undefined);
  try {
    await turn;
    return true;
  } catch (error) {
    if (["cart.closed", "cart.not_found"].includes(codeOf(error))) forget();
    trouble.value = explain(error);
    cart.value = settled;
    return false;
  } finally {
    pending.value = --waiting > 0;
  }
}

function withLine(current: Cart, product: Product, variant: Variant, quantity: number): Cart {
  if (!variant.price) return current;
  const there = current.lines.find((line) => line.variant_id === variant.id);
  if (there) return withQuantity(current, there.id, there.quantity + quantity);
  const line: Line = {
    id: `new-${variant.id}`, product_id: product.id, variant_id: variant.id, handle: product.handle, title: product.title,
    variant_title: variant.title, sku: variant.sku, image: variant.image ?? product.thumbnail, quantity, unit_price: variant.price,
    total: { ...variant.price, amount_minor: variant.price.amount_minor * quantity }, price_changed_from: null,
  };
  return { ...current, lines: [...current.lines, line] };
}

function withQuantity(current: Cart, line: string, quantity: number): Cart {
  const changed = (each: Line): Line => ({
    ...each, quantity, total: { ...each.total, amount_minor: each.unit_price.amount_minor * quantity },
  });
  return { ...current, lines: current.lines.map((each) => (each.id === line ? changed(each) : each)) };
}

export function add(product: Product, variant: Variant, quantity: number): Promise<boolean> {
  drawerOpen.value = true;
  return change(
    (current) => withLine(current, product, variant, quantity),
    (cartId) => shop.addCartLine({ cart: cartId, body: { variant_id: variant.id, quantity } }),
  );
}

export function setQuantity(line: Line, quantity: number): Promise<boolean> {
  return change(
    (current) => withQuantity(current, line.id, quantity),
    (cartId) => shop.setCartLineQuantity({ cart: cartId, line: line.id, body: { quantity } }),
  );
}

export function remove(line: Line): Promise<boolean> {
  return change(
    (current) => ({ ...current, lines: current.lines.filter((each) => each.id !== line.id) }),
    (cartId) => shop.removeCartLine({ cart: cartId, line: line.id }),
  );
}
