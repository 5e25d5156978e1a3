import { wordsOf } from "../language";
import { refusals } from "../problems";

refusals({
  "imports.not_found": { zh: "没有这次导入。", en: "There is no such import." },
  "imports.not_csv": { zh: "这不是 CSV 文件。", en: "This is not a CSV file." },
  "imports.wrong_encoding": { zh: "文件须为 UTF-8 编码。", en: "The file must be in UTF-8." },
  "imports.too_large": { zh: "文件太大，最多 64 MB。", en: "The file is too large; 64 MB at most." },
  "imports.unknown_currency": { zh: "店铺不认识这个币种。", en: "The shop does not know this currency." },
});

export const words = wordsOf({
  zh: {
    title: "导入与导出", upload: "导入商品", drop: "将 Shopify 格式的 CSV 文件拖到此处，或", choose: "选择文件", sending: "正在上传…", lead: "每个商品要么全部导入，要么不导入；同一文件再次导入不会改变什么。", started: "已开始导入", list: "导入记录", begun: "开始", status: "状态", progress: "进度", result: "结果", none: "还没有导入过。",
    statuses: { queued: "排队中", running: "导入中", done: "已完成", failed: "失败" }, rows: (done: string, all: string) => `${done} / ${all} 行`, reading: "正在读取…", totals: (created: string, updated: string, unchanged: string, refused: string) => `新建 ${created} · 更新 ${updated} · 未变 ${unchanged} · 拒绝 ${refused}`,
    one: "导入", file: "整个文件未被接受", report: "明细", row: "行", handle: "网址名称", outcome: "结果", message: "说明", outcomes: { created: "新建", updated: "更新", unchanged: "未变", refused: "拒绝", note: "提示" }, noReport: "还没有明细。", currency: "币种", currencyOf: "价格的币种", currencyHint: "三个字母，如 EUR。文件中另有币种列的行以该列为准。", ownCurrency: "店铺的币种", finished: "结束",
    exports: "导出", products: "下载全部商品", productsLead: "可再次导入，或导入到空店铺得到相同的目录。", orders: "下载订单", ordersLead: "每个订单行一行；下载会记入审计日志。", from: "下单起", to: "下单止", downloaded: "已下载",
  },
  en: {
    title: "Import and export", upload: "Import products", drop: "Drop a CSV file in Shopify’s format here, or", choose: "Choose a file", sending: "Uploading…", lead: "Each product is imported as a whole or not at all; the same file again changes nothing.", started: "The import has begun", list: "Imports", begun: "Begun", status: "State", progress: "Progress", result: "Outcome", none: "Nothing has been imported yet.",
    statuses: { queued: "Waiting", running: "Under way", done: "Done", failed: "Failed" }, rows: (done: string, all: string) => `${done} of ${all} rows`, reading: "Being read…", totals: (created: string, updated: string, unchanged: string, refused: string) => `${created} created · ${updated} updated · ${unchanged} unchanged · ${refused} refused`,
    one: "Import", file: "The file as a whole was refused", report: "Report", row: "Row", handle: "Address", outcome: "Outcome", message: "What is said of it", outcomes: { created: "Created", updated: "Updated", unchanged: "Unchanged", refused: "Refused", note: "Note" }, noReport: "Nothing is reported yet.", currency: "Currency", currencyOf: "Currency of the prices", currencyHint: "Three letters, such as EUR. Rows with a currency column go by that.", ownCurrency: "The shop’s own", finished: "Finished",
    exports: "Export", products: "Download all products", productsLead: "The file can be imported again, or into an empty shop for the same catalogue.", orders: "Download orders", ordersLead: "A row for each line of an order; the audit log says who took it.", from: "Placed from", to: "Placed until", downloaded: "Downloaded",
  },
});
