import { wordsOf } from "../language";
import { refusals } from "../problems";

export const words = wordsOf({
  zh: {
    title: "员工", lead: "谁在这里工作，各自可以做什么。", roles: "角色与权限", find: "查找", findHint: "邮箱的开头", kind: "身份", everyone: "全部", status: "状态", any: "全部",
    kinds: { admin: "管理员", staff: "员工", customer: "顾客" }, statuses: { active: "正常", disabled: "已停用" }, person: "姓名", may: "角色", since: "加入", noRoles: "尚无角色", everything: "全部权限", you: "您", unnamed: "未填姓名",
    none: "没有符合条件的员工。",
    invite: {
      open: "添加员工", title: "添加员工", email: "电子邮箱", name: "姓名", password: "初始密码", passwordHint: "至少 10 个字符。已为您生成一个，只在这里出现这一次。", draw: "换一个", submit: "建立账户", exists: "打开已有的账户",
      done: "账户已建立", doneLead: "请把邮箱与初始密码交给对方。关闭后无法再次查看这个密码。", copy: "复制", copied: "已复制", link: "改发设置密码的邮件", linkText: "邮件里的链接有效一小时，只能使用一次；对方用它自己选定密码。", sent: (to: string) => `已请店铺向 ${to} 发送邮件`, close: "完成", another: "再添加一位", signIn: "登录地址",
    },
    user: {
      standing: "身份与角色", kindHints: { admin: "可以做一切，包括设立其他管理员。", staff: "可以做其各个角色允许的事。", customer: "不再是员工；保留顾客账户。" }, choose: "角色", together: "合起来可以", nothing: "还不能做任何事。", all: "一切。", noneYet: "还没有角色。", makeRole: "新建角色",
      save: "保存", saved: "已保存", own: "这是您自己的账户：身份与角色要由同事来改。", ofAdmin: "只有管理员可以更改管理员。", notHeld: "含有您自己没有的权限",
      account: "账户", email: "电子邮箱", verified: "邮箱已验证", unverified: "邮箱未验证", joined: "加入", changed: "最近更改", status: "状态",
      disable: "停用账户", disableTitle: (name: string) => `停用 ${name}？`, disableText: "对方的所有设备会立即退出，直到重新启用前都不能登录。订单与记录都会保留。", enable: "重新启用", enableTitle: (name: string) => `重新启用 ${name}？`, enableText: "对方又可以登录，并恢复原有的身份与角色。", disabled: "账户已停用，所有设备已退出", enabled: "账户已重新启用",
      link: "发送重设密码的邮件", linkTitle: "发送重设密码的邮件？", linkText: (to: string) => `店铺会向 ${to} 发送一个有效一小时的链接。在对方使用之前，现有密码不变。`,
      did: "此人做过的事", happened: "此账户的更改记录", kind: "身份",
    },
    role: {
      title: "角色与权限", lead: "一个角色把权限放在一起；员工可以有多个角色，权限合并计算。", staff: "员工", add: "新建角色", role: "角色", actions: "操作", admin: "管理员", adminLead: "始终拥有全部权限", yes: "允许", no: "不允许", means: "各项权限的含义", none: "还没有角色。可以从“仓库”“客服”之类的角色开始。",
      editTitle: "编辑角色", edit: (name: string) => `编辑 ${name}`, name: "名称", description: "说明", permissions: "权限", needName: "请填写名称。", save: "保存", saved: "角色已保存", remove: "删除", removeTitle: (name: string) => `删除角色“${name}”？`, removeText: "只有没有任何员工担任的角色才能删除。", removed: "角色已删除", all: "全选", notYours: "您自己没有这项权限，不能给出", history: "更改记录",
    },
    groups: { catalogue: "商品", orders: "订单", customers: "顾客", shop: "店铺" },
    permissions: {
      catalog_write: ["商品", "更改商品、分类、图片，导入商品"], inventory_write: ["库存", "查看与更正库存"], orders_read: ["查看", "查看全部订单与经营数据"], orders_write: ["处理", "发货、完成与取消订单，确认人工收款"], refunds: ["退款", "把钱退给顾客"],
      customers_read: ["查看", "查看顾客"], customers_write: ["更改", "更改顾客账户，停用账户"], settings_write: ["设置", "税率、配送、优惠券与文案"], users_manage: ["员工", "管理员工与角色，给出自己拥有的权限"], audit_read: ["审计", "查看谁在后台做了什么"], jobs_manage: ["任务", "查看后台任务与系统，重试失败的任务"], webhooks_manage: ["推送", "设置哪些外部系统收到事件"],
    },
  },
  en: {
    title: "Staff", lead: "Who works here, and what each of them may do.", roles: "Roles and permissions", find: "Find", findHint: "How the address begins", kind: "Standing", everyone: "Everyone", status: "State", any: "Any",
    kinds: { admin: "Administrator", staff: "Staff", customer: "Customer" }, statuses: { active: "Active", disabled: "Disabled" }, person: "Name", may: "Roles", since: "Joined", noRoles: "No role yet", everything: "Everything", you: "You", unnamed: "No name given",
    none: "Nobody matches.",
    invite: {
      open: "Add a colleague", title: "Add a colleague", email: "E-mail", name: "Name", password: "First password", passwordHint: "At least 10 characters. This one was drawn for you, and is shown only here and now.", draw: "Draw another", submit: "Open the account", exists: "Open the account that is there",
      done: "The account is open", doneLead: "Hand over the address and the first password. Once this is closed, nobody can look the password up.", copy: "Copy", copied: "Copied", link: "Mail a link instead", linkText: "The link is good for an hour, and once; with it your colleague chooses a password alone.", sent: (to: string) => `The shop was asked to write to ${to}`, close: "Done", another: "Add another", signIn: "Where to sign in",
    },
    user: {
      standing: "Standing and roles", kindHints: { admin: "May do everything, and make other administrators.", staff: "May do what the roles below allow.", customer: "No longer works here; keeps a customer’s account." }, choose: "Roles", together: "Together they allow", nothing: "Nothing yet.", all: "Everything.", noneYet: "There are no roles yet.", makeRole: "Make one",
      save: "Save", saved: "Saved", own: "This is your own account: a colleague changes its standing and roles.", ofAdmin: "Only an administrator changes administrators.", notHeld: "Has a permission that you lack",
      account: "Account", email: "E-mail", verified: "Address confirmed", unverified: "Address not confirmed", joined: "Joined", changed: "Last changed", status: "State",
      disable: "Disable the account", disableTitle: (name: string) => `Disable ${name}?`, disableText: "All their devices are signed out at once, and they cannot sign in until the account is enabled again. Orders and records stay.", enable: "Enable again", enableTitle: (name: string) => `Enable ${name} again?`, enableText: "They can sign in again, with the standing and roles they had.", disabled: "The account is disabled, and signed out everywhere", enabled: "The account is enabled again",
      link: "Mail a link for a new password", linkTitle: "Mail a link for a new password?", linkText: (to: string) => `The shop writes to ${to} with a link that is good for an hour. Until it is used the password stays as it is.`,
      did: "What they did", happened: "Changes of this account", kind: "Standing",
    },
    role: {
      title: "Roles and permissions", lead: "A role puts permissions together; whoever has several roles may do what they allow together.", staff: "Staff", add: "New role", role: "Role", actions: "Actions", admin: "Administrator", adminLead: "Always may do everything", yes: "allowed", no: "not allowed", means: "What each permission means", none: "There are no roles yet. A “Warehouse” or a “Customer service” is a good beginning.",
      editTitle: "Edit role", edit: (name: string) => `Edit ${name}`, name: "Name", description: "Description", permissions: "Permissions", needName: "Please give it a name.", save: "Save", saved: "The role is saved", remove: "Remove", removeTitle: (name: string) => `Remove the role “${name}”?`, removeText: "Only a role that nobody has can be removed.", removed: "The role is removed", all: "All", notYours: "You lack this permission yourself and cannot give it", history: "History",
    },
    groups: { catalogue: "Catalogue", orders: "Orders", customers: "Customers", shop: "Shop" },
    permissions: {
      catalog_write: ["Products", "Change products, categories and pictures; import products"], inventory_write: ["Stock", "See and correct stock"], orders_read: ["See", "See every order, and the figures of the shop"], orders_write: ["Handle", "Ship, complete and cancel orders; confirm payments made by hand"], refunds: ["Refund", "Give money back"],
      customers_read: ["See", "See customers"], customers_write: ["Change", "Change customers’ accounts and disable them"], settings_write: ["Set up", "Taxes, shipping, coupons and texts"], users_manage: ["Staff", "Manage colleagues and roles, giving what one may do oneself"], audit_read: ["Audit", "Read who did what in the back office"], jobs_manage: ["Jobs", "See background jobs and the system; run failed work again"], webhooks_manage: ["Hooks", "Say which other systems hear of events"],
    },
  },
});

