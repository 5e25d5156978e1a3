// Who is in the list of those who work here, in which order, and who may give what.
import { buildSync } from "esbuild";
import assert from "node:assert/strict";
import test from "node:test";
import { fileURLToPath } from "node:url";

const { outputFiles: [bundle] } = buildSync({ entryPoints: [fileURLToPath(new URL("../src/parts/staff/staff.ts", import.meta.url))], bundle: true, write: false, format: "esm" });
const { allowed, colleagues, drawnPassword, mayGive, permissions } = await import(`data:text/javascript;base64,${Buffer.from(bundle.text).toString("base64")}`);

/** A shop with so many of each, whose cursors are places. */
const shop = (counts) => async (kind, { cursor, limit }) => {
  const from = Number(cursor ?? 0);
  const until = Math.min(from + limit, counts[kind]);
  return { data: Array.from({ length: until - from }, (_, n) => `${kind}${from + n}`), page: { next: until < counts[kind] ? String(until) : null } };
};
async function all(counts, limit, kind) {
  const rows = [];
  let cursor;
  for (let turn = 0; turn < 20; turn++) {
    const { data, page } = await colleagues(shop(counts), kind, { cursor, limit });
    assert.ok(data.length <= limit);
    rows.push(...data);
    if (!page.next) return rows;
    cursor = page.next;
  }
  throw new Error("the list does not end");
}
const names = (kind, count) => Array.from({ length: count }, (_, n) => `${kind}${n}`);

test("administrators come first and then members of staff, each once, however the pages fall", async () => {
  for (const [admin, staff] of [[0, 0], [1, 0], [0, 5], [3, 7], [4, 4], [8, 1]]) {
    assert.deepEqual(await all({ admin, staff }, 4), [...names("admin", admin), ...names("staff", staff)], `${admin} and ${staff}`);
  }
});

test("one kind alone is the shop's own list", async () => {
  assert.deepEqual(await all({ admin: 3, staff: 6 }, 4, "staff"), names("staff", 6));
});

test("roles allow together what each of them does, in the order of the matrix", () => {
  assert.deepEqual(allowed([{ permissions: ["refunds"] }, { permissions: ["inventory_write", "refunds"] }]), ["inventory_write", "refunds"]);
  assert.equal(new Set(permissions).size, permissions.length);
});

test("nobody gives what he lacks, but what was there may stay, and administrators give everything", () => {
  const giver = { role: "staff", permissions: ["orders_read"] };
  assert.equal(mayGive(giver, ["orders_read"]), true);
  assert.equal(mayGive(giver, ["orders_read", "refunds"]), false);
  assert.equal(mayGive(giver, ["refunds"], ["refunds"]), true);
  assert.equal(mayGive({ role: "admin", permissions: [] }, permissions), true);
});

test("a drawn password is four groups of five, each letter as likely as another", () => {
  const counts = new Map();
  for (let n = 0; n < 300; n++) {
    const text = drawnPassword();
    assert.match(text, /^([abcdefghjkmnpqrstuvwxyz2-9]{5}-){3}[abcdefghjkmnpqrstuvwxyz2-9]{5}$/);
    for (const letter of text.replaceAll("-", "")) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  }
  assert.equal(counts.size, 31);
  assert.ok(Math.min(...counts.values()) > 100, "300 passwords have some 194 of each");
});
