// The ways of paying that the shop offers, asked for once a visit.
import { ref, shallowRef } from "vue";
import { words } from "./language";
import { shop, type PaymentMethod } from "./shop";

let asked: Promise<PaymentMethod[]> | undefined;

/** What may be chosen from, and what is: the first, until the shopper says otherwise. A failed call may be made again. */
export function usePaymentMethods() {
  const methods = shallowRef<PaymentMethod[]>([]);
  const provider = ref("");
  async function loadMethods(): Promise<void> {
    asked ??= shop.listPaymentMethods().then(({ data }) => data);
    try {
      methods.value = await asked;
      provider.value ||= methods.value[0]?.provider ?? "";
    } catch (error) {
      asked = undefined;
      throw error;
    }
  }
  return { methods, provider, loadMethods };
}

/** What a way of paying is called and means, by what the pages know of the provider or else of what comes next. */
export function describe({ provider, next_step }: PaymentMethod): { name: string; hint: string } {
  const known = words.value.payment.providers as Record<string, { name: string; hint: string }>;
  return known[provider] ?? { name: provider, hint: words.value.payment.steps[next_step] };
}
