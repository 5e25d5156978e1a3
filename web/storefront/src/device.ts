// What a device calls itself is long, and of everything in it a person knows two words again: the browser and the system.
const browsers: [RegExp, string][] = [
  [/MicroMessenger\//, "WeChat"], [/Edg(e|A|iOS)?\//, "Edge"], [/OPR\//, "Opera"], [/SamsungBrowser\//, "Samsung Internet"], [/(Firefox|FxiOS)\//, "Firefox"],
  [/(Headless)?Chrome\/|CriOS\//, "Chrome"], [/Version\/.*Safari\//, "Safari"],
];
const systems: [RegExp, string][] = [
  [/iPhone/, "iPhone"], [/iPad/, "iPad"], [/Android/, "Android"], [/Windows/, "Windows"], [/Mac OS X/, "macOS"], [/CrOS/, "ChromeOS"], [/Linux/, "Linux"],
];

/** "Firefox · Windows"; of what is no browser, what it says itself. */
export function deviceName(userAgent: string): string {
  const among = (known: [RegExp, string][]) => known.find(([sign]) => sign.test(userAgent))?.[1];
  return [among(browsers), among(systems)].filter(Boolean).join(" · ") || userAgent;
}
