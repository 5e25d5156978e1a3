// A product as it is being edited, and how it is compared with what the shop has.
import { money } from "../../language";
import type { Schemas } from "../../office";

export type Product = Schemas["AdminProduct"];

export interface MediaDraft { media_id: string | null; url: string; alt: string; thumb: string }
export interface VariantDraft {
  values: string[]; sku: string; barcode: string; price: number | null; compare: number | null; grams: number;
  tracked: boolean; policy: "deny" | "backorder"; requires_shipping: boolean; taxable: boolean; image: string;
}
export interface Draft {
  title: string; description: string; vendor: string; handle: string; seo_title: string; seo_description: string; tags: string[];
  category_ids: string[]; tax_category: string; media: MediaDraft[]; options: { name: string; values: string[] }[]; currency: string;
  /** By their option values; what is not among the combinations now waits in case it comes back. */
  variants: Record<string, VariantDraft>;
  /** Combinations that are not made. */
  left_out: string[];
  /** What shoppers read, and what is for the shop alone, by name. */
  facts: [string, string][];
  internal_facts: [string, string][];
}

export const variantsMost = 2048;
export const keyOf = (values: readonly string[]) => JSON.stringify(values);

export function exponentOf(currency: string): number {
  try {
    return new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;   // not yet a whole code
  }
}

export function freshVariant(values: string[], like?: VariantDraft): VariantDraft {
  return {
    values, sku: "", barcode: "", price: like?.price ?? null, compare: like?.compare ?? null, grams: like?.grams ?? 0, tracked: like?.tracked ?? true,
    policy: like?.policy ?? "deny", requires_shipping: like?.requires_shipping ?? true, taxable: like?.taxable ?? true, image: "",
  };
}

export function emptyDraft(currency: string): Draft {
  return {
    title: "", description: "", vendor: "", handle: "", seo_title: "", seo_description: "", tags: [], category_ids: [], tax_category: "", media: [], options: [], currency,
    variants: { [keyOf([])]: freshVariant([]) }, left_out: [], facts: [], internal_facts: [],
  };
}

export function combinations(options: Draft["options"]): string[][] {
  return options.reduce<string[][]>((rows, { values }) => rows.flatMap((row) => values.map((value) => [...row, value])), [[]]);
}

function thumbOf(media: Schemas["AdminMedia"] | Schemas["Picture"]): string {
  return [...media.sizes].sort((a, b) => a.width - b.width).find(({ width }) => width >= 320)?.url ?? media.url;
}
export function mediaOf(picture: Schemas["Picture"]): MediaDraft {
  return { media_id: picture.id, url: picture.url, alt: "", thumb: thumbOf(picture) };
}

export function draftOf(product: Product, currency: string): Draft {
  const variants = product.variants.map((one): VariantDraft => ({
    values: [...one.option_values], sku: one.sku ?? "", barcode: one.barcode ?? "", price: one.price?.amount_minor ?? null, compare: one.compare_at_price?.amount_minor ?? null,
    grams: one.grams, tracked: one.tracked, policy: one.policy, requires_shipping: one.requires_shipping, taxable: one.taxable, image: one.image ?? "",
  }));
  const options = product.option_names.map((name, at) => ({ name, values: [...new Set(variants.map(({ values }) => values[at]!))] }));
  const made = new Set(variants.map(({ values }) => keyOf(values)));
  return {
    title: product.title, description: product.description, vendor: product.vendor, handle: product.handle, seo_title: product.seo.title ?? "", seo_description: product.seo.description ?? "",
    tags: [...product.tags], category_ids: product.categories.map(({ id }) => id), tax_category: product.tax_category === "standard" ? "" : product.tax_category,
    media: [...product.media].sort((a, b) => a.position - b.position).map((one) => ({ media_id: one.media_id, url: one.url, alt: one.alt, thumb: thumbOf(one) })),
    options, currency: product.variants.find(({ price }) => price)?.price?.currency ?? currency,
    variants: Object.fromEntries(variants.map((one) => [keyOf(one.values), one])),
    left_out: combinations(options).map(keyOf).filter((key) => !made.has(key)), facts: Object.entries(product.attributes), internal_facts: Object.entries(product.internal_attributes),
  };
}

/** The variants that are to be, in the order of the options. */
export function variantsOf(draft: Draft): VariantDraft[] {
  return combinations(draft.options).map(keyOf).filter((key) => !draft.left_out.includes(key) && draft.variants[key]).map((key) => draft.variants[key]!);
}

/** The parts of a product that change as one. */
export type Parts = Record<string, unknown>;
export const variantPart = "variant ";
const textParts = ["title", "description", "vendor", "seo_title", "seo_description", "tags", "category_ids", "tax_category"] as const;

const factParts = ["facts", "internal_facts"] as const;
const filled = (pairs: Draft["facts"]) => pairs.filter(([name, value]) => name && value);

