import { createClientOf, type ClientOptions } from "./client.js";
import { shop, type ShopOperations } from "./generated/shop.js";
import type { Client } from "./types.js";

export type ShopClient = Client<ShopOperations>;

/** A client of everything that shoppers do. The back office is in `@caddy-shopping/client/admin`. */
export function createClient(options: ClientOptions): ShopClient {
  return createClientOf(shop, options);
}

export { answerOf, etagOf, type Answer } from "./answers.js";
export { createClientOf, type ClientOptions } from "./client.js";
export { NetworkError, ProblemError, TimeoutError } from "./errors.js";
export type { EdgeCode } from "./generated/edge_codes.js";
export type { Codes } from "./generated/operations.js";
export type { ShopOperations } from "./generated/shop.js";
export type { Tokens } from "./session.js";
export { storedIn, type StringStorage, type TokenStore } from "./stores.js";
export type {
  AnswerOf, ArgumentsOf, CallOptions, Client, CodeOf, ForeignCode, Method, OperationId, ProblemOf, Schemas, Version,
} from "./types.js";
