// Webhooks in the back office: added with a secret shown once, tried, looked at, sent again, paused while a colleague changes it, removed.
import { journeys } from "./office.js";

async function webhooks({ given, page, desk, go, look, expect, say, rows }) {
  const dialog = page.getByRole("dialog");
  const head = (of, name) => of.locator("main .head").getByRole("button", { name, exact: true }).click();
  const confirm = (of, name) => of.getByRole("dialog").getByRole("button", { name, exact: true }).click();
  const add = say("添加推送地址", "Add a webhook"), save = say("保存", "Save"), url = say("地址", "Address"), events = say("事件", "Events");
  const delivered = page.locator("main tbody tr", { hasText: say("已送达", "Delivered") });

  await go("/webhooks");
  await look("webhooks-none");
  await page.getByRole("button", { name: add }).first().click();
  await confirm(page, save);
  await dialog.locator(".wrong").nth(1).waitFor();
  expect(await dialog.locator(".wrong").count() === 2, "what is missing is said at its field");
  await dialog.getByLabel(url, { exact: true }).fill(given.hook);
  await dialog.getByLabel(events, { exact: true }).fill("orders.sold,");
  await confirm(page, save);
  await dialog.locator(".wrong").waitFor();   // there is no such event: the shop says so
  await dialog.locator(".token button").click();
  await dialog.getByLabel(events, { exact: true }).fill("orders.*,");
  await confirm(page, save);
  await dialog.locator(".secret").waitFor();
  expect((await dialog.locator(".secret").textContent()).startsWith("whsec_"), "the secret is shown");
  await look("webhook-secret");
  await confirm(page, say("我已保存", "I have kept it"));
  await page.locator("main tbody .row-link").click();
  await page.waitForURL("**/admin/webhooks/whk_*");

  await head(page, say("发送测试", "Send a test"));
  await delivered.waitFor();
  await look("webhook");
  await delivered.getByRole("button").click();
  await dialog.locator(".payload").first().waitFor();
  expect((await dialog.textContent()).includes("thanks"), "what the receiver answered is shown");
  await look("webhook-delivery");
  await confirm(page, say("重新推送", "Send again"));
  await dialog.waitFor({ state: "detached" });
  await rows(1);   // as it has become: it waits anew, and is followed to its end
  await delivered.waitFor();

  await page.getByRole("button", { name: say("按时间重新推送", "Send a time again") }).click();
  await confirm(page, say("重新推送", "Send again"));
  await dialog.locator(".wrong").waitFor();
  await dialog.getByLabel(say("从", "From"), { exact: true }).fill("2020-01-01T00:00");
  await dialog.getByLabel(say("到", "Until"), { exact: true }).fill("2020-01-02T00:00");
  await confirm(page, say("重新推送", "Send again"));
  await dialog.waitFor({ state: "detached" });

  const other = await desk(given.rival);
  await other.goto(page.url(), { waitUntil: "networkidle" });
  await head(page, say("编辑", "Edit"));
  await dialog.getByLabel(say("说明", "Description"), { exact: true }).fill("ERP");
  await head(other, say("暂停", "Pause"));
  await confirm(other, say("暂停", "Pause"));
  await other.locator("main .facts .tag", { hasText: say("已暂停", "Paused") }).waitFor();
  await confirm(page, save);   // on what it was; nobody changed what is written here, and the merge says so
  await dialog.getByRole("button", { name: say("保存合并结果", "Save the merged version") }).click();
  await page.locator("main .facts", { hasText: "ERP" }).waitFor();
  await head(page, say("启用", "Set active"));
  await confirm(page, say("启用", "Set active"));
  await page.locator("main .facts .tag", { hasText: say("启用", "Active") }).waitFor();

  await head(page, say("更换密钥", "New secret"));
  await confirm(page, say("更换密钥", "New secret"));
  await dialog.locator(".secret").waitFor();
  await confirm(page, say("我已保存", "I have kept it"));
  await head(page, say("删除", "Remove"));
  await confirm(page, say("删除", "Remove"));
  await page.waitForURL("**/admin/webhooks");
  await page.getByText(say("还没有推送地址。", "No webhooks yet.")).waitFor();
}

await journeys({ webhooks });
