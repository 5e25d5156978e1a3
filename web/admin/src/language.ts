import { computed, type ComputedRef } from "vue";
import { locale, moment } from "../../common/language";

export * from "../../common/language";

export interface Both { zh: string; en: string }

/** What stands in both languages, in the one that is chosen. */
export function said(text: Both): string {
  return locale.value === "en" ? text.en : text.zh;
}

/** A page's words in both languages; a text that one of them lacks does not compile. */
export function wordsOf<T extends object>(both: { zh: T; en: NoInfer<T> }): ComputedRef<T> {
  return computed(() => (locale.value === "en" ? both.en : both.zh));
}

export function number(value: number, options: Intl.NumberFormatOptions = {}): string {
  return new Intl.NumberFormat(locale.value, options).format(value);
}

const steps: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

/** "3 minutes ago"; a date after a month. */
export function ago(at: string, now = Date.now()): string {
  const seconds = Math.round((new Date(at).getTime() - now) / 1000);
  if (Math.abs(seconds) > 30 * 86_400) return moment(at, "short");
  if (Math.abs(seconds) < 10) return new Intl.RelativeTimeFormat(locale.value, { numeric: "auto" }).format(0, "second");   // clocks differ
  const [unit, size] = steps.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(locale.value, { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}
