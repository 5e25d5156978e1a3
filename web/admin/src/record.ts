// Something of the shop in a dialog: made anew or changed, and merged with what somebody else has saved meanwhile.
import { reactive, ref, shallowRef, type Reactive, type Ref, type ShallowRef } from "vue";
import { useAction, type Action } from "./action";
import { codeOf } from "./problems";

export interface Editing<T, F extends object> {
  readonly open: Ref<boolean>;
  /** What is changed; nothing while something new is made. */
  readonly edited: ShallowRef<T | null>;
  readonly form: Reactive<F>;
  /** What somebody else has saved meanwhile: `ConflictMerge` stands open while there is such. */
  readonly theirs: ShallowRef<T | null>;
  readonly save: Action<[F], T>;
  begin(thing: T | null, values: F): void;
  submit(): Promise<T | undefined>;
  merged(values: F): Promise<T | undefined>;
}

const copy = <V>(values: V): V => JSON.parse(JSON.stringify(values)) as V;

export function useEdited<T extends { version: number }, F extends object>(does: {
  create: (key: string, values: F) => Promise<T>; change: (thing: T, values: F) => Promise<T>; read: (thing: T) => Promise<T>; saved: (made: T, isNew: boolean) => unknown;
}): Editing<T, F> {
  const open = ref(false);
  const edited = shallowRef(null) as ShallowRef<T | null>;
  const theirs = shallowRef(null) as ShallowRef<T | null>;
  const form = reactive({} as F);

  const save = useAction(async (key: string, values: F) => {
    const before = edited.value;
    const made = before ? await does.change(before, values) : await does.create(key, values);
    open.value = false;
    theirs.value = null;
    await does.saved(made, !before);
    return made;
  }, async (error) => {
    if (codeOf(error) !== "request.version_mismatch" || !edited.value) return false;
    theirs.value = await does.read(edited.value);
    return true;
  });

  const submit = () => save.run(copy(form) as F);
  return {
    open, edited, form, theirs, save, submit,
    begin(thing, values) {
      edited.value = thing;
      theirs.value = null;
      save.clear();
      Object.assign(form, copy(values));
      open.value = true;
    },
    merged(values) {
      edited.value = theirs.value;
      theirs.value = null;
      Object.assign(form, copy(values));
      return submit();
    },
  };
}

/** All of a list by cursor that is short enough to be shown as a whole. */
export async function readAll<Row>(ask: (turn: { limit: number; cursor?: string }) => Promise<{ data: readonly Row[]; page: { next: string | null } }>): Promise<Row[]> {
  const rows: Row[] = [];
  for (let cursor: string | undefined; ;) {
    const { data, page } = await ask(cursor ? { limit: 100, cursor } : { limit: 100 });
    rows.push(...data);
    if (!page.next) return rows;
    cursor = page.next;
  }
}
