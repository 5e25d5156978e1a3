// Flash sales in the back office: drafted, armed, changed by two at once while it runs, ended; a draft removed.
import { journeys } from "./office.js";

async function flash({ given, page, desk, go, look, expect, say }) {
  const dialog = page.getByRole("dialog");
  const put = (of, label, text) => of.getByRole("dialog").getByLabel(label, { exact: true }).fill(text);
  const head = (of, name) => of.locator("main .head").getByRole("button", { name, exact: true }).click();
  const confirm = (of, name) => of.getByRole("dialog").getByRole("button", { name, exact: true }).click();
  const state = (of, text) => of.locator("main .facts .tag", { hasText: text }).waitFor();
  const add = say("新建闪购", "New flash sale"), save = say("保存", "Save"), title = say("标题", "Title"), stock = say("件数", "Pieces"), quota = say("每人限购", "At most for each");
  const draft = async (name) => {
    await go("/flash-sales");
    await page.getByRole("button", { name: add }).first().click();
    await dialog.getByLabel(title, { exact: true }).waitFor();
    await put(page, title, name);
    await put(page, say("按 SKU 查找", "Find by SKU"), given.sku);
    await page.waitForFunction(() => document.querySelector("dialog[open] select").value.startsWith("var_"));
    await put(page, say("闪购价", "Special price"), "9.90");
    await put(page, stock, "5");
    await put(page, say("开始", "Begins"), given.begins);
    await confirm(page, save);
    await page.waitForURL("**/admin/flash-sales/fsl_*");
    await state(page, say("草稿", "Draft"));
  };

  await go("/flash-sales");
  await look("flash-none");
  await page.getByRole("button", { name: add }).first().click();
  await dialog.getByLabel(title, { exact: true }).waitFor();
  await confirm(page, save);
  await dialog.locator(".wrong").nth(3).waitFor();
  expect(await dialog.locator(".wrong").count() === 4, "what is missing is said at its field");
  await look("flash-new");
  await draft(given.named);
  await head(page, say("就绪", "Arm"));
  await confirm(page, say("就绪", "Arm"));
  await state(page, say("进行中", "Running"));
  await look("flash-running");

  const other = await desk(given.rival);
  await other.goto(page.url(), { waitUntil: "networkidle" });
  await head(page, say("编辑", "Edit"));
  await head(other, say("编辑", "Edit"));
  await put(other, quota, "2");
  await confirm(other, save);
  await other.getByRole("dialog").waitFor({ state: "detached" });
  await put(page, stock, "6");
  await confirm(page, save);
  await dialog.getByRole("button", { name: say("保存合并结果", "Save the merged version") }).click();
  await page.locator("main .figure-remaining", { hasText: /6/ }).waitFor();

  await head(page, say("立即结束", "End at once"));
  await confirm(page, say("立即结束", "End at once"));
  await state(page, say("已取消", "Cancelled"));
  await go("/flash-sales");
  await look("flash");

  await draft(`${given.named} 2`);
  await head(page, say("删除草稿", "Remove the draft"));
  await confirm(page, say("删除草稿", "Remove the draft"));
  await page.waitForURL("**/admin/flash-sales");
  await page.locator("main tbody tr", { hasText: given.named }).waitFor();
  expect(await page.locator("main tbody tr", { hasText: `${given.named} 2` }).count() === 0, "the draft is gone");
}

await journeys({ flash });
