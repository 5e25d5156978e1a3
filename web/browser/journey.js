// A guest's purchase or a customer's, as a person makes it: node journey.js '{"base": …, "chromium": …, "language": "en", "phone": true, "journey": "guest", "shots": DIR?}'.
// Prints what went wrong, one line each, and exits 1 where anything did.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { inspect } from "./look.js";

const given = JSON.parse(process.argv[2]);
const english = given.language === "en";
const faults = [];
let step = "start";
const fault = (text) => faults.push(`${step}: ${text}`);

const words = english
  ? { add: "Add to cart", checkout: "Check out", email: "E-mail", name: "Full name", phone: "Phone", line1: "Street and number", province: "Province or state",
      city: "City", district: "District", place: "Place order", pay: "Pay now", decline: "Decline", again: "Try paying again", paid: "Paid", search: "Search the shop", register: "Create an account", password: "Password", account: "Account",
      addAddress: "Add an address", save: "Save", orders: "My orders", cancel: "Cancel order", refunded: "Refunded", signOut: "Sign out", buy: "Buy now", toOrder: "Go and pay", soldOut: "Sold out", notYet: "Not started yet", late: "Too late" }
  : { add: "加入购物车", checkout: "去结算", email: "电子邮箱", name: "收件人", phone: "手机号码", line1: "详细地址", province: "省份",
      city: "城市", district: "区县", place: "提交订单", pay: "确认付款", decline: "拒绝付款", again: "重新付款", paid: "已付款", search: "搜索商品", register: "注册", password: "密码", account: "账户",
      addAddress: "添加地址", save: "保存", orders: "我的订单", cancel: "取消订单", refunded: "已退款", signOut: "退出登录", buy: "立即抢购", toOrder: "去付款", soldOut: "已抢完", notYet: "尚未开始", late: "来晚了" };

const browser = await chromium.launch({ executablePath: given.chromium, args: ["--no-sandbox"] });
const context = await browser.newContext({
  locale: english ? "en-GB" : "zh-CN", colorScheme: given.dark ? "dark" : "light", reducedMotion: "reduce", bypassCSP: false,
  ...(given.phone ? { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } : { viewport: { width: 1280, height: 860 } }),
});
context.setDefaultTimeout(60_000);
const page = await context.newPage();
let isAway = false;   // while the network is cut, the browser says so on its console
page.on("console", (message) => {
  const text = message.text();
  const isMeant = text.includes(`status of ${given.refused}`) || (isAway && text.includes("ERR_INTERNET_DISCONNECTED"));
  if (["error", "warning"].includes(message.type()) && !isMeant) fault(`console: ${text}`);
});
page.on("pageerror", (error) => fault(`script: ${error.stack}`));
page.on("request", (request) => { if (new URL(request.url()).origin !== given.base) fault(`request to ${request.url()}`); });
page.on("response", (response) => { if (response.status() >= 400 && response.status() !== given.refused) fault(`${response.status()} for ${response.url()}`); });

async function look(name) {
  step = name;
  await inspect(page, name, { busy: "main .bone, .totals.busy", given, fault });
}

function expect(condition, text) {
  if (!condition) fault(text);
}

async function fillAddress() {
  await page.getByLabel(words.name, { exact: true }).fill("李雷");
  await page.getByLabel(words.phone, { exact: true }).fill("+86 138 0000 0000");
  await page.getByLabel(words.province).selectOption("浙江省");
  await page.getByLabel(words.city, { exact: true }).selectOption("杭州市");
  await page.getByLabel(words.district).selectOption("西湖区");
  await page.getByLabel(words.line1).fill("文三路 1 号");
}

