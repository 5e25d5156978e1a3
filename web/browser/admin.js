// The back office as its people use it; what its journeys share is in office.js.
import { journeys } from "./office.js";

/** The first administrator by the printed link, then out and in again. */
async function setup({ given, page, look, expect, say }) {
  await page.goto(given.link, { waitUntil: "networkidle" });
  await page.getByLabel(say("电子邮箱", "E-mail")).waitFor();
  expect(!page.url().includes("token"), "the token has left the address bar");
  await look("setup");
  await page.getByLabel(say("电子邮箱", "E-mail")).fill(given.email);
  await page.getByLabel(say("密码", "Password"), { exact: true }).fill(given.password);
  await page.getByLabel(say("再次输入密码", "Password again")).fill(given.password);
  await page.getByRole("button", { name: say("创建并登录", "Create and sign in") }).click();
  await page.waitForURL("**/admin/");
  await page.getByRole("link", { name: say("添加第一个商品", "Add your first product") }).waitFor();
  await look("dashboard-empty");

  await page.getByRole("button", { name: say("账户", "Account") }).click();
  await page.getByRole("menuitem", { name: say("退出登录", "Sign out") }).click();
  await page.waitForURL("**/admin/sign-in**");
  expect(await page.evaluate(() => localStorage.getItem("caddy:office:session")) === null, "nothing of the session is left");
  await look("sign-in");
  await page.goto(`${given.base}/admin/products`, { waitUntil: "networkidle" });
  await page.waitForURL("**/admin/sign-in?to=**");
  await page.getByLabel(say("电子邮箱", "E-mail")).fill(given.email);
  await page.getByLabel(say("密码", "Password"), { exact: true }).fill("not this one");
  await page.getByRole("button", { name: say("登录", "Sign in"), exact: true }).click();
  await page.getByRole("alert").waitFor();
  await look("sign-in-refused");
  await page.getByLabel(say("密码", "Password"), { exact: true }).fill(given.password);
  await page.getByRole("button", { name: say("登录", "Sign in"), exact: true }).click();
  await page.waitForURL("**/admin/products");
  await look("products-none");
}

/** The dashboard with something on it, in the other theme, too. */
async function dashboard({ given, page, go, look, expect, say }) {
  await go("/");
  await page.locator(".chart canvas").waitFor();
  expect(/[1-9]/.test(await page.locator(".figure-value").first().textContent()), "something was sold");
  await look("dashboard");
  await page.getByText(say("近 7 天", "Last 7 days")).click();
  await page.waitForURL("**/admin/?days=7");
  await page.locator("main .figures:not(.stale)").waitFor();
  const latest = page.locator("main table tbody tr").last().locator("td").first();   // of the days with sales
  const tip = page.locator(".chart-tip", { hasText: await latest.textContent() });
  const since = Date.now();
  for (let tries = 0; Date.now() - since < 60_000 && !await tip.isVisible(); tries++) {   // the chart may be drawn anew meanwhile
    const plot = await page.locator(".chart .u-over").boundingBox();
    const column = tries % 20 < 10 ? 13 : 11;   // today's is the last of seven columns; the sales are of the one before when the day has just turned
    if (plot) await page.mouse.move(plot.x + plot.width * column / 14 + tries % 2, plot.y + plot.height / 2);
    await page.waitForTimeout(50);
  }
  expect(await tip.isVisible(), "the chart tells what was sold on the day that is pointed at");
  await page.getByRole("button", { name: say("账户", "Account") }).click();
  await page.getByRole("menuitem", { name: say("退出登录", "Sign out") }).waitFor();
  await look("account-menu");
  await page.keyboard.press("Escape");
  const heading = await page.locator("main h1").textContent();
  await page.getByRole("button", { name: say("English", "中文") }).click();
  expect(await page.locator("main h1").textContent() !== heading, "the other language is another text");
  const isDark = () => page.evaluate(() => document.documentElement.classList.contains("dark"));
  expect(await isDark() === !!given.dark, "it begins in the system's theme");
  await page.getByRole("button", { name: say("Appearance", "外观") }).click();
  expect(await isDark() === !given.dark, "the other theme is chosen");
}

