// An entry's fields and values in the reader's words.
import { locale, moment, money, number } from "../../language";
import { words } from "../../words/audit";
import { words as orders } from "../../words/orders";
import { words as staff } from "../../words/staff";
import { groups, type Permission } from "../staff/staff";
import { isMoney, type Change, type Json } from "./changes";
import { called } from "../../people";

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

export function fieldName({ path }: Change): string {
  return path.map((part) => words.value.fields[part] ?? part).join(" › ");
}

/** A permission with what it is about, as the matrix of roles has it. */
function permission(name: string): string | undefined {
  const group = groups.find(({ permissions }) => (permissions as readonly string[]).includes(name));
  return group && `${staff.value.groups[group.name]} · ${staff.value.permissions[name as Permission][0]}`;
}

/** A value as text; `field` is what the value is of. */
export function valueText(value: Json | undefined, field = ""): string {
  if (value === undefined) return words.value.absent;
  if (value === null || value === "") return words.value.empty;
  if (typeof value === "boolean") return value ? words.value.yes : words.value.no;
  if (typeof value === "number") return field === "version" ? String(value) : number(value);
  if (typeof value === "string") {
    if (instant.test(value)) return moment(value);
    if (field === "permissions") return permission(value) ?? value;
    if (field === "status" || field === "role" || field === "policy") return words.value.values[value] ?? (orders.value.statuses as Record<string, string>)[value] ?? value;
    return called(value) ?? value;
  }
  if (isMoney(value)) {
    const exponent = value.exponent ?? new Intl.NumberFormat("en", { style: "currency", currency: value.currency }).resolvedOptions().maximumFractionDigits ?? 2;
    return money({ ...value, exponent });
  }
  if (Array.isArray(value)) return value.length ? value.map((one) => valueText(one, field)).join(locale.value === "en" ? ", " : "、") : words.value.empty;
  return JSON.stringify(value);
}

export function actionName(action: string): string {
  return words.value.actions[action] ?? action;
}
