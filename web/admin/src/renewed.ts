// What is looked at again and again while the page is seen.
import { onUnmounted, ref, shallowRef, type Ref, type ShallowRef } from "vue";
import { explain, type Told } from "./problems";

export interface Renewed<T> {
  /** What was told last; it stands while a later look fails. */
  value: ShallowRef<T | null>;
  problem: Ref<Told | null>;
  /** When it was told. */
  at: Ref<string | null>;
  look(): Promise<void>;
}

/** Asks at once and then every so many milliseconds, never while the page is hidden or an answer is awaited. */
export function useRenewed<T>(ask: () => Promise<T>, everyMs: number): Renewed<T> {
  const value = shallowRef<T | null>(null);
  const problem = ref<Told | null>(null);
  const at = ref<string | null>(null);
  let asking = false;
  async function look(): Promise<void> {
    if (asking) return;
    asking = true;
    try {
      value.value = await ask();
      at.value = new Date().toISOString();
      problem.value = null;
    } catch (error) {
      problem.value = explain(error);
    } finally {
      asking = false;
    }
  }
  const turn = () => { if (!document.hidden || !value.value) void look(); };
  turn();
  const timer = setInterval(turn, everyMs);
  document.addEventListener("visibilitychange", turn);
  onUnmounted(() => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", turn);
  });
  return { value, problem, at, look };
}
