import { computed } from "vue";
import { locale, named } from "../../common/language";
import { en } from "./words/en";
import { zh } from "./words/zh";

export * from "../../common/language";

export const words = computed(() => (locale.value === "en" ? en : zh));

/** A way of delivery's name in the shopper's language: of those that a new shop has, else as the shop's people wrote it. */
export function shippingName(name: string): string {
  return (words.value.delivery as Record<string, string>)[name] ?? named(name).main;
}

/** What the shop itself notes in an order's progress, in the shopper's language; else as somebody wrote it. */
export function timelineNote(note: string): string {
  for (const { says, means } of words.value.notes) {
    const found = says.exec(note);
    if (found) return means(...found.slice(1));
  }
  return note;
}