/** Registers with something in the cart, buys with a saved address, and takes it back. */
async function customer() {
  await page.goto(`${given.base}/products/spring-longjing`, { waitUntil: "networkidle" });
  await page.getByRole("button", { name: words.add }).click();
  await page.locator("dialog[open] .totals").waitFor();
  await page.waitForFunction(() => !document.querySelector("dialog .busy, dialog button.link:disabled"));
  await page.goto(`${given.base}/orders`, { waitUntil: "networkidle" });
  await page.getByRole("link", { name: words.register }).click();
  await page.waitForURL("**/register?**");
  await look("register");
  await page.getByLabel(words.email).fill(given.email);
  await page.getByLabel(words.password).fill("nine green teapots");
  await page.getByRole("main").getByRole("button", { name: words.register }).click();
  await page.waitForURL(`${given.base}/orders`);
  await look("orders-none");
  expect(await page.locator(".badge").textContent() === "1", "the guest's cart has become the customer's");

  await page.getByRole("link", { name: words.account, exact: true }).click();
  await page.waitForURL("**/account");
  await look("account");
  await page.goto(`${given.base}/account/addresses`, { waitUntil: "networkidle" });
  await page.getByRole("button", { name: words.addAddress }).click();
  await fillAddress();
  await look("address");
  await page.getByRole("button", { name: words.save }).click();
  await page.getByText("文三路 1 号").first().waitFor();
  await look("addresses");
  await page.goto(`${given.base}/account/devices`, { waitUntil: "networkidle" });
  await page.getByText("Chrome · ").first().waitFor();
  await look("devices");

  await page.goto(`${given.base}/checkout`, { waitUntil: "networkidle" });
  await page.waitForFunction(() => document.querySelector("input[name=method]:checked") && !document.querySelector(".totals.busy"));
  await page.getByRole("button", { name: words.place }).click();
  await page.waitForURL("**/pay/*");
  await page.getByRole("button", { name: words.pay }).click();
  await page.locator(".status", { hasText: words.paid }).waitFor();
  await page.getByRole("button", { name: words.cancel }).click();
  await page.getByRole("button", { name: words.cancel }).click();
  await page.locator(".status", { hasText: words.refunded }).waitFor();
  await look("order-refunded");
  await page.goto(`${given.base}/orders`, { waitUntil: "networkidle" });
  await look("orders");
  await page.goto(`${given.base}/account/security`, { waitUntil: "networkidle" });
  await security();
  if (!given.closes) await page.getByRole("button", { name: words.signOut }).click();
  await page.waitForURL(`${given.base}/`);
  expect(await page.evaluate(() => localStorage.getItem("caddy:session")) === null, "nothing of the session is left");
}

/** Another password, another mail, a copy of everything, and for some the end of the account. */
async function security() {
  const say = (zh, en) => (english ? en : zh);
  const change = page.getByRole("button", { name: say("修改密码", "Change the password") });
  await page.getByText(say("未验证", "Not verified"), { exact: true }).waitFor();
  await page.getByRole("button", { name: say("重新寄出验证邮件", "Send the mail again") }).click();
  await page.getByRole("status").filter({ hasText: say("已寄出", "on its way") }).waitFor();
  await page.getByLabel(say("当前密码", "Current password")).fill("not this one at all");
  await page.getByLabel(say("新密码", "New password")).fill("ten blue teapots");
  await change.click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel(say("当前密码", "Current password")).fill("nine green teapots");
  await change.click();
  await page.getByRole("status").filter({ hasText: say("密码已修改", "password is changed") }).waitFor();
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: say("下载我的数据", "Download my data") }).click();
  const copy = JSON.parse(readFileSync(await (await coming).path(), "utf8"));
  expect(copy.profile.email === given.email && copy.orders.length === 1, "the copy is the customer's own");
  await look("security");
  if (!given.closes) return;
  await page.getByRole("button", { name: say("注销账户", "Close the account"), exact: true }).click();
  await page.getByLabel(say("输入密码以确认", "Your password, to be sure")).fill("ten blue teapots");
  await look("security-closing");
  await page.getByRole("button", { name: say("永久注销账户", "Close it for good") }).click();
}