/** Products are found, changed many at once, made with variants and a picture, and edited while somebody else does. */
async function products({ given, page, desk, go, look, expect, say, rows }) {
  const save = (of = page) => of.locator("main .head").getByRole("button", { name: say("保存", "Save"), exact: true });
  await go("/products");
  await look("products");
  await page.getByLabel(say("搜索", "Search")).fill("celadon-teapot");
  await page.waitForURL("**/admin/products?q=celadon-teapot");
  await rows(1);
  await page.reload({ waitUntil: "networkidle" });
  await rows(1);   // the filter stands in the address
  await page.locator("main tbody input[type=checkbox]").check();
  await page.getByRole("button", { name: say("下架", "Unpublish"), exact: true }).click();
  await page.locator("main tbody .tag", { hasText: say("未上架", "Not published") }).waitFor();
  await page.locator("main tbody input[type=checkbox]").check();
  await look("products-bulk");
  await page.getByRole("button", { name: say("上架", "Publish"), exact: true }).click();
  await page.locator("main tbody .tag", { hasText: say("在售", "Active") }).waitFor();

  await go("/products/new");
  await save().waitFor();
  await page.getByLabel(say("名称", "Name"), { exact: true }).fill(given.title);
  await page.getByRole("button", { name: say("添加规格", "Add an option") }).click();
  await page.getByLabel(say("第 1 种规格的名称", "Name of option 1")).fill("尺寸");
  await page.getByLabel(say("尺寸的取值", "Values of 尺寸")).fill("小,大,");
  await page.getByRole("button", { name: say("添加规格", "Add an option") }).click();
  await page.getByLabel(say("第 2 种规格的名称", "Name of option 2")).fill("釉色");
  await page.getByLabel(say("釉色的取值", "Values of 釉色")).fill("青,白,");
  expect(await page.locator(".variant").count() === 4, "each combination is a variant");
  await save().click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel(say("统一设价", "One price")).fill("128.50");
  await page.getByRole("button", { name: say("应用到全部", "Apply to all") }).click();
  await page.locator(".variant").last().getByRole("checkbox").uncheck();
  await page.locator("input[type=file]").setInputFiles({ name: "bowl.svg", mimeType: "image/svg+xml", buffer: Buffer.from(given.picture, "base64") });
  await page.locator(".picture").waitFor();
  await page.getByLabel(say("图片说明（供读屏软件） (1)", "What it shows (for screen readers) (1)")).fill("一只碗");
  await page.getByRole("button", { name: say("添加一项", "Add one") }).first().click();
  await page.getByLabel(say("名称 1", "Name 1")).fill("材质");
  await page.getByLabel(say("内容 1", "Value 1")).fill("瓷");
  await save().click();
  await page.waitForURL("**/admin/products/prod_*");
  await page.getByRole("button", { name: say("上架", "Publish"), exact: true }).click();
  await page.locator("main .head .tag", { hasText: say("已上架", "Published") }).waitFor();
  expect(await page.locator(".variant:not(.out)").count() === 3, "what was left out is not made");
  await page.locator(".variant").first().getByRole("button", { name: say("更多", "More") }).click();
  await look("product");

  const other = await desk(given.rival);
  await other.goto(page.url(), { waitUntil: "networkidle" });
  await other.getByLabel(say("名称", "Name"), { exact: true }).fill(`${given.title} 二`);
  await other.getByLabel(say("品牌", "Brand")).fill("窑口");
  await other.locator(".variant").first().getByLabel(/^(价格|Price)/).fill("140");
  await page.getByLabel(say("名称", "Name"), { exact: true }).fill(`${given.title} 三`);
  await page.locator(".variant").nth(1).getByLabel(/^(价格|Price)/).fill("150");
  await save(other).click();
  await other.waitForFunction(() => !document.querySelector(".save-bar"));
  await save().click();
  const merge = page.getByRole("dialog");
  await merge.waitFor();
  await merge.locator("fieldset").nth(3).waitFor();
  expect(await merge.locator("fieldset.both").count() === 1 && await merge.locator("fieldset").count() === 4, "one part was changed by both, three by one");
  await look("merge");
  await merge.locator("fieldset.both").getByLabel(say("对方的", "Theirs")).check();
  await merge.getByRole("button", { name: say("保存合并结果", "Save the merged version") }).click();
  await page.waitForFunction(() => !document.querySelector(".save-bar") && !document.querySelector("dialog[open]"));
  await page.reload({ waitUntil: "networkidle" });
  await page.locator(".variant:not(.out) .unit input").nth(2).waitFor();
  expect(await page.getByLabel(say("名称", "Name"), { exact: true }).inputValue() === `${given.title} 二`, "theirs was chosen");
  expect(await page.getByLabel(say("品牌", "Brand")).inputValue() === "窑口", "what they alone changed stays");
  expect(await page.getByLabel(say("内容 1", "Value 1")).inputValue() === "瓷", "what it is made of is kept");
  const prices = await page.locator(".variant:not(.out) .unit input").evaluateAll((inputs) => inputs.map(({ value }) => value));
  expect(JSON.stringify(prices.slice(0, 3)) === '["140.00","150.00","128.50"]', `prices of both are kept: ${prices}`);
  await page.getByRole("button", { name: say("归档", "Archive") }).click();
  await page.getByRole("dialog").getByRole("button", { name: say("归档", "Archive") }).click();
  await page.locator("main .head .tag", { hasText: say("已归档", "Archived") }).waitFor();
  await page.getByRole("button", { name: say("恢复为草稿", "Make it a draft again") }).click();
  await page.getByRole("dialog").getByRole("button", { name: say("恢复为草稿", "Make it a draft again") }).click();
  await page.locator("main .head .tag", { hasText: say("草稿", "Draft") }).waitFor();
}

