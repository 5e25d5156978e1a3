// A network that fails: passes bytes between a client and the shop, and breaks off where it is told to.
import { connect, createServer } from "node:net";

/**
 * What goes wrong with a request: it is lost on its way, its answer is lost after the shop has given it, the answer
 * breaks off in its body, nothing ever comes back, or a gateway answers in place of the shop.
 * @typedef {"request" | "answer" | "half" | "silence" | "gateway"} Fault
 */

const gateway = "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: 15\r\n\r\n<h1>Sorry</h1>\n";

/** @param {string} base */
export async function startProxy(base) {
  const shop = new URL(base);
  /** @type {{pattern: RegExp, fault: Fault, times: number}[]} */
  const faults = [];
  /** @type {{line: string, head: string}[]} */
  const seen = [];
  /** @type {Set<import("node:net").Socket>} */
  const sockets = new Set();

  const server = createServer((client) => {
    const upstream = connect(Number(shop.port), shop.hostname);
    /** @type {Fault | undefined} */
    let fault;
    for (const each of [client, upstream]) {
      sockets.add(each);
      each.on("error", () => {});
      each.on("close", () => { sockets.delete(each); client.destroy(); upstream.destroy(); });
    }
    client.on("data", (chunk) => {
      const head = chunk.toString("latin1");
      const line = /^([A-Z]+ \S+) HTTP\/1\.1\r\n/.exec(head)?.[1];
      if (line) {
        seen.push({ line, head });
        const found = faults.find((each) => each.times > 0 && each.pattern.test(line));
        if (found) found.times--;
        fault = found?.fault;
      }
      if (fault === "request") client.destroy();
      else if (fault === "gateway") client.end(gateway);
      else upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      if (fault === "answer") client.destroy();
      else if (fault === "half") client.write(chunk.subarray(0, chunk.length - 20), () => client.destroy());
      else if (fault !== "silence") client.write(chunk);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

  return {
    base: `http://127.0.0.1:${port}`,
    /** @param {Fault} fault @param {RegExp} pattern of "METHOD /path" @param {number} [times] */
    fail: (fault, pattern, times = 1) => faults.push({ pattern, fault, times }),
    /** The requests that have come, as "METHOD /path". @param {RegExp} pattern */
    requests: (pattern) => seen.filter(({ line }) => pattern.test(line)),
    /** The values of a header over such requests. @param {RegExp} pattern @param {string} name */
    header: (pattern, name) => seen.filter(({ line }) => pattern.test(line))
      .map(({ head }) => new RegExp(`^${name}: (.*)\r$`, "im").exec(head)?.[1]),
    close: async () => {
      for (const each of sockets) each.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
