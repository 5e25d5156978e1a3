import { shallowRef, watchEffect } from "vue";

export type Theme = "auto" | "light" | "dark";
const key = "caddy:office:theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const systemDark = shallowRef(system.matches);
system.addEventListener("change", () => { systemDark.value = system.matches; });

export const theme = shallowRef<Theme>((localStorage.getItem(key) as Theme | null) ?? "auto");
export const dark = shallowRef(false);

watchEffect(() => {
  dark.value = theme.value === "dark" || (theme.value === "auto" && systemDark.value);
  document.documentElement.classList.toggle("dark", dark.value);
});

export function chooseTheme(next: Theme): void {
  localStorage.setItem(key, next);
  theme.value = next;
}
