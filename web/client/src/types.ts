// What the generated types of the document become at a call: arguments, answers, codes.
import type { ProblemError } from "./errors.js";
import type { EdgeCode } from "./generated/edge_codes.js";
import type { Codes } from "./generated/operations.js";
import type { components, operations } from "./generated/schema.js";

/** Every schema of the document by its name: `Schemas["Cart"]`. */
export type Schemas = components["schemas"];
export type OperationId = keyof operations & keyof Codes;

/** Not from the shop: something between here and there answered in its place, or in words that are none of the shop's. */
export type ForeignCode = "client.unexpected_answer";

/** The codes that an operation may be refused with. */
export type CodeOf<Op extends OperationId> = Codes[Op] | EdgeCode | ForeignCode;

/** The version that a change expects: what was read, its `version`, or its tag; `"*"` meets every one. */
export type Version = string | number | object;

type Present<T> = [NonNullable<T>] extends [never] ? unknown : NonNullable<T>;
type Parameters<Op extends OperationId, Where extends string> =
  operations[Op]["parameters"] extends infer P ? (Where extends keyof P ? Present<P[Where]> : unknown) : never;
type Without<T> = [NonNullable<T>] extends [never] ? true : false;

type HeaderArguments<H> =
  ("Idempotency-Key" extends keyof H ? {
    /** Drawn for each call where it is left out, and kept over its repeats. */
    idempotencyKey?: string | undefined;
  } : unknown) &
  ("If-Match" extends keyof H ? { ifMatch: Version } : unknown) &
  ("X-Cart-Token" extends keyof H ? {
    /** Where it is left out, the store of guests' tokens is asked. */
    cartToken?: string | undefined;
  } : unknown) &
  ("X-Order-Token" extends keyof H ? {
    /** Where it is left out, the store of guests' tokens is asked. */
    orderToken?: string | undefined;
  } : unknown);

// A form is not among them: its boundary is drawn anew each time, and a repeat would not be the same request.
type ContentOf<C> = "application/json" extends keyof C ? C["application/json"]
  : Blob | { [Media in keyof C]: Media extends `text/${string}` ? string : never }[keyof C];
type BodyArgument<Op extends OperationId> =
  operations[Op] extends { requestBody: { content: infer C } } ? { body: ContentOf<C> }
  : operations[Op] extends { requestBody?: infer B }
    ? Without<B> extends true ? unknown
      : NonNullable<B> extends { content: infer C } ? { body?: ContentOf<C> | undefined } : unknown
    : unknown;

type Flat<T> = { [K in keyof T]: T[K] };
type Optional<T> = { [K in keyof T]: undefined extends T[K] ? T[K] | undefined : T[K] };

/** Path and query parameters by their names, `body`, and the headers that a caller decides about. */
export type ArgumentsOf<Op extends OperationId> = Flat<
  Parameters<Op, "path"> & Optional<Parameters<Op, "query">> & HeaderArguments<Parameters<Op, "header">> & BodyArgument<Op>
>;

type Contents<R> = R extends { content: infer C } ? C[keyof C] : undefined;
type Succeeded = 200 | 201 | 202 | 204;

/** What a call gives: the body of its success, or nothing where there is none. */
export type AnswerOf<Op extends OperationId> = {
  [S in keyof operations[Op]["responses"] & Succeeded]: Contents<operations[Op]["responses"][S]>
}[keyof operations[Op]["responses"] & Succeeded];

/** The problem document of a refusal, with the members that this operation adds to it. */
export type ProblemOf<Op extends OperationId> = {
  [S in Exclude<keyof operations[Op]["responses"], Succeeded>]: NonNullable<Contents<operations[Op]["responses"][S]>>
}[Exclude<keyof operations[Op]["responses"], Succeeded>];

/** What may be said for one call. */
export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** How long the call may take, all its repeats and waits together. */
  deadlineMs?: number | undefined;
  /** How long one attempt may take. */
  timeoutMs?: number | undefined;
  /** How often it may be repeated. */
  retries?: number | undefined;
  /** `Accept-Language` of this call. */
  language?: string | undefined;
  /** Further headers, such as `traceparent`. */
  headers?: Readonly<Record<string, string>> | undefined;
}

type Call<A> = {} extends A ? [args?: A, options?: CallOptions] : [args: A, options?: CallOptions];

type ListAnswer = { data: readonly unknown[]; page: { next: string | null } };

type Iteration<Op extends OperationId> =
  "cursor" extends keyof ArgumentsOf<Op>
    ? AnswerOf<Op> extends ListAnswer
      ? {
          /** Everything from here on, entry by entry; a page is asked for when the one before is used up. */
          iterate(...call: Call<ArgumentsOf<Op>>): AsyncGenerator<AnswerOf<Op>["data"][number], void, undefined>;
          /** Everything from here on, page by page. */
          pages(...call: Call<ArgumentsOf<Op>>): AsyncGenerator<AnswerOf<Op>, void, undefined>;
        }
      : unknown
    : unknown;

export type Method<Op extends OperationId> =
  ((...call: Call<ArgumentsOf<Op>>) => Promise<AnswerOf<Op>>) &
  {
    /** Is this how the shop has refused this operation? Narrows to its codes. */
    refused(error: unknown): error is ProblemError<Op>;
  } & Iteration<Op>;

/** One method for each operation of a table. */
export type Client<Table> = { readonly [Op in keyof Table as Op extends OperationId ? Op : never]: Op extends OperationId ? Method<Op> : never };
