import { computed, reactive, shallowRef, watch, type ComputedRef, type ShallowRef } from "vue";
import { useRoute, useRouter } from "vue-router";
import { explain, type Told } from "./problems";

export interface Turn { cursor?: string | undefined; limit: number }
export interface Answer<Row> { data: readonly Row[]; page: { next: string | null } }

export interface List<Row> {
  readonly rows: ShallowRef<readonly Row[]>;
  readonly filters: Record<string, string>;
  readonly filtered: ComputedRef<boolean>;
  /** Nothing has been read yet. */
  readonly empty: ComputedRef<boolean>;
  readonly state: { loading: boolean; fresh: boolean; problem: Told | null; next: string | null };
  more(): Promise<void>;
  reload(): Promise<void>;
  clear(): void;
}

/**
 * A list by cursor whose filters stand in the address: a link leads to the same list, and going back does, too.
 * `useList(["status", "q"], ({ status, q }, turn) => office.searchOrders({ "filter[status]": status, q, ...turn }))`
 */
export function useList<Row>(
  names: readonly string[], ask: (filters: Record<string, string | undefined>, turn: Turn) => Promise<Answer<Row>>, limit = 24,
): List<Row> {
  const route = useRoute();
  const router = useRouter();
  const own = route.path;
  const rows = shallowRef<readonly Row[]>([]);
  const state = reactive({ loading: false, fresh: true, problem: null as Told | null, next: null as string | null });
  const asked = computed(() => Object.fromEntries(names.map((name) => {
    const value = route.query[name];
    return [name, typeof value === "string" && value ? value : undefined];
  })));
  let turn = 0;

  async function read(cursor?: string): Promise<void> {
    const mine = ++turn;
    state.loading = true;
    state.problem = null;
    try {
      const { data, page } = await ask(asked.value, { limit, cursor });
      if (mine !== turn) return;   // other filters were chosen meanwhile
      rows.value = cursor ? [...rows.value, ...data] : data;
      state.next = page.next;
      state.fresh = false;
    } catch (error) {
      if (mine === turn) state.problem = explain(error);
    } finally {
      if (mine === turn) state.loading = false;
    }
  }

  function put(name: string, value: string): void {
    const { [name]: _, ...rest } = route.query;
    void router.replace({ query: value ? { ...rest, [name]: value } : rest });
  }

  const filters = new Proxy({} as Record<string, string>, {
    get: (_, name) => (typeof name === "string" ? asked.value[name] ?? "" : undefined),
    set: (_, name, value) => { put(String(name), String(value ?? "")); return true; },
  });

  watch(() => JSON.stringify(asked.value), () => { if (route.path === own) void read(); }, { immediate: true });

  return {
    rows, filters, state,
    filtered: computed(() => Object.values(asked.value).some(Boolean)),
    empty: computed(() => !state.loading && !state.problem && rows.value.length === 0),
    more: () => (state.next && !state.loading ? read(state.next) : Promise.resolve()),
    reload: () => read(),
    clear: () => { void router.replace({ query: Object.fromEntries(Object.entries(route.query).filter(([name]) => !names.includes(name))) }); },
  };
}
