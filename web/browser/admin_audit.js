// Who did what in the back office: found by person, act and object, with how it was before and after.
import { journeys } from "./office.js";

async function log({ given, page, go, look, expect, say, rows: shown }) {
  const rows = page.locator("main tbody tr");
  const dialog = page.getByRole("dialog");
  await go("/audit");
  await rows.first().waitFor();
  await page.getByLabel(say("谁", "Who"), { exact: true }).selectOption(given.actor);
  await page.waitForURL("**/audit?actor=*");
  await shown(given.acts);
  expect((await rows.filter({ hasText: given.person }).count()) === given.acts, "each is by whom was asked for, called by name");
  await rows.filter({ hasText: given.price }).first().waitFor();   // an amount as people write it
  await rows.filter({ hasText: say("订单 · 查看", "Orders · See") }).first().waitFor();   // and a permission as the matrix has it
  await look("audit");

  await page.getByLabel(say("做了什么", "What")).selectOption("catalog.product.update");
  await shown(1);
  await rows.first().getByRole("button", { name: say("详情", "Details") }).click();
  await dialog.locator("del", { hasText: given.gone }).waitFor();   // of the tags, the one that went
  expect(await dialog.locator("ins", { hasText: given.kept }).count() === 0, "a tag that stayed is not told as new");
  expect(await dialog.locator("ins", { hasText: given.title }).count() === 1, "the new title is");
  await look("audit-details");
  await dialog.getByRole("button", { name: say("只看这个对象", "Only this object") }).click();
  await page.waitForURL(`**/audit?*subject=${given.product}*`);
  await page.getByLabel(say("到", "Until"), { exact: true }).fill("2020-01-31");
  await page.getByText(say("没有符合条件的结果。", "Nothing matches.")).waitFor();
  await page.getByLabel(say("到", "Until"), { exact: true }).fill("");
  await shown(1);
  await rows.first().getByRole("link", { name: given.title }).click();
  await page.waitForURL(`**/admin/products/${given.product}`);
}

/** Whoever may only read the log learns neither the names of colleagues nor ways that are closed. */
async function reader({ given, page, go, expect }) {
  await go(`/audit?subject=${given.product}&action=catalog.product.update`);
  const row = page.locator("main tbody tr").first();
  await row.getByText(given.actor).waitFor();
  expect(await row.getByRole("link").count() === 0, "no way is shown that is closed");
}

await journeys({ log, reader });
