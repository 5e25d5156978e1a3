import { wordsOf } from "../language";
import { refusals } from "../problems";

refusals({
  "catalog.invalid_product": { zh: "请检查标出的内容。", en: "Please check what is marked." },
  "catalog.handle_taken": { zh: "此网址名称已被其他商品使用。", en: "Another product has this address already." },
  "catalog.product_not_found": { zh: "没有这个商品。", en: "There is no such product." },
  "catalog.category_not_found": { zh: "没有这个分类，可能已被删除。", en: "There is no such category; it may have been removed." },
  "media.not_a_picture": { zh: "这不是可用的图片。", en: "This is not a picture that the shop can use." },
  "media.too_large": { zh: "图片太大，最多 64 MB。", en: "The picture is too large; 64 MB at most." },
  "media.too_many_pixels": { zh: "图片的像素太多。", en: "The picture has too many pixels." },
  "media.damaged": { zh: "图片已损坏。", en: "The picture is damaged." },
  "media.svg_not_passive": { zh: "此 SVG 含有脚本或外部内容，不能使用。", en: "This SVG holds scripts or reaches elsewhere, and is not taken." },
  "media.empty": { zh: "文件是空的。", en: "The file is empty." },
  "media.busy": { zh: "图片处理繁忙，请稍后重试。", en: "Pictures are being worked on; try again in a moment." },
});

