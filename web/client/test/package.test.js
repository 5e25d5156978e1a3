import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";
import * as operations from "@caddy-shopping/client/operations";
import { createClient } from "@caddy-shopping/client";
import { createAdminClient } from "@caddy-shopping/client/admin";
import { sharedShop } from "./support/shop.js";

const run = promisify(execFile);
const folder = fileURLToPath(new URL("..", import.meta.url));
const baseUrl = sharedShop();

/** What a browser would load. @param {string} contents */
function bundled(contents) {
  const { outputFiles: [file] } = buildSync({
    stdin: { contents, resolveDir: folder }, bundle: true, minify: true, format: "esm", target: "es2022", platform: "browser",
    write: false, logLevel: "silent",
  });
  assert.ok(file);
  return { text: file.text, bytes: gzipSync(file.contents, { level: 9 }).length };
}

const compiler = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));

test("tests, examples and claims about types compile strictly", async () => {
  const { stdout } = await run(process.execPath, [compiler, "-p", "tsconfig.test.json"], { cwd: folder }).catch((error) => error);
  assert.equal(stdout, "");
});

test("a storefront loads 5 KB at most", (t) => {
  const { bytes } = bundled('export * from "@caddy-shopping/client";');
  t.diagnostic(`${bytes} bytes, minified and compressed`);
  assert.ok(bytes <= 5 * 1024, `${bytes} bytes`);
});

test("a bundler leaves out the operations that are not imported", (t) => {
  const few = bundled(`
    import { createClientOf } from "@caddy-shopping/client";
    import { listProducts } from "@caddy-shopping/client/operations";
    export const shop = createClientOf({ listProducts }, { baseUrl: "" });`);
  t.diagnostic(`${few.bytes} bytes with one operation`);
  assert.match(few.text, /GET \/products/);
  assert.doesNotMatch(few.text, /checkOutCart|\/checkout|\/admin\//);
  assert.doesNotMatch(bundled('export * from "@caddy-shopping/client";').text, /\/admin\//);
  const errors = bundled('export { ProblemError } from "@caddy-shopping/client";');
  assert.ok(errors.bytes < 512, `${errors.bytes} bytes`);
});

test("the package needs no other package", () => {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  assert.equal(dependencies, undefined);
  assert.equal(peerDependencies, undefined);
  for (const name of readdirSync(join(folder, "dist")).filter((each) => each.endsWith(".js"))) {
    const imports = readFileSync(join(folder, "dist", name), "utf8").match(/from "[^"]+"/g) ?? [];
    assert.ok(imports.every((each) => each.startsWith('from "./')), `${name}: ${imports}`);
  }
});

test("there is a method for each operation that the shop serves", async () => {
  const { paths } = await (await fetch(`${baseUrl}/api/v1/openapi.json`)).json();
  const served = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).filter(([method]) => method !== "parameters").map(([method, { operationId }]) =>
      [operationId, `${method.toUpperCase()} ${path.replace("/api/v1", "")}`]));
  const known = new Map(Object.entries(operations));
  const missing = served.filter(([id, line]) => known.get(id)?.split(" ").slice(0, 2).join(" ") !== line);
  assert.deepEqual(missing, []);
  const ids = served.map(([id]) => id);
  assert.ok(ids.every((id) => id in createAdminClient({ baseUrl })));
  assert.ok("listProducts" in createClient({ baseUrl }) && !("refundOrder" in createClient({ baseUrl })));
});

test("the examples of the README run as they stand", async () => {
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  /** @type {Map<string, string>} */
  const programs = new Map();
  for (const [, name, text] of readme.matchAll(/```js (\w+)\n([\s\S]*?)```/g)) {
    programs.set(name ?? "", (programs.get(name ?? "") ?? "") + text);
  }
  assert.deepEqual([...programs.keys()], ["tour", "admin", "few"]);
  const scratch = mkdtempSync(join(folder, "test", ".readme-"));   // inside, where the package resolves to itself
  try {
    for (const [name, text] of programs) {
      const file = join(scratch, `${name}.mjs`);
      writeFileSync(file, text.replaceAll("https://shop.example", baseUrl));
      await run(process.execPath, [file]);
    }
  } finally {
    rmSync(scratch, { recursive: true });
  }
});

test("the journey among the examples ends with a paid order", async () => {
  const { stdout } = await run(process.execPath, ["examples/journey.js", baseUrl], { cwd: folder });
  assert.match(stdout, /: paid\n$/);
});
