// Who and what ids stand for, as far as whoever is signed in may know.
import { ProblemError } from "@caddy-shopping/client";
import { reactive } from "vue";
import { may, me, office } from "./office";
import { colleagues } from "./parts/staff/staff";

const known = reactive<Record<string, string>>({});
const asked = new Set<string>();

/** What an id is called; nothing while that is not known. */
export function called(id: string): string | undefined {
  return id === me.value?.id ? me.value.name || me.value.email : known[id];
}

/** Learns who these people are, each once. What cannot be learnt stays an id, which tells enough. */
export async function meet(people: readonly string[]): Promise<void> {
  const fresh = [...new Set(people)].filter((id) => !asked.has(id) && id !== me.value?.id);
  if (!may("users_manage")) return;
  await Promise.all(fresh.map(async (id) => {
    asked.add(id);
    try {
      const user = await office.showUser({ user: id });
      known[id] = user.name || user.email;
    } catch (error) {
      if (!(error instanceof ProblemError && error.status === 404)) asked.delete(id);   // asked again another time
    }
  }));
}

/** Those who work here, to choose one of; and what their roles are called. */
export async function meetAll(): Promise<string[]> {
  if (!may("users_manage")) return [];
  const ask = (kind: "admin" | "staff", turn: { cursor?: string | undefined; limit: number }) => office.listUsers({ role: kind, ...turn });
  const [{ data }, roles] = await Promise.all([colleagues(ask, undefined, { limit: 100 }), office.listRoles()]);
  for (const role of roles.data) known[role.id] = role.name;
  for (const user of data) {
    known[user.id] = user.name || user.email;
    asked.add(user.id);
  }
  return data.map(({ id }) => id);
}
