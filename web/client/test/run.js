// Starts one shop and runs every test against it: `node test/run.js [test/some.test.js …]`.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startShop } from "./support/shop.js";

const folder = fileURLToPath(new URL("..", import.meta.url));
const chosen = process.argv.slice(2);
const files = chosen.length > 0 ? chosen
  : readdirSync(new URL(".", import.meta.url)).filter((name) => name.endsWith(".test.js")).map((name) => `test/${name}`);

const longestMs = 900_000;   // a test that never ends must not leave its shop behind

const shop = await startShop();
let code = 1;
try {
  const tests = spawn(process.execPath, ["--test", ...files], {
    cwd: folder, stdio: "inherit", detached: true, env: { ...process.env, CADDY_BASE: shop.base },
  });
  const end = () => { if (tests.pid) process.kill(-tests.pid, "SIGKILL"); };   // with the processes of its files
  const watch = setTimeout(end, longestMs);
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  code = await new Promise((resolve) => tests.once("exit", (status) => resolve(status ?? 1)));
  clearTimeout(watch);
} finally {
  await shop.stop();
}
process.exit(code);
