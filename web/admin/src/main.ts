import { createApp } from "vue";
import App from "./App.vue";
import { router } from "./router";
import "element-plus/theme-chalk/base.css";
import "element-plus/theme-chalk/dark/css-vars.css";
import "./style.css";

// A release came while the page stood open, and its files are gone: the page comes anew, though not again and again.
addEventListener("vite:preloadError", () => {
  const key = "caddy:office:renewed";
  if (Date.now() - Number(sessionStorage.getItem(key) ?? 0) < 30_000) return;
  sessionStorage.setItem(key, String(Date.now()));
  location.reload();
});

createApp(App).use(router).mount("#app");
