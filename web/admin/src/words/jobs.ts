import { wordsOf } from "../language";
import { refusals } from "../problems";

refusals({
  "operations.job_not_found": { zh: "没有这个任务，或它早已完成并被清理。", en: "There is no such job, or it was done long ago and has been swept away." },
  "operations.job_not_parked": { zh: "这个任务没有停住；它会自己继续。", en: "This job has not stopped; it goes on by itself." },
});

export const words = wordsOf({
  zh: {
    title: "后台任务", lead: "店铺里发生的每件事及其后续工作。失败的会自动重试，多次失败后停住，等您处理；停住的不会丢失。", kinds: "各类任务", kind: "类型", all: "全部", state: "状态", any: "全部", none: "没有任务。", noneOf: "没有进行中或停住的任务。",
    states: { due: "等待运行", leased: "运行中", later: "等待重试", parked: "停住", done: "已完成" }, doneHour: "一小时内完成", lag: (text: string) => `最久的已等待 ${text}`, onTime: "没有任务在等待",
    about: "关于", attempts: "尝试", error: "最近错误", age: "发生", next: "下次尝试", finished: "完成", list: "任务", retry: "重试", retryAll: "全部重试", retryTitle: "重试这个任务？", retryText: "它会立即重新运行，并重新获得全部尝试次数。做过的事不会重复。", retryAllTitle: (type: string) => `重试所有停住的 ${type}？`, retryAllText: "原因消除后再重试，否则它们会再次停住。", retried: (n: string) => `已重新安排 ${n} 个任务`, retriedOne: "已重新安排",
    replay: "重新投递", replayTitle: "重新投递已完成的事件", replayText: "一段时间内某类事件会再次交给所有处理者，例如重建搜索索引。邮件、付款与退款不会重复。", from: "发生于", until: "早于", replayed: (n: string) => `已重新投递 ${n} 个事件`, moreThan: (n: string) => `已重新投递 ${n} 个事件，还有更多：请缩短时间段分几次进行`, act: "操作",
  },
  en: {
    title: "Background jobs", lead: "What happened in the shop, and the work that follows from it. A failure is tried again by itself; after many it stops and waits for you. What has stopped is not lost.", kinds: "By kind", kind: "Kind", all: "All", state: "State", any: "Any", none: "There are no jobs.", noneOf: "Nothing is under way, and nothing has stopped.",
    states: { due: "Waiting to run", leased: "Running", later: "Waiting to retry", parked: "Stopped", done: "Done" }, doneHour: "Done within the hour", lag: (text: string) => `The oldest has waited ${text}`, onTime: "Nothing waits",
    about: "About", attempts: "Tries", error: "Last error", age: "Happened", next: "Next try", finished: "Finished", list: "Jobs", retry: "Retry", retryAll: "Retry all", retryTitle: "Retry this job?", retryText: "It runs again at once, with all its tries. Nothing that it has done is done twice.", retryAllTitle: (type: string) => `Retry all ${type} that have stopped?`, retryAllText: "Once the cause is gone; else they will stop again.", retried: (n: string) => `${n} jobs will run again`, retriedOne: "It will run again",
    replay: "Deliver again", replayTitle: "Deliver finished events again", replayText: "Events of a kind and time go to every handler once more, to build the search index anew, say. No mail, payment or refund comes twice.", from: "Happened from", until: "Before", replayed: (n: string) => `${n} events are delivered again`, moreThan: (n: string) => `${n} events are delivered again, and there are more: take shorter spans`, act: "Action",
  },
});
