import type { Version } from "./types.js";

/** What came along with an answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly requestId: string | null;
  /** The tag of the version that was read. */
  readonly etag: string | null;
  /** The shop repeated the answer of an earlier call with the same key. */
  readonly replayed: boolean;
}

const answers = new WeakMap<object, Answer>();

export function remember(data: unknown, { status, headers }: Response): void {
  if (typeof data !== "object" || data === null) return;
  answers.set(data, {
    status,
    headers,
    requestId: headers.get("X-Request-Id"),
    etag: headers.get("ETag"),
    replayed: headers.get("Idempotent-Replayed") === "true",
  });
}

/** The answer that a value came with; nothing for a part of one, or a copy. */
export function answerOf(data: object): Answer | undefined {
  return answers.get(data);
}

/** The tag for `If-Match`: of what was read, else of its `version`; numbers are versions, strings tags. */
export function etagOf(version: Version): string {
  if (typeof version === "string") return version;
  const number = typeof version === "number" ? version : (version as { version?: number }).version;
  const tag = (typeof version === "object" && answers.get(version)?.etag) || (number !== undefined && `"v${number}"`);
  if (!tag) throw new TypeError("ifMatch: this has no version");
  return tag;
}
