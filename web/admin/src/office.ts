// The one client of these pages, who is signed in, and what he may do.
import { type Schemas } from "@caddy-shopping/client";
import { createAdminClient } from "@caddy-shopping/client/admin";
import { shallowRef } from "vue";
import { keptSession } from "../../common/session";
import { locale } from "./language";

export type { Schemas };
export type Me = Schemas["Me"];
export type Permission = Me["permissions"][number];

/** Who is signed in, once the shop has said so. */
export const me = shallowRef<Me | null>(null);
const session = keptSession("caddy:office:session", () => { me.value = null; });
export const signedIn = session.signedIn;

export const office = createAdminClient({
  baseUrl: "",
  fetch: async (url, init) => {
    const answer = await fetch(url, init);
    if (answer.status === 403) void relearn();
    return answer;
  },
  language: () => locale.value,
  auth: session.read,
  onTokens: session.keep,
});

/** True when the one who is signed in may do this; without a permission, whoever is of the staff may. */
export function may(permission?: Permission): boolean {
  return me.value !== null && (!permission || me.value.permissions.includes(permission));
}

/** Asks who is signed in. A customer's account has nothing to do here, and his session is ended again. */
export async function identify(): Promise<"staff" | "stranger" | "nobody"> {
  if (!signedIn.value) return "nobody";
  const found = await office.me();
  if (found.role === "customer") {
    await signOut();
    return "stranger";
  }
  me.value = found;
  return "staff";
}

/** What he may do has changed, it seems: the navigation follows. */
async function relearn(): Promise<void> {
  const known = me.value;
  if (!known || relearning) return;
  relearning = true;
  try {
    const found = await office.me();
    if (me.value === known) me.value = found;
  } catch {
    // He has just been told of the refusal, and the next call tells of whatever this one has met.
  } finally {
    relearning = false;
  }
}
let relearning = false;

export async function signOut(): Promise<void> {
  const tokens = session.read();
  try {
    if (tokens) await office.logout({ body: { refresh_token: tokens.refresh_token } }, { deadlineMs: 5_000 });
  } finally {
    session.keep(null);   // whatever became of the call, this device forgets
  }
}
