import { wordsOf } from "../language";

export const words = wordsOf({
  zh: {
    office: "Caddy Shopping 后台", brand: "后台", skip: "跳到内容", menu: "菜单", close: "关闭", account: "账户", signOut: "退出登录", language: "English", storefront: "查看店铺",
    theme: { label: "外观", auto: "跟随系统", light: "浅色", dark: "深色" }, offline: "网络已断开，恢复后会继续。", admin: "管理员", staff: "员工",
    groups: { home: "概览", catalogue: "商品", selling: "销售", setup: "设置", system: "系统" },
    signIn: { title: "登录后台", email: "电子邮箱", password: "密码", submit: "登录", stranger: "这是顾客账户，不能进入后台。", ended: "会话已结束，请重新登录。", hint: "忘记密码？可在店铺前台重设。", forgot: "重设密码" },
    setup: {
      title: "欢迎", lead: "创建第一位管理员，即可开始经营。", email: "电子邮箱", password: "密码", again: "再次输入密码", hint: "至少 10 个字符，且不能是最常见的密码。", submit: "创建并登录",
      differs: "两次输入的密码不一致。", noLink: "此页需要启动店铺时日志中给出的链接。", steps: ["创建管理员", "导入或添加商品", "设置配送与税率"],
    },
    forbidden: { title: "没有权限", lead: "您的角色不能打开此页。需要时请联系管理员。", home: "回到首页" },
    missing: { title: "没有这个页面", lead: "地址可能有误，或页面已移走。", home: "回到首页" },
    table: { more: "显示更多", none: "这里还没有内容。", noMatch: "没有符合条件的结果。", clear: "清除筛选", again: "重试", selected: (n: number) => `已选 ${n} 项`, select: "选择", all: "全选", loading: "正在加载…", reload: "刷新", shown: (n: number) => `显示 ${n} 条`, actions: "操作" },
    confirm: { cancel: "取消", confirm: "确认", reason: "原因", required: "请填写原因。" },
    conflict: {
      title: "有人抢先修改了", lead: "您编辑期间，其他人保存了更改。请选择每一项保留哪个版本。", mine: "我的", theirs: "对方的", field: "项目", save: "保存合并结果", both: "双方都改了", onlyMine: "只有您改了", onlyTheirs: "只有对方改了", same: "双方的更改没有冲突，可以直接保存。", empty: "（空）",
    },
    problem: { code: "代码", request: "请求编号" },
    form: { save: "保存", saved: "已保存", cancel: "取消", remove: "删除", edit: "编辑", add: "添加", back: "返回", required: "请填写此项。", unsaved: "有未保存的更改，确定离开吗？", badAmount: "请输入正确的金额。" },
    never: "从未",
  },
  en: {
    office: "Caddy Shopping back office", brand: "Back office", skip: "Skip to content", menu: "Menu", close: "Close", account: "Account", signOut: "Sign out", language: "中文", storefront: "View the shop",
    theme: { label: "Appearance", auto: "As the system", light: "Light", dark: "Dark" }, offline: "You are offline. The page goes on once the network is back.", admin: "Administrator", staff: "Staff",
    groups: { home: "Overview", catalogue: "Catalogue", selling: "Selling", setup: "Set-up", system: "System" },
    signIn: { title: "Sign in to the back office", email: "E-mail", password: "Password", submit: "Sign in", stranger: "This is a customer’s account; it does not open the back office.", ended: "Your session has ended. Please sign in again.", hint: "Forgotten the password? Set a new one in the shop.", forgot: "Set a new password" },
    setup: {
      title: "Welcome", lead: "Make the first administrator, and the shop is yours to run.", email: "E-mail", password: "Password", again: "Password again", hint: "At least 10 characters, and none of the most common passwords.", submit: "Create and sign in",
      differs: "The two passwords differ.", noLink: "This page needs the link that the shop writes to its log when it starts.", steps: ["Make the administrator", "Import or add products", "Set up shipping and taxes"],
    },
    forbidden: { title: "Not permitted", lead: "Your role does not open this page. Ask an administrator if you need it.", home: "Go home" },
    missing: { title: "There is no such page", lead: "The address may be mistyped, or the page has moved.", home: "Go home" },
    table: { more: "Show more", none: "Nothing here yet.", noMatch: "Nothing matches.", clear: "Clear filters", again: "Try again", selected: (n: number) => `${n} selected`, select: "Select", all: "Select all", loading: "Loading…", reload: "Refresh", shown: (n: number) => `${n} shown`, actions: "Actions" },
    confirm: { cancel: "Cancel", confirm: "Confirm", reason: "Reason", required: "Please give a reason." },
    conflict: {
      title: "Somebody else was faster", lead: "While you were editing, somebody else saved changes. Choose for each field which one to keep.", mine: "Mine", theirs: "Theirs", field: "Field", save: "Save the merged version", both: "Both changed it", onlyMine: "Only you changed it", onlyTheirs: "Only they changed it", same: "The changes do not touch each other and can be saved as they are.", empty: "(empty)",
    },
    problem: { code: "Code", request: "Request" },
    form: { save: "Save", saved: "Saved", cancel: "Cancel", remove: "Remove", edit: "Edit", add: "Add", back: "Back", required: "Please fill this in.", unsaved: "There are unsaved changes. Leave all the same?", badAmount: "Please give a proper amount." },
    never: "never",
  },
});
