// How pages are built, whichever: into a folder of what the program serves.
import { join } from "node:path";
import type { UserConfig } from "vite";

const shop = process.env.SHOP_URL ?? "http://localhost:3000";
const out = process.env.CADDY_WEB_OUT ?? join(__dirname, "..", "..", "build", "web");

/** Nothing is put inline: the pages' policy allows neither script nor data in their markup. */
export function pagesIn(folder: string): Pick<UserConfig, "build" | "server"> {
  return {
    build: {
      outDir: join(out, folder), emptyOutDir: true, assetsInlineLimit: 0, target: "es2022", modulePreload: { polyfill: false },
      reportCompressedSize: false,
      // Names that tell themselves apart from words, so that the program knows which files never change.
      rollupOptions: {
        output: {
          hashCharacters: "hex",
          entryFileNames: "assets/[name]-[hash:16].js", chunkFileNames: "assets/[name]-[hash:16].js", assetFileNames: "assets/[name]-[hash:16][extname]",
        },
      },
    },
    server: { proxy: { "/api": shop, "/media": shop } },
  };
}
