import { ElMessage } from "element-plus";
import "element-plus/es/components/message/style/css";

/** What has just been done, said briefly and for readers, too. */
export function notice(text: string, type: "success" | "warning" | "error" = "success"): void {
  ElMessage({ message: text, type, duration: 4_000, grouping: true, offset: 72 });
}
