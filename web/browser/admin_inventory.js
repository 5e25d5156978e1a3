// Stock in the back office: found, adjusted by a difference and by a count, its low mark set, its ledger read.
import { journeys } from "./office.js";

async function inventory({ given, page, desk, go, look, say, rows }) {
  const dialog = page.getByRole("dialog");
  const adjust = say("调整", "Adjust"), mark = say("偏低线", "Low mark");
  const onHand = async (of, text) => of.locator(".on-hand", { hasText: new RegExp(`^${text}$`) }).waitFor();
  const open = (name, of = page) => of.locator("main .head").getByRole("button", { name, exact: true }).click();

  await go("/inventory");
  await look("inventory");
  await page.getByLabel(say("搜索", "Search")).fill(given.sku);
  await page.waitForURL(`**/admin/inventory?q=${given.sku}`);
  await rows(1);
  await page.getByLabel(say("显示", "Show")).selectOption("true");
  await page.getByText(say("没有符合条件的结果。", "Nothing matches.")).waitFor();
  await page.getByLabel(say("显示", "Show")).selectOption("");
  await page.locator("main tbody .row-link").click();
  await page.waitForURL(`**/admin/inventory/${given.variant}`);
  await onHand(page, given.before);
  const other = await desk(given.rival);
  await other.goto(page.url(), { waitUntil: "networkidle" });
  await onHand(other, given.before);   // he has read the figure before it changes

  await open(adjust);
  await dialog.getByRole("button", { name: adjust, exact: true }).click();
  await dialog.locator(".wrong").first().waitFor();
  await dialog.getByLabel(say("增加或减少", "More or less by")).fill("-2");
  await dialog.getByLabel(say("原因", "Reason")).fill(given.reason);
  await look("stock-adjust");
  await dialog.getByRole("button", { name: adjust, exact: true }).click();
  await onHand(page, given.before - 2);
  await page.locator("main tbody tr", { hasText: given.reason }).waitFor();

  // The colleague counted before that: his figure does not overwrite, and he sees what is there now.
  const theirs = other.getByRole("dialog");
  await open(adjust, other);
  await theirs.getByLabel(say("盘点", "Counted")).check();
  await theirs.getByLabel(say("现有数量", "On hand"), { exact: true }).fill("5");
  await theirs.getByLabel(say("原因", "Reason")).fill(say("盘点", "Counted"));
  await theirs.getByRole("button", { name: adjust, exact: true }).click();
  await theirs.getByRole("alert").waitFor();
  await onHand(other, given.before - 2);
  await theirs.getByRole("button", { name: adjust, exact: true }).click();
  await onHand(other, 5);
  await theirs.waitFor({ state: "detached" });

  // Both set the low mark: the second is asked whose shall stand.
  await open(mark, other);
  await theirs.getByLabel(mark, { exact: true }).fill("3");
  await theirs.getByRole("button", { name: say("保存", "Save"), exact: true }).click();
  await other.locator(".low-mark", { hasText: /^3$/ }).waitFor();
  await open(mark);
  await dialog.getByLabel(mark, { exact: true }).fill("9");
  await dialog.getByRole("button", { name: say("保存", "Save"), exact: true }).click();
  await page.locator("fieldset.both").waitFor();
  await look("stock-merge");
  await page.locator("fieldset.both").getByLabel(say("我的", "Mine")).check();
  await page.getByRole("button", { name: say("保存合并结果", "Save the merged version") }).click();
  await page.locator(".low-mark", { hasText: /^9$/ }).waitFor();
  await page.waitForFunction(() => !document.querySelector("dialog[open]"));
  await look("stock");
  await go(`/inventory?q=${given.sku}&low=true`);
  await rows(1);   // it counts as low now
}

await journeys({ inventory });
