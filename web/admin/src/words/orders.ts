import { wordsOf } from "../language";
import { refusals } from "../problems";

refusals({
  "orders.not_found": { zh: "没有这个订单。", en: "There is no such order." },
  "orders.not_fulfillable": { zh: "此订单现在不能发货，请看最新状态。", en: "This order cannot be sent now; see how it stands." },
  "orders.quantity_exceeded": { zh: "剩下的件数没有这么多，请看最新状态。", en: "Fewer pieces are left than that; see how the order stands." },
  "orders.step_not_allowed": { zh: "订单已不在这一步，请看最新状态。", en: "The order is not at this step any more; see how it stands." },
  "orders.not_cancellable": { zh: "此订单已不能取消，请看最新状态。", en: "This order can no longer be cancelled; see how it stands." },
  "orders.not_refundable": { zh: "此订单现在不能退款，请看最新状态。", en: "This order cannot be refunded now; see how it stands." },
  "payments.refund_too_much": { zh: "超过了可退的金额，请看最新状态。", en: "That is more than may still go back; see how the order stands." },
  "payments.not_payable": { zh: "这笔付款已不在等待。", en: "This payment is not waited for any more." },
  "payments.no_refund_due": { zh: "没有等待退回的款项。", en: "No money waits to be sent back." },
  "inventory.not_reserved": { zh: "库存没有为此订单预留，请核对库存。", en: "The stock is not reserved for this order; please check the stock." },
  "inventory.not_on_hand": { zh: "货架上的数量不够，请先核对库存。", en: "The shelf does not hold that many; please check the stock first." },
});

