/**
 * Metrics over HTTP/1.1, for a scraper on the same device: GET and HEAD of one path, one answer a connection. Loaded only
 * where it is configured.
 *
 * Whoever can reach the loopback address may ask; what is guarded against is that it costs much, and a browser that was led
 * here by a name of somebody else's (DNS rebinding): the Host must be a loopback one.
 */
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Address } from "../base/address.ts";
import { isIpv4 } from "../base/address.ts";
import { TransportError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Clock } from "../base/time.ts";
import { TokenBucket } from "../base/token-bucket.ts";

export const OPENMETRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

export interface MetricsHttpOptions {
  readonly address: Address;
  readonly clock: Clock;
  readonly text: () => string;
  /** Threw what nobody expects: the scraper gets 500. */
  readonly bug: (error: unknown) => void;
  /** For tests. */
  readonly connectionMs?: number;
}

export interface MetricsHttp {
  /** With the port the system picked. */
  readonly address: Address;
  close(): Promise<void>;
}

/** Throws `TransportError` `listen-failed`. */
export async function listenMetrics(options: MetricsHttpOptions): Promise<MetricsHttp> {
  const { connectionMs = LIMITS.metricsConnectionMs } = options;
  const scrapes = TokenBucket.perSecond(LIMITS.metricsScrapesPerSecondMax);
  const server = createServer({
    maxHeaderSize: LIMITS.metricsRequestBytesMax,
    // Node looks after slow requests by a timer that goes on for ever. Each connection has a deadline of its own instead.
    connectionsCheckingInterval: 2 ** 31 - 1,
  });
  const asked = new WeakSet<Socket>();
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    // What comes behind it in the same connection is not for us: the answer closes that.
    if (asked.has(request.socket)) return;
    asked.add(request.socket);
    answer(request, response, options, scrapes);
  });
  server.on("checkExpectation", (request: IncomingMessage) => request.socket.destroy());
  server.on("clientError", (_error, socket) => socket.destroy());
  server.on("connect", (_request, socket) => socket.destroy());
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    const deadline = setTimeout(() => socket.destroy(), connectionMs);
    socket.on("close", () => {
      clearTimeout(deadline);
      sockets.delete(socket);
    });
    if (sockets.size > LIMITS.metricsConnectionsMax) sockets.values().next().value!.destroy();
  });
  await listening(server, options.address);
  const { address: host, port } = server.address() as { address: string; port: number };
  return {
    address: { host, port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: MetricsHttpOptions,
  scrapes: TokenBucket,
): void {
  // A body is none of ours to read.
  response.setHeader("Connection", "close");
  response.setHeader("X-Content-Type-Options", "nosniff");
  const refuse = (status: number, reason: string): void => {
    response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(`${reason}\n`);
  };
  if (!isLoopbackHost(request.headers.host)) {
    refuse(403, "ask for a loopback address, such as http://127.0.0.1:9464/metrics");
  } else if (request.url !== "/metrics") {
    refuse(404, "there is only /metrics");
  } else if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    refuse(405, "only GET and HEAD");
  } else if (!scrapes.take(options.clock.now())) {
    response.setHeader("Retry-After", "1");
    refuse(503, "asked too often");
  } else {
    let text: string;
    try {
      text = options.text();
    } catch (error) {
      options.bug(error);
      refuse(500, "a bug: see the daemon's log");
      return;
    }
    const head = { "Content-Type": OPENMETRICS_TYPE, "Content-Length": Buffer.byteLength(text) };
    response.writeHead(200, head).end(request.method === "HEAD" ? undefined : text);
  }
}

/** Whatever the port: a scraper may come through a tunnel. */
export function isLoopbackHost(header: string | undefined): boolean {
  const host = /^([A-Za-z0-9.]{1,64})(?::\d{1,5})?$/.exec(header ?? "")?.[1];
  if (host === undefined) return false;
  return host.toLowerCase() === "localhost" || (isIpv4(host) && host.startsWith("127."));
}

function listening(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const reason = cause.code ?? cause.message;
      reject(new TransportError("listen-failed", `cannot listen on ${host}:${port}: ${reason}`, { cause }));
    });
    server.listen({ host, port }, () => {
      // What fails from here on are single connections: the listener stays.
      server.on("error", () => undefined);
      resolve();
    });
  });
}
