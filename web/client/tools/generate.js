// Writes src/generated from the OpenAPI fragments of the features: `node tools/generate.js`.
//
//   schema.ts      the types of every schema and operation, by openapi-typescript
//   operations.ts  one constant for each operation, which is all that the runtime needs to know of it, and the codes
//                  that it refuses with
//   shop.ts        the table of those that shoppers use
//   all.ts         the table of all
//   edge_codes.ts  the codes that any operation may be refused with, which no fragment names: read from the sources
//
// A constant reads "METHOD /path flags media": the path without /api/v1; the flags k (takes an Idempotency-Key),
// a (is sent with the access token), c and o (opens with the token of a guest's cart or order); the media type of the
// body where it is not JSON, or * where the body itself knows which of several it is.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..", "..");
const out = join(here, "..", "src", "generated");
const prefix = "/api/v1";
const header = "// Made by tools/generate.js from the features' *_api.yaml. Changes here are lost.\n";
const known = ["body", "idempotencyKey", "ifMatch", "cartToken", "orderToken"];

const fail = (message) => {
  console.error(`generate: ${message}`);
  process.exit(1);
};

const filesIn = (folder, pattern) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(path, pattern);
    return pattern.test(entry.name) ? [path] : [];
  });

const bundled = () => {
  const folder = mkdtempSync(join(tmpdir(), "caddy-client-"));
  const file = join(folder, "openapi.json");
  const python = process.env.PYTHON ?? (existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3");
  const { version } = JSON.parse(readFileSync(join(here, "..", "package.json"), "utf8"));
  try {
    execFileSync(python, [
      join(root, "tools", "bundle_openapi.py"), "--version", version, "--out", file, ...filesIn(join(root, "src"), /_api\.yaml$/).sort(),
    ], { stdio: ["ignore", "inherit", "inherit"] });
    return JSON.parse(readFileSync(file, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const resolve = (document, node) =>
  node.$ref ? node.$ref.slice(2).split("/").reduce((inner, part) => inner[part], document) : node;

const operationsOf = (document) =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).filter(([method]) => method !== "parameters").map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path: path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : fail(`${path} is outside ${prefix}`),
      parameters: [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((each) => resolve(document, each)),
    })));

// Public reads are the same for everybody and stay cacheable; what signs in must not carry a token that has run out.
const isForNobodyInParticular = ({ method, path, "x-access": access }) =>
  access === "anyone" && (method === "GET" || /^\/(auth|hooks|sandbox)\//.test(path));

const constant = (operation) => {
  const headers = new Set(operation.parameters.filter((each) => each.in === "header").map((each) => each.name));
  const names = operation.parameters.filter((each) => each.in !== "header").map((each) => each.name);
  const clash = names.find((name, index) => names.indexOf(name) !== index || known.includes(name));
  if (clash) fail(`${operation.operationId}: two arguments would be called ${clash}`);
  const media = Object.keys(operation.requestBody?.content ?? { "application/json": {} });
  const flags = [
    headers.has("Idempotency-Key") && "k", !isForNobodyInParticular(operation) && "a", headers.has("X-Cart-Token") && "c",
    headers.has("X-Order-Token") && "o",
  ].filter(Boolean).join("");
  return [operation.method, operation.path, flags, media.includes("application/json") ? "" : media.length > 1 ? "*" : media[0]].join(" ").trimEnd();
};

const comment = ({ summary }) => `/** ${summary.replaceAll("*/", "*\\/").trim().replace(/\.?$/, ".")} */`;

// A module of its own, and no spreading: what nobody imports is then left out by every bundler.
const tableOf = (interfaceName, constantName, operations) => [
  header,
  `import * as each from "./operations.js";`, "",
  `export interface ${interfaceName} {`,
  ...operations.flatMap((each) => [`  ${comment(each)}`, `  readonly ${each.operationId}: string;`]),
  "}", "",
  `export const ${constantName}: ${interfaceName} = {`,
  ...operations.map(({ operationId }) => `  ${operationId}: each.${operationId},`),
  "};", "",
].join("\n");

const constants = (operations) => [
  header,
  ...operations.flatMap((each) => [comment(each), `export const ${each.operationId} = ${JSON.stringify(constant(each))};`]), "",
  "/** The codes that an operation refuses with, besides those that any may. */",
  "export interface Codes {",
  ...operations.map((each) => `  ${each.operationId}: ${each["x-codes"].map((code) => JSON.stringify(code)).join(" | ") || "never"};`),
  "}", "",
].join("\n");

const edgeCodes = (document) => [
  header,
  "/** The codes that any operation may be refused with: what is wrong before a feature has seen the request. */",
  "export type EdgeCode =", ...document["x-common-codes"].map(({ code }) => `  | ${JSON.stringify(code)}`), ";", "",
].join("\n");

const document = bundled();
const operations = operationsOf(document);
const types = await openapiTS(document, { defaultNonNullable: false, alphabetize: true, silent: true });
mkdirSync(out, { recursive: true });
writeFileSync(join(out, "schema.ts"), header + astToString(types));
writeFileSync(join(out, "operations.ts"), constants(operations));
writeFileSync(join(out, "edge_codes.ts"), edgeCodes(document));
writeFileSync(join(out, "shop.ts"), tableOf("ShopOperations", "shop", operations.filter(({ path }) => !path.startsWith("/admin/"))));
writeFileSync(join(out, "all.ts"), tableOf("AllOperations", "all", operations));
