// What is to be true of every page, whoever it is for: nothing for axe to say, no sideways scrolling, a title; and a picture where
// pictures are asked for.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** `busy` selects what is not yet there; `given` is what the journey was called with; each `fault` is told in a line. */
export async function inspect(page, name, { busy, given, fault }) {
  // A slow machine's network rests while the page is still being made: every page has a heading once it is there.
  await page.waitForFunction((selector) => document.querySelector("main") && document.querySelector("h1") && !document.querySelector(selector), busy);
  await page.waitForLoadState("networkidle");
  await page.evaluate(() => scrollTo(0, 0));
  if (given.shots) {
    mkdirSync(given.shots, { recursive: true });
    await page.screenshot({ path: join(given.shots, `${name}-${given.language}-${given.phone ? "phone" : "desktop"}${given.dark ? "-dark" : ""}.png`), fullPage: true });
  }
  const found = await page.evaluate(`${axe}; axe.run(document, { runOnly: ${JSON.stringify(rules)} })`);
  for (const { id, nodes } of found.violations) fault(`axe ${id}: ${nodes.map((node) => `${node.html.slice(0, 200)} [${node.failureSummary.replace(/\s+/g, " ").slice(0, 240)}]`).join(" | ")}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) fault(`scrolls sideways by ${wide} px`);
  const title = await page.title();
  if (!title.includes("Caddy Shopping")) fault(`title: ${title}`);
}
