/** The port for metrics, and who should not get far there: everything over real sockets. */
import { connect } from "node:net";
import type { Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LIMITS } from "../../../src/base/limits.ts";
import { instant } from "../../../src/base/time.ts";
import { isLoopbackHost, listenMetrics, OPENMETRICS_TYPE } from "../../../src/io/metrics-http.ts";
import type { MetricsHttp } from "../../../src/io/metrics-http.ts";
import { until } from "../../support/until.ts";

const TEXT = "# EOF\n";
const clock = { ms: 0, now: () => instant(clock.ms) };
let http: MetricsHttp;
let asked: number;
let answer: () => string;
const bugs: unknown[] = [];

beforeEach(async () => {
  asked = 0;
  clock.ms += 60_000;
  answer = () => TEXT;
  bugs.length = 0;
  http = await listenMetrics({
    address: { host: "127.0.0.1", port: 0 },
    clock,
    text: () => {
      asked++;
      return answer();
    },
    bug: (error) => bugs.push(error),
  });
});
afterEach(() => http.close());

function open(): Socket {
  const socket = connect(http.address.port, "127.0.0.1");
  socket.on("error", () => undefined);
  return socket;
}

/** All that comes back before the connection is closed. */
function reply(socket: Socket, ...parts: string[]): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (bytes) => (text += bytes.toString()));
    socket.once("close", () => resolve(text));
    for (const part of parts) socket.write(part);
  });
}

