import type { Schemas } from "../../office";

export type Sale = Schemas["AdminFlashSale"];
export interface SaleForm { title: string; variant_id: string; currency: string; price_minor: number | null; stock: string; quota: string; starts: string; ends: string }

export const tones = { draft: "quiet", coming: "busy", running: "good", ended: "quiet", cancelled: "bad" } as const;

/** A moment as an input of the browser's has it: where the reader is, to the minute. */
export function localMinute(at: string | Date): string {
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function formOf(sale: Sale): SaleForm {
  return {
    title: sale.title, variant_id: sale.variant_id, currency: sale.price.currency, price_minor: sale.price.amount_minor, stock: String(sale.stock), quota: String(sale.quota),
    starts: localMinute(sale.starts_at), ends: localMinute(sale.ends_at),
  };
}

const isCount = (text: string) => /^[1-9]\d{0,8}$/.test(text.trim());
const moment = (text: string) => new Date(text).toISOString();

/** Which fields are not filled in properly. */
export function faultsOf(form: SaleForm): Set<keyof SaleForm> {
  const wrong = new Set<keyof SaleForm>();
  if (!form.title.trim()) wrong.add("title");
  if (!form.variant_id) wrong.add("variant_id");
  if (form.price_minor === null) wrong.add("price_minor");
  if (!isCount(form.stock)) wrong.add("stock");
  if (!isCount(form.quota)) wrong.add("quota");
  if (!(new Date(form.starts) < new Date(form.ends))) wrong.add("ends");
  return wrong;
}

export function draftBody(form: SaleForm): Schemas["FlashSaleDraft"] {
  return {
    title: form.title.trim(), variant_id: form.variant_id, currency: form.currency, price_minor: form.price_minor!, stock: Number(form.stock), quota: Number(form.quota),
    starts_at: moment(form.starts), ends_at: moment(form.ends),
  };
}

/** What differs from the sale as it was: of an armed one not everything may be named, and seconds that the input does not show are kept. */
export function changeBody(sale: Sale, form: SaleForm): Schemas["FlashSaleChange"] {
  const before = formOf(sale);
  return {
    ...(form.title.trim() !== before.title ? { title: form.title.trim() } : {}),
    ...(form.price_minor !== before.price_minor ? { price_minor: form.price_minor! } : {}),
    ...(form.stock !== before.stock ? { stock: Number(form.stock) } : {}),
    ...(form.quota !== before.quota ? { quota: Number(form.quota) } : {}),
    ...(form.starts !== before.starts ? { starts_at: moment(form.starts) } : {}),
    ...(form.ends !== before.ends ? { ends_at: moment(form.ends) } : {}),
  };
}
