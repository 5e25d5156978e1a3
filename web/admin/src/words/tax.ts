import { wordsOf } from "../language";
import { refusals } from "../problems";

refusals({
  "tax.not_found": { zh: "没有这条税率，可能已被删除。", en: "There is no such rate; it may have been removed." },
  "tax.duplicate_rate": { zh: "此地区和类别已有同名税率，请修改那一条。", en: "This place and category has a rate of that name already; change that one." },
});

export const words = wordsOf({
  zh: {
    title: "税率", lead: "第一条税率一经添加，未列出的地区不再计税；全部删除后，恢复店铺的统一税率。", add: "添加税率", editTitle: "修改税率", place: "地区", country: "国家或地区", countryHint: "两个字母的代码，例如 CN、DE", province: "省或州", provinceHint: "与地址中的写法一致；留空表示全国", whole: "全国",
    category: "商品类别", standard: "标准", reduced: "优惠", zero: "零税率", categoryHint: "standard、reduced、zero，或店铺自定的类别", name: "名称", nameHint: "显示在订单和发票上", rate: "税率", percent: "税率（%）", percentHint: "最多四位小数，例如 9.975",
    stacking: "与全国税率", replaces: "取代全国税率", adds: "加在全国税率之上", none: "还没有税率。", noneLead: "目前到处都按店铺的统一税率计税。", saved: "已保存税率", removed: "已删除税率", edit: (name: string) => `修改“${name}”`, remove: "删除", removeTitle: (name: string) => `删除“${name}”？`, removeText: "今后的订单不再按它计税；已下的订单不变。",
    needCountry: "请填写两个字母的代码。", needName: "请填写名称。", needRate: "请填写 0 到 100 之间的百分比。", actions: "操作",
  },
  en: {
    title: "Tax", lead: "With the first rate, nothing is taxed where no rate is set up; with the last one removed, the shop’s one rate holds everywhere again.", add: "Add a rate", editTitle: "Change the rate", place: "Place", country: "Country", countryHint: "A code of two letters, such as CN or DE", province: "Province or state", provinceHint: "As addresses write it; empty for the whole country", whole: "Whole country",
    category: "Goods", standard: "Standard", reduced: "Reduced", zero: "Zero", categoryHint: "standard, reduced, zero, or a code of the shop’s own", name: "Name", nameHint: "As orders and invoices show it", rate: "Rate", percent: "Rate (%)", percentHint: "Up to four digits after the point, such as 9.975",
    stacking: "With the country’s rates", replaces: "Stands instead of them", adds: "Comes on top of them", none: "No rates yet.", noneLead: "The shop’s one rate holds everywhere.", saved: "The rate is saved", removed: "The rate is removed", edit: (name: string) => `Change ${name}`, remove: "Remove", removeTitle: (name: string) => `Remove ${name}?`, removeText: "Orders from now on are taxed without it; those that were placed stay as they are.",
    needCountry: "Please give a code of two letters.", needName: "Please give a name.", needRate: "Please give a percentage from 0 to 100.", actions: "Actions",
  },
});
