import { wordsOf } from "../language";
import { refusals } from "../problems";

refusals({
  "identity.customer_not_found": { zh: "没有这位顾客，账户可能已注销。", en: "There is no such customer; the account may have been closed." },
});

export const words = wordsOf({
  zh: {
    title: "顾客", search: "搜索", searchHint: "邮箱开头", status: "状态", any: "全部", email: "邮箱", name: "姓名", nameless: "未填姓名", since: "注册时间", none: "还没有顾客。", noneLead: "注册账户的人会出现在这里；游客只出现在订单中。",
    statuses: { active: "正常", disabled: "已停用" }, unverified: "邮箱未验证", verifiedAt: "邮箱验证于", never: "尚未", profile: "资料", id: "编号",
    orders: "订单", number: "订单", total: "合计", placed: "下单时间", noOrders: "还没有订单。",
    disable: "停用账户", disableSure: "停用后，此人会在所有设备上退出登录，并且不能再登录。已下的订单不受影响。", disabled: "已停用账户", enable: "恢复账户", enableSure: "恢复后，此人可以用原来的密码登录。", enabled: "已恢复账户", outdated: "期间有人修改了这个账户，现在显示的是最新状态。",
  },
  en: {
    title: "Customers", search: "Search", searchHint: "E-mail’s beginning", status: "State", any: "All", email: "E-mail", name: "Name", nameless: "No name given", since: "Customer since", none: "No customers yet.", noneLead: "Whoever makes an account appears here; guests appear with their orders alone.",
    statuses: { active: "Active", disabled: "Locked out" }, unverified: "E-mail not verified", verifiedAt: "E-mail verified", never: "Not yet", profile: "Profile", id: "Id",
    orders: "Orders", number: "Order", total: "Total", placed: "Placed", noOrders: "No orders yet.",
    disable: "Lock out", disableSure: "Every device is signed out, and nobody can sign in with this account. Orders that were placed stay as they are.", disabled: "The account is locked", enable: "Let in again", enableSure: "The password stays what it was.", enabled: "The account is open again", outdated: "Somebody has changed this account meanwhile; this is what it is now.",
  },
});