/** What another shopper does meanwhile, straight at the API. */
async function buyElsewhere(handle) {
  const call = async (method, path, body, headers = {}) => {
    const answer = await fetch(`${given.base}/api/v1${path}`, { method, headers: { "Content-Type": "application/json", ...headers }, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const { variants: [variant] } = await call("GET", `/products/${handle}`);
  const cart = await call("POST", "/carts", {});
  const proof = { "X-Cart-Token": cart.token };
  await call("POST", `/carts/${cart.id}/lines`, { variant_id: variant.id, quantity: 1 }, proof);
  const { data: [method] } = await call("GET", `/shipping-methods?cart=${cart.id}`, undefined, proof);
  const shipping_address = { name: "韩梅梅", phone: "+86 139 0000 0000", country: "CN", province: "浙江省", city: "杭州市", district: "西湖区", line1: "文三路 2 号", line2: "", postal_code: "" };
  await call("PATCH", `/carts/${cart.id}`, { email: "other@example.com", shipping_method_id: method.id, shipping_address }, proof);
  await call("POST", `/carts/${cart.id}/checkout`, { payment_provider: "sandbox" }, { ...proof, "Idempotency-Key": `elsewhere-${cart.id}` });
}

/** The last piece is sold to somebody else while the shopper looks at the checkout. */
async function shortage() {
  await page.goto(`${given.base}/products/${given.handle}`, { waitUntil: "networkidle" });
  await page.getByRole("button", { name: words.add }).click();
  await page.locator("dialog[open] .totals").waitFor();
  await page.waitForFunction(() => !document.querySelector("dialog .busy, dialog button.link:disabled"));
  await answersLate("**/carts/*/lines/*", async () => {
    await page.locator("dialog").getByRole("button", { name: "One more" }).click();
    await page.locator("dialog .quantity output", { hasText: "2" }).waitFor();
    expect(await page.locator(".badge").textContent() === "2", "a change shows before the shop has answered");
  });
  await page.locator("dialog").getByRole("alert").waitFor();
  expect(await page.locator("dialog .quantity output").textContent() === "1", "what the shop refuses is taken back");
  expect(await page.locator(".badge").textContent() === "1", "everywhere");
  await look("drawer-refused");
  await page.goto(`${given.base}/checkout`, { waitUntil: "networkidle" });
  await page.getByLabel(words.email).fill("guest@example.com");
  await fillAddress();
  await page.waitForFunction(() => document.querySelector("input[name=method]:checked") && !document.querySelector(".totals.busy"));
  await buyElsewhere(given.handle);
  await page.getByRole("button", { name: words.place }).click();
  const notice = page.getByRole("alert");
  await notice.waitFor();
  expect(await page.getByRole("button", { name: words.place }).isDisabled(), "nothing is ordered that is not there");
  await look("shortage");
  await notice.getByRole("button").click();
  await page.waitForFunction(() => !document.querySelector("main form"));
  await look("shortage-emptied");
}

/** The shop's answers to some calls wait until what is given here has been done. */
async function answersLate(calls, meanwhile) {
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  await page.route(calls, async (route) => { await held; await route.continue(); });
  await meanwhile();
  release();
  await page.unrouteAll({ behavior: "wait" });
}

/** The price changes while the shopper looks at the checkout: the page says so, and the next press accepts it. */
async function price() {
  await page.goto(`${given.base}/products/${given.handle}`, { waitUntil: "networkidle" });
  await page.getByRole("button", { name: words.add }).click();
  await page.locator("dialog[open] .totals").waitFor();
  await page.waitForFunction(() => !document.querySelector("dialog .busy, dialog button.link:disabled"));
  await page.goto(`${given.base}/checkout`, { waitUntil: "networkidle" });
  await page.getByLabel(words.email).fill("guest@example.com");
  await fillAddress();
  await page.waitForFunction(() => document.querySelector("input[name=method]:checked") && !document.querySelector(".totals.busy"));
  const before = await page.locator("main .totals .sum dd").textContent();
  const answer = await fetch(`${given.base}/api/v1/admin/variants/${given.variant}`, { method: "PATCH", headers: { "Content-Type": "application/json", ...given.keeper }, body: JSON.stringify(given.change) });
  if (!answer.ok) throw new Error(`the price is not changed: ${answer.status} ${await answer.text()}`);
  await page.getByRole("button", { name: words.place }).click();
  await page.getByRole("alert").waitFor();
  await page.waitForFunction((text) => document.querySelector("main .totals .sum dd").textContent !== text, before);
  await look("price-changed");
  const total = await page.locator("main .totals .sum dd").textContent();
  await page.getByRole("button", { name: words.place }).click();
  await page.waitForURL("**/pay/*");
  await page.getByRole("button", { name: words.pay }).waitFor();
  expect((await page.locator("main .totals .sum dd").textContent()) === total, "what is paid is what was shown");
}

/** What pages do beside the way to an order: pictures by keyboard, suggestions, counts, nothing found, no network, a small load. */
async function details() {
  const scripts = () => page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => name.endsWith(".js")).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0));
  await page.goto(`${given.base}/products/celadon-teapot`, { waitUntil: "networkidle" });
  await page.locator(".thumbs button").nth(1).waitFor();
  const size = await scripts();
  expect(size > 10_000 && size <= 90_000, `the first load of a product's page is ${size} bytes of script`);
  const pictures = page.locator(".thumbs button");
  await pictures.first().focus();
  await page.keyboard.press("ArrowRight");
  expect(await pictures.nth(1).getAttribute("aria-pressed") === "true", "the arrow shows the next picture");
  expect(await pictures.nth(1).evaluate((button) => button === document.activeElement), "and the focus is on it");
  await page.keyboard.press("ArrowRight");
  expect(await pictures.first().getAttribute("aria-pressed") === "true", "after the last comes the first");

  await page.getByLabel(words.search).fill(given.search);
  await page.locator("[role=option] mark").first().waitFor();
  await page.getByLabel(words.search).press("Enter");
  await page.waitForURL("**/search?q=*");
  await page.locator("main .card mark").first().waitFor();
  const facet = page.locator("main nav .chip").nth(1);
  const tally = Number(await facet.locator(".tally").textContent());
  await facet.click();
  await page.waitForURL("**category=*");
  await page.waitForFunction((size) => document.querySelectorAll("main .card").length === size, tally);
  await look("search-narrowed");
  // A plain list is narrowed by who makes it, and the address keeps that.
  await page.goto(`${given.base}/products`, { waitUntil: "networkidle" });
  const makers = page.getByLabel(english ? "Maker" : "品牌");
  const maker = await makers.locator("option").nth(1).evaluate((option) => ({ value: option.value, count: Number(/\((\d+)\)$/.exec(option.textContent.trim())[1]) }));
  await makers.selectOption(maker.value);
  await page.waitForURL("**/products?*vendor=*");
  await page.waitForFunction((size) => document.querySelectorAll("main .card").length === size, Math.min(maker.count, 24));
  await look("list-narrowed");
  await page.reload({ waitUntil: "networkidle" });
  expect(await makers.inputValue() === maker.value, "the address says by whom");
  await page.getByRole("button", { name: english ? "Clear filters" : "清除筛选" }).click();
  await page.waitForURL((address) => !address.search.includes("vendor"));
  const shelf = page.locator("main .chip").filter({ has: page.locator(".tally") }).first();
  await shelf.click();
  await page.waitForURL("**/categories/*");
  await page.locator("main .card").first().waitFor();
  await look("category");
  await page.goto(`${given.base}/products?sort=price`, { waitUntil: "networkidle" });
  await page.waitForFunction(() => document.querySelector("main .card") && !document.querySelector("main .bone"));
  const first = await page.locator("main .card").count();
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  await page.waitForFunction((size) => document.querySelectorAll("main .card").length > size, first);
  expect(await page.getByLabel(english ? "Sort by" : "排序").inputValue() === "price", "the address says how it is sorted");
  const linked = await page.locator("main .card a").evaluateAll((links) => links.map(({ href }) => href));
  expect(new Set(linked).size === linked.length, "no product comes twice");
  await page.goto(`${given.base}/search?q=qqqqxx`, { waitUntil: "networkidle" });
  await page.locator("main .empty").waitFor();
  await look("search-none");
  await page.goto(`${given.base}/cart`, { waitUntil: "networkidle" });
  await look("cart-empty");
  await page.goto(`${given.base}/products/no-such-thing`, { waitUntil: "networkidle" });
  await page.getByRole("alert").waitFor();
  await look("product-missing");
  for (const path of ["/categories/no-such-thing", "/prodcuts"]) {
    await page.goto(given.base + path, { waitUntil: "networkidle" });
    await page.locator("main .numeral").waitFor();
  }
  await look("page-missing");
  await page.locator("main input[type=search]").fill(given.search);
  await page.locator("main input[type=search]").press("Enter");
  await page.waitForURL("**/search?q=*");
  await page.locator("main .card").first().waitFor();

  await page.goto(`${given.base}/products/celadon-teapot`, { waitUntil: "networkidle" });
  await page.getByRole("button", { name: words.add }).click();
  await page.locator("dialog[open] .totals").waitFor();
  await page.waitForFunction(() => !document.querySelector("dialog .busy, dialog button.link:disabled"));
  isAway = true;
  await context.setOffline(true);
  await page.locator(".offline").waitFor();
  await page.locator("dialog .quantity button").nth(1).click();
  await page.locator("dialog").getByRole("alert").waitFor();
  expect(await page.locator("dialog .quantity output").textContent() === "1", "what the shop did not hear of is taken back");
  await page.keyboard.press("Escape");
  await look("offline");
  await context.setOffline(false);
  await page.waitForFunction(() => !document.querySelector(".offline"));
  isAway = false;
}

