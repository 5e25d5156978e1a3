// Where the shop ships to and for how much: a zone, its ways of shipping, what a refusal says, and two who change the same.
import { journeys } from "./office.js";

/** Straight at the API, as a colleague at another desk. */
async function elsewhere({ base, rival }, method, path, body, version) {
  const headers = { "Content-Type": "application/json", ...rival, ...(version ? { "If-Match": `"v${version}"` } : {}) };
  const answer = await fetch(`${base}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  return answer.json();
}

async function shipping({ given, page, go, look, expect, say }) {
  const dialog = page.getByRole("dialog");
  const closed = () => dialog.waitFor({ state: "detached" });
  const zone = page.locator("main section").filter({ has: page.getByRole("heading", { name: given.zone, exact: true }) });
  const save = () => dialog.getByRole("button", { name: say("保存", "Save"), exact: true }).click();
  await go("/shipping");
  await page.getByRole("button", { name: say("新建区域", "New zone") }).click();
  await save();
  await dialog.getByText(say("请选择国家或地区。", "Please choose a country or region.")).waitFor();
  await dialog.getByLabel(say("区域名称", "Name of the zone")).fill(given.zone);
  await dialog.getByLabel(say("国家或地区", "Country or region"), { exact: true }).selectOption(given.country);
  await dialog.getByLabel(say("省份", "Provinces"), { exact: true }).fill(`${given.province}, ${given.province} II`);
  await look("shipping-zone");
  await save();
  await closed();
  await zone.waitFor();

  await zone.getByRole("button", { name: say("添加配送方式", "Add a way of shipping") }).click();
  await dialog.getByLabel(say("名称", "Name"), { exact: true }).fill(say("包裹", "Parcel"));
  await dialog.getByLabel(say("代码", "Code"), { exact: true }).fill("parcel");
  await dialog.getByLabel(say("计价方式", "Priced"), { exact: true }).selectOption("by_weight");
  await dialog.getByLabel(say("币种", "Currency"), { exact: true }).fill("CNY");
  const price = (step) => dialog.getByLabel(say(`档 ${step}: 价格`, `Step ${step}: Price`));
  const limit = (step) => dialog.getByLabel(say(`档 ${step}: 至`, `Step ${step}: Up to`));
  await limit(1).fill("1000");
  await price(1).fill("8");
  await dialog.getByRole("button", { name: say("添加一档", "Add a step") }).click();
  await limit(2).fill("900");
  await price(2).fill("20.5");
  await save();
  await dialog.getByText(say("每一档都要高于前一档。", "Each step must reach further than the one before.")).waitFor();
  await limit(2).fill("5000");
  await dialog.getByLabel(say("超出后每公斤", "Each further kilogram")).fill("3");
  await dialog.getByLabel(say("满额免运费", "Free from")).fill("199");
  await look("shipping-method");
  await save();
  await closed();
  await zone.getByText(say("满 ¥199.00 免运费", "free from ¥199.00")).waitFor();
  await look("shipping");

  // What an address would be offered.
  await page.getByLabel(say("国家或地区", "Country or region"), { exact: true }).selectOption(given.country);
  await page.getByLabel(say("省份", "Province"), { exact: true }).fill(given.province.toUpperCase());
  await page.getByText(say(`落入区域“${given.zone}”。`, `It falls into ${given.zone}.`)).waitFor();

  // A destination belongs to one zone, and a zone with ways of shipping stays.
  await page.getByRole("button", { name: say("新建区域", "New zone") }).click();
  await dialog.getByLabel(say("区域名称", "Name of the zone")).fill("Twice");
  await dialog.getByLabel(say("国家或地区", "Country or region"), { exact: true }).selectOption(given.country);
  await dialog.getByLabel(say("省份", "Provinces"), { exact: true }).fill(given.province);
  await save();
  await dialog.getByText(say("其中有目的地已属于另一个区域", "belongs to another zone")).waitFor();
  await page.keyboard.press("Escape");
  await closed();
  const remove = async (of, title) => {
    await of.getByRole("button", { name: say("删除", "Remove"), exact: true }).click();
    await dialog.getByText(title).first().waitFor();
    await dialog.getByRole("button", { name: say("删除", "Remove"), exact: true }).click();
  };
  await remove(zone.locator(".sheet-head"), given.zone);
  await dialog.getByText(say("此区域还有配送方式", "There are ways of shipping in this zone")).waitFor();
  await page.keyboard.press("Escape");
  await closed();

  // Two change the same way of shipping: each one's part is kept.
  await zone.locator(".ways").getByRole("button", { name: say("编辑", "Edit") }).click();
  await dialog.getByLabel(say("名称", "Name"), { exact: true }).waitFor();
  const [own] = (await elsewhere(given, "GET", "/admin/shipping-zones?limit=100")).data.filter(({ name }) => name === given.zone);
  const [found] = (await elsewhere(given, "GET", `/admin/shipping-methods?zone=${own.id}`)).data;
  await elsewhere(given, "PATCH", `/admin/shipping-methods/${found.id}`, { active: false }, found.version);
  await dialog.getByLabel(say("名称", "Name"), { exact: true }).fill(say("大包裹", "Large parcel"));
  await save();
  const merge = dialog.filter({ hasText: say("有人抢先修改了", "Somebody else was faster") });
  await merge.getByText(say("只有对方改了", "Only they changed it")).waitFor();
  expect(await merge.locator("fieldset.merge").count() === 2, "what both have left alone is not asked about");
  await look("shipping-conflict");
  await merge.getByRole("button", { name: say("保存合并结果", "Save the merged version") }).click();
  await closed();
  await zone.getByText(say("已停用", "Not offered")).waitFor();
  await zone.getByText(say("大包裹", "Large parcel")).waitFor();

  await remove(zone.locator(".ways"), say("大包裹", "Large parcel"));
  await closed();
  await remove(zone.locator(".sheet-head"), given.zone);
  await closed();
  await zone.waitFor({ state: "detached" });
}

await journeys({ shipping });
