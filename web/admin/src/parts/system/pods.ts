import type { Schemas } from "../../office";

export type Pod = Schemas["SystemPod"];

/** The value that most have; of two as common, the one of the pod that began last, since a fleet goes on to what is new. */
export function usual(pods: readonly Pod[], of: (pod: Pod) => string): string {
  const told = pods.filter(({ state }) => state !== "silent");
  const counts = new Map<string, { pods: number; newest: string }>();
  for (const pod of told.length ? told : pods) {
    const known = counts.get(of(pod)) ?? { pods: 0, newest: "" };
    counts.set(of(pod), { pods: known.pods + 1, newest: pod.started_at > known.newest ? pod.started_at : known.newest });
  }
  return [...counts].sort(([, a], [, b]) => b.pods - a.pods || b.newest.localeCompare(a.newest))[0]?.[0] ?? "";
}

/** How many of a pod's places have a worker that serves. */
export function serving({ workers }: Pod): number {
  return new Set(workers.filter(({ state }) => state === "serving").map(({ slot }) => slot)).size;
}