/** Somebody else takes what the sale has left, straight at the API. */
async function takeElsewhere(sale) {
  const answer = await fetch(`${given.base}/api/v1/flash-sales/${sale}/tickets`, { method: "POST", headers: { "Content-Type": "application/json", ...given.rival }, body: JSON.stringify(given.wish) });
  if (answer.status !== 202) throw new Error(`the other buyer got ${answer.status} ${await answer.text()}`);
}

async function fillSale() {
  await fillAddress();
  await page.locator("input[name=method]:checked").waitFor();
}

/** Counts down to one sale by the shop's clock, buys in another, sees a third sell out, and comes too late to the last. */
async function sale() {
  await page.addInitScript(() => {
    const real = Date.now.bind(Date);
    Date.now = () => real() + 7_200_000;   // this device is two hours ahead
  });
  await page.goto(given.base, { waitUntil: "networkidle" });
  await look("home-sale");
  await page.locator(`main a[href="/flash-sales/${given.coming}"]`).click();
  await page.getByRole("timer").waitFor();
  const seen = await page.getByRole("timer").textContent();
  expect(/^00:(5\d|4\d):\d\d$/.test(seen), `within the hour it starts by the shop's clock, not in ${seen}`);
  await look("sale-coming-guest");
  await page.getByRole("main").getByRole("link", { name: english ? "Sign in" : "登录" }).click();
  await page.getByRole("link", { name: words.register }).click();
  await page.waitForURL("**/register?**");
  await page.getByLabel(words.email).fill(given.email);
  await page.getByLabel(words.password).fill("nine green teapots");
  await page.getByRole("main").getByRole("button", { name: words.register }).click();
  await page.waitForURL(`${given.base}/flash-sales/${given.coming}`);
  expect(await page.getByRole("button", { name: words.notYet }).isDisabled(), "nothing is sold before the start");

  const open = async (which) => {
    await page.goto(given.base, { waitUntil: "networkidle" });
    await page.locator(`main a[href="/flash-sales/${which}"]`).click();
    await fillSale();
  };
  await open(given.running);
  await look("sale-running");
  await page.getByRole("button", { name: words.buy }).click();
  await page.getByRole("link", { name: words.toOrder }).waitFor();
  await look("sale-ordered");
  await page.reload({ waitUntil: "networkidle" });
  await page.getByRole("link", { name: words.toOrder }).click();
  await page.waitForURL("**/orders/*");
  await page.getByRole("main").getByText(english ? "Pay now" : "去付款").first().click();
  await page.waitForURL("**/pay/*");
  await page.getByRole("button", { name: words.pay }).click();
  await page.locator(".status", { hasText: words.paid }).waitFor();

  await open(given.watched);
  await takeElsewhere(given.watched);
  await page.getByRole("status").filter({ hasText: words.soldOut }).waitFor();
  expect(await page.getByRole("button", { name: words.buy }).count() === 0, "nothing is offered that is gone");
  await look("sale-sold-out");

  await open(given.late);
  await answersLate(/\/flash-sales\/fsl_[0-9a-z]{13}$/, async () => {   // the page does not hear of it
    await takeElsewhere(given.late);
    await page.getByRole("button", { name: words.buy }).click();
    await page.getByRole("alert").filter({ hasText: words.late }).waitFor();
  });
  await look("sale-late");
  await queued();
  await page.goto(`${given.base}/flash-sales/${given.ended}`, { waitUntil: "networkidle" });
  await page.getByText(english ? "This sale is over." : "这场抢购已经结束。").waitFor();
  expect(await page.getByRole("timer").count() === 0, "nothing counts down to what is over");
  await look("sale-ended");
}

