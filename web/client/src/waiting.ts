/** The value, unless the signal comes first: then its reason. What was under way goes on for others who wait for it. */
export function unlessAborted<T>(value: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop);
    value.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** Exponential, and anywhere below it, so that many who failed together do not come back together. */
export function backoffMs(attempt: number, firstMs: number, longestMs: number): number {
  return Math.random() * Math.min(longestMs, firstMs * 2 ** attempt);
}

export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  return unlessAborted(new Promise<void>((resolve) => { timer = setTimeout(resolve, ms); }), signal)
    .finally(() => clearTimeout(timer));
}

/** Seconds, from a number of them or a date. */
export function retryAfterOf(headers: Headers): number | undefined {
  const said = headers.get("Retry-After");
  if (!said) return undefined;
  const seconds = Number.isNaN(Number(said)) ? (Date.parse(said) - Date.now()) / 1000 : Number(said);
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

/** A key that nobody else draws. Pages that are not served securely have no `randomUUID`, Node 18 has no `crypto`. */
export function drawnKey(): string {
  const part = () => Math.random().toString(36).slice(2).padEnd(10, "0");
  return globalThis.crypto?.randomUUID?.() ?? `${Date.now().toString(36)}-${part()}-${part()}-${part()}`;
}
