import { NetworkError, ProblemError } from "@caddy-shopping/client";
import { reactive } from "vue";
import { explain, type Told } from "./problems";

export interface Action<A extends unknown[], T> {
  /** At work: its button waits. */
  readonly busy: boolean;
  /** What the shop has refused, until the next attempt. */
  readonly problem: Told | null;
  /** What is wrong with a field, by its name in the body. */
  fault(field: string): string | undefined;
  /** Does it; what it gave, or nothing where it failed (then `problem` says why). A second call while busy does nothing. */
  run(...given: A): Promise<T | undefined>;
  clear(): void;
}

/**
 * A write behind a button. Its idempotency key is kept over repeats of the same wish until the shop has answered, so that
 * pressing again after a lost connection does nothing twice; another wish, or one after an answer, draws a new key.
 * `handled` may take a refusal upon itself by returning true.
 */
export function useAction<A extends unknown[], T>(
  act: (key: string, ...given: A) => Promise<T>, handled: (error: unknown) => boolean | Promise<boolean> = () => false,
): Action<A, T> {
  let key = "";
  let wish = "";
  const state = reactive({ busy: false, problem: null as Told | null });

  async function run(...given: A): Promise<T | undefined> {
    if (state.busy) return undefined;
    const asked = JSON.stringify(given);
    if (!key || asked !== wish) key = drawnKey();
    wish = asked;
    state.busy = true;
    state.problem = null;
    try {
      const made = await act(key, ...given);
      key = "";
      return made;
    } catch (error) {
      const unknown = error instanceof NetworkError || (error instanceof ProblemError && error.status >= 500);
      if (!unknown) key = "";
      if (!await handled(error)) state.problem = explain(error);
      return undefined;
    } finally {
      state.busy = false;
    }
  }

  return {
    get busy() { return state.busy; },
    get problem() { return state.problem; },
    fault: (field) => state.problem?.faults[field],
    run,
    clear: () => { state.problem = null; },
  };
}

/** Pages that are not served securely have no `randomUUID`. */
export function drawnKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
