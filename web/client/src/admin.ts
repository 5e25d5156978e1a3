import { createClientOf, type ClientOptions } from "./client.js";
import { all, type AllOperations } from "./generated/all.js";
import type { Client } from "./types.js";

export type AdminClient = Client<AllOperations>;

/** A client of every operation, the back office's among them. */
export function createAdminClient(options: ClientOptions): AdminClient {
  return createClientOf(all, options);
}
