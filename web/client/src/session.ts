import { ProblemError } from "./errors.js";

/** What signing in gives. An empty `access_token` is renewed before the first call. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

export interface SessionOptions {
  /**
   * Who calls: the pair from an earlier sign-in, or a function that reads it from where `onTokens` puts it. Tabs that
   * share a session need the function, or one would renew with a token that another has used up.
   */
  auth?: Tokens | null | (() => Tokens | null | undefined | Promise<Tokens | null | undefined>) | undefined;
  /** Hears of each new pair, and of null when the session has ended. The calls that wait for the pair wait for it, too. */
  onTokens?: ((tokens: Tokens | null) => unknown) | undefined;
}

export interface Session {
  /** The access token to send, if anybody is signed in. */
  token(): Promise<string | undefined>;
  /** Another token in place of one that is no longer good; nothing when the session has ended. */
  renewed(refused: string | undefined): Promise<string | undefined>;
  /** After signing in or out. */
  become(tokens: Tokens | null): Promise<void>;
}

/**
 * A refresh token is good for one use, and a second one ends the session. So all callers of a page wait for the same
 * renewal, and all tabs take turns by a Web Lock and look again, once they hold it, at what the one before has left.
 */
export function createSession(
  { auth, onTokens }: SessionOptions,
  lockName: string,
  refresh: (refreshToken: string) => Promise<Tokens>,
): Session {
  let held = typeof auth === "function" ? undefined : auth;
  let used: string | undefined;
  let changes = 0;
  let underWay: Promise<string | undefined> | undefined;

  const read = async () => {
    const tokens = typeof auth === "function" ? await auth() : held;
    return tokens && tokens.refresh_token === used ? held : tokens;   // a store may lag behind
  };

  const become = async (tokens: Tokens | null) => {
    changes++;
    held = tokens && { access_token: tokens.access_token, refresh_token: tokens.refresh_token };
    await onTokens?.(held);
  };

  const renew = async (refused: string | undefined): Promise<string | undefined> => {
    const tokens = await read();
    if (!tokens?.refresh_token) return undefined;
    if (tokens.access_token && tokens.access_token !== refused) return tokens.access_token;
    const before = changes;
    let next: Tokens | null = null;
    try {
      next = await refresh(tokens.refresh_token);
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status !== 401) throw error;
      const now = await read();
      if (now && now.refresh_token !== tokens.refresh_token) return now.access_token;
    }
    if (changes !== before) return held?.access_token;   // signed in or out meanwhile
    used = tokens.refresh_token;
    await become(next);
    return next?.access_token;
  };

  const renewed = (refused: string | undefined) => {
    const locks = globalThis.navigator?.locks;
    const inTurn = async () => (locks ? locks.request(lockName, () => renew(refused)) : renew(refused));
    underWay ??= inTurn().finally(() => { underWay = undefined; });
    return underWay;
  };

  return {
    become,
    renewed,
    token: async () => {
      const tokens = await read();
      return tokens?.access_token || (tokens?.refresh_token ? renewed(undefined) : undefined);
    },
  };
}
