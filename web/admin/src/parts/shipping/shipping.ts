// What a zone and a way of shipping are while they are edited, and what is wrong with them before the shop is asked.
import type { Schemas } from "../../office";

export type Zone = Schemas["ShippingZone"];
export type Method = Schemas["AdminShippingMethod"];
export type Kind = Method["kind"];
export type Rate = Method["rates"][number];

export interface Area { country: string; provinces: string[] }
export interface ZoneForm { name: string; destinations: Area[] }
export interface Step { up_to: number | null; price_minor: number | null }
export interface RateForm {
  currency: string; price_minor: number | null; steps: Step[]; further_kg_minor: number | null; free_above_minor: number | null; amount_min_minor: number | null; amount_max_minor: number | null;
}
export interface MethodForm {
  zone_id: string; code: string; name: string; kind: Kind; position: number; active: boolean; weight_min_grams: number | null; weight_max_grams: number | null; rates: RateForm[];
}

export const world = "*";

export function zoneForm(zone: Zone): ZoneForm {
  return { name: zone.name, destinations: zone.destinations.map(({ country, provinces }) => ({ country, provinces: [...provinces] })) };
}

export const freshRate = (currency: string): RateForm => ({
  currency, price_minor: null, steps: [{ up_to: null, price_minor: null }], further_kg_minor: null, free_above_minor: null, amount_min_minor: null, amount_max_minor: null,
});

export function methodForm(method: Method): MethodForm {
  const { zone_id, code, name, kind, position, active, weight_min_grams, weight_max_grams } = method;
  return {
    zone_id, code, name, kind, position, active, weight_min_grams, weight_max_grams,
    rates: method.rates.map((rate) => ({ ...rate, steps: rate.steps.map((step) => ({ ...step })) })),
  };
}

/** As the shop takes it: what is not of its kind falls away, though the form keeps it while one tries kinds. */
export function methodBody(form: MethodForm) {
  return {
    ...form, code: form.code.trim(), name: form.name.trim(),
    rates: form.rates.map((rate) => ({
      ...rate, currency: rate.currency.trim().toUpperCase(),
      price_minor: form.kind === "flat" ? rate.price_minor : null,
      steps: form.kind === "flat" ? [] : rate.steps.map(({ up_to, price_minor }) => ({ up_to, price_minor: price_minor! })),
      further_kg_minor: form.kind === "by_weight" && rate.steps.at(-1)?.up_to != null ? rate.further_kg_minor : null,
    })),
  };
}

export type Fault = "required" | "ascending" | "limits" | "currency" | "twice";

/** By field, as the shop names them: `rates/0/steps/1/up_to`. */
export function methodFaults(form: MethodForm): Record<string, Fault> {
  const faults: Record<string, Fault> = {};
  if (!form.name.trim()) faults.name = "required";
  if (!/^[a-z0-9_-]{1,64}$/.test(form.code.trim())) faults.code = "required";
  if (form.weight_min_grams !== null && form.weight_max_grams !== null && form.weight_min_grams > form.weight_max_grams) faults.weight_max_grams = "limits";
  const currencies = form.rates.map(({ currency }) => currency.trim().toUpperCase());
  form.rates.forEach((rate, at) => {
    const own = `rates/${at}`;
    if (!/^[A-Z]{3}$/.test(currencies[at]!)) faults[`${own}/currency`] = "currency";
    else if (currencies.indexOf(currencies[at]!) !== at) faults[`${own}/currency`] = "twice";
    if (form.kind === "flat" && rate.price_minor === null) faults[`${own}/price_minor`] = "required";
    if (form.kind !== "flat") {
      rate.steps.forEach((step, n) => {
        if (step.price_minor === null) faults[`${own}/steps/${n}/price_minor`] = "required";
        if (step.up_to === null && n < rate.steps.length - 1) faults[`${own}/steps/${n}/up_to`] = "required";
        const before = rate.steps[n - 1]?.up_to ?? null;
        if (step.up_to !== null && before !== null && step.up_to <= before) faults[`${own}/steps/${n}/up_to`] = "ascending";
      });
    }
    if (rate.amount_min_minor !== null && rate.amount_max_minor !== null && rate.amount_min_minor > rate.amount_max_minor) faults[`${own}/amount_max_minor`] = "limits";
  });
  return faults;
}

/** Which zone an address falls into: that of its province before that of its country before the rest of the world. */
export function zoneOf(zones: readonly Zone[], country: string, province: string): Zone | undefined {
  const plain = (text: string) => text.trim().normalize("NFC").toLowerCase();
  const having = (fits: (area: { country: string; provinces: readonly string[] }) => boolean) => zones.find(({ destinations }) => destinations.some(fits));
  return having((area) => area.country === country && area.provinces.some((one) => plain(one) === plain(province)))
    ?? having((area) => area.country === country && !area.provinces.length)
    ?? having((area) => area.country === world);
}
