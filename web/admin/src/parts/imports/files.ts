import type { Schemas } from "../../office";

export const tones: Record<Schemas["Import"]["status"], "quiet" | "busy" | "good" | "bad"> = { queued: "quiet", running: "busy", done: "good", failed: "bad" };
export const outcomeTones: Record<Schemas["ImportEntry"]["outcome"], "quiet" | "busy" | "good" | "warn" | "bad"> = { created: "good", updated: "busy", unchanged: "quiet", refused: "bad", note: "warn" };

/** Hands a text to the browser's downloads. */
export function keep(text: string | undefined, name: string): void {
  const address = URL.createObjectURL(new Blob([text ?? ""], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);   // the browser has begun reading by then
}
