// Those who run the shop: the system with its pods and settings, background jobs that stopped, and the stock's books.
import { journeys } from "./office.js";

async function system({ given, page, go, look, expect, say }) {
  await go("/system");
  await page.locator("main .pod-name").first().waitFor();
  await look("system");
  const settings = page.locator("main table").last();
  await page.getByLabel(say("只看与默认不同的", "Only what differs from the default")).uncheck();
  await page.getByLabel(say("查找", "Find"), { exact: true }).fill("jwt_secret");
  await settings.getByText("JWT_SECRET", { exact: true }).waitFor();
  expect(await settings.locator("tbody tr").count() === 2, "the key and the one before it are found");
  const told = await page.content();
  for (const secret of given.secrets) expect(!told.includes(secret), "a secret is shown");
}

async function jobs({ given, page, go, look, expect, say }) {
  const dialog = page.getByRole("dialog");
  const retry = say("重试", "Retry"), retryAll = say("全部重试", "Retry all"), replay = say("重新投递", "Deliver again");
  await go("/jobs");
  await page.locator(".count.parked").waitFor();
  await look("jobs");
  await page.locator(".count.parked").click();
  await page.waitForURL("**/admin/jobs?*state=parked*");
  const rows = page.locator("main table").last().locator("tbody tr");
  await page.waitForFunction((count) => [...document.querySelectorAll("main table")].at(-1).querySelectorAll("tbody .tag.bad").length === count, given.parked);
  await rows.first().getByText(given.error).waitFor();

  await rows.first().getByRole("button", { name: retry, exact: true }).click();
  await look("jobs-retry");
  await dialog.getByRole("button", { name: retry, exact: true }).click();
  await dialog.waitFor({ state: "detached" });
  await page.waitForFunction((count) => [...document.querySelectorAll("main table")].at(-1).querySelectorAll("tbody .tag.bad").length === count, given.parked - 1);
  await page.getByRole("button", { name: retryAll, exact: true }).click();
  await dialog.getByRole("button", { name: retryAll, exact: true }).click();
  await page.getByText(say("没有符合条件的结果。", "Nothing matches.")).waitFor();
  await page.locator(".count.parked").waitFor({ state: "detached" });

  await page.getByRole("button", { name: replay, exact: true }).click();
  await dialog.getByLabel(say("类型", "Kind"), { exact: true }).fill("catalog.product_changed");
  await dialog.getByRole("button", { name: replay, exact: true }).click();
  await dialog.locator(".wrong").first().waitFor();   // when, is not said
  await dialog.getByLabel(say("发生于", "Happened from")).fill("2020-01-01T00:00");
  await dialog.getByLabel(say("早于", "Before")).fill("2019-02-01T00:00");
  await dialog.getByRole("button", { name: replay, exact: true }).click();
  await dialog.getByRole("alert").waitFor();   // it would end before it begins
  await look("jobs-replay");
  await dialog.getByLabel(say("早于", "Before")).fill("2020-02-01T00:00");
  await dialog.getByRole("button", { name: replay, exact: true }).click();
  await page.getByText(say("已重新投递 0 个事件", "0 events are delivered again")).waitFor();   // it is said for some seconds only
  await dialog.waitFor({ state: "detached" });
  expect(await page.locator("main .notice").count() === 0, "no trouble is told of");
}

async function books({ page, go, look, say }) {
  await go("/inventory");
  await page.getByRole("link", { name: say("核对账目", "Check the books") }).click();
  await page.waitForURL("**/admin/inventory/audit");
  await page.locator("main .notice.good").waitFor();
  await look("stock-audit");
}

await journeys({ system, jobs, books });
