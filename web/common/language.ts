// The reader's language, which all pages of a shop share, and what is written by its rules.
import { shallowRef, watchEffect } from "vue";

export type Locale = "zh-CN" | "en";
const key = "caddy:language";

function first(): Locale {
  const said = localStorage.getItem(key) ?? navigator.language;
  return said.startsWith("zh") ? "zh-CN" : "en";
}

export const locale = shallowRef<Locale>(first());

watchEffect(() => { document.documentElement.lang = locale.value; });

export function choose(next: Locale): void {
  localStorage.setItem(key, next);
  locale.value = next;
}

export interface Amount { amount_minor: number; currency: string; exponent: number }

export function money({ amount_minor, currency, exponent }: Amount): string {
  return new Intl.NumberFormat(locale.value, {
    style: "currency", currency, currencyDisplay: "narrowSymbol", minimumFractionDigits: exponent, maximumFractionDigits: exponent,
  }).format(amount_minor / 10 ** exponent);
}

export function moment(at: string, style: "medium" | "short" = "medium"): string {
  return new Intl.DateTimeFormat(locale.value, { dateStyle: style, timeStyle: "short" }).format(new Date(at));
}

const bilingual = /^(.*[\u3400-\u9fff）”][^A-Za-z\s]*?)[,，\s]+([^\u3400-\u9fff]*[A-Za-z][^\u3400-\u9fff]*)$/;

/** A name that says the same in Chinese and then in English, taken apart: the reader's language first. */
export function named(text: string): { main: string; other: string } {
  const [, han, latin] = bilingual.exec(text) ?? [];
  if (!han || !latin) return { main: text, other: "" };
  return locale.value === "en" ? { main: latin, other: han } : { main: han, other: latin };
}
