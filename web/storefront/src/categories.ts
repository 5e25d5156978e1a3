import { shallowRef } from "vue";
import { shop, type Category } from "./shop";

let asked: Promise<Category[]> | undefined;
export const categories = shallowRef<Category[]>([]);

/** The tree, asked for once a visit; a failed call may be made again. */
export async function loadCategories(): Promise<void> {
  asked ??= shop.listCategories().then(({ data }) => data);
  try {
    categories.value = await asked;
  } catch (error) {
    asked = undefined;
    throw error;
  }
}

export function categoryOf(handle: string, among = categories.value): Category | undefined {
  for (const each of among) {
    const found = each.handle === handle ? each : categoryOf(handle, each.children);
    if (found) return found;
  }
  return undefined;
}