refusals({
  "identity.last_admin": { zh: "这是最后一位在职的管理员。请先设立另一位管理员。", en: "This is the last active administrator. Make another one first." },
  "identity.own_account": { zh: "不能更改自己的身份，也不能停用自己。请找一位同事来做。", en: "Nobody changes their own standing or locks themselves out. Ask a colleague." },
  "identity.admin_only": { zh: "只有管理员可以设立或更改管理员。", en: "Only an administrator makes or changes administrators." },
  "identity.permission_not_held": { zh: "您只能给出自己拥有的权限。请联系管理员。", en: "You can give only what you may do yourself. Ask an administrator." },
  "identity.role_name_taken": { zh: "已有同名的角色，请换一个名称。", en: "Another role has this name. Choose a different one." },
  "identity.role_in_use": { zh: "还有员工担任这个角色。请先为他们更换角色，再删除。", en: "Members of staff have this role. Take it from them first." },
  "identity.too_many_roles": { zh: "已有 200 个角色，请改用其中之一。", en: "There are 200 roles already. Change one of those." },
  "identity.role_not_found": { zh: "这个角色已不存在，可能刚被删除。", en: "There is no such role any more; it may just have been removed." },
  "identity.user_not_found": { zh: "没有这个账户。", en: "There is no such account." },
});