export const words = wordsOf({
  zh: {
    title: "商品", add: "新建商品", search: "搜索", searchHint: "名称、网址名称或 SKU", status: "状态", category: "分类", sort: "排序", any: "全部", name: "商品", price: "价格", stock: "库存", updated: "更新", vendor: "品牌",
    sorts: { "-created_at": "最新创建", created_at: "最早创建", "-updated_at": "最近更新", title: "按名称" }, statuses: { draft: "草稿", active: "在售", archived: "已归档" }, published: "已上架", unpublished: "未上架",
    availability: { in_stock: "有货", low_stock: "库存偏低", out_of_stock: "缺货", preorder: "可预订" }, publish: "上架", unpublish: "下架", archive: "归档", addCategory: "加入分类", removeCategory: "移出分类", archiveSure: "归档后顾客不再看到这些商品；已有订单不受影响。",
    done: (n: number) => `已更改 ${n} 个商品`, refused: (n: number) => `${n} 个未能更改`, none: "还没有商品。", noneLead: "新建一个，或导入商品文件。", notPriced: "未定价",
    basics: "基本信息", name_: "名称", description: "描述", descriptionHint: "可用 HTML；不允许的标记会被移除。", handle: "网址名称", handleHint: "只能设定一次；留空则由名称生成。", preview: "已保存的描述在店铺中的样子", media: "图片", upload: "上传图片", drop: "将图片拖到此处，或", uploading: (n: number) => `正在上传 ${n} 张…`, alt: "图片说明（供读屏软件）", first: "首图",
    earlier: "前移", later: "后移", remove: "移除", options: "规格与款式", optionsHint: "最多三种规格，例如“颜色”“尺寸”。每种组合成为一个款式。", option: "规格", optionName: (n: number) => `第 ${n} 种规格的名称`, optionValues: (n: string) => `${n}的取值`, valuesHint: "用逗号分隔，或按回车", addOption: "添加规格", value: "取值", variants: "款式",
    variant: "款式", only: "单一款式", sku: "SKU", barcode: "条码", compare: "划线价", weight: "重量", tracked: "跟踪库存", backorder: "缺货可订", shipping: "需要配送", taxable: "计税", picture: "图片", noPicture: "无", include: "包含", fill: "统一设价", fillAll: "应用到全部", currency: "币种", details: "更多", less: "收起",
    organize: "归类", tags: "标签", tagsHint: "用逗号分隔", taxCategory: "税类", taxHint: "留空为 standard", seo: "搜索引擎", seoTitle: "标题", seoDescription: "描述", state: "状态", save: "保存", saved: "已保存", created: "已创建", view: "在店铺中查看", unsaved: "有未保存的更改。", discard: "放弃更改", leave: "有未保存的更改，确定离开吗？",
    version: "版本", created_at: "创建", archiveTitle: "归档此商品？", archived: "已归档", restore: "恢复为草稿", merged: "已合并并保存", needTitle: "请填写名称。", needPrice: "请填写价格。", needValues: "请为每种规格填写名称和取值。", bulkCategory: "选择分类", apply: "应用", manyVariants: (n: number) => `组合太多（${n}），最多 2048 个。`, noCategories: "还没有分类。", facts: "商品参数", factsHint: "顾客在商品页上看到，例如“材质：瓷”。", internal: "内部资料", internalHint: "只在后台可见，例如成本。", factName: (n: number) => `名称 ${n}`, factValue: (n: string | number) => `内容 ${n}`, addFact: "添加一项",
  },
  en: {
    title: "Products", add: "New product", search: "Search", searchHint: "Name, address or SKU", status: "State", category: "Category", sort: "Sort by", any: "All", name: "Product", price: "Price", stock: "Stock", updated: "Changed", vendor: "Brand",
    sorts: { "-created_at": "Newest", created_at: "Oldest", "-updated_at": "Last changed", title: "Name" }, statuses: { draft: "Draft", active: "Active", archived: "Archived" }, published: "Published", unpublished: "Not published",
    availability: { in_stock: "In stock", low_stock: "Low", out_of_stock: "Out of stock", preorder: "To order" }, publish: "Publish", unpublish: "Unpublish", archive: "Archive", addCategory: "Add to category", removeCategory: "Take from category", archiveSure: "Shoppers no longer see what is archived; orders stay as they are.",
    done: (n: number) => (n === 1 ? "1 product changed" : `${n} products changed`), refused: (n: number) => `${n} could not be changed`, none: "No products yet.", noneLead: "Make one, or import a product file.", notPriced: "No price",
    basics: "Basics", name_: "Name", description: "Description", descriptionHint: "HTML; what is not allowed is taken out.", handle: "Address", handleHint: "Given once; made of the name where it is left empty.", preview: "How the saved description looks in the shop", media: "Pictures", upload: "Upload pictures", drop: "Drop pictures here, or", uploading: (n: number) => `Uploading ${n}…`, alt: "What it shows (for screen readers)", first: "First picture",
    earlier: "Move before", later: "Move after", remove: "Remove", options: "Options and variants", optionsHint: "At most three options, such as colour or size. Each combination is a variant.", option: "Option", optionName: (n: number) => `Name of option ${n}`, optionValues: (n: string) => `Values of ${n}`, valuesHint: "Separate by commas, or press Enter", addOption: "Add an option", value: "Value", variants: "Variants",
    variant: "Variant", only: "Single variant", sku: "SKU", barcode: "Barcode", compare: "Compare at", weight: "Weight", tracked: "Track stock", backorder: "Sell when out", shipping: "Needs shipping", taxable: "Taxed", picture: "Picture", noPicture: "None", include: "Included", fill: "One price", fillAll: "Apply to all", currency: "Currency", details: "More", less: "Less",
    organize: "Where it belongs", tags: "Tags", tagsHint: "Separated by commas", taxCategory: "Tax category", taxHint: "standard where left empty", seo: "Search engines", seoTitle: "Title", seoDescription: "Description", state: "State", save: "Save", saved: "Saved", created: "Created", view: "View in the shop", unsaved: "There are unsaved changes.", discard: "Discard", leave: "There are unsaved changes. Leave all the same?",
    version: "Version", created_at: "Created", archiveTitle: "Archive this product?", archived: "Archived", restore: "Make it a draft again", merged: "Merged and saved", needTitle: "Please give a name.", needPrice: "Please give a price.", needValues: "Give each option a name and values.", bulkCategory: "Choose a category", apply: "Apply", manyVariants: (n: number) => `Too many combinations (${n}); 2048 at most.`, noCategories: "No categories yet.", facts: "Attributes", factsHint: "Shoppers read them on the product’s page, such as “Material: porcelain”.", internal: "Internal notes", internalHint: "For the back office alone, such as what a piece costs.", factName: (n: number) => `Name ${n}`, factValue: (n: string | number) => `Value ${n}`, addFact: "Add one",
  },
});
