import { wordsOf } from "../language";

export const words = wordsOf({
  zh: {
    title: "系统", lead: "各部分与各实例的现状；每十秒更新。", told: "更新于", parts: "各部分", database: "数据库", outbox: "后台任务", redis: "Redis", workers: "本实例的工作进程", noRedis: "未使用", schema: "数据库结构", schemaGood: (n: string) => `版本 ${n}，与程序一致`, schemaMissing: (n: string) => `缺少 ${n} 个迁移，请运行 migrate`, schemaNewer: (n: string) => `版本 ${n}，比程序新`, schemaUnknown: "暂时无法读取", engine: "引擎", readOnly: "只读模式：店铺不接受任何更改。",
    status: { ok: "正常", degraded: "受影响", unavailable: "不可用", unreachable: "连接不上" },
    pods: "实例", alone: "没有 Redis 时，实例互不相知，这里只有回答您的这一个。", pod: "实例", here: "当前", state: "状态", version: "版本", config: "设置哈希", started: "启动", word: "最近消息", role: "分工", differs: "不同", mixedVersions: "各实例的程序版本不同：更新正在进行，或有实例没有跟上。", mixedConfigs: "各实例得到的设置不同；哈希与多数不同的已标出。", silent: "有实例不再发声：它已被终止，或与 Redis 失去联系。",
    states: { serving: "服务中", degraded: "受影响", draining: "正在退出", silent: "无消息" }, places: "工作进程", workersOf: (up: string, all: string) => `${up} / ${all}`, roles: { all: "接口与任务", api: "接口", jobs: "任务" } as Record<string, string>, worker: (slot: number, state: string) => `进程 ${slot}：${state}`,
    workerStates: { absent: "无", starting: "启动中", serving: "服务中", retiring: "交接中", draining: "正在退出", ending: "结束中" }, cutOff: "连接不上数据库", readOnlyPod: "只读",
    settings: "生效的设置", settingsLead: "密码与密钥已遮蔽。", find: "查找", findHint: "名称或说明", changedOnly: "只看与默认不同的", name: "设置", value: "值", origin: "来源", takes: "更改后生效", isDefault: "默认", was: (value: string) => `默认 ${value}`, empty: "（空）", none: "没有符合条件的设置。",
    origins: { built_in: "默认", file: "文件", environment: "环境变量", directory: "挂载目录", flag: "命令行" }, effects: { at_once: "立即", with_new_workers: "更换工作进程时", with_a_restart: "重启后" }, secret: "密钥",
  },
  en: {
    title: "System", lead: "How the parts and the pods do; renewed every ten seconds.", told: "As of", parts: "Parts", database: "Database", outbox: "Background work", redis: "Redis", workers: "This pod’s workers", noRedis: "Not used", schema: "Schema", schemaGood: (n: string) => `Version ${n}, as the program needs`, schemaMissing: (n: string) => `${n} migrations missing: run migrate`, schemaNewer: (n: string) => `Version ${n}, newer than the program`, schemaUnknown: "Cannot be read now", engine: "Engine", readOnly: "Read-only mode: the shop takes no changes.",
    status: { ok: "Good", degraded: "Degraded", unavailable: "Unavailable", unreachable: "Out of reach" },
    pods: "Pods", alone: "Without Redis the pods do not know of each other: this is the one that answers you.", pod: "Pod", here: "This one", state: "State", version: "Version", config: "Settings’ hash", started: "Started", word: "Last word", role: "Serves", differs: "differs", mixedVersions: "The pods run different versions: an update is under way, or some have been left behind.", mixedConfigs: "The pods were told different settings; those that differ from most are marked.", silent: "A pod no longer says anything: it was killed, or is cut off from Redis.",
    states: { serving: "Serving", degraded: "Degraded", draining: "Leaving", silent: "Silent" }, places: "Workers", workersOf: (up: string, all: string) => `${up} of ${all}`, roles: { all: "API and jobs", api: "API", jobs: "Jobs" } as Record<string, string>, worker: (slot: number, state: string) => `Worker ${slot}: ${state}`,
    workerStates: { absent: "absent", starting: "starting", serving: "serving", retiring: "handing over", draining: "leaving", ending: "ending" }, cutOff: "no way to the database", readOnlyPod: "Read-only",
    settings: "Settings in force", settingsLead: "Passwords and keys are masked.", find: "Find", findHint: "Name or purpose", changedOnly: "Only what differs from the default", name: "Setting", value: "Value", origin: "From", takes: "A change takes effect", isDefault: "Default", was: (value: string) => `default ${value}`, empty: "(empty)", none: "No setting matches.",
    origins: { built_in: "Default", file: "File", environment: "Environment", directory: "Mounted directory", flag: "Command line" }, effects: { at_once: "At once", with_new_workers: "With new workers", with_a_restart: "With a restart" }, secret: "Secret",
  },
});
