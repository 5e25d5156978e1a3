type Awaitable<T> = T | Promise<T>;

/** Keeps the tokens that open a guest's carts and orders, by the id of the cart or order. */
export interface TokenStore {
  get(id: string): Awaitable<string | null | undefined>;
  set(id: string, token: string): Awaitable<unknown>;
  delete(id: string): Awaitable<unknown>;
}

/** What `localStorage` and `sessionStorage` are, and little else. */
export interface StringStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Guests' tokens in `localStorage` or `sessionStorage`, so that a cart outlives its page. */
export function storedIn(storage: StringStorage, prefix = "caddy:"): TokenStore {
  return {
    get: (id) => storage.getItem(prefix + id),
    set: (id, token) => storage.setItem(prefix + id, token),
    delete: (id) => storage.removeItem(prefix + id),
  };
}
