// Customers in the back office: found, with their orders, locked out and let in again while a colleague does the same.
import { journeys } from "./office.js";

async function customers({ given, page, desk, go, look, expect, say }) {
  const act = async (of, name) => {
    await of.locator("main .head").getByRole("button", { name, exact: true }).click();
    await of.getByRole("dialog").getByRole("button", { name, exact: true }).click();
  };
  const state = (of, text) => of.locator("main .facts .tag", { hasText: text }).waitFor();
  const lock = say("停用账户", "Lock out"), open = say("恢复账户", "Let in again"), isLocked = say("已停用", "Locked out"), isOpen = say("正常", "Active");

  await go("/customers");
  await look("customers");
  await page.getByLabel(say("搜索", "Search")).fill(given.email);
  await page.waitForURL("**/admin/customers?q=*");
  await page.waitForFunction(() => document.querySelectorAll("main tbody tr").length === 1);
  await page.getByLabel(say("状态", "State")).selectOption("disabled");
  await page.getByText(say("没有符合条件的结果。", "Nothing matches.")).waitFor();
  await page.getByLabel(say("状态", "State")).selectOption("");
  await page.locator("main tbody .row-link").click();
  await page.waitForURL(`**/admin/customers/${given.customer}`);
  await page.locator("main tbody tr", { hasText: given.number }).waitFor();
  await look("customer");
  const other = await desk(given.rival);
  await other.goto(page.url(), { waitUntil: "networkidle" });
  await state(other, isOpen);   // he has read the account before it changes

  await act(page, lock);
  await state(page, isLocked);
  await act(other, lock);   // on what the account was: nothing is done, and the page shows what it is
  await other.getByText(say("期间有人修改了这个账户", "Somebody has changed this account")).waitFor();
  await state(other, isLocked);
  await look("customer-locked");
  await act(page, open);
  await state(page, isOpen);

  await page.locator("main tbody .row-link").click();
  await page.waitForURL("**/admin/orders/*");
  await page.getByRole("link", { name: say("这位顾客的资料和全部订单", "This customer and all of the orders") }).click();
  await page.waitForURL(`**/admin/customers/${given.customer}`);

  const clerk = await desk(given.clerk);   // who may look at customers, and neither change them nor read orders
  await clerk.goto(page.url(), { waitUntil: "networkidle" });
  await state(clerk, isOpen);
  expect(await clerk.getByRole("button", { name: lock }).count() === 0 && await clerk.locator("main table").count() === 0, "what is not permitted is not offered");
}

await journeys({ customers });
