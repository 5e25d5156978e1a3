import { etagOf, remember } from "./answers.js";
import { NetworkError, ProblemError, TimeoutError } from "./errors.js";
import { createSession, type Session, type SessionOptions, type Tokens } from "./session.js";
import type { TokenStore } from "./stores.js";
import type { CallOptions, Client, OperationId } from "./types.js";
import { backoffMs, drawnKey, retryAfterOf, sleep, unlessAborted } from "./waiting.js";

export interface ClientOptions extends SessionOptions {
  /** Where the shop is: `https://shop.example`; empty for the origin of the page. */
  baseUrl: string;
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
  /** `Accept-Language` of every call. */
  language?: string | (() => string | undefined) | undefined;
  /** Where the tokens of guests' carts and orders are kept; in memory when left out. */
  guestTokens?: TokenStore | undefined;
  /** How long a call may take, all its repeats and waits together: 30 000. */
  deadlineMs?: number | undefined;
  /** How long one attempt may take: 15 000. */
  timeoutMs?: number | undefined;
  /** How often a call may be repeated: 4. */
  retries?: number | undefined;
  /** The first pause is at most this long, and each further one at most twice as long: 200. */
  backoffMs?: number | undefined;
  /** No pause is longer, unless the shop asks for it: 5 000. */
  backoffMostMs?: number | undefined;
}

type Arguments = Record<string, unknown> & { body?: unknown; cursor?: string };

interface Operation {
  readonly id: OperationId;
  readonly method: string;
  readonly path: string;
  readonly flags: string;
  readonly media: string | undefined;
}

const defaults = { deadlineMs: 30_000, timeoutMs: 15_000, retries: 4, backoffMs: 200, backoffMostMs: 5_000 };
const timerMostMs = 2 ** 31 - 1;   // a longer one ends at once
const renewal = operationOf("refresh", "POST /auth/refresh r");
const refreshRepeatMs = 5_000;   // the shop forgives a lost answer for ten seconds

function operationOf(id: string, line: string): Operation {
  const [method, path, flags, media] = line.split(" ") as [string, string, string?, string?];
  return { id: id as OperationId, method, path, flags: flags ?? "", media };
}

/** The address of a call; what is neither in the path nor in a header goes into the query. */
function target({ id, path }: Operation, args: Arguments): string {
  const { body, idempotencyKey, ifMatch, cartToken, orderToken, ...query } = args;
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = String(query[name] ?? "");
    if (!value || value === "." || value === "..") throw new TypeError(`${id}: ${name} is missing`);
    delete query[name];
    return encodeURIComponent(value);
  });
  const asked = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const text = new URLSearchParams(asked.map(([name, value]) => [name, String(value)])).toString();
  return `/api/v1${filled}${text && `?${text}`}`;
}

function parsed(text: string): Record<string, any> | undefined {
  try {
    const data = JSON.parse(text);
    return typeof data === "object" && data ? data : undefined;
  } catch {
    return undefined;
  }
}

/** The problem document of a refusal, or one in its place where something else has answered. */
function problemOf(status: number, text: string): Record<string, unknown> {
  const told = parsed(text);
  if (typeof told?.code === "string" && Array.isArray(told.errors)) return told;
  return {
    type: "about:blank", title: "", status, detail: `HTTP ${status}: ${text.slice(0, 200)}`, instance: "",
    code: "client.unexpected_answer", errors: [], request_id: "", retryable: status >= 502 && status <= 504,
  };
}

class Caller {
  readonly session: Session;
  private readonly settings: typeof defaults;
  private readonly guestTokens: TokenStore;

  constructor(private readonly options: ClientOptions) {
    const chosen = Object.entries(options).filter(([name, value]) => name in defaults && value !== undefined);
    this.settings = { ...defaults, ...Object.fromEntries(chosen) };
    const memory = new Map<string, string>();
    this.guestTokens = options.guestTokens ?? {
      get: (id) => memory.get(id), set: (id, token) => memory.set(id, token), delete: (id) => memory.delete(id),
    };
    this.session = createSession(options, `caddy-shopping:${options.baseUrl}`, (refresh_token) =>
      this.call(renewal, { body: { refresh_token } }) as Promise<Tokens>);
  }

