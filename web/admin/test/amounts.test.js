// Amounts as people write them: `node --test`, with the source translated on the way.
import { transformSync } from "esbuild";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const source = readFileSync(new URL("../src/amounts.ts", import.meta.url), "utf8");
const { code } = transformSync(source, { loader: "ts", format: "esm" });
const { parseAmount, plainAmount } = await import(`data:text/javascript,${encodeURIComponent(code)}`);

test("what people write is exact to the minor unit", () => {
  const read = [["19.99", 2, 1999], ["0,5", 2, 50], ["7", 2, 700], ["7", 0, 7], ["1.234", 3, 1234], [" 1 000.10 ", 2, 100010], ["0", 2, 0], ["0.29", 2, 29], ["1.15", 2, 115]];
  for (const [text, exponent, minor] of read) assert.equal(parseAmount(text, exponent), minor, text);
});

test("what is no amount, or might be another one, is none", () => {
  for (const text of ["", "-1", "1.999", "1,234", "1,234.56", "1e3", ".5", "abc", "12345678901234", "９"]) assert.equal(parseAmount(text, 2), null, text);
  assert.equal(parseAmount("1.5", 0), null);
  assert.equal(parseAmount("9999999999999.99", 3), null, "larger than numbers are exact");
});

test("what is shown reads back as the same", () => {
  for (const [minor, exponent] of [[0, 2], [5, 2], [50, 2], [1999, 2], [7, 0], [1, 3], [123456789, 3]]) assert.equal(parseAmount(plainAmount(minor, exponent), exponent), minor);
  assert.equal(plainAmount(-5, 2), "-0.05");
});
