// What every journey through the back office shares: the browser, signing in, and what is to be true of every page.
// A journey's file calls `journeys({ name: async (office) => … })`, and is run as `node admin.js '{"base": …, "journey": "name"}'`; it prints
// what went wrong, one line each, and exits 1 where anything did.
import { join } from "node:path";
import { chromium } from "playwright-core";
import { inspect } from "./look.js";

const sessionKey = "caddy:office:session";

export async function journeys(table) {
  const given = JSON.parse(process.argv[2]);
  const faults = [];
  let step = "start";
  const fault = (text) => faults.push(`${step}: ${text}`);
  const refused = [given.refused ?? []].flat();   // the statuses that this journey is about

  const browser = await chromium.launch({ executablePath: given.chromium, args: ["--no-sandbox"] });
  const shape = given.phone ? { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } : { viewport: { width: 1360, height: 900 } };

  /** Another browser of one's own, signed in as whose session is given. */
  async function desk(session) {
    const context = await browser.newContext({ locale: given.language === "en" ? "en-GB" : "zh-CN", colorScheme: given.dark ? "dark" : "light", reducedMotion: "reduce", bypassCSP: false, ...shape });
    context.setDefaultTimeout(60_000);
    if (session) await context.addInitScript(([key, tokens]) => { if (!sessionStorage.getItem("begun")) { sessionStorage.setItem("begun", "1"); localStorage.setItem(key, tokens); } }, [sessionKey, JSON.stringify(session)]);
    const page = await context.newPage();
    page.on("console", (message) => { if (["error", "warning"].includes(message.type()) && !refused.some((status) => message.text().includes(`status of ${status}`))) fault(`console: ${message.text()}`); });
    page.on("pageerror", (error) => fault(`script: ${error.stack}`));
    page.on("request", (request) => { const url = new URL(request.url()); if (url.origin !== given.base && !["data:", "blob:"].includes(url.protocol)) fault(`request to ${request.url()}`); });
    page.on("response", (response) => { if (response.status() >= 400 && !refused.includes(response.status())) fault(`${response.status()} for ${response.url()}`); });
    return page;
  }

  const page = await desk(given.session);

  async function look(name, of = page) {
    step = name;
    await inspect(of, name, { busy: "main .bone, .stale, [aria-busy=true]", given, fault });
  }

  const office = {
    given, page, look, desk, fault,
    english: given.language === "en",
    /** The word of the journey's language. */
    say: (zh, en) => (given.language === "en" ? en : zh),
    expect: (condition, text) => { if (!condition) fault(text); },
    /** Waits until a list has so many rows, and is being read no longer. */
    rows: (count, of = page) => of.waitForFunction((size) => document.querySelectorAll("main tbody:not(.stale) tr").length === size && !document.querySelector("main [aria-busy=true]"), count),
    /** To a page of the back office, and waits until it is there. */
    go: async (path, of = page) => {
      step = path;
      await of.goto(`${given.base}/admin${path}`, { waitUntil: "networkidle" });
      await of.locator("main h1").first().waitFor();
    },
  };
  try {
    await table[given.journey](office);
  } catch (error) {
    fault(error.stack);
    if (given.shots) await page.screenshot({ path: join(given.shots, `failed-${given.journey}.png`) }).catch(() => undefined);
  } finally {
    await browser.close();
  }
  if (faults.length) {
    console.log(faults.join("\n"));
    process.exit(1);
  }
}