  /** One call with all its repeats. */
  async call(operation: Operation, args: Arguments = {}, options: CallOptions = {}): Promise<unknown> {
    const { deadlineMs = this.settings.deadlineMs, signal } = options;
    const ended = new AbortController();
    const abort = () => ended.abort(signal!.reason);
    const timer = setTimeout(() => ended.abort(new TimeoutError(operation.id, 0)), Math.min(deadlineMs, timerMostMs));
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
    try {
      return await this.repeated(operation, args, options, ended.signal, Date.now() + deadlineMs);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  private async repeated(
    operation: Operation, args: Arguments, options: CallOptions, signal: AbortSignal, deadline: number,
  ): Promise<unknown> {
    const { id, method, flags } = operation;
    const { retries = this.settings.retries } = options;
    const url = this.options.baseUrl.replace(/\/+$/, "") + target(operation, args);
    const headers = await unlessAborted(this.headers(operation, args, options), signal);
    const started = Date.now();
    const isSafe = () => method === "GET" || headers.has("Idempotency-Key") ||
      (/^(PUT|DELETE)$/.test(method) && headers.has("If-Match")) ||
      (id === "refresh" && Date.now() - started < refreshRepeatMs);
    const isSignedIn = flags.includes("a");
    let mayRenew = isSignedIn;

    for (let attempt = 1, repeats = 0; ; attempt++) {
      const sent = isSignedIn ? await unlessAborted(this.session.token(), signal) : undefined;
      if (sent) headers.set("Authorization", `Bearer ${sent}`);
      let error: unknown;
      let isWaiting = false;
      let after = 0;
      try {
        const { response, text } = await this.attempt(operation, url, headers, args, options, attempt, signal);
        if (response.ok) return await this.answer(operation, response, text, attempt);
        const problem = new ProblemError(
          id, attempt, problemOf(response.status, text) as never, retryAfterOf(response.headers));
        if (problem.status === 401 && mayRenew && /^identity\.token_|\.sign_in_required$/.test(problem.code)) {
          const renewed = await unlessAborted(this.session.renewed(sent), signal);
          mayRenew = false;
          if (renewed) continue;
          throw problem;
        }
        isWaiting = problem.code === "idempotency.in_progress";
        // Whoever asks too often is refused before anything happens, so that even an unsafe call may come again.
        const comesAgain = problem.status === 429 ? problem.retryAfter !== undefined : problem.retryable && isSafe();
        if (!comesAgain) throw problem;
        error = problem;
        after = problem.retryAfter ?? 0;
      } catch (caught) {
        if (!(caught instanceof NetworkError) || !isSafe() || signal.aborted) throw caught;
        error = caught;
      }
      const pause = backoffMs(repeats, this.settings.backoffMs, this.settings.backoffMostMs) + after * 1000;
      if ((!isWaiting && repeats++ >= retries) || Date.now() + pause >= deadline) throw error;
      await sleep(pause, signal);
    }
  }

  private async headers({ flags, media }: Operation, args: Arguments, options: CallOptions): Promise<Headers> {
    const headers = new Headers(options.headers);
    const put = (name: string, value: unknown) => { if (value) headers.set(name, String(value)); };
    const { language } = this.options;
    put("Accept-Language", options.language ?? (typeof language === "function" ? language() : language));
    if (args.body !== undefined) {
      put("Content-Type", media === "*" ? (args.body as Blob).type || "application/octet-stream" : media ?? "application/json");
    }
    if (args.ifMatch !== undefined) put("If-Match", etagOf(args.ifMatch as string));
    if (flags.includes("k")) put("Idempotency-Key", args.idempotencyKey ?? drawnKey());
    const guest = async (name: string, given: unknown, of: unknown) =>
      put(name, given ?? (typeof of === "string" && await this.guestTokens.get(of)));
    if (flags.includes("c")) await guest("X-Cart-Token", args.cartToken, args.cart);
    if (flags.includes("o")) await guest("X-Order-Token", args.orderToken, args.order);
    return headers;
  }

  /** One request. An answer that breaks off counts as none. */
  private async attempt(
    { id, method, media }: Operation, url: string, headers: Headers, { body }: Arguments,
    { timeoutMs = this.settings.timeoutMs }: CallOptions, attempts: number, signal: AbortSignal,
  ): Promise<{ response: Response; text: string }> {
    const ended = new AbortController();
    const abort = () => ended.abort();
    const timer = setTimeout(abort, Math.min(timeoutMs, timerMostMs));
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    const init: RequestInit = { method, headers, signal: ended.signal };
    if (body !== undefined) init.body = media ? body as BodyInit : JSON.stringify(body);
    try {
      const response = await (this.options.fetch ?? fetch)(url, init);
      return { response, text: await response.text() };
    } catch (cause) {
      if (signal.aborted && !(signal.reason instanceof TimeoutError)) throw signal.reason;
      if (ended.signal.aborted) throw new TimeoutError(id, attempts);
      throw new NetworkError(id, attempts, undefined, { cause });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  }

  /** What a success says, kept in mind: tokens of guests, who has signed in or out, versions. */
  private async answer(operation: Operation, response: Response, text: string, attempts: number): Promise<unknown> {
    const { id } = operation;
    if (id === "logout" || id === "closeAccount") await this.session.become(null);
    if (!text || /^text\/csv/.test(response.headers.get("Content-Type") ?? "")) return text || undefined;
    const data = parsed(text);
    if (!data) throw new ProblemError(id, attempts, problemOf(response.status, text) as never, undefined);
    remember(data, response);
    if (data.access_token && data.refresh_token && operation !== renewal) await this.session.become(data as Tokens);
    if (/^(cart|ord)_/.test(data.id) && data.token !== undefined) {
      await (data.token ? this.guestTokens.set(data.id, data.token) : this.guestTokens.delete(data.id));
    }
    return data;
  }
}

/**
 * A client of the operations in a table: of `shop` or `all`, or of the few that a page uses, so that a bundler leaves
 * out the rest.
 */
export function createClientOf<Table extends object>(table: Table, options: ClientOptions): Client<Table> {
  const caller = new Caller(options);
  const client: Record<string, unknown> = {};
  for (const [id, line] of Object.entries(table) as [string, string][]) {
    const operation = operationOf(id, line);
    const method = (args?: Arguments, call?: CallOptions) => caller.call(operation, args, call);
    const pages = async function* (args?: Arguments, call?: CallOptions) {
      for (let cursor: string | null | undefined = args?.cursor; cursor !== null;) {
        const page = await method(cursor === undefined ? args : { ...args, cursor }, call) as
          { data: unknown[]; page: { next: string | null } };
        yield page;
        cursor = page.page.next;
      }
    };
    const iterate = async function* (args?: Arguments, call?: CallOptions) {
      for await (const page of pages(args, call)) yield* page.data;
    };
    const refused = (error: unknown) => error instanceof ProblemError && error.operation === id;
    client[id] = Object.assign(method, { pages, iterate, refused });
  }
  return client as Client<Table>;
}