/** `apart`: each variant is a part of its own; else options and variants are one. */
export function partsOf(draft: Draft, apart: boolean): Parts {
  const parts: Parts = Object.fromEntries(textParts.map((name) => [name, draft[name]]));
  parts.media = draft.media.map(({ media_id, url, alt, thumb }) => ({ media_id, url, alt, thumb }));
  for (const name of factParts) parts[name] = filled(draft[name]);
  const rows = variantsOf(draft);
  if (apart) for (const row of rows) parts[variantPart + keyOf(row.values)] = row;
  else parts.variants = { names: draft.options.map(({ name }) => name), rows };
  return parts;
}

export const sameOptions = (a: Draft, b: Draft) => keyOf(a.options.map(({ name }) => name)) === keyOf(b.options.map(({ name }) => name));

/** The draft with these parts in it. */
export function withParts(draft: Draft, parts: Parts): Draft {
  const next: Draft = JSON.parse(JSON.stringify(draft));
  Object.assign(next, Object.fromEntries([...textParts, ...factParts, "media"].map((name) => [name, parts[name]])));
  const whole = parts.variants as { names: string[]; rows: VariantDraft[] } | undefined;
  const names = whole?.names ?? draft.options.map(({ name }) => name);
  const rows = whole?.rows ?? Object.entries(parts).filter(([name, row]) => name.startsWith(variantPart) && row).map(([, row]) => row as VariantDraft);
  next.options = names.map((name, at) => ({ name, values: [...new Set(rows.map(({ values }) => values[at]!))] }));
  next.variants = Object.fromEntries(rows.map((row) => [keyOf(row.values), row]));
  next.left_out = combinations(next.options).map(keyOf).filter((key) => !next.variants[key]);
  return JSON.parse(JSON.stringify(next));
}

export const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** What is sent: of a product that the shop knows, only what differs from what it has. */
export function bodyOf(draft: Draft, base: Draft | null): Schemas["ProductInput"] {
  const body: Record<string, unknown> = {};
  const changed = (name: keyof Draft) => !base || !same(draft[name], base[name]);
  for (const name of ["title", "description", "vendor", "tags", "category_ids"] as const) if (changed(name)) body[name] = draft[name];
  if (changed("tax_category")) body.tax_category = draft.tax_category.trim() || null;
  if (changed("seo_title") || changed("seo_description")) body.seo = { title: draft.seo_title || null, description: draft.seo_description || null };
  if (!base && draft.handle.trim()) body.handle = draft.handle.trim();
  if (changed("media")) body.media = draft.media.map(({ media_id, url, alt }) => (media_id ? { media_id, alt } : { url, alt }));
  for (const [name, member] of [["facts", "attributes"], ["internal_facts", "internal_attributes"]] as const) {
    if (!base || !same(filled(draft[name]), base[name])) body[member] = Object.fromEntries(filled(draft[name]));
  }
  const rows = variantsOf(draft);
  if (!base || !sameOptions(draft, base) || !same(rows, variantsOf(base))) {
    const price = (amount: number | null) => (amount === null ? null : { amount_minor: amount, currency: draft.currency.trim().toUpperCase() });
    body.option_names = draft.options.map(({ name }) => name);
    body.variants = rows.map((one) => ({
      option_values: one.values, sku: one.sku || null, barcode: one.barcode || null, price: price(one.price), compare_at_price: price(one.compare), grams: Number(one.grams) || 0, requires_shipping: one.requires_shipping,
      taxable: one.taxable, tracked: one.tracked, policy: one.policy, image: one.image || null,
    }));
  }
  return body as Schemas["ProductInput"];
}

/** A part in words, for choosing between two of them. */
export function tell(draft: Draft, name: string, value: unknown, category: (id: string) => string): string {
  const variant = (row: VariantDraft) => [
    row.price === null ? "–" : money({ amount_minor: row.price, currency: draft.currency, exponent: exponentOf(draft.currency) }), row.sku, row.grams ? `${row.grams} g` : "", row.barcode,
  ].filter(Boolean).join(" · ");
  if (value === undefined || value === null) return "";
  if (name === "tags") return (value as string[]).join("、");
  if (name === "facts" || name === "internal_facts") return (value as Draft["facts"]).map((pair) => pair.join(": ")).join("\n");
  if (name === "category_ids") return (value as string[]).map(category).join("\n");
  if (name === "media") return (value as MediaDraft[]).map(({ alt, url }, at) => `${at + 1}. ${alt || url.split("/").pop()}`).join("\n");
  if (name === "variants") return (value as { rows: VariantDraft[] }).rows.map((row) => `${row.values.join(" / ")}: ${variant(row)}`).join("\n");
  if (name.startsWith(variantPart)) return variant(value as VariantDraft);
  return String(value);
}