const request = (method: string, path: string, host = "127.0.0.1:9464", more = ""): string =>
  `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
const ask = (...args: Parameters<typeof request>): Promise<string> => reply(open(), request(...args));

test("GET says all of it, HEAD how long it is, and the connection is closed", async () => {
  const got = await ask("GET", "/metrics");
  expect(got).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(got).toContain(`Content-Type: ${OPENMETRICS_TYPE}\r\n`);
  expect(got.split("\r\n\r\n")[1]).toBe(TEXT);
  const head = await ask("HEAD", "/metrics");
  expect(head).toContain(`Content-Length: ${TEXT.length}\r\n`);
  expect(head.split("\r\n\r\n")[1]).toBe("");
});

test.each([
  ["another path", "404", () => ask("GET", "/")],
  ["a path that only looks like it", "404", () => ask("GET", "/metrics/../metrics")],
  ["a query", "404", () => ask("GET", "/metrics?x=1")],
  ["a whole URL", "404", () => ask("GET", "http://127.0.0.1/metrics")],
  ["POST", "405", () => ask("POST", "/metrics", undefined, "Content-Length: 5\r\n")],
  ["DELETE", "405", () => ask("DELETE", "/metrics")],
  ["a browser that was led here by a name", "403", () => ask("GET", "/metrics", "evil.example:9464")],
  ["a name that begins like an address", "403", () => ask("GET", "/metrics", "127.0.0.1.evil.example")],
  ["another address of the device", "403", () => ask("GET", "/metrics", "192.0.2.1")],
  ["no host", "400", () => reply(open(), "GET /metrics HTTP/1.1\r\n\r\n")],
  ["HTTP/1.0 without a host", "403", () => reply(open(), "GET /metrics HTTP/1.0\r\n\r\n")],
])("%s is refused with %s, and nothing is collected", async (_, status, get) => {
  expect(await get()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(asked).toBe(0);
});

test.each([
  [
    "headers over the limit",
    request("GET", "/metrics", undefined, `X: ${"x".repeat(LIMITS.metricsRequestBytesMax)}\r\n`),
  ],
  ["no HTTP", "\x16\x03\x01\x00\x05hello\r\n\r\n"],
  ["CONNECT", "CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"],
  ["an expectation", request("GET", "/metrics", undefined, "Expect: wonders\r\n")],
  ["two lengths", request("POST", "/metrics", undefined, "Content-Length: 1\r\nContent-Length: 2\r\n")],
])("%s costs the connection, without a word", async (_, bytes) => {
  expect(await reply(open(), bytes)).toBe("");
  expect(asked).toBe(0);
});

test("one connection is one answer, however much is asked in it at once", async () => {
  const got = await reply(open(), request("GET", "/metrics").repeat(1000));
  expect(got.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(asked).toBe(1);
  expect(await reply(open(), `${request("GET", "/")}${request("GET", "/metrics")}`)).toMatch(/ 404 /);
  expect(asked).toBe(1);
});

test("hosts: loopback ones, with whatever port", () => {
  for (const good of ["localhost", "LOCALHOST:1", "127.0.0.1", "127.1.2.3:65535"])
    expect(isLoopbackHost(good), good).toBe(true);
  const bad = [
    undefined,
    "",
    "localhost.evil.example",
    "127.1",
    "127.0.0.256",
    "2130706433",
    "127.0.0.1:x",
    "a@127.0.0.1",
    "[::1]",
  ];
  for (const host of bad) expect(isLoopbackHost(host), host).toBe(false);
});

test("of very many connections that say nothing the newest stay, and one that asks is answered", async () => {
  const silent = Array.from({ length: 100 }, open);
  let closed = 0;
  for (const socket of silent) socket.once("close", () => closed++);
  await Promise.all(silent.map((socket) => new Promise((done) => socket.once("connect", done))));
  expect(await ask("GET", "/metrics")).toContain(TEXT);
  await until(() => closed >= 100 - LIMITS.metricsConnectionsMax);
  for (const socket of silent) socket.destroy();
});

test("who trickles its request, and who does not read the answer, has as long as everybody", async () => {
  let answering: () => void;
  const isAnswering = new Promise<void>((resolve) => (answering = resolve));
  const slow = await listenMetrics({
    address: { host: "127.0.0.1", port: 0 },
    clock,
    connectionMs: 500,
    text: () => {
      answering();
      return "x".repeat(32 * 1024 * 1024); // more than the system's buffers
    },
    bug: (error) => bugs.push(error),
  });
  const socket = connect(slow.address.port, "127.0.0.1");
  socket.on("error", () => undefined);
  const timer = setInterval(() => socket.write("G"), 10);
  await new Promise((done) => socket.once("close", done));
  clearInterval(timer);
  const deaf = connect(slow.address.port, "127.0.0.1");
  deaf.on("error", () => undefined);
  deaf.write(request("GET", "/metrics"));
  // Its time runs since it was accepted, in this process: a timer as long that is set now ends after it.
  await isAnswering;
  let bytes = 0;
  await new Promise((done) => setTimeout(done, 500));
  deaf.on("data", (chunk: Buffer) => (bytes += chunk.length));
  await new Promise((done) => deaf.once("close", done));
  expect(bytes).toBeLessThan(32 * 1024 * 1024);
  await slow.close();
});

test("one over so many a second is told to come later, and the next second is another", async () => {
  for (let i = 0; i < LIMITS.metricsScrapesPerSecondMax; i++)
    expect(await ask("GET", "/metrics")).toMatch(/ 200 /);
  const over = await ask("GET", "/metrics");
  expect(over).toMatch(/^HTTP\/1\.1 503 /);
  expect(over).toContain("Retry-After: 1\r\n");
  expect(asked).toBe(LIMITS.metricsScrapesPerSecondMax);
  clock.ms += 1000;
  expect(await ask("GET", "/metrics")).toMatch(/ 200 /);
});

test("a bug is told to whom it concerns, and the scraper learns nothing of it", async () => {
  answer = () => {
    throw new Error("secret");
  };
  const got = await ask("GET", "/metrics");
  expect(got).toMatch(/^HTTP\/1\.1 500 /);
  expect(got).not.toContain("secret");
  expect(bugs).toHaveLength(1);
  answer = () => TEXT;
  expect(await ask("GET", "/metrics")).toContain(TEXT);
});

test("a taken port is an error that names it", async () => {
  const again = listenMetrics({ address: http.address, clock, text: () => "", bug: () => undefined });
  await expect(again).rejects.toMatchObject({
    code: "listen-failed",
    message: expect.stringContaining(String(http.address.port)) as string,
  });
});
