// Reading, changing and saving one product, and what happens when somebody else has saved it meanwhile.
import { computed, reactive, ref, shallowRef } from "vue";
import { useAction } from "../../action";
import { office } from "../../office";
import { codeOf, explain, type Told } from "../../problems";
import { bodyOf, draftOf, emptyDraft, partsOf, same, sameOptions, withParts, type Draft, type Parts, type Product } from "./draft";

const copy = (draft: Draft): Draft => JSON.parse(JSON.stringify(draft));
const defaultCurrency = "CNY";

/** What other products are priced in. */
export async function usualCurrency(): Promise<string> {
  const { data } = await office.adminListProducts({ limit: 5 });
  return data.find(({ price_range }) => price_range)?.price_range?.min.currency ?? defaultCurrency;
}

export function useEditing(id: string | undefined) {
  const product = shallowRef<Product | null>(null);
  const state = reactive({ draft: emptyDraft(defaultCurrency), base: emptyDraft(defaultCurrency) });
  const loading = ref(true);
  const problem = ref<Told | null>(null);
  const conflict = shallowRef<{ theirs: Product; base: Parts; mine: Parts; others: Parts } | null>(null);
  const dirty = computed(() => {
    const apart = sameOptions(state.draft, state.base);
    return !same(partsOf(state.draft, apart), partsOf(state.base, apart)) || (!product.value && state.draft.handle !== "");
  });

  function load(found: Product): void {
    product.value = found;
    state.base = draftOf(found, state.draft.currency);
    state.draft = copy(state.base);
  }

  async function read(): Promise<void> {
    loading.value = true;
    problem.value = null;
    try {
      if (id) load(await office.adminShowProduct({ product: id }));
      else {
        const currency = await usualCurrency();
        state.base = emptyDraft(currency);
        state.draft = emptyDraft(currency);
      }
    } catch (error) {
      problem.value = explain(error);
    } finally {
      loading.value = false;
    }
  }

  /** Somebody else was faster: what he made of it, beside what I have. */
  async function meet(): Promise<boolean> {
    const theirs = await office.adminShowProduct({ product: product.value!.id });
    const other = draftOf(theirs, state.draft.currency);
    const apart = sameOptions(state.draft, other) && sameOptions(state.base, other);
    conflict.value = { theirs, base: partsOf(state.base, apart), mine: partsOf(copy(state.draft), apart), others: partsOf(other, apart) };
    return true;
  }

  const save = useAction(async (idempotencyKey: string, body: ReturnType<typeof bodyOf>) => {
    const found = product.value
      ? await office.adminChangeProduct({ product: product.value.id, ifMatch: product.value, body })
      : await office.adminCreateProduct({ body, idempotencyKey });
    load(found);
    return found;
  }, (error) => (codeOf(error) === "request.version_mismatch" && product.value ? meet() : false));

  async function merge(values: Parts): Promise<Product | undefined> {
    const met = conflict.value;
    if (!met) return undefined;
    const draft = withParts(copy(state.draft), values);
    load(met.theirs);
    state.draft = draft;
    conflict.value = null;
    return save.run(bodyOf(draft, state.base));
  }

  /**
   * After a publication, which asks for no version: what is being edited stays. Where somebody else has changed more than that,
   * the version stays the old one, so that saving meets his changes.
   */
  function published(found: Product): void {
    const now = draftOf(found, state.draft.currency);
    if (!dirty.value) load(found);
    else if (same(now, state.base)) product.value = found;
    else product.value = { ...found, version: product.value!.version };
  }

  const publish = useAction(async (idempotencyKey: string, on: boolean) => {
    const args = { product: product.value!.id, idempotencyKey };
    published(await (on ? office.adminPublishProduct(args) : office.adminUnpublishProduct(args)));
    return true;
  });

  return {
    product, state, loading, problem, conflict, dirty, save, publish, merge, read, load,
    send: () => save.run(bodyOf(state.draft, product.value ? state.base : null)),
    discard: () => { state.draft = copy(state.base); },
  };
}
