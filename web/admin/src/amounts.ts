// Amounts as people write them, without a float in between.

/** Minor units of "19.99" or "19,99"; null where it is none, or finer than the currency. */
export function parseAmount(text: string, exponent: number): number | null {
  const match = /^(\d{1,13})(?:[.,](\d*))?$/.exec(text.replace(/[\s_’']/g, ""));
  const fraction = match?.[2] ?? "";
  if (!match || fraction.length > exponent) return null;
  const minor = Number(match[1]! + fraction.padEnd(exponent, "0"));
  return Number.isSafeInteger(minor) ? minor : null;
}

export function plainAmount(minor: number, exponent: number): string {
  const digits = String(Math.abs(minor)).padStart(exponent + 1, "0");
  const whole = digits.slice(0, digits.length - exponent);
  return `${minor < 0 ? "-" : ""}${whole}${exponent ? `.${digits.slice(-exponent)}` : ""}`;
}