export const words = wordsOf({
  zh: {
    title: "订单", search: "搜索", searchHint: "订单号开头，或完整邮箱", status: "状态", any: "全部", from: "下单起", to: "下单止", number: "订单", customer: "顾客", items: "件数", total: "合计", payment: "付款", placed: "下单时间", none: "还没有订单。", noneLead: "顾客下单后会出现在这里。", guest: "游客",
    statuses: { pending_payment: "待付款", paid: "已付款", fulfilling: "备货中", shipped: "已发货", delivered: "已送达", completed: "已完成", cancelled: "已取消", expired: "已过期", refunding: "退款中", partially_refunded: "部分退款", refunded: "已退款" },
    payments: { created: "已创建", pending: "等待付款", succeeded: "已收款", failed: "失败", cancelled: "已取消", refund_pending: "等待退回", refunded: "已退回" }, refundStates: { pending: "退款中", done: "已退款", failed: "退款失败" },
    providers: { sandbox: "演示付款", manual: "转账" } as Record<string, string>,
    goods: "商品", each: "单价", quantity: "数量", special: "闪购价", whereabouts: (sent: number, waiting: number, freed: number) => [sent && `已发 ${sent}`, waiting && `待发 ${waiting}`, freed && `不再发 ${freed}`].filter(Boolean).join(" · "),
    sums: "金额", subtotal: "商品小计", discount: "优惠", shipping: "运费", total_: "合计", taxOn: (name: string, rate: string, base: string) => `${name} ${rate}，计税额 ${base}`, taxIncluded: "其中含税", taxAdded: "另加税", back: "已退或在退", kept: "实收", explains: "合计 = 小计 − 优惠 + 运费 + 另加税",
    address: "收货", noAddress: "无需配送。", shopperNote: "顾客留言", mailLanguage: "邮件语言", paymentsHead: "付款", returned: "已退或在退", reference: "流水号", failure: "失败代码", parcels: "包裹", noParcels: "还没有发出包裹。", tracking: "运单号", trackingHint: "可留空", noTracking: "无运单号", refunds: "退款", timeline: "经过",
    staffOnly: "仅员工可见", toCustomer: "这位顾客的资料和全部订单", actors: { shopper: "顾客", system: "系统", me: "您", staff: "员工", provider: "付款方" }, fulfil: "发货", fulfilTitle: "发出包裹", fulfilLead: "选择此包裹中的件数。", pieces: (name: string) => `件数：${name}`, of: (n: number) => `共 ${n} 件可选`, allOf: "全部选上", noneOf: "清空", pick: "请至少选择一件。", sent: "已记录发货",
    deliver: "标为已送达", complete: "标为已完成", stepSure: "订单将进入下一步。", stepped: "已更新订单", cancel: "取消订单", cancelSure: "尚未发货的订单才能取消；已付的款项会退回。", cancelled: "已取消订单", refund: "退款", refundTitle: "退款", refundLead: (left: string) => `最多还可退 ${left}。`,
    mode: "退什么", byLines: "按商品", byAmount: "按金额", linesHint: "按当时的价格，连同应摊的优惠和税，不含运费。", amount: "金额", needAmount: "请填写不超过可退金额的数目。", restock: "商品放回库存", restockHint: "未发的不再发出；已寄回的重新上架。不选时，未发的商品从库存中核销。", refunded: "已提交退款", reason: "原因（顾客可见）", needReason: "请填写原因。",
    markPaid: "确认已到账", markPaidSure: "请先核对银行账户。确认后订单视为已付款。", markRefunded: "确认已退回", markRefundedSure: "请先通过银行退回款项，再确认。", marked: "已确认", noteLabel: "给同事的备注", addNote: "添加备注", noted: "已添加备注", expires: "付款期限",
  },
  en: {
    title: "Orders", search: "Search", searchHint: "Number’s beginning, or whole e-mail", status: "State", any: "All", from: "Placed from", to: "Placed until", number: "Order", customer: "Customer", items: "Pieces", total: "Total", payment: "Payment", placed: "Placed", none: "No orders yet.", noneLead: "They appear here as soon as somebody buys.", guest: "Guest",
    statuses: { pending_payment: "Awaiting payment", paid: "Paid", fulfilling: "Being packed", shipped: "Shipped", delivered: "Delivered", completed: "Completed", cancelled: "Cancelled", expired: "Expired", refunding: "Being refunded", partially_refunded: "Partly refunded", refunded: "Refunded" },
    payments: { created: "Created", pending: "Waited for", succeeded: "Received", failed: "Failed", cancelled: "Cancelled", refund_pending: "To be sent back", refunded: "Sent back" }, refundStates: { pending: "Under way", done: "Refunded", failed: "Failed" },
    providers: { sandbox: "Demonstration", manual: "Transfer" },
    goods: "Goods", each: "Each", quantity: "Pieces", special: "Flash sale price", whereabouts: (sent: number, waiting: number, freed: number) => [sent && `${sent} sent`, waiting && `${waiting} to send`, freed && `${freed} not to be sent`].filter(Boolean).join(" · "),
    sums: "Amounts", subtotal: "Goods", discount: "Discount", shipping: "Shipping", total_: "Total", taxOn: (name: string, rate: string, base: string) => `${name} ${rate} on ${base}`, taxIncluded: "Tax included", taxAdded: "Tax added", back: "Refunded or on its way", kept: "Kept", explains: "Total = goods − discount + shipping + added tax",
    address: "Ship to", noAddress: "Nothing is to be shipped.", shopperNote: "The shopper’s note", mailLanguage: "Language of mails", paymentsHead: "Payments", returned: "Back or on its way", reference: "Reference", failure: "Code of failure", parcels: "Parcels", noParcels: "Nothing has been sent yet.", tracking: "Tracking number", trackingHint: "May be left empty", noTracking: "No tracking number", refunds: "Refunds", timeline: "What happened",
    staffOnly: "Staff only", toCustomer: "This customer and all of the orders", actors: { shopper: "Shopper", system: "The shop", me: "You", staff: "Staff", provider: "Provider" }, fulfil: "Send", fulfilTitle: "Send a parcel", fulfilLead: "Choose what this parcel holds.", pieces: (name: string) => `Pieces of ${name}`, of: (n: number) => `of ${n}`, allOf: "Take all", noneOf: "Take none", pick: "Choose one piece at least.", sent: "The parcel is noted",
    deliver: "Mark delivered", complete: "Mark completed", stepSure: "The order goes one step on.", stepped: "The order has gone on", cancel: "Cancel order", cancelSure: "Only what has not been sent can be cancelled; what was paid goes back.", cancelled: "The order is cancelled", refund: "Refund", refundTitle: "Refund", refundLead: (left: string) => `At most ${left} may still go back.`,
    mode: "What goes back", byLines: "By pieces", byAmount: "By amount", linesHint: "At what they cost, with their part of discount and tax, without shipping.", amount: "Amount", needAmount: "Please give an amount that may still go back.", restock: "Put the goods back in stock", restockHint: "What was not sent stays; what was sent goes back on the shelf. Without it, what was not sent is written off.", refunded: "The refund is under way", reason: "Reason (the shopper reads it)", needReason: "Please give a reason.",
    markPaid: "Money has come", markPaidSure: "Look at the bank account first. The order counts as paid after that.", markRefunded: "Money has gone back", markRefundedSure: "Send the money back through the bank first, and confirm it then.", marked: "Confirmed", noteLabel: "Note for colleagues", addNote: "Add note", noted: "The note is added", expires: "To be paid until",
  },
});
