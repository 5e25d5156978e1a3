/** What the shop notes in an order's progress, as it is written there, and what that means to a shopper. */
export interface Note { says: RegExp; means: (...found: string[]) => string }

export const zh = {
  shop: "Caddy Shopping", tagline: "茶、纸与日常之物", skip: "跳到正文", language: "English", offline: "网络已断开。恢复后页面会继续工作。",
  nav: { all: "全部商品", search: "搜索", cart: "购物车", orders: "订单", account: "账户", signIn: "登录", categories: "分类", close: "关闭", home: "首页", foot: "页脚" },
  home: {
    title: "慢下来，把日子过好", lead: "茶、器、纸、笔，与每天会用到的好东西。清楚的价格，诚实的库存。", browse: "看看全部", fresh: "新近上架", picks: "店里常备", categories: "按分类看",
  },
  list: {
    sort: "排序", newest: "最新", cheapest: "价格从低到高", dearest: "价格从高到低", byTitle: "名称", inStock: "只看有货", more: "再看一些", none: "没有找到符合的商品。",
    noneHint: "换个说法，或放宽筛选条件。", from: (price: string) => `${price} 起`, price: "价格", least: "最低价", most: "最高价", apply: "应用", clear: "清除筛选", some: "没有商品包含全部词语，以下包含其中大部分。",
    vendor: "品牌", results: "搜索结果", within: "分类", stock: "库存", between: (least: string, most: string) => `${least} 至 ${most}`, any: "不限", filters: "筛选", placeholder: "搜索商品", suggestions: "搜索建议", shown: (n: number) => `已显示 ${n} 件`,
  },
  product: {
    add: "加入购物车", soldOut: "暂时缺货", notForSale: "暂不出售", in_stock: "有货", low_stock: "库存不多", out_of_stock: "缺货", preorder: "可预订",
    quantity: "数量", pictures: "商品图片", kin: "同类好物", vendor: "出品", sku: "货号", details: "详情", was: "原价", picture: (n: number) => `第 ${n} 张图`, missing: "没有这件商品，或已下架。",
  },
  cart: {
    title: "购物车", empty: "购物车还是空的。", emptyHint: "挑一件喜欢的吧。", checkout: "去结算", view: "查看购物车", remove: "移除", less: "减少一件", more: "增加一件",
    added: "已加入购物车", changed: "价格有变动，原为", count: (n: number) => `${n} 件`,
  },
  totals: {
    title: "合计", subtotal: "商品小计", shipping: "运费", discount: "优惠", tax: "税费", included: "其中含税", total: "应付总额",
    later: "填写地址后计算", free: "免运费",
  },
  checkout: {
    title: "结算", contact: "联系方式", email: "电子邮箱", emailHint: "订单进展会发到这里。", address: "收货地址", name: "收件人", phone: "手机号码", country: "国家或地区",
    province: "省份", city: "城市", district: "区县", line1: "详细地址", line2: "门牌、楼层（可不填）", postal: "邮政编码（可不填）", delivery: "配送方式",
    deliveryHint: "填好地址后，这里会列出可选的配送方式。", payment: "付款方式",
    place: "提交订单", placing: "正在提交…", freeAbove: "满额免运费：", choose: "请选择", note: "备注（可不填）", book: "使用已保存的地址",
    required: "请填写这一项。", badEmail: "请填写有效的电子邮箱。", priceChanged: "价格有变动。请看一下新的总额，再次提交即表示接受。", shortage: "有商品库存不足，请先调整：",
    left: (n: number) => (n > 0 ? `只剩 ${n} 件` : "已售完"), adjust: (n: number) => (n > 0 ? `改为 ${n} 件` : "移除"), review: "核对订单",
  },
  payment: {
    demonstration: "演示",
    providers: {
      sandbox: { name: "在线支付", hint: "不会真的扣款，用来体验付款过程。" },
      manual: { name: "银行转账", hint: "下单后显示转账说明。" },
    },
    steps: { redirect: "前往付款服务商的页面付款。", instructions: "下单后显示付款说明。" },
  },
  delivery: { "Standard shipping": "标准配送", "Express shipping": "特快配送" },
  notes: [
    { says: /^The payment was declined\.$/, means: () => "付款被拒绝。" },
    { says: /^Not paid in time\.$/, means: () => "未在规定时间内付款。" },
    { says: /^The stock was sold meanwhile\.$/, means: () => "其间商品已售完。" },
    { says: /^Cancelled; the money is given back\.$/, means: () => "订单已取消，款项将退回。" },
    { says: /^A payment was given back\.$/, means: () => "一笔付款已退回。" },
    { says: /^A payment arrived that the order no longer waited for; it is given back\.$/, means: () => "收到一笔订单已不再等待的付款，将予退回。" },
    { says: /^The payment arrived after the stock was sold; it is given back\.$/, means: () => "付款到账时商品已售完，款项将退回。" },
    { says: /^A parcel was sent(?:: (.+))?$/, means: (tracking = "") => (tracking ? `包裹已寄出，运单号 ${tracking}` : "包裹已寄出。") },
    { says: /^A refund of (\S+) was asked for: (.*)$/s, means: (amount, reason) => `申请退款 ${amount}：${reason}` },
    { says: /^A refund of (\S+) was given back\.$/, means: (amount) => `已退款 ${amount}。` },
    { says: /^The provider refused a refund of (\S+)\.$/, means: (amount) => `付款服务商拒绝了 ${amount} 的退款。` },
  ] as Note[],
  security: {
    title: "安全与隐私", email: "电子邮箱", verified: "已验证", unverified: "未验证", unverifiedLead: "请点开我们寄出的邮件里的链接。验证过的邮箱才能放心地用来找回密码。", askMail: "重新寄出验证邮件",
    mailSent: "验证邮件已寄出。", password: "修改密码", current: "当前密码", next: "新密码", change: "修改密码", passwordDone: "密码已修改，其他设备都已退出登录。",
    copy: "我的数据", copyLead: "把本店所知道的关于你的一切保存为一个文件：资料、地址、订单与登录记录。", save: "下载我的数据", copyDone: "文件已保存到这台设备。",
    close: "注销账户", closeLead: "邮箱、姓名、电话、密码与地址会被永久删除，无法恢复。已有的订单按法律规定保留。", closePassword: "输入密码以确认", closeNow: "永久注销账户",
  },
  pay: { title: "演示付款", lead: "这里代替付款服务商的页面，不会真的扣款。", order: "订单", approve: "确认付款", decline: "拒绝付款", decided: "这笔付款已经有结果了。", back: "回到订单" },
  order: {
    title: "订单", thanks: "谢谢，订单已收到", number: "订单号", placed: "下单时间", timeline: "进展", address: "收货信息", lines: "商品", pay: "去付款", again: "重新付款", cancel: "取消订单",
    cancelSure: "确定取消这个订单吗？", keep: "保留订单", waiting: "正在等待付款结果…", until: "请在此之前付款：", failed: "付款没有成功，可以再试一次。", list: "我的订单", none: "还没有订单。", reference: "转账附言",
    missing: "没有这个订单，或这台设备无权查看。",
    status: {
      pending_payment: "待付款", paid: "已付款", fulfilling: "备货中", shipped: "已发货", delivered: "已送达", completed: "已完成", cancelled: "已取消",
      expired: "已过期", refunding: "退款中", partially_refunded: "部分退款", refunded: "已退款",
    },
  },
  account: {
    signIn: "登录", register: "注册", password: "密码", passwordHint: "至少 10 个字符，常见密码不可用。", name: "姓名（可不填）", haveAccount: "已有账户？", noAccount: "还没有账户？",
    signOut: "退出登录", profile: "个人资料", addresses: "收货地址", devices: "已登录的设备", save: "保存", saved: "已保存", thisDevice: "当前设备", unknownDevice: "未知设备", endDevice: "退出这台设备", endOthers: "退出其他所有设备", lastUsed: "最近使用",
    addAddress: "添加地址", remove: "删除", isDefault: "默认", makeDefault: "设为默认", noAddresses: "还没有保存的地址。", phone: "手机号码", greeting: "你好", orders: "我的订单",
    forgot: "忘记密码？", forgotLead: "填写邮箱，我们会寄出重设密码的链接。", forgotSent: "如果这个邮箱有账户，链接已经寄出。", send: "寄出链接", reset: "设置新密码", resetDone: "新密码已生效，请登录。",
    verify: "验证邮箱", verifyDone: "邮箱已验证。", cancel: "取消", fullName: "姓名",
  },
  sale: {
    title: "限时抢购", startsIn: "距开始", endsIn: "距结束", days: (n: number) => `${n} 天`, quota: (n: number) => `每人限购 ${n} 件`, from: (at: string) => `${at} 开始`, until: (at: string) => `${at} 结束`,
    held: "已为你留下一件", position: (n: number) => `正在排队，你排在第 ${n} 位。页面会自动更新。`, writing: "正在生成订单…", yours: "抢到了", toOrder: "去付款", failed: "这次没有成功", again: "再试一次",
    lost: "你的排队信息丢失了，没有下单。可以再试一次。", soldOut: "已抢完", soldOutHint: "如果有人没有付款，会重新放出；页面会自动更新。", ended: "这场抢购已经结束。", signIn: "登录后才能参加。可以先填好地址，等待开始。",
    notYet: "尚未开始", buy: "立即抢购", total: "运费与总额会在订单里列出，付款前可以核对。", missing: "没有这场抢购。",
  },
  missing: { title: "没有这个页面", lead: "地址可能写错了，或页面已经搬走。", home: "回到首页", seek: "您在找什么？", find: "搜索" },
  refusals: {
    "flash_sale.not_started": "抢购还没有开始。", "flash_sale.ended": "抢购已经结束。", "flash_sale.quota": "已达到每人限购数量。", "flash_sale.sold_out": "来晚了一步，已经抢完。",
    offline: "连接不上商店，请检查网络后再试。", unavailable: "商店暂时忙不过来，请稍后再试。", "inventory.insufficient": "库存不足。", "cart.closed": "这个购物车已经下单。",
    "cart.invalid_quantity": "这个数量不可以。", "cart.line_limit": "购物车里的商品种类太多了。", "catalog.not_for_sale": "这件商品暂不出售。", "catalog.product_not_found": "没有这件商品，或已下架。",
    "shipping.no_zone": "这个地址暂不配送。", "shipping.not_available": "这种配送方式已不可用，请重新选择。", "identity.bad_credentials": "邮箱或密码不对。",
    "identity.too_many_attempts": "尝试次数太多，请稍后再试。", "identity.email_taken": "这个邮箱已有账户，请直接登录。", "identity.link_invalid": "链接已失效，请重新申请。",
    "orders.not_found": "没有这个订单，或这台设备无权查看。", "orders.not_cancellable": "这个订单已不能取消。", "orders.expired": "付款时间已过，订单已失效。", "payments.unknown_provider": "这种付款方式暂不可用，请换一种。",
    "payments.attempt_open": "已有一笔付款正在进行。", "checkout.too_many_unpaid": "未付款的订单太多，请先付款或取消。", "sandbox.not_found": "没有这笔付款。", "sandbox.already_decided": "这笔付款已经有结果了。",
    "checkout.incomplete": "还有内容没有填好。", "request.invalid_field": "请检查标出的内容。", "identity.wrong_password": "当前密码不对，请再试一次。", "identity.staff_account": "店员账户不能在这里注销。", "customers.export_too_soon": "刚刚已经下载过，请稍后再试。", "customers.too_many_addresses": "保存的地址太多了。",
  },
};

export type Words = typeof zh;
