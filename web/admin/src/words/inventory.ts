import { wordsOf } from "../language";
import { refusals } from "../problems";

refusals({
  "inventory.not_found": { zh: "没有这个款式的库存。", en: "There is no stock of such a variant." },
  "inventory.changed": { zh: "盘点期间库存已变化，请看最新数量后再填。", en: "The stock has changed while you counted. Look at the new figure and count again." },
  "inventory.below_reserved": { zh: "已有订单预留了更多件，不能调到这么低。", en: "Orders have been promised more than that; the stock cannot go so low." },
  "inventory.invalid_quantity": { zh: "请输入正确的数量。", en: "Please give a proper number." },
});

export const words = wordsOf({
  zh: {
    title: "库存", search: "搜索", searchHint: "SKU 开头", show: "显示", any: "全部", lowOnly: "仅偏低", product: "商品", sku: "SKU", onHand: "现有", reserved: "已预留", available: "可售", state: "状态", low: "偏低", enough: "充足", out: "缺货", untracked: "不计库存", none: "还没有库存。", noneLead: "添加商品款式后会出现在这里。",
    level: "数量", availableIs: "可售 = 现有 − 已预留", toProduct: "打开商品", adjust: "调整", adjustTitle: "调整库存", mode: "方式", byDelta: "增减", bySet: "盘点", delta: "增加或减少", deltaHint: "减少时加负号，例如 -3", set: "现有数量", setHint: (n: string) => `您看到的是 ${n}；若期间有变化，不会覆盖。`, reason: "原因", needReason: "请填写原因。", needNumber: "请输入整数。", adjusted: "已调整库存",
    mark: "偏低线", shopMark: "店铺默认", markTitle: "偏低线", markHint: "可售数量到此或更低时提醒；留空则用店铺默认。", marked: "已保存偏低线", movements: "变动记录", at: "时间", kind: "类型", quantity: "数量", by: "由", order: "订单", noMovements: "还没有变动。", me: "您",
    audit: "核对账目", auditTitle: "库存核对", auditLead: "重新计算库存账目中必须相符的每一项。", auditAgain: "再次核对", clean: "账目相符", cleanLead: "每一项都已重新计算，没有发现差异。", unclean: "账目不符", uncleanLead: "账目只由店铺自己记录；出现差异请保留日志与备份，并联系技术人员。", truncated: "差异超过这里列出的数量。", invariant: "检查项", subject: "对象", detail: "差异", wholeShop: "整个店铺", checkedAt: "核对于",
    invariants: { "stock.on_hand": "现有数量 = 变动之和", "stock.reserved_movements": "已预留 = 预留变动之和", "stock.reserved_reservations": "已预留 = 未结预留之和", "stock.oversold": "没有超卖", "stock.orphans": "每笔变动都有其库存", "stock.conservation": "入库 = 现有 + 售出" } as Record<string, string>,
    kinds: { received: "入库", adjusted: "调整", reserved: "预留", released: "释放", shipped: "发货", returned: "退回" },
  },
  en: {
    title: "Inventory", search: "Search", searchHint: "SKU’s beginning", show: "Show", any: "All", lowOnly: "Low only", product: "Product", sku: "SKU", onHand: "On hand", reserved: "Reserved", available: "Available", state: "State", low: "Low", enough: "Enough", out: "Out of stock", untracked: "Not tracked", none: "No stock yet.", noneLead: "It appears here once there are products with variants.",
    level: "How many", availableIs: "Available = on hand − reserved", toProduct: "Open the product", adjust: "Adjust", adjustTitle: "Adjust the stock", mode: "How", byDelta: "More or less", bySet: "Counted", delta: "More or less by", deltaHint: "With a minus for less, such as -3", set: "On hand", setHint: (n: string) => `You see ${n}; if that changes meanwhile, nothing is overwritten.`, reason: "Reason", needReason: "Please give a reason.", needNumber: "Please give a whole number.", adjusted: "The stock is adjusted",
    mark: "Low mark", shopMark: "As the shop", markTitle: "Low mark", markHint: "Low when so many or fewer are available; empty for the shop’s own mark.", marked: "The low mark is saved", movements: "Movements", at: "Time", kind: "Kind", quantity: "Pieces", by: "By", order: "Order", noMovements: "Nothing has moved yet.", me: "You",
    audit: "Check the books", auditTitle: "Stock audit", auditLead: "Computes anew everything in the stock’s books that must add up.", auditAgain: "Check again", clean: "The books add up", cleanLead: "Everything has been computed anew, and nothing differs.", unclean: "The books do not add up", uncleanLead: "The shop alone writes these books: keep its logs and backups, and ask those who run it.", truncated: "There are more findings than are shown.", invariant: "What was checked", subject: "Of what", detail: "What differs", wholeShop: "The whole shop", checkedAt: "Checked",
    invariants: { "stock.on_hand": "On hand = sum of the movements", "stock.reserved_movements": "Reserved = sum of its movements", "stock.reserved_reservations": "Reserved = sum of open reservations", "stock.oversold": "Nothing is oversold", "stock.orphans": "Each movement has its stock", "stock.conservation": "What came in = on hand + sold" } as Record<string, string>,
    kinds: { received: "Received", adjusted: "Adjusted", reserved: "Reserved", released: "Released", shipped: "Shipped", returned: "Returned" },
  },
});
