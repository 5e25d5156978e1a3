// Rates of tax in the back office: added, refused, changed by two at once, removed.
import { journeys } from "./office.js";

async function tax({ given, page, desk, go, look, expect, say }) {
  const add = say("添加税率", "Add a rate"), save = say("保存", "Save"), percent = say("税率（%）", "Rate (%)"), nameLabel = say("名称", "Name");
  const dialog = page.getByRole("dialog");
  const row = (of, name) => of.locator("main tbody tr", { hasText: name });
  const put = async (of, label, text) => of.getByRole("dialog").getByLabel(label, { exact: true }).fill(text);
  const done = (of) => of.getByRole("dialog").getByRole("button", { name: save, exact: true }).click();
  const edit = (of, name) => row(of, name).getByRole("button", { name: say(`修改“${name}”`, `Change ${name}`) }).click();

  await go("/tax");
  await look("tax-none");
  await page.getByRole("button", { name: add }).first().click();
  await done(page);
  await dialog.locator(".wrong").nth(2).waitFor();
  expect(await dialog.locator(".wrong").count() === 3, "what is missing is said at its field");
  await look("tax-new");
  await put(page, say("国家或地区", "Country"), "ca");
  await put(page, say("省或州", "Province or state"), "British Columbia");
  await put(page, nameLabel, given.rate);
  await put(page, percent, "9.975");
  await dialog.getByLabel(say("与全国税率", "With the country’s rates")).selectOption("adds");
  await done(page);
  await row(page, given.rate).waitFor();
  expect(/9\.975\s?%/.test(await row(page, given.rate).textContent()), "no digit of the rate is lost");
  await look("tax");

  await page.getByRole("button", { name: add }).first().click();   // the same once more
  await put(page, say("国家或地区", "Country"), "CA");
  await put(page, say("省或州", "Province or state"), "british columbia");
  await put(page, nameLabel, given.rate);
  await put(page, percent, "1");
  await done(page);
  await dialog.getByRole("alert").first().waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });

  const other = await desk(given.rival);
  await other.goto(page.url(), { waitUntil: "networkidle" });
  await edit(page, given.rate);
  await edit(other, given.rate);
  await put(other, percent, "8.25");
  await done(other);
  await other.getByRole("dialog").waitFor({ state: "detached" });
  await put(page, nameLabel, `${given.rate} 2`);
  await done(page);
  await dialog.locator("fieldset").nth(1).waitFor();
  await dialog.getByRole("button", { name: say("保存合并结果", "Save the merged version") }).click();
  await row(page, `${given.rate} 2`).waitFor();
  expect(/8\.25\s?%/.test(await row(page, given.rate).textContent()), "what the colleague changed stays");

  await row(page, given.rate).getByRole("button", { name: say("删除", "Remove"), exact: true }).click();
  await dialog.getByRole("button", { name: say("删除", "Remove"), exact: true }).click();
  await row(page, given.rate).waitFor({ state: "detached" });
}

await journeys({ tax });
