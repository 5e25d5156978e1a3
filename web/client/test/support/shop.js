// A real shop for the tests: the program, on a free port, with a data directory of its own and the sample catalogue.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const generous = {
  SANDBOX_PAYMENTS: "true", GLOBAL_RATE_LIMIT: "1000000", THROTTLER_LIMIT: "1000000", AUTH_RATE_LIMIT: "1000000",
  UNPAID_ORDERS_PER_CUSTOMER_MAX: "100000", UNPAID_ORDERS_PER_ADDRESS_MAX: "1000000", CARTS_PER_CLIENT_PER_HOUR: "1000000",
};

export const password = "a long password here";

/** The program under test: CADDY_PROGRAM, else the sanitized build, else the release build. */
function program() {
  const chosen = process.env.CADDY_PROGRAM;
  const candidates = chosen ? [chosen] : ["dev", "release"].map((build) => join(root, "build", build, "bin", "caddy-shopping"));
  const found = candidates.find((each) => existsSync(each));
  if (!found) throw new Error("no program to test; run 'make dev' or 'make build' first");
  return found;
}

/** @param {Record<string, string>} [settings] */
export async function startShop(settings = {}) {
  const folder = mkdtempSync(join(tmpdir(), "caddy-client-test-"));
  const env = { ...process.env, ...generous, ...settings };
  const data = ["--data-dir", join(folder, "data")];
  /** @param {string[]} words @param {string} [input] */
  const run = (words, input = "") => {
    const done = spawnSync(program(), [...words, ...data], { env, input, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`${words.join(" ")}: ${done.status}\n${done.stdout}${done.stderr}`);
    return done.stdout;
  };
  run(["import", join(root, "samples", "catalogue", "products.csv")]);
  run(["admin", "create", "--email", "admin@example.com", "--password-stdin"], `${password}\n`);

  const log = join(folder, "serve.log");
  const out = openSync(log, "a");
  const child = spawn(program(), ["serve", ...data, "--port", "0", "--admin-port", "0"], { env, stdio: ["ignore", out, out] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const port = async () => {
    for (const limit = Date.now() + 120_000; Date.now() < limit; await pause(20)) {
      const line = readFileSync(log, "utf8").split("\n").slice(0, -1).find((each) => each.includes('"event":"serve.listening"'));
      if (line) return JSON.parse(line).port;
      if (child.exitCode !== null) break;
    }
    child.kill("SIGKILL");
    throw new Error(`the shop does not start:\n${readFileSync(log, "utf8")}`);
  };
  return {
    base: `http://127.0.0.1:${await port()}`,
    run,
    /** Ends it as an orchestrator would; the sanitizers' verdict is in the exit code. */
    stop: async () => {
      child.kill("SIGTERM");
      const code = await ended;
      const text = readFileSync(log, "utf8");
      rmSync(folder, { recursive: true, force: true });
      if (code !== 0) throw new Error(`serve ended with ${code}:\n${text.slice(-4000)}`);
    },
  };
}

/** Where the shop is that test/run.js has started for all tests. */
export function sharedShop() {
  const base = process.env.CADDY_BASE;
  if (!base) throw new Error("run these tests by 'npm test'");
  return base;
}
