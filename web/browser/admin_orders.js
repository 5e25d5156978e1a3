// Orders in the back office: found, sent in part and whole, refunded by pieces and by amount, cancelled.
import { journeys } from "./office.js";

/** A paid order goes its way: two parcels, a refund of a piece, one of an amount, delivered; a colleague is a step ahead once. */
async function orders({ given, page, desk, go, look, say, rows }) {
  const head = page.locator("main .head");
  const dialog = page.getByRole("dialog");
  const confirm = (name) => dialog.getByRole("button", { name, exact: true }).click();
  const state = (text, of = page) => of.locator("main .head .tag", { hasText: new RegExp(`^${text}$`) }).waitFor();
  const send = say("发货", "Send"), refund = say("退款", "Refund"), cancel = say("取消订单", "Cancel order");

  await go("/orders");
  await look("orders");
  await page.getByLabel(say("搜索", "Search")).fill(given.number);
  await page.waitForURL(`**/admin/orders?q=${given.number}`);
  await rows(1);
  await page.getByLabel(say("状态", "State")).selectOption("paid");
  await page.waitForURL("**status=paid**");
  await page.getByLabel(say("下单起", "Placed from")).fill("2020-01-01");
  await page.waitForURL("**from=2020-01-01**");
  await page.reload({ waitUntil: "networkidle" });
  await rows(1);   // the filters stand in the address
  await page.getByLabel(say("下单止", "Placed until")).fill("2020-01-02");
  await page.getByText(say("没有符合条件的结果。", "Nothing matches.")).waitFor();
  await go(`/orders?q=${given.number}`);
  await page.getByRole("link", { name: given.number }).click();
  await page.waitForURL(`**/admin/orders/${given.order}`);
  await state(say("已付款", "Paid"));
  await look("order");

  const other = await desk(given.rival);
  await other.goto(page.url(), { waitUntil: "networkidle" });
  await state(say("已付款", "Paid"), other);   // he has read the order before it changes

  await head.getByRole("button", { name: send, exact: true }).click();
  await dialog.getByRole("button", { name: say("清空", "Take none") }).click();
  await confirm(send);
  await dialog.getByRole("alert").waitFor();
  await dialog.locator("input[type=number]").first().fill("1");
  await dialog.getByLabel(say("运单号", "Tracking number")).fill("SF1234567890");
  await look("order-send");
  await confirm(send);
  await state(say("备货中", "Being packed"));
  await page.locator(".done", { hasText: "SF1234567890" }).waitFor();

  // The colleague has not seen the parcel, and asks for more than is left: he is refused, and sees how it stands.
  await other.locator("main .head").getByRole("button", { name: send, exact: true }).click();
  await other.getByRole("dialog").getByRole("button", { name: send, exact: true }).click();
  await other.getByRole("dialog").getByRole("alert").waitFor();
  await other.locator(".done", { hasText: "SF1234567890" }).waitFor();

  await head.getByRole("button", { name: refund, exact: true }).click();
  await dialog.locator("input[type=number]").last().fill("1");
  await confirm(refund);
  await dialog.locator(".wrong").waitFor();   // it wants a reason
  await dialog.getByLabel(say("原因", "Reason")).fill(say("路上碎了", "Broken in transit"));
  await dialog.getByLabel(say("商品放回库存", "Put the goods back in stock")).check();
  await look("order-refund");
  await confirm(refund);
  await page.locator(".done .tag.good", { hasText: say("已退款", "Refunded") }).waitFor();

  await head.getByRole("button", { name: refund, exact: true }).click();
  await dialog.getByLabel(say("按金额", "By amount")).check();
  await dialog.getByLabel(say("金额", "Amount"), { exact: true }).fill("9999999");
  await dialog.getByLabel(say("原因", "Reason")).fill(say("致歉", "An apology"));
  await confirm(refund);
  await dialog.locator(".wrong").waitFor();
  await dialog.getByLabel(say("金额", "Amount"), { exact: true }).fill("1.50");
  await confirm(refund);
  await page.waitForFunction(() => document.querySelectorAll(".done .tag.good").length === 2);

  await head.getByRole("button", { name: send, exact: true }).click();
  await confirm(send);   // what is left is chosen already
  await head.getByRole("button", { name: send, exact: true }).waitFor({ state: "detached" });
  await head.getByRole("button", { name: say("标为已送达", "Mark delivered") }).click();
  await confirm(say("标为已送达", "Mark delivered"));
  await state(say("已送达", "Delivered"));
  await page.getByLabel(say("给同事的备注", "Note for colleagues")).fill(given.note);
  await page.getByRole("button", { name: say("添加备注", "Add note") }).click();
  await page.locator(".timeline li", { hasText: given.note }).waitFor();
  await look("order-done");

  await go(`/orders/${given.unpaid}`);
  await head.getByRole("button", { name: cancel, exact: true }).click();
  await confirm(cancel);
  await dialog.getByRole("alert").waitFor();
  await dialog.locator("textarea").fill(say("缺货", "None left"));
  await confirm(cancel);
  await state(say("已取消", "Cancelled"));

  await go(`/orders/${given.transfer}`);
  await page.getByRole("button", { name: say("确认已到账", "Money has come") }).click();
  await confirm(say("确认已到账", "Money has come"));
  await state(say("已付款", "Paid"));
}

/** Who may only read orders is offered nothing else. */
async function reader({ given, page, go, look, expect }) {
  await go(`/orders/${given.order}`);
  await page.locator(".timeline li").first().waitFor();
  expect(await page.locator("main .head button").count() === 0 && await page.locator("main textarea").count() === 0, "a reader is offered no change");
  await look("order-reader");
}

await journeys({ orders, reader });
