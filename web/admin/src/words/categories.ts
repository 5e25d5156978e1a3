import { wordsOf } from "../language";
import { refusals } from "../problems";

refusals({
  "catalog.category_handle_taken": { zh: "此网址名称已被其他分类使用。", en: "Another category has this address already." },
  "catalog.category_too_deep": { zh: "分类的层级太深了。", en: "The tree would become too deep." },
  "catalog.category_cycle": { zh: "分类不能放到它自己的下级里。", en: "A category cannot stand below itself." },
  "catalog.category_not_empty": { zh: "此分类还有下级或商品，请先移走它们。", en: "There are categories or products in it; move them first." },
});

export const words = wordsOf({
  zh: {
    title: "分类", lead: "顾客按分类浏览商品。顺序即为显示顺序。", add: "新建分类", addBelow: (name: string) => `在“${name}”下新建`, edit: (name: string) => `编辑“${name}”`, editTitle: "编辑分类", name: "名称", handle: "网址名称", handleHint: "留空则由名称生成。", parent: "上级", root: "（最上级）", up: (name: string) => `上移“${name}”`, down: (name: string) => `下移“${name}”`,
    remove: "删除", removeTitle: (name: string) => `删除“${name}”？`, removeText: "只能删除没有下级和商品的分类。", none: "还没有分类。", saved: "已保存", products: (name: string) => `查看“${name}”中的商品`, see: "商品", needName: "请填写名称。", position: "顺序",
  },
  en: {
    title: "Categories", lead: "Shoppers browse by these, in this order.", add: "New category", addBelow: (name: string) => `New below ${name}`, edit: (name: string) => `Edit ${name}`, editTitle: "Edit category", name: "Name", handle: "Address", handleHint: "Made of the name where it is left empty.", parent: "Below", root: "(top)", up: (name: string) => `Move ${name} up`, down: (name: string) => `Move ${name} down`,
    remove: "Remove", removeTitle: (name: string) => `Remove ${name}?`, removeText: "Only a category without categories and products in it is removed.", none: "No categories yet.", saved: "Saved", products: (name: string) => `Products in ${name}`, see: "Products", needName: "Please give a name.", position: "Order",
  },
});