/** A ticket waits in a queue that the page shows as it moves, and then fails. The shop itself is too quick to be seen so. */
async function queued() {
  let position = 12;
  await page.route(/\/flash-sales\/fsl_[0-9a-z]{13}\/tickets\/tkt_[0-9a-z]{13}$/, async (route) => {
    const answer = await route.fetch();
    const seen = await answer.json();
    const now = position > 0 ? { status: "waiting", position } : { status: "failed", position: null, reason: { code: "inventory.insufficient", detail: "Not enough is left." } };
    await route.fulfill({ response: answer, json: { ...seen, ...now, order: null } });
  });
  await page.goto(given.base, { waitUntil: "networkidle" });
  await page.locator(`main a[href="/flash-sales/${given.queued}"]`).click();
  await fillSale();
  await page.getByRole("button", { name: words.buy }).click();
  const ticket = page.locator("main [role=status]");
  await ticket.filter({ hasText: english ? "number 12" : "第 12 位" }).waitFor();
  await look("sale-waiting");
  position = 11;
  await ticket.filter({ hasText: english ? "number 11" : "第 11 位" }).waitFor();
  position = 0;
  await ticket.filter({ hasText: english ? "Not enough is left" : "库存不足" }).waitFor();
  await look("sale-failed");
  await page.unrouteAll({ behavior: "wait" });
}

