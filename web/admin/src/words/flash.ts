import { wordsOf } from "../language";
import { refusals } from "../problems";

refusals({
  "flash_sale.not_found": { zh: "没有这场闪购，可能已被删除。", en: "There is no such flash sale; it may have been removed." },
  "flash_sale.wrong_state": { zh: "闪购已进入别的状态，请看最新情况后再操作。", en: "The sale has come into another state. Look at it once more, then decide." },
  "flash_sale.stock_in_use": { zh: "已有顾客抢到更多件，数量不能再少。", en: "Shoppers hold tickets for more than that; it cannot be so few." },
  "flash_sale.variant_not_for_sale": { zh: "此款式没有上架，请先上架商品。", en: "This variant is not for sale; publish its product first." },
  "flash_sale.not_tracked": { zh: "此款式不计库存，不能闪购。", en: "This variant’s stock is not tracked, so a number of it cannot be set apart." },
});

export const words = wordsOf({
  zh: {
    title: "闪购", lead: "在一段时间内以特价卖出预先留出的件数，先到先得。", add: "新建闪购", editTitle: "修改闪购", name: "标题", status: "状态", any: "全部", states: { draft: "草稿", armed: "已就绪", ended: "已结束", cancelled: "已取消" }, statuses: { draft: "草稿", coming: "即将开始", running: "进行中", ended: "已结束", cancelled: "已取消" },
    price: "闪购价", currency: "币种", starts: "开始", ends: "结束", stock: "件数", quota: "每人限购", variant: "款式", find: "按 SKU 查找", findHint: "SKU 开头", choose: "请选择款式", noneFound: "没有这样的 SKU。", available: (n: string) => `可售 ${n}`, none: "还没有闪购。", noneLead: "新建后先是草稿，就绪后顾客才能看到。", saved: "已保存闪购",
    needTitle: "请填写标题。", needVariant: "请选择款式。", needPrice: "请填写价格。", needCount: "请填写大于 0 的整数。", needTimes: "请填写时间，结束须晚于开始。", fixed: "就绪之后，款式、价格和开始时间不能再改。",
    arm: "就绪", armText: "现在从库存中留出这些件数，顾客随即能看到这场闪购。", armed: "闪购已就绪", cancel: "立即结束", cancelText: "排队中的顾客将失败；已有的订单不变；没卖出的件数退回库存。", cancelled: "闪购已结束", remove: "删除草稿", removeText: "草稿删除后无法恢复。", removed: "已删除草稿", toShop: "在商店中查看",
    about: "安排", sold: "售出情况", remaining: "剩余", ordered: "已下单", waiting: "排队中", failed: "未成功", expired: "逾期未付", returned: "已退回", ofStock: (n: string, all: string) => `${n} / ${all} 件`, outdated: "期间有人修改了这场闪购，现在显示的是最新状态。",
  },
  en: {
    title: "Flash sales", lead: "So many pieces, set apart beforehand, at a special price for a while: first come, first served.", add: "New flash sale", editTitle: "Change the flash sale", name: "Title", status: "State", any: "All", states: { draft: "Drafts", armed: "Armed", ended: "Ended", cancelled: "Cancelled" }, statuses: { draft: "Draft", coming: "Coming", running: "Running", ended: "Ended", cancelled: "Cancelled" },
    price: "Special price", currency: "Currency", starts: "Begins", ends: "Ends", stock: "Pieces", quota: "At most for each", variant: "Variant", find: "Find by SKU", findHint: "The SKU’s beginning", choose: "Please choose", noneFound: "There is no such SKU.", available: (n: string) => `${n} available`, none: "No flash sales yet.", noneLead: "A new one is a draft; shoppers see it once it is armed.", saved: "The sale is saved",
    needTitle: "Please give a title.", needVariant: "Please choose a variant.", needPrice: "Please give a price.", needCount: "Please give a whole number above 0.", needTimes: "Please give both times, the end after the beginning.", fixed: "Once it is armed, variant, price and beginning stay as they are.",
    arm: "Arm", armText: "The pieces are set apart from the stock now, and shoppers see the sale.", armed: "The sale is armed", cancel: "End at once", cancelText: "Whoever waits goes without; orders stay; what was not sold goes back into the stock.", cancelled: "The sale has ended", remove: "Remove the draft", removeText: "A draft that is removed cannot be brought back.", removed: "The draft is removed", toShop: "See it in the shop",
    about: "The sale", sold: "How it goes", remaining: "Left", ordered: "Ordered", waiting: "Waiting", failed: "Without success", expired: "Not paid in time", returned: "Given back", ofStock: (n: string, all: string) => `${n} of ${all}`, outdated: "Somebody has changed this sale meanwhile; this is what it is now.",
  },
});
