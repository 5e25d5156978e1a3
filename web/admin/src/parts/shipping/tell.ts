// What a rate costs, in a few words.
import { money, number } from "../../language";
import { words } from "../../words/shipping";
import { exponentOf } from "../products/draft";
import type { Kind, Method, Rate } from "./shipping";

/** "≤ 1 kg: ¥8.00", "free from ¥199.00": as a shopper's order would be priced, one sentence each. */
export function tellRate(kind: Kind, rate: Rate): string[] {
  const { told, free } = words.value;
  const amount = (minor: number) => money({ amount_minor: minor, currency: rate.currency, exponent: exponentOf(rate.currency) });
  const price = (minor: number) => (minor === 0 ? free : amount(minor));
  const said = rate.price_minor === null ? [] : [price(rate.price_minor)];
  for (const { up_to, price_minor } of rate.steps) said.push(up_to === null ? (rate.steps.length > 1 ? told.beyond(price(price_minor)) : price(price_minor)) : told.upTo(limitOf(up_to, kind, rate), price(price_minor)));
  if (rate.further_kg_minor !== null) said.push(told.kg(amount(rate.further_kg_minor)));
  if (rate.free_above_minor !== null) said.push(told.freeAbove(amount(rate.free_above_minor)));
  const { amount_min_minor: least, amount_max_minor: most } = rate;
  if (least !== null && most !== null) said.push(told.between(amount(least), amount(most)));
  else if (least !== null) said.push(told.from(amount(least)));
  else if (most !== null) said.push(told.until(amount(most)));
  return said;
}

function limitOf(limit: number, kind: Kind, rate: Rate): string {
  if (kind === "by_weight") return weight(limit);
  return money({ amount_minor: limit, currency: rate.currency, exponent: exponentOf(rate.currency) });
}

const weight = (grams: number) => (grams >= 1000 ? number(grams / 1000, { style: "unit", unit: "kilogram", maximumFractionDigits: 3 }) : number(grams, { style: "unit", unit: "gram" }));

/** Between which weights a method is offered; empty where any will do. */
export function weightOf({ weight_min_grams: least, weight_max_grams: most }: Method): string {
  const { told } = words.value;
  if (least !== null && most !== null) return told.between(weight(least), weight(most));
  return least !== null ? told.from(weight(least)) : most !== null ? told.until(weight(most)) : "";
}
