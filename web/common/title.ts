import { onUnmounted, watchEffect } from "vue";

/** The page's title before the site's, kept up with the language and with what the page has read. */
export function keepTitle(text: () => string, site: () => string): void {
  const stop = watchEffect(() => {
    const own = text();
    document.title = own ? `${own} · ${site()}` : site();
  });
  onUnmounted(stop);
}
