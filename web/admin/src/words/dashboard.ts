import { wordsOf } from "../language";

export const words = wordsOf({
  zh: {
    title: "仪表盘", hello: (name: string) => `${name}，您好`, days: (n: number) => `近 ${n} 天`, range: "时间范围", sales: "销售额", orders: "已付款订单", average: "客单价", conversion: "转化率", carts: (n: string) => `${n} 个购物车`,
    before: "较上一时段", noBefore: "上一时段没有数据", perDay: "每日销售额", chart: (total: string, days: number) => `${days} 天内的每日销售额，共 ${total}`, date: "日期", noSales: "这段时间还没有销售。", statuses: "订单状态", top: "热销商品", product: "商品", quantity: "数量", revenue: "金额",
    low: "库存偏低", lowNone: "没有库存偏低的商品。", left: (n: number) => `剩 ${n}`, queue: "后台任务", queueGood: "队列通畅", queueLate: "有任务在等待", queueParked: "有任务停住了", lag: "最久等待", due: "待办", later: "稍后", leased: "处理中", parked: "停住", done: "一小时内完成",
    nothing: "欢迎。您的角色可以使用左侧的页面。", utc: "按 UTC 日期计", all: "查看全部", start: "从这里开始", startLead: "店铺还是空的。三步即可开张：", steps: { products: "添加第一个商品", imports: "或导入商品文件（CSV）", shipping: "设置配送方式", shop: "看看顾客眼中的店铺" }, currency: "币种",
    status: {
      pending_payment: "待付款", paid: "已付款", fulfilling: "备货中", shipped: "已发货", delivered: "已送达", completed: "已完成", cancelled: "已取消", expired: "已过期", refunding: "退款中", partially_refunded: "部分退款", refunded: "已退款",
    },
  },
  en: {
    title: "Dashboard", hello: (name: string) => `Hello, ${name}`, days: (n: number) => `Last ${n} days`, range: "Period", sales: "Sales", orders: "Paid orders", average: "Average order", conversion: "Conversion", carts: (n: string) => `of ${n} carts`,
    before: "on the period before", noBefore: "Nothing in the period before", perDay: "Sales by day", chart: (total: string, days: number) => `Sales by day over ${days} days, ${total} in all`, date: "Day", noSales: "No sales in this period.", statuses: "Orders by state", top: "Best sellers", product: "Product", quantity: "Sold", revenue: "Amount",
    low: "Low stock", lowNone: "Nothing is low.", left: (n: number) => `${n} left`, queue: "Background work", queueGood: "Nothing waits", queueLate: "Work is waiting", queueParked: "Some work has stopped", lag: "Longest wait", due: "Due", later: "Later", leased: "At work", parked: "Stopped", done: "Done within the hour",
    nothing: "Welcome. The pages that your role opens are in the menu.", utc: "Days are those of UTC", all: "See all", start: "Start here", startLead: "The shop is empty. It opens in a few steps:", steps: { products: "Add your first product", imports: "Or import a product file (CSV)", shipping: "Set up shipping", shop: "See the shop as shoppers do" }, currency: "Currency",
    status: {
      pending_payment: "Awaiting payment", paid: "Paid", fulfilling: "Being packed", shipped: "Shipped", delivered: "Delivered", completed: "Completed", cancelled: "Cancelled", expired: "Expired", refunding: "Being refunded", partially_refunded: "Partly refunded", refunded: "Refunded",
    },
  },
});
