import { wordsOf } from "../language";
import { refusals } from "../problems";

refusals({
  "shipping.zone_not_found": { zh: "这个配送区域已被删除。", en: "This zone has been removed." },
  "shipping.method_not_found": { zh: "这种配送方式已被删除。", en: "This way of shipping has been removed." },
  "shipping.destination_taken": { zh: "其中有目的地已属于另一个区域。请先从那里移除。", en: "One of these destinations belongs to another zone. Take it out there first." },
  "shipping.zone_in_use": { zh: "此区域还有配送方式，请先删除或移到其他区域。", en: "There are ways of shipping in this zone. Remove them, or move them to another zone, first." },
  "shipping.code_taken": { zh: "此区域已有相同代码的配送方式。", en: "Another way of shipping in this zone has this code." },
  "shipping.too_many_methods": { zh: "此区域的配送方式已达上限。", en: "This zone has as many ways of shipping as it can." },
});

export const words = wordsOf({
  zh: {
    title: "配送", lead: "顾客的地址落入最具体的区域：省份先于国家，国家先于其他地区。区域中的配送方式就是可选项。", add: "新建区域", editZone: "编辑区域", zoneName: "区域名称", zoneHint: "仅在后台显示。", saved: "已保存", removed: "已删除",
    destinations: "目的地", country: "国家或地区", provinces: "省份", provincesHint: "留空表示整个国家。请列出地址中的每种写法，例如“浙江”和“浙江省”。", addCountry: "添加国家或地区", world: "其他所有地区", wholeCountry: "全境", nowhere: "没有目的地，任何地址都不会用到。", choose: "请选择",
    edit: (name: string) => `编辑“${name}”`, remove: "删除", removeZone: (name: string) => `删除区域“${name}”？`, removeZoneText: "只能删除没有配送方式的区域。其中的地址将归入较宽的区域；没有这样的区域时，就无法配送到那里。",
    removeMethod: (name: string) => `删除“${name}”？`, removeMethodText: "选了它的购物车会失去这一选择，并会告知顾客。已有订单不受影响。", outdated: "期间有人修改过，现在显示的是最新内容。请再次决定。",
    addMethod: "添加配送方式", editMethod: "编辑配送方式", noMethods: "还没有配送方式，这里的顾客无法下单需要配送的商品。", name: "名称", nameHint: "顾客在结账时看到。", code: "代码", codeHint: "小写字母、数字、- 和 _，供导出和对接使用。", zone: "区域", kind: "计价方式",
    kinds: { flat: "固定价格", by_weight: "按重量", by_amount: "按金额" }, kindHints: { flat: "每单一个价格。", by_weight: "按整单重量分档。", by_amount: "按商品小计分档。" }, active: "提供给顾客", inactive: "已停用", position: "顺序", positionHint: "价格相同时，数字小的在前。",
    weightMin: "最低重量（克）", weightMax: "最高重量（克）", rates: "价格", ratesHint: "只以列出的币种提供。", currency: "币种", price: "价格", upToGrams: "至（克，含）", upToAmount: "小计至（含）", noEnd: "不限", addStep: "添加一档", removeStep: "删除这一档", addRate: "添加币种", removeRate: "删除此币种",
    furtherKg: "超出后每公斤", freeAbove: "满额免运费", amountMin: "最低小计", amountMax: "最高小计", limits: "更多限制", step: "档", free: "免费",
    told: { upTo: (limit: string, price: string) => `≤ ${limit}：${price}`, beyond: (price: string) => `以上：${price}`, kg: (price: string) => `此后每公斤 ${price}`, freeAbove: (amount: string) => `满 ${amount} 免运费`, between: (least: string, most: string) => `${least} 至 ${most}`, from: (least: string) => `${least} 起`, until: (most: string) => `最多 ${most}` },
    faults: { required: "请填写此项。", ascending: "每一档都要高于前一档。", limits: "上限不能低于下限。", currency: "请填三个字母，例如 CNY。", twice: "这个币种已经有了。" }, badCode: "请只用小写字母、数字、- 和 _。", needCountry: "请选择国家或地区。",
    test: "试一个地址", testLead: "看看某个地址的顾客会落入哪个区域。", province: "省份", testNone: "没有区域包含这个地址，无法配送。", testZone: (name: string) => `落入区域“${name}”。`, testOffered: "其中提供（视币种、重量与小计而定）：",
  },
  en: {
    title: "Shipping", lead: "An address falls into the most specific zone: that of its province before that of its country before the rest of the world. The ways of shipping of the zone are what the shopper may choose.", add: "New zone", editZone: "Edit zone", zoneName: "Name of the zone", zoneHint: "For the back office alone.", saved: "Saved", removed: "Removed",
    destinations: "Destinations", country: "Country or region", provinces: "Provinces", provincesHint: "Empty for the whole country. List each way in which addresses write one, such as “浙江” and “浙江省”.", addCountry: "Add a country or region", world: "Rest of the world", wholeCountry: "all of it", nowhere: "No destinations: no address uses it.", choose: "Please choose",
    edit: (name: string) => `Edit ${name}`, remove: "Remove", removeZone: (name: string) => `Remove the zone ${name}?`, removeZoneText: "Only a zone without ways of shipping is removed. Its addresses fall to the next wider zone; where there is none, nothing is shipped to them.",
    removeMethod: (name: string) => `Remove ${name}?`, removeMethodText: "Carts that chose it lose the choice, and say so. Orders stay as they are.", outdated: "Somebody has changed this meanwhile; this is what it is now. Please decide again.",
    addMethod: "Add a way of shipping", editMethod: "Edit way of shipping", noMethods: "No ways of shipping yet: shoppers here cannot order what is shipped.", name: "Name", nameHint: "Shoppers see it at checkout.", code: "Code", codeHint: "Small letters, digits, - and _; for exports and other systems.", zone: "Zone", kind: "Priced",
    kinds: { flat: "Flat", by_weight: "By weight", by_amount: "By amount" }, kindHints: { flat: "One price for each order.", by_weight: "In steps of the whole order’s weight.", by_amount: "In steps of the goods’ subtotal." }, active: "Offered to shoppers", inactive: "Not offered", position: "Order", positionHint: "Of equal prices, the smaller number stands first.",
    weightMin: "Weight at least (g)", weightMax: "Weight at most (g)", rates: "Prices", ratesHint: "Offered in the listed currencies alone.", currency: "Currency", price: "Price", upToGrams: "Up to (g, inclusive)", upToAmount: "Subtotal up to (inclusive)", noEnd: "No end", addStep: "Add a step", removeStep: "Remove this step", addRate: "Add a currency", removeRate: "Remove this currency",
    furtherKg: "Each further kilogram", freeAbove: "Free from", amountMin: "Subtotal at least", amountMax: "Subtotal at most", limits: "More limits", step: "Step", free: "Free",
    told: { upTo: (limit: string, price: string) => `≤ ${limit}: ${price}`, beyond: (price: string) => `beyond: ${price}`, kg: (price: string) => `${price} for each further kg`, freeAbove: (amount: string) => `free from ${amount}`, between: (least: string, most: string) => `${least} to ${most}`, from: (least: string) => `from ${least}`, until: (most: string) => `up to ${most}` },
    faults: { required: "Please fill this in.", ascending: "Each step must reach further than the one before.", limits: "The most cannot be less than the least.", currency: "Three letters, such as CNY.", twice: "This currency is here already." }, badCode: "Small letters, digits, - and _ only.", needCountry: "Please choose a country or region.",
    test: "Try an address", testLead: "See which zone a shopper’s address falls into.", province: "Province", testNone: "No zone has this address: nothing is shipped there.", testZone: (name: string) => `It falls into ${name}.`, testOffered: "Offered there, as currency, weight and subtotal allow:",
  },
});
