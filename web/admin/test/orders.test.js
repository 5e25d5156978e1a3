// What an order's lines still wait for, and what follows: the same rules as the shop's, so that only what works is offered.
import { buildSync } from "esbuild";
import assert from "node:assert/strict";
import test from "node:test";
import { fileURLToPath } from "node:url";

const { outputFiles: [bundle] } = buildSync({ entryPoints: [fileURLToPath(new URL("../src/parts/orders/orders.ts", import.meta.url))], bundle: true, write: false, format: "esm" });
const { canSend, nextSteps, refundableOf, stateOf } = await import(`data:text/javascript;base64,${Buffer.from(bundle.text).toString("base64")}`);

const refund = (status, quantity, freed) => ({ status, lines: [{ line_id: "a", quantity, freed, restocked: 0 }] });
const parcel = (quantity) => ({ lines: [{ line_id: "a", quantity }] });
const order = (more) => ({
  status: "paid", lines: [{ id: "a", quantity: 5 }], fulfilments: [], refunds: [], payments: [{ status: "failed" }, { status: "succeeded", amount: { amount_minor: 500 }, returned: { amount_minor: 200 } }], ...more,
});

test("a piece waits until it was sent or never will be", () => {
  const [state] = stateOf(order({ fulfilments: [parcel(1), parcel(1)], refunds: [refund("done", 1, 1)] }));
  assert.deepEqual([state.sent, state.freed, state.waiting, state.refundable], [2, 1, 2, 4]);
});

test("a refund that failed has moved the goods, and its pieces may be refunded again", () => {
  const [state] = stateOf(order({ refunds: [refund("failed", 2, 2)] }));
  assert.deepEqual([state.waiting, state.refundable], [3, 5]);
});

test("only the payment that was received can go back, less what has gone", () => {
  assert.equal(refundableOf(order()).left, 300);
  assert.equal(refundableOf(order({ payments: [{ status: "failed" }] })), null);
});

test("what is paid and waits can be sent, also while a part of the money goes back", () => {
  assert.equal(canSend(order()), true);
  assert.equal(canSend(order({ status: "pending_payment" })), false);
  assert.equal(canSend(order({ fulfilments: [parcel(5)] })), false);
  assert.equal(canSend(order({ status: "refunding" })), true);
  assert.equal(canSend(order({ status: "refunding", payments: [] })), false);
});

test("the next step is offered once everything was sent", () => {
  assert.deepEqual(nextSteps(order({ status: "shipped" })), ["deliver"]);
  assert.deepEqual(nextSteps(order({ status: "delivered" })), ["complete"]);
  assert.deepEqual(nextSteps(order({ status: "partially_refunded", fulfilments: [parcel(4)], refunds: [refund("done", 1, 1)] })), ["deliver", "complete"]);
  assert.deepEqual(nextSteps(order({ status: "partially_refunded" })), []);
});