async function guest() {
  await page.goto(given.base, { waitUntil: "networkidle" });
  await look("home");
  expect(await page.getAttribute("html", "lang") === given.language, "the page's language is the browser's");

  await page.goto(`${given.base}/products`, { waitUntil: "networkidle" });
  await look("list");
  await page.getByLabel(words.search).fill(given.search);
  await page.getByRole("option").first().waitFor();
  await page.getByLabel(words.search).press("Enter");
  await page.waitForURL("**/search?q=*");
  await page.locator("main .card").first().waitFor();
  await look("search");
  await page.locator("main .card a").first().click();
  await page.waitForURL("**/products/*");
  await look("product");

  await page.getByRole("button", { name: words.add }).click();
  await page.locator("dialog[open] .totals").waitFor();
  await page.waitForFunction(() => !document.querySelector("dialog .busy, dialog button.link:disabled"));
  await look("drawer");
  await page.keyboard.press("Escape");
  await page.goto(`${given.base}/cart`, { waitUntil: "networkidle" });
  await look("cart");

  await page.locator("main").getByRole("link", { name: words.checkout }).click();
  await page.waitForURL("**/checkout");
  await page.getByLabel(words.email).waitFor();
  await page.getByRole("button", { name: words.place }).click();
  expect(await page.locator("[aria-invalid=true]").count() >= 5, "what is missing is marked");
  await look("checkout-empty");
  await page.getByLabel(words.email).fill("guest@example.com");
  await fillAddress();
  await page.locator("input[name=method]").first().waitFor();
  await page.waitForFunction(() => document.querySelector("input[name=method]:checked") && !document.querySelector(".totals.busy"));
  await look("checkout");
  await page.getByRole("button", { name: words.place }).click();

  await page.waitForURL("**/pay/*");
  await page.getByRole("button", { name: words.decline }).click();
  await page.waitForURL("**/orders/*");
  await page.getByRole("button", { name: words.again }).click();
  await page.waitForURL("**/pay/*");
  await page.getByRole("button", { name: words.pay }).waitFor();
  await look("pay");
  await page.getByRole("button", { name: words.pay }).click();
  await page.waitForURL("**/orders/*");
  await page.locator(".status", { hasText: words.paid }).waitFor();
  await look("order");
  await page.reload({ waitUntil: "networkidle" });
  await page.locator(".status", { hasText: words.paid }).waitFor();
}

try {
  await { guest, customer, shortage, price, details, sale }[given.journey]();
} catch (error) {
  fault(error.stack);
  if (given.shots) await page.screenshot({ path: join(given.shots, "failed.png") }).catch(() => undefined);
} finally {
  await browser.close();
}
if (faults.length) {
  console.log(faults.join("\n"));
  process.exit(1);
}
