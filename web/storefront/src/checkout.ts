// What the checkout page does with the shop: keep the cart up with the form, place the order, say what is in the way.
import { ref, shallowRef } from "vue";
import { cart, forget, keep, load } from "./cart";
import { words } from "./language";
import type { AddressDraft } from "./parts/AddressFields.vue";
import { codeOf, explain, shop, type Money, type Order } from "./shop";

export interface Shortage { variant_id: string; title: string; left: number; line: string }
export interface Method { id: string; name: string; price: Money; free_above: Money | null }

const emailShape = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

export function faultsOf(email: string, address: AddressDraft): Record<string, string> {
  const faults: Record<string, string> = {};
  for (const name of ["name", "phone", "province", "city", "line1"] as const) {
    if (!address[name].trim()) faults[name] = words.value.checkout.required;
  }
  if (!emailShape.test(email)) faults.email = email ? words.value.checkout.badEmail : words.value.checkout.required;
  return faults;
}

export function useCheckout() {
  const methods = shallowRef<Method[]>([]);
  const wrong = shallowRef<Record<string, string>>({});
  const shortages = shallowRef<Shortage[]>([]);
  const trouble = ref("");
  const busy = ref(false);
  let underWay: Promise<void> = Promise.resolve();

  function refused(error: unknown) {
    const problem = (error as { errors?: { pointer: string; message: string }[] }).errors ?? [];
    wrong.value = Object.fromEntries(problem.map(({ pointer, message }) => [pointer.split("/").at(-1) ?? "", message]));
    trouble.value = explain(error);
  }

  /** In turn, so that the last word of the form is also the last that the shop hears. */
  function tell(change: () => Parameters<typeof shop.changeCart>[0]["body"]): Promise<void> {
    busy.value = true;
    const turn = underWay.then(async () => {
      const id = cart.value?.id;
      if (!id) return;
      keep(await shop.changeCart({ cart: id, body: change() }));
      methods.value = (await shop.listShippingMethods({ cart: id })).data;
      const known = methods.value.some((each) => each.id === cart.value?.shipping_method_id);
      const first = methods.value[0];
      if (!known && first) keep(await shop.changeCart({ cart: id, body: { shipping_method_id: first.id } }));
      trouble.value = "";
      wrong.value = {};
    });
    underWay = turn.catch(refused).finally(() => { busy.value = false; });
    return underWay;
  }

  async function stumble(error: unknown) {
    const told = (error as { problem?: { lines?: { variant_id: string; available?: number; line_id?: string }[] } }).problem?.lines ?? [];
    const lines = cart.value?.lines ?? [];
    if (codeOf(error) === "inventory.insufficient") {
      shortages.value = told.flatMap(({ variant_id, available }) => {
        const line = lines.find((each) => each.variant_id === variant_id);
        return line ? [{ variant_id, title: line.title, left: available ?? 0, line: line.id }] : [];
      });
      trouble.value = words.value.checkout.shortage;
    } else if (codeOf(error) === "checkout.price_changed") {
      await load();
      trouble.value = words.value.checkout.priceChanged;
    } else {
      refused(error);
    }
  }

  /** The order, or nothing where something is in the way; the page then says what. */
  async function place(provider: string): Promise<Order | undefined> {
    await underWay;
    const current = cart.value;
    if (!current || trouble.value) return undefined;
    busy.value = true;
    shortages.value = [];
    try {
      const order = await shop.checkOutCart({
        cart: current.id,
        body: { payment_provider: provider, expected_total_minor: current.totals.total.amount_minor },
        idempotencyKey: `checkout-${current.id}-${current.version}-${provider}`,
      });
      forget();
      return order;
    } catch (error) {
      await stumble(error);
      return undefined;
    } finally {
      busy.value = false;
    }
  }

  return { methods, wrong, shortages, trouble, busy, tell, place };
}
