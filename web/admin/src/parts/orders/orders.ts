// What an order still waits for, told from what has been done to it.
import type { Schemas } from "../../office";

export type Order = Schemas["AdminOrder"];
export type Status = Schemas["OrderStatus"];
export type Portion = Schemas["OrderPortion"];

export const tones: Record<Status, "good" | "busy" | "warn" | "bad" | "quiet"> = {
  pending_payment: "warn", paid: "busy", fulfilling: "busy", shipped: "busy", delivered: "good", completed: "good", cancelled: "quiet", expired: "quiet", refunding: "warn",
  partially_refunded: "warn", refunded: "quiet",
};

export interface LineState { line: Order["lines"][number]; sent: number; freed: number; waiting: number; refundable: number }

/** Where the pieces of each line are. Goods were moved when a refund was asked for, whatever became of its money. */
export function stateOf({ lines, fulfilments, refunds }: Pick<Order, "lines" | "fulfilments" | "refunds">): LineState[] {
  const sum = (portions: readonly { line_id: string; count: number }[], id: string) => portions.reduce((all, { line_id, count }) => all + (line_id === id ? count : 0), 0);
  const sent = fulfilments.flatMap((parcel) => parcel.lines.map(({ line_id, quantity }) => ({ line_id, count: quantity })));
  const freed = refunds.flatMap((refund) => refund.lines.map((line) => ({ line_id: line.line_id, count: line.freed })));
  const refunded = refunds.filter(({ status }) => status !== "failed").flatMap((refund) => refund.lines.map(({ line_id, quantity }) => ({ line_id, count: quantity })));
  return lines.map((line) => {
    const gone = sum(sent, line.id);
    const never = sum(freed, line.id);
    return { line, sent: gone, freed: never, waiting: line.quantity - gone - never, refundable: line.quantity - sum(refunded, line.id) };
  });
}

/** The payment that holds the order's money, and how much of it may still go back. */
export function refundableOf({ payments }: Pick<Order, "payments">): { payment: Order["payments"][number]; left: number } | null {
  const payment = payments.find(({ status }) => status === "succeeded");
  return payment ? { payment, left: payment.amount.amount_minor - payment.returned.amount_minor } : null;
}

export function canSend(order: Order): boolean {
  const money = refundableOf(order);
  const open = ["paid", "fulfilling", "partially_refunded"].includes(order.status) || (order.status === "refunding" && !!money && money.left > 0);
  return open && stateOf(order).some(({ waiting }) => waiting > 0);
}

/** The step that follows once everything has been sent. */
export function nextSteps(order: Order): ("deliver" | "complete")[] {
  if (order.status === "shipped") return ["deliver"];
  if (order.status === "delivered") return ["complete"];
  const states = stateOf(order);
  const allSent = states.some(({ sent }) => sent > 0) && states.every(({ waiting }) => waiting === 0);
  return order.status === "partially_refunded" && allSent ? ["deliver", "complete"] : [];
}
