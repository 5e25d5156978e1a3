import { wordsOf } from "../language";
import { refusals } from "../problems";

refusals({
  "webhooks.not_found": { zh: "没有这个推送地址，可能已被删除。", en: "There is no such webhook; it may have been removed." },
  "webhooks.too_many": { zh: "推送地址太多了，请先删除不用的。", en: "There are too many webhooks; remove one that is not needed." },
  "webhooks.not_active": { zh: "推送已暂停，请先启用。", en: "The webhook is paused; set it active first." },
  "webhooks.delivery_not_found": { zh: "没有这次推送的记录。", en: "There is no such delivery." },
});

export const words = wordsOf({
  zh: {
    title: "推送", lead: "商店发生的事，以签名的 HTTPS 请求告知其他系统。", add: "添加推送地址", editTitle: "修改推送地址", url: "地址", urlHint: "公网上的 https 地址", events: "事件", eventsHint: "例如 orders.paid；orders.* 表示一类；* 表示全部", description: "说明", needUrl: "请填写以 https:// 开头的地址。", needEvents: "请至少填写一种事件。",
    status: "状态", statuses: { active: "启用", paused: "已暂停", broken: "已中断" }, failing: (n: string) => `连续失败 ${n} 次`, waits: "暂停调用至", brokenLead: "连续数天失败，已停止调用。对方恢复后请重新启用，期间的事件会补发。", none: "还没有推送地址。", noneLead: "添加地址后，从那一刻起的事件都会推送。", saved: "已保存",
    pause: "暂停", pauseText: "事件会先存下，启用后补发。", paused: "已暂停推送", activate: "启用", activateText: "失败次数清零，期间存下的事件会立即推送。", activated: "已启用推送", ping: "发送测试", pinged: "已发送测试，结果见下方",
    rotate: "更换密钥", rotateText: "新密钥立即生效；旧密钥在一段宽限期内同时签名。", secretTitle: "签名密钥", secretLead: "只显示这一次。请存到接收方，用来核对 X-Caddy-Signature。", copy: "复制", copied: "已复制", close: "我已保存", remove: "删除", removeText: "推送记录一并删除；还没送达的不再推送。", removed: "已删除推送地址",
    about: "设置", since: "添加时间", deliveries: "推送记录", event: "事件", object: "对象", result: "结果", answer: "应答", when: "时间", attempts: "次数", any: "全部", noDeliveries: "还没有推送。", states: { waiting: "等待中", delivered: "已送达", failed: "失败" }, show: "查看", again: "重新推送", replayed: (n: string) => `${n} 条将重新推送`,
    span: "按时间重新推送", spanText: "该时段内的推送（最早的 500 条）会以原编号再次送出。", from: "从", to: "到", needSpan: "请填写起止时间，止晚于起。", detail: "一次推送", took: (ms: string) => `${ms} 毫秒`, next: "下次尝试", error: "错误", headers: "请求头（不含签名）", body: "请求内容", excerpt: "应答开头", noAnswer: "没有应答", outdated: "期间有人修改了这个推送地址，现在显示的是最新状态。",
  },
  en: {
    title: "Webhooks", lead: "Other systems hear of what happens in the shop, by signed calls over HTTPS.", add: "Add a webhook", editTitle: "Change the webhook", url: "Address", urlHint: "An https address on the public internet", events: "Events", eventsHint: "Such as orders.paid; orders.* for all of a kind; * for all", description: "Description", needUrl: "Please give an address that begins with https://.", needEvents: "Please give one kind of event at least.",
    status: "State", statuses: { active: "Active", paused: "Paused", broken: "Broken" }, failing: (n: string) => `${n} failures in a row`, waits: "No call before", brokenLead: "It has failed for days and is called no more. Set it active when the other side is well; what happened meanwhile is sent then.", none: "No webhooks yet.", noneLead: "Whatever happens from then on is sent to an address that is added.", saved: "Saved",
    pause: "Pause", pauseText: "Events are kept, and sent when it is active again.", paused: "The webhook is paused", activate: "Set active", activateText: "Its failures are forgotten; what was kept meanwhile is sent at once.", activated: "The webhook is active", ping: "Send a test", pinged: "A test is on its way; what becomes of it stands below",
    rotate: "New secret", rotateText: "The new one holds at once; for a time of grace the former one signs beside it.", secretTitle: "Secret of the signatures", secretLead: "It is shown this once. Keep it at the receiver, who checks X-Caddy-Signature with it.", copy: "Copy", copied: "Copied", close: "I have kept it", remove: "Remove", removeText: "Its deliveries are removed with it; what was not delivered is not sent any more.", removed: "The webhook is removed",
    about: "Set up", since: "Added", deliveries: "Deliveries", event: "Event", object: "About", result: "Result", answer: "Answer", when: "Time", attempts: "Attempts", any: "All", noDeliveries: "Nothing was sent yet.", states: { waiting: "Waiting", delivered: "Delivered", failed: "Failed" }, show: "Look", again: "Send again", replayed: (n: string) => `${n} to be sent again`,
    span: "Send a time again", spanText: "Deliveries made in that time, the oldest 500, are sent once more under their ids.", from: "From", to: "Until", needSpan: "Please give both, the second later than the first.", detail: "A delivery", took: (ms: string) => `${ms} ms`, next: "Next attempt", error: "Error", headers: "Headers, without the signature", body: "What was sent", excerpt: "How the answer begins", noAnswer: "No answer", outdated: "Somebody has changed this webhook meanwhile; this is what it is now.",
  },
});
