// Lighthouse's figures for pages of the shop in a phone's shape: node lighthouse.js '{"base": …, "chromium": …, "paths": ["/"], "least": 95, "report": DIR?}'.
// Prints a line for each page, with what cost points, and exits 1 where a figure is under the least.
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import lighthouse from "lighthouse";
import { chromium } from "playwright-core";

const given = JSON.parse(process.argv[2]);
const kinds = ["performance", "accessibility", "best-practices", "seo"];

const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => { const { port } = server.address(); server.close(() => resolve(port)); });
});

const port = await freePort();
const browser = await chromium.launch({ executablePath: given.chromium, args: ["--no-sandbox", `--remote-debugging-port=${port}`] });
let isLow = false;
try {
  for (const path of given.paths) {
    const { lhr } = await lighthouse(given.base + path, { port, onlyCategories: kinds, logLevel: "error", locale: "en" });
    if (lhr.runtimeError) throw new Error(`${path}: ${lhr.runtimeError.message}`);
    const scores = kinds.map((kind) => [kind, Math.round(lhr.categories[kind].score * 100)]);
    console.log(`${path}: ${scores.map(([kind, score]) => `${kind} ${score}`).join(", ")}`);
    for (const kind of kinds) {
      for (const { id, weight } of lhr.categories[kind].auditRefs) {
        const { score, displayValue, title } = lhr.audits[id];
        if (weight && score !== null && score < 0.9) console.log(`  ${kind} ${id}: ${score} ${displayValue ?? ""} (${title})`);
      }
    }
    isLow ||= scores.some(([, score]) => score < given.least);
    if (given.report) {
      mkdirSync(given.report, { recursive: true });
      writeFileSync(join(given.report, `${path.replaceAll("/", "_")}.json`), JSON.stringify(lhr));
    }
  }
} finally {
  await browser.close();
}
process.exit(isLow ? 1 : 0);
