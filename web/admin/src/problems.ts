// What the shop refuses, in words that help.
import { NetworkError, ProblemError } from "@caddy-shopping/client";
import { said, type Both } from "./language";

export { codeOf } from "../../common/session";

const known: Record<string, Both> = {
  offline: { zh: "连接不上店铺。请检查网络后重试。", en: "The shop cannot be reached. Check the network and try again." },
  unavailable: { zh: "店铺暂时繁忙，请稍后重试。", en: "The shop is busy. Please try again in a moment." },
  "identity.bad_credentials": { zh: "邮箱或密码不正确。", en: "The e-mail address or the password is wrong." },
  "identity.too_many_attempts": { zh: "尝试次数过多，请稍候再试。", en: "Too many attempts. Please wait a while." },
  "identity.link_invalid": { zh: "此链接已失效。重启店铺会在日志中给出新的链接。", en: "This link is no longer good. Starting the shop again writes a new one to its log." },
  "identity.setup_done": { zh: "店铺已有管理员，请直接登录。", en: "The shop has an administrator already. Please sign in." },
  "identity.email_taken": { zh: "此邮箱已有账户。", en: "There is an account with this address already." },
  "request.version_mismatch": { zh: "有人抢先修改了这里。", en: "Somebody else has changed this meanwhile." },
  "request.invalid_field": { zh: "请检查标出的内容。", en: "Please check what is marked." },
  "request.forbidden": { zh: "您没有执行此操作的权限，请联系管理员。", en: "You are not permitted to do this. Ask an administrator." },
  "idempotency.in_progress": { zh: "同一操作正在进行，请稍候。", en: "The same action is still under way. Please wait a moment." },
};

/** A page's own refusals, called once beside its words: `refusals({ "orders.x": { zh: "…", en: "…" } })`. */
export function refusals(more: Record<string, Both>): void {
  Object.assign(known, more);
}

export interface Told {
  text: string;
  code: string;
  /** These pages have words of their own for it; else it is told with its code and the request, for whoever looks into it. */
  known?: boolean;
  requestId: string;
  /** What is wrong with which field, by its name: `title`, `variants/0/price`. */
  faults: Record<string, string>;
}

/** What to tell of a failed call. Whatever is neither a refusal nor a lost connection is a bug, and thrown on. */
export function explain(error: unknown): Told {
  if (error instanceof ProblemError) {
    const words = known[error.code] ?? (error.status >= 500 ? known.unavailable : undefined);
    const detail = (error.problem as { detail?: string }).detail ?? error.message;
    return {
      text: words ? said(words) : detail, code: error.code, known: !!words && error.status < 500, requestId: error.requestId ?? "",
      faults: Object.fromEntries(error.errors.map(({ pointer, message }) => [pointer.replace(/^\//, ""), message])),
    };
  }
  if (error instanceof NetworkError) return { text: said(known.offline!), code: "", requestId: "", faults: {} };
  throw error;
}
