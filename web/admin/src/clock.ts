import { shallowRef } from "vue";

const tick = shallowRef(0);
setInterval(() => { tick.value++; }, 30_000);

/** The time now; what is computed from it is so again twice a minute. */
export function current(): number {
  void tick.value;
  return Date.now();
}
