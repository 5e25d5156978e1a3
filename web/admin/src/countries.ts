// The countries of the world by their names in the reader's language.

const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const unions = new Set(["EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"]);
let known: readonly string[] | undefined;

/** The codes of all countries that have a name; former codes and those of unions are left out. */
export function countryCodes(): readonly string[] {
  const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
  known ??= letters.flatMap((a) => letters.map((b) => a + b))
    .filter((code) => !unions.has(code) && names.of(code) && Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`);
  return known;
}

export function countryName(code: string, locale: string): string {
  try {
    return new Intl.DisplayNames(locale, { type: "region" }).of(code) ?? code;
  } catch {
    return code;   // not yet two letters
  }
}

/** For a choice: by name, as the reader's language orders them. */
export function countries(locale: string): { code: string; name: string }[] {
  const { compare } = new Intl.Collator(locale);
  return countryCodes().map((code) => ({ code, name: countryName(code, locale) })).sort((a, b) => compare(a.name, b.name));
}
