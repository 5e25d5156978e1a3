import vue from "@vitejs/plugin-vue";
import { ElementPlusResolver } from "unplugin-vue-components/resolvers";
import components from "unplugin-vue-components/vite";
import { defineConfig } from "vite";
import { pagesIn } from "../common/vite";

// Of Element Plus, each page takes along what its template names, with its styles.
export default defineConfig({
  base: "/admin/",
  plugins: [vue(), components({ dirs: [], dts: false, resolvers: [ElementPlusResolver()] })],
  define: { __VUE_OPTIONS_API__: true },
  ...pagesIn("admin"),
});
