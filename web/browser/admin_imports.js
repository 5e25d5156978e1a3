// Product files in the back office: dropped, followed to their end, what became of each row; and files to keep.
import { readFileSync } from "node:fs";
import { journeys } from "./office.js";

async function imports({ given, page, go, look, expect, say }) {
  const file = async (text) => {
    await page.getByLabel(say("价格的币种", "Currency of the prices")).fill(given.currency);
    await page.locator("input[type=file]").setInputFiles({ name: "products.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  };
  const done = () => page.locator("main h1 .tag", { hasText: say("已完成", "Done") }).waitFor();
  const keep = async (name) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name, exact: true }).click()]);
    return readFileSync(await download.path(), "utf8");
  };

  await go("/imports");
  await file(given.csv);
  await page.waitForURL("**/admin/imports/imp_*");
  await done();
  await page.locator(".total-created", { hasText: /^1$/ }).waitFor();
  await page.locator(".total-refused", { hasText: /^1$/ }).waitFor();
  await page.locator("main tbody tr", { hasText: given.handle }).first().waitFor();
  await page.locator("main tbody .tag.bad").waitFor();
  await look("import");

  await go("/imports");
  await file(given.csv);   // the same again changes nothing
  await page.waitForURL("**/admin/imports/imp_*");
  await done();
  await page.locator(".total-unchanged", { hasText: /^1$/ }).waitFor();

  await go("/imports");
  await file("");   // nobody can read that: the import has failed, and says why
  await page.getByRole("alert").filter({ hasText: "imports.no_product_columns" }).waitFor();
  await go("/imports");
  await look("imports");
  expect((await keep(say("下载全部商品", "Download all products"))).includes(given.handle), "the products are in the file");
  const orders = await keep(say("下载订单", "Download orders"));
  expect(orders.includes(given.number), "the orders are in the file");
  await page.getByLabel(say("下单止", "Placed until")).fill("2020-01-02");
  expect(!(await keep(say("下载订单", "Download orders"))).includes(given.number), "orders after that day are not");
}

await journeys({ imports });
