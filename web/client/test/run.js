// Starts one shop and runs every test against it: `node test/run.js [test/some.test.js …]`.
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startShop } from "./support/shop.js";

const folder = fileURLToPath(new URL("..", import.meta.url));
const chosen = process.argv.slice(2);
const files = chosen.length > 0 ? chosen
  : readdirSync(new URL(".", import.meta.url)).filter((name) => name.endsWith(".test.js")).map((name) => `test/${name}`);

const shop = await startShop();
let code = 1;
try {
  const tests = spawn(process.execPath, ["--test", ...files], {
    cwd: folder, stdio: "inherit", env: { ...process.env, CADDY_BASE: shop.base },
  });
  code = await new Promise((resolve) => tests.once("exit", (status) => resolve(status ?? 1)));
} finally {
  await shop.stop();
}
process.exit(code);
