import type { CodeOf, OperationId, ProblemOf, Schemas } from "./types.js";

/** No answer came: the shop was not reached, or the connection was lost. What was asked may have happened. */
export class NetworkError extends Error {
  override readonly name: string = "NetworkError";

  constructor(
    readonly operation: string,
    /** How often it was asked. */
    readonly attempts: number,
    message = `${operation}: no answer from the shop`,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** No answer came in time. What was asked may have happened. */
export class TimeoutError extends NetworkError {
  override readonly name = "TimeoutError";

  constructor(operation: string, attempts: number) {
    super(operation, attempts, `${operation}: no answer in time`);
  }
}

/** The shop has refused (RFC 9457). `code` is stable; the rest is for people and logs. */
export class ProblemError<Op extends OperationId = OperationId> extends Error {
  override readonly name = "ProblemError";
  readonly status: number;
  readonly code: CodeOf<Op>;
  /** Which fields are not acceptable: a JSON pointer into the body, `query:name` or `header:Name`. */
  readonly errors: ReadonlyArray<Schemas["ProblemEntry"]>;
  readonly requestId: string | undefined;
  /** The same request may succeed later. */
  readonly retryable: boolean;

  constructor(
    readonly operation: Op,
    /** How often it was asked; after more than one, a refusal may be the echo of an answer that was lost. */
    readonly attempts: number,
    /** The whole document, with the members that this operation adds. */
    readonly problem: ProblemOf<Op>,
    /** Seconds to wait before the next attempt. */
    readonly retryAfter: number | undefined,
  ) {
    const told = problem as Schemas["Problem"];
    super(`${operation}: ${told.code}: ${told.detail}`);
    this.status = told.status;
    this.code = told.code as CodeOf<Op>;
    this.errors = told.errors;
    this.requestId = told.request_id || undefined;
    this.retryable = told.retryable;
  }

  /** After a 412, the version that the resource has now. */
  get currentVersion(): number | undefined {
    return (this.problem as { current_version?: number }).current_version;
  }
}
