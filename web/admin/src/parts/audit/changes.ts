// What changed between two documents of the audit log, field by field, and where the thing it was done to is shown.
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Change {
  /** The way to the field: names, and of things in a list what they are called. */
  path: string[];
  before: Json | undefined;
  after: Json | undefined;
}
export interface Money { amount_minor: number; currency: string; exponent?: number }

const isThing = (value: Json | undefined): value is { [key: string]: Json } => typeof value === "object" && value !== null && !Array.isArray(value);
/** An amount is one value, not two fields. */
export function isMoney(value: unknown): value is Money {
  return typeof value === "object" && value !== null && "amount_minor" in value && "currency" in value;
}
const isEmpty = (value: Json | undefined) => value === undefined || value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0);
const same = (one: Json | undefined, other: Json | undefined) => JSON.stringify(one) === JSON.stringify(other);
/** What tells things of a list apart, else their places. */
const keys = ["id", "sku", "handle", "currency", "country"];

function nameOf(thing: { [key: string]: Json }): string | undefined {
  const known = ["sku", "handle", "name", "title", "currency", "country", "id"].map((key) => thing[key]).find((value) => typeof value === "string" && value);
  return known as string | undefined;
}

/** The pairs of two lists of things: the same by what tells them apart. */
function paired(before: Json[], after: Json[]): { name: string; before: Json | undefined; after: Json | undefined }[] {
  const both = [...before, ...after];
  const key = keys.find((one) => both.every((thing) => isThing(thing) && typeof thing[one] === "string")
    && [before, after].every((list) => new Set(list.map((thing) => (thing as { [key: string]: Json })[one])).size === list.length));
  const mark = (thing: Json, place: number) => (key ? String((thing as { [key: string]: Json })[key]) : String(place + 1));
  const marks = [...new Set([...before.map(mark), ...after.map(mark)])];
  const find = (list: Json[], one: string) => list.find((thing, place) => mark(thing, place) === one);
  return marks.map((one) => {
    const [was, is] = [find(before, one), find(after, one)];
    const thing = [is, was].find(isThing);
    return { name: (thing && nameOf(thing)) ?? one, before: was, after: is };
  });
}

function walk(path: string[], before: Json | undefined, after: Json | undefined, found: Change[]): void {
  if (same(before, after) || (isEmpty(before) && isEmpty(after))) return;
  const things = [before, after].filter((value) => !isEmpty(value));
  if (things.every((value) => isThing(value) && !isMoney(value))) {
    const [was, is] = [before, after].map((value) => (isThing(value) ? value : {}));
    for (const key of new Set([...Object.keys(was!), ...Object.keys(is!)])) walk([...path, key], was![key], is![key], found);
  } else if (things.every(Array.isArray) && things.flat().every((value) => isThing(value) && !isMoney(value))) {
    for (const pair of paired((before ?? []) as Json[], (after ?? []) as Json[])) walk([...path, pair.name], pair.before, pair.after, found);
  } else {
    found.push({ path, before, after });
  }
}

/** What every change brings along, or follows from others, comes last. */
const minor = new Set(["version", "id", "created_at", "updated_at", "price_range"]);
export const isMinor = ({ path }: Change) => minor.has(path.at(-1) ?? "") || minor.has(path[0] ?? "");

/** What differs, in the documents' order; what came or went whole is told by its fields. Nothing for what stayed empty. */
export function changes(before: Json | undefined, after: Json | undefined): Change[] {
  const found: Change[] = [];
  walk([], before, after, found);
  return [...found.filter((one) => !isMinor(one)), ...found.filter(isMinor)];
}

/** A list of plain values, told by what came and what went. */
export function isList(value: Json | undefined): value is Json[] {
  return Array.isArray(value);
}

const around = 40;   // characters of what stayed that are shown beside what changed
/** Two texts by what they have in common at both ends, of which only what is beside the change is kept. */
export function apart(before: string, after: string): { head: string; was: string; is: string; tail: string } {
  const [one, other] = [[...before], [...after]];
  const shorter = Math.min(one.length, other.length);
  let from = 0;
  while (from < shorter && one[from] === other[from]) from++;
  let to = 0;
  while (to < shorter - from && one[one.length - 1 - to] === other[other.length - 1 - to]) to++;
  const head = one.slice(0, from);
  const tail = one.slice(one.length - to);
  return {
    head: head.length > around ? `…${head.slice(-around).join("")}` : head.join(""), was: one.slice(from, one.length - to).join(""), is: other.slice(from, other.length - to).join(""),
    tail: tail.length > around ? `${tail.slice(0, around).join("")}…` : tail.join(""),
  };
}

/** The page that shows what an act was done to; none where it is shown nowhere, or is gone. */
export function place(subject: string, action: string): { name: string; params?: { id: string } } | null {
  if (action.endsWith(".delete")) return null;
  const params = { id: subject };
  switch (subject.split("_")[0]) {
    case "prod": return { name: "product", params };
    case "var": return { name: "stock", params };
    case "ord": return { name: "order", params };
    case "imp": return { name: "import", params };
    case "cus": return action.startsWith("identity.customer.") ? { name: "customer", params } : { name: "colleague", params };
    case "ctg": return { name: "categories" };
    case "role": return { name: "roles" };
    case "tax": return { name: "tax" };
    case "ship": case "zone": return { name: "shipping" };
    case "whk": return { name: "webhook", params };
    case "fsl": return { name: "flash-sale", params };
    case "evt": return { name: "jobs" };
    default: return null;
  }
}