/** Categories are made, moved, renamed and removed. */
async function categories({ given, page, go, look, expect, say }) {
  await go("/categories");
  await look("categories");
  await page.getByRole("button", { name: say("新建分类", "New category") }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(say("名称", "Name"), { exact: true }).fill(given.title);
  await look("category-new");
  await dialog.getByRole("button", { name: say("保存", "Save") }).click();
  await page.locator(".tree li", { hasText: given.title }).waitFor();
  await dialog.waitFor({ state: "hidden" });
  await page.getByRole("button", { name: say(`上移“${given.title}”`, `Move ${given.title} up`) }).click();
  await page.waitForFunction((name) => { const rows = [...document.querySelectorAll(".tree li")].map((row) => row.textContent); return rows.findIndex((text) => text.includes(name)) < rows.length - 1; }, given.title);
  const row = page.locator(".tree li", { hasText: given.title });
  await row.getByRole("button", { name: say("删除", "Remove") }).click();
  await page.getByRole("dialog").getByRole("button", { name: say("删除", "Remove") }).click();
  await row.waitFor({ state: "detached" });
  await page.locator(".tree li").first().getByRole("button", { name: say("删除", "Remove") }).click();
  await page.getByRole("dialog").getByRole("button", { name: say("删除", "Remove") }).click();
  await page.getByRole("dialog").getByRole("alert").waitFor();
  expect(await page.locator(".tree li").count() > 0, "what holds products stays");
}

/** A member of staff sees the pages that his role opens, and no others. */
async function staff({ given, page, desk, go, look, expect, say }) {
  await go("/");
  const names = await page.locator(".side-nav a").allTextContents();
  expect(names.some((name) => name.includes(say("商品", "Products"))), "what he may change is there");
  expect(!names.some((name) => name.includes(say("审计", "Audit"))), "what he may not see is not");
  await look("dashboard-staff");
  await go("/nothing-here");
  await look("missing");
  const stranger = await desk(given.other);
  await go("/products", stranger);
  expect(await stranger.locator("main h1").textContent() === say("没有权限", "Not permitted"), "a page that his role does not open stays closed");
  const elsewhere = await page.context().newPage();
  await elsewhere.goto(`${given.base}/admin/sign-in`);
  await elsewhere.evaluate(() => localStorage.removeItem("caddy:office:session"));
  await page.waitForURL("**/admin/sign-in?**");
  await page.getByRole("alert").waitFor();
  await page.getByLabel(say("电子邮箱", "E-mail")).fill(given.customer);
  await page.getByLabel(say("密码", "Password"), { exact: true }).fill(given.password);
  await page.getByRole("button", { name: say("登录", "Sign in"), exact: true }).click();
  await page.getByRole("alert").filter({ hasText: say("顾客账户", "customer’s account") }).waitFor();
}

await journeys({ setup, dashboard, products, categories, staff });
