import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";
import { pagesIn } from "../common/vite";

export default defineConfig({
  plugins: [vue()],
  define: { __VUE_OPTIONS_API__: false },
  ...pagesIn("store"),
});
