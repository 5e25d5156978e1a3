// Who works in the shop: roles, a colleague's account with its first password, what a refusal says, and two who change the same.
import { journeys } from "./office.js";

/** Straight at the API, as a colleague at another desk. */
async function elsewhere({ base, rival }, method, path, body, version) {
  const headers = { "Content-Type": "application/json", ...rival, ...(version ? { "If-Match": `"v${version}"` } : {}) };
  const answer = await fetch(`${base}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function roles({ given, page, go, look, expect, say }) {
  const dialog = page.getByRole("dialog");
  const saved = () => dialog.waitFor({ state: "detached" });
  const row = (name) => page.locator(".matrix tbody tr").filter({ has: page.getByRole("rowheader", { name }) });
  await go("/staff/roles");
  await page.getByRole("button", { name: say("新建角色", "New role") }).click();
  await dialog.getByRole("button", { name: say("保存", "Save") }).click();
  await dialog.getByText(say("请填写名称。", "Please give it a name.")).waitFor();
  await dialog.getByLabel(say("名称", "Name"), { exact: true }).fill(given.role);
  await dialog.getByLabel(say("说明", "Description")).fill(say("打包与发货", "Packs and ships"));
  const tick = async (text) => { await dialog.getByRole("checkbox", { name: text }).check(); };
  await tick(say("查看与更正库存", "See and correct stock"));
  await tick(say("查看全部订单", "See every order"));
  await look("role-edit");
  await dialog.getByRole("button", { name: say("保存", "Save") }).click();
  await saved();
  await row(given.role).waitFor();
  expect(await row(given.role).locator(".yes").count() === 2, "the matrix shows what was ticked");
  await look("roles");

  // Another of the same name is refused in words.
  await page.getByRole("button", { name: say("新建角色", "New role") }).click();
  await dialog.getByLabel(say("名称", "Name"), { exact: true }).fill(given.role);
  await dialog.getByRole("button", { name: say("保存", "Save") }).click();
  await dialog.getByText(say("已有同名的角色", "Another role has this name")).waitFor();
  await page.keyboard.press("Escape");

  // Two change the same role: each one's part is kept.
  await row(given.role).getByRole("button", { name: say("编辑", "Edit") }).click();
  await dialog.getByLabel(say("名称", "Name"), { exact: true }).waitFor();
  const [found] = (await elsewhere(given, "GET", "/admin/roles")).data.filter(({ name }) => name === given.role);
  await elsewhere(given, "PATCH", `/admin/roles/${found.id}`, { description: say("只在旺季", "In high season only") }, found.version);
  await tick(say("把钱退给顾客", "Give money back"));
  await dialog.getByRole("button", { name: say("保存", "Save") }).click();
  const merge = page.getByRole("dialog").filter({ hasText: say("有人抢先修改了", "Somebody else was faster") });
  await merge.waitFor();
  await look("role-conflict");
  await merge.getByRole("button", { name: say("保存合并结果", "Save the merged version") }).click();
  await merge.waitFor({ state: "detached" });
  await row(given.role).getByText(say("只在旺季", "In high season only")).waitFor();
  expect(await row(given.role).locator(".yes").count() === 3, "what I ticked is there beside what the other wrote");

  // What somebody has is not removed; what nobody has is.
  const remove = async (name) => {
    await row(name).getByRole("button", { name: say("删除", "Remove") }).click();
    await dialog.getByRole("button", { name: say("删除", "Remove"), exact: true }).last().click();
  };
  await remove(given.held);
  await dialog.getByText(say("还有员工担任这个角色", "Members of staff have this role")).waitFor();
  await page.keyboard.press("Escape");
  await remove(given.role);
  await saved();
  await row(given.role).waitFor({ state: "detached" });
}

async function people({ given, page, go, look, desk, expect, say }) {
  const dialog = page.getByRole("dialog");
  const said = (text) => page.getByText(text).first().waitFor();
  await go("/staff");
  await page.getByRole("button", { name: say("添加员工", "Add a colleague") }).click();
  await dialog.getByLabel(say("电子邮箱", "E-mail")).fill(given.taken);
  await dialog.getByRole("button", { name: say("建立账户", "Open the account") }).click();
  await dialog.getByRole("link", { name: say("打开已有的账户", "Open the account that is there") }).waitFor();
  await dialog.getByLabel(say("电子邮箱", "E-mail")).fill(given.email);
  await dialog.getByLabel(say("姓名", "Name"), { exact: true }).fill("韩梅");
  await dialog.getByRole("checkbox", { name: given.held }).check();
  await look("staff-invite");
  await dialog.getByRole("button", { name: say("建立账户", "Open the account") }).click();
  const password = await dialog.locator(".first-password").textContent();
  await look("staff-invited");
  await dialog.getByRole("button", { name: say("完成", "Done") }).click();
  await page.getByLabel(say("查找", "Find")).fill(given.email);
  await page.waitForURL("**/staff?*q=*");
  const entry = page.locator("main tbody tr").filter({ hasText: given.email });
  await entry.getByText(given.held).waitFor();

  // The first password signs in, and what the role allows is what the navigation shows.
  const other = await desk(null);
  await go("/sign-in", other);
  await other.getByLabel(say("电子邮箱", "E-mail")).fill(given.email);
  await other.getByLabel(say("密码", "Password")).fill(password);
  await other.getByRole("button", { name: say("登录", "Sign in"), exact: true }).click();
  await other.waitForURL((url) => !url.pathname.endsWith("/sign-in"));

  await go(`/staff?q=${encodeURIComponent(given.me)}`);   // of many, one may stand on a later page
  await page.locator("main tbody").getByText(say("您", "You"), { exact: true }).locator("visible=true").first().waitFor();
  await look("staff");
  await go(`/staff?q=${encodeURIComponent(given.email)}`);
  await entry.getByRole("link").first().click();
  await page.getByRole("heading", { name: "韩梅" }).waitFor();
  await page.locator(".permission-list").waitFor();
  await look("colleague");

  // Meanwhile a colleague makes her an administrator; I give her another role.
  const [found] = (await elsewhere(given, "GET", `/admin/users?q=${encodeURIComponent(given.email)}`)).data;
  await elsewhere(given, "PATCH", `/admin/users/${found.id}`, { status: "disabled" }, found.version);
  await page.getByRole("checkbox", { name: given.second }).check();
  await page.getByRole("button", { name: say("保存", "Save"), exact: true }).click();
  await page.getByRole("dialog").getByText(say("只有对方改了", "Only they changed it")).waitFor();
  if (given.shots) await look("colleague-conflict");
  await page.getByRole("button", { name: say("保存合并结果", "Save the merged version") }).click();
  await dialog.waitFor({ state: "detached" });
  await said(say("已停用", "Disabled"));
  await page.getByRole("button", { name: say("重新启用", "Enable again") }).click();
  await dialog.getByRole("button", { name: say("重新启用", "Enable again") }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("button", { name: say("停用账户", "Disable the account") }).click();
  if (given.shots) await look("colleague-disable");
  await dialog.getByRole("button", { name: say("停用账户", "Disable the account") }).click();
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("button", { name: say("重新启用", "Enable again") }).waitFor();
  await other.reload();   // signed out everywhere
  await other.waitForURL("**/sign-in?*");
  await page.getByRole("checkbox", { name: given.second, checked: true }).waitFor();   // the role that was given is kept

  // One's own account tells why it cannot be changed.
  await go(`/staff/${given.own}`);
  await said(say("身份与角色要由同事来改", "a colleague changes its standing and roles"));
  expect(await page.getByRole("button", { name: say("停用账户", "Disable the account") }).count() === 0, "nobody locks himself out");
}

/** A member of staff gives only what she has herself, and leaves administrators alone. */
async function limits({ given, page, go, look, expect, say }) {
  await go(`/staff/${given.admin}`);
  await page.getByText(say("只有管理员可以更改管理员", "Only an administrator changes administrators")).waitFor();
  if (given.shots) await look("colleague-barred");
  await go("/staff/roles");
  await page.getByRole("button", { name: say("新建角色", "New role") }).click();
  const box = page.getByRole("dialog").getByRole("checkbox", { name: say("把钱退给顾客", "Give money back") });
  await box.waitFor();
  expect(await box.isDisabled(), "nobody gives what he has not");
}

await journeys({ roles, people, limits });
