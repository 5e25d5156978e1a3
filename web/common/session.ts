// Whose session a browser holds, in all its tabs, and what a refusal is called: the same for shoppers and for staff.
import { ProblemError, type Tokens } from "@caddy-shopping/client";
import { shallowRef, type ShallowRef } from "vue";

export interface KeptSession {
  /** Is there one, as far as this page knows? */
  readonly signedIn: ShallowRef<boolean>;
  read(): Tokens | null;
  keep(tokens: Tokens | null): void;
}

/** The session that is kept under a key; `ended` hears when there is none any more, also when another tab ended it. */
export function keptSession(key: string, ended: () => void = () => undefined): KeptSession {
  const read = (): Tokens | null => JSON.parse(localStorage.getItem(key) ?? "null");
  const signedIn = shallowRef(read() !== null);
  const become = (session: boolean) => {
    signedIn.value = session;
    if (!session) ended();
  };
  addEventListener("storage", (event) => {
    if (event.key === key || event.key === null) become(read() !== null);
  });
  return {
    signedIn, read,
    keep(tokens) {
      if (tokens) localStorage.setItem(key, JSON.stringify(tokens));
      else localStorage.removeItem(key);
      become(tokens !== null);
    },
  };
}

/** The code of a refusal; empty for what is none. */
export function codeOf(error: unknown): string {
  return error instanceof ProblemError ? error.code : "";
}
