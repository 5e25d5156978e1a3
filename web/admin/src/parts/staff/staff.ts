// Who works here: the list of them, what roles allow together, and who may give what.
import type { Schemas } from "@caddy-shopping/client";
import type { Answer, Turn } from "../../list";

export type User = Schemas["StaffUser"];
export type Role = Schemas["StaffRole"];
export type Permission = Role["permissions"][number];
export type Kind = User["role"];
export interface Giver { role: Kind; permissions: readonly Permission[] }

/** What can be permitted, by what it is about; in the order of a matrix. */
export const groups = [
  { name: "catalogue", permissions: ["catalog_write", "inventory_write"] },
  { name: "orders", permissions: ["orders_read", "orders_write", "refunds"] },
  { name: "customers", permissions: ["customers_read", "customers_write"] },
  { name: "shop", permissions: ["settings_write", "users_manage", "audit_read", "jobs_manage", "webhooks_manage"] },
] as const satisfies readonly { name: string; permissions: readonly Permission[] }[];
export const permissions: readonly Permission[] = groups.flatMap((group) => group.permissions);

/** What roles allow together, in the order of the matrix. */
export function allowed(roles: readonly { permissions: readonly Permission[] }[]): Permission[] {
  return permissions.filter((one) => roles.some((role) => role.permissions.includes(one)));
}

/** Nobody gives what he has not; what was there already may stay. */
export function mayGive(giver: Giver, wanted: readonly Permission[], had: readonly Permission[] = []): boolean {
  return giver.role === "admin" || wanted.every((one) => giver.permissions.includes(one) || had.includes(one));
}

/** Two lists of the shop as one: administrators and then members of staff, each by their addresses. The cursor names the list. */
export async function colleagues(
  ask: (kind: "admin" | "staff", turn: Turn) => Promise<Answer<User>>, kind: "admin" | "staff" | undefined, { cursor, limit }: Turn,
): Promise<Answer<User>> {
  if (kind) return ask(kind, { cursor, limit });
  const [list, place] = cursor ? [cursor.slice(0, cursor.indexOf(":")), cursor.slice(cursor.indexOf(":") + 1)] : ["admin", ""];
  const rows: User[] = [];
  if (list === "admin") {
    const { data, page } = await ask("admin", { cursor: place || undefined, limit });
    rows.push(...data);
    if (page.next) return { data: rows, page: { next: `admin:${page.next}` } };
    if (rows.length >= limit) return { data: rows, page: { next: "staff:" } };
  }
  const { data, page } = await ask("staff", { cursor: (list === "staff" && place) || undefined, limit: limit - rows.length });
  return { data: [...rows, ...data], page: { next: page.next ? `staff:${page.next}` : null } };
}

/** Letters and digits that nobody takes for one another; almost 25 bits in five of them. */
const letters = "abcdefghjkmnpqrstuvwxyz23456789";

/** A first password that can be read out: four groups of five. */
export function drawnPassword(random: (bytes: Uint8Array) => Uint8Array = (bytes) => crypto.getRandomValues(bytes)): string {
  let text = "";
  while (text.length < 23) {
    const [byte] = random(new Uint8Array(1));
    if (byte! >= 248) continue;   // else the first letters would come more often
    text += (text.length % 6 === 5 ? "-" : "") + letters[byte! % letters.length];
  }
  return text;
}
