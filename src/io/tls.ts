/**
 * The transport of sync: TLS 1.3 between two devices that each show a self-signed certificate of their identity key.
 * No authority, no tickets, no dates: whoever proves a key is that device, and what the device may have is the caller's
 * to decide. Node lets clients without certificate or ALPN through to `secureConnection`, so both are checked here.
 */
import { constants, sign } from "node:crypto";
import type { Socket } from "node:net";
import { connect, createServer } from "node:tls";
import type { SecureContextOptions, TLSSocket } from "node:tls";
import { TransportError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { DeviceKeys } from "../crypto/key-bundle.ts";
import { SYNC_ALPN } from "../sync/wire.ts";
import { identityKeyOf, toPem, writeCertificate, writePrivateKey } from "./certificate.ts";
import { InboundPlaces } from "./inbound-places.ts";
import type { Place } from "./inbound-places.ts";
import { listening } from "./listening.ts";

export type TlsKeys = Pick<DeviceKeys, "identitySecret" | "bundle">;

/** A connection to a device that has proven its identity key. Nothing is read before `onData` is called. */
export interface TlsPeer {
  /** Ed25519, 32 bytes, as the handshake proved it. */
  readonly peerIdentityKey: Uint8Array;
  /** IPv4 address and port. */
  readonly remoteAddress: string;
  /**
   * False once more is waiting than the socket wants to hold. Nothing is read from the peer until that is written, so
   * a peer that asks and does not read costs one answer.
   */
  write(bytes: Uint8Array): boolean;
  onData(handler: (bytes: Uint8Array) => void): void;
  /** What `write` left waiting is written. */
  onDrain(handler: () => void): void;
  /** Once, whoever closed it, and also when that was before the call. */
  onClose(handler: () => void): void;
  /** Closes after what was written has gone out, or after two seconds. */
  end(): void;
  destroy(): void;
}

export type TlsRejection =
  | "no-certificate"
  | "wrong-key" // not Ed25519
  | "wrong-alpn"
  | "handshake-failed"
  | "handshake-timeout"
  | "displaced" // by a newcomer
  | "too-many-connections";

export interface TlsListener {
  readonly host: string;
  readonly port: number;
  /** From TCP accept on. */
  readonly connectionCount: number;
  /** Stops listening and drops every connection. */
  close(): Promise<void>;
}

export interface ListenTlsOptions {
  readonly host: string;
  /** 0: the system picks one. */
  readonly port: number;
  readonly keys: TlsKeys;
  /** The peer is a stranger, whose place another may get, until that is told to have been served. */
  readonly onConnection: (peer: TlsPeer, place: Place) => void;
  /** Connections that did not become peers, each once, when they are gone. */
  readonly onRejected?: (reason: TlsRejection, remoteAddress: string) => void;
  readonly handshakeTimeoutMs?: number;
  readonly connectionsMax?: number;
  readonly strangersMax?: number;
}

/** A TCP connection, and what to call it should it close now; undefined once it is a peer. */
interface Inbound {
  readonly socket: Socket;
  readonly place: Place;
  rejection: TlsRejection | undefined;
}

/** Throws `TransportError` `listen-failed`. */
export async function listenTls(options: ListenTlsOptions): Promise<TlsListener> {
  const { onConnection, onRejected, handshakeTimeoutMs = LIMITS.syncHandshakeTimeoutMs } = options;
  const server = createServer({ ...common(options.keys), requestCert: true });
  const { connectionsMax = LIMITS.syncSessionsInboundMax } = options;
  const { strangersMax = Math.min(LIMITS.syncStrangersMax, connectionsMax) } = options;
  const places = new InboundPlaces({ max: connectionsMax, strangersMax });
  // Room for those that are being closed.
  server.maxConnections = 2 * connectionsMax;

  const inbound = new Map<string, Inbound>();
  server.on("connection", (socket: Socket) => {
    const from = remoteAddressOf(socket);
    socket.on("error", ignore);
    const place = places.enter(socket.remoteAddress ?? "", () => {
      if (entry.rejection !== undefined) entry.rejection = "displaced";
      socket.destroy();
    });
    if (place === undefined) {
      socket.destroy();
      onRejected?.("too-many-connections", from);
      return;
    }
    const entry: Inbound = { socket, place, rejection: "handshake-failed" };
    // Node's own handshake timeout is one of silence, and a client may trickle.
    const deadline = setTimeout(() => {
      if (entry.rejection === undefined) return;
      entry.rejection = "handshake-timeout";
      socket.destroy();
    }, handshakeTimeoutMs);
    inbound.set(from, entry);
    socket.on("close", () => {
      clearTimeout(deadline);
      place.leave();
      inbound.delete(from);
      if (entry.rejection !== undefined) onRejected?.(entry.rejection, from);
    });
  });
  server.on("secureConnection", (socket) => {
    socket.on("error", ignore);
    const entry = inbound.get(remoteAddressOf(socket));
    const key = provenKey(socket);
    if (entry !== undefined) entry.rejection = typeof key === "string" ? key : undefined;
    if (entry === undefined || typeof key === "string") socket.destroy();
    else onConnection(new SocketPeer(socket, key), entry.place);
  });
  // Node leaves the sockets of some failed handshakes open.
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  server.on("drop", (drop) => {
    onRejected?.("too-many-connections", `${drop?.remoteAddress ?? ""}:${drop?.remotePort ?? 0}`);
  });

  await listening(server, options);
  return {
    host: options.host,
    port: (server.address() as { port: number }).port,
    get connectionCount() {
      return places.size;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const { socket } of inbound.values()) socket.destroy();
      }),
  };
}

export interface ConnectTlsOptions {
  /** IPv4 address. */
  readonly host: string;
  readonly port: number;
  readonly keys: TlsKeys;
  /** Until the handshake is over. */
  readonly timeoutMs: number;
  /** Gives it up, with `aborted`. */
  readonly signal?: AbortSignal;
}

/** Throws `TransportError`: `connect-failed` (with cause), `connect-timeout`, `aborted`, `no-certificate`, `wrong-key`, `wrong-alpn`. */
export function connectTls(options: ConnectTlsOptions): Promise<TlsPeer> {
  const { host, port, keys, timeoutMs, signal } = options;
  return new Promise((resolve, reject) => {
    const socket = connect({ ...common(keys), host, port });
    const timer = setTimeout(() => {
      fail(new TransportError("connect-timeout", `${host}:${port} did not answer in ${timeoutMs} ms`));
    }, timeoutMs);
    const settled = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    const fail = (error: TransportError): void => {
      settled();
      socket.destroy();
      reject(error);
    };
    const abort = (): void => fail(new TransportError("aborted", `${host}:${port}: given up`));
    signal?.addEventListener("abort", abort);
    socket.setNoDelay(true);
    // Stays for the life of the socket; once the promise is settled, "close" says all there is to say.
    socket.on("error", (cause) => {
      // Node's own words of a connection that is not made name the place already.
      const { message } = cause;
      const place = `${host}:${port}`;
      const what = message.includes(place) ? message : `${place}: ${message}`;
      fail(new TransportError("connect-failed", what, { cause }));
    });
    socket.once("close", () => fail(new TransportError("connect-failed", `${host}:${port} hung up`)));
    socket.once("secureConnect", () => {
      const key = provenKey(socket);
      if (typeof key === "string") {
        fail(new TransportError(key, `${host}:${port} is no device: ${key}`));
      } else {
        settled();
        resolve(new SocketPeer(socket, key));
      }
    });
  });
}

/** How long `end` waits for a peer that does not read. */
const END_TIMEOUT_MS = 2000;

class SocketPeer implements TlsPeer {
  readonly peerIdentityKey: Uint8Array;
  readonly remoteAddress: string;
  readonly #socket: TLSSocket;
  #onData: ((bytes: Uint8Array) => void) | undefined;
  #onDrain: (() => void) | undefined;

  constructor(socket: TLSSocket, peerIdentityKey: Uint8Array) {
    this.peerIdentityKey = peerIdentityKey;
    this.remoteAddress = remoteAddressOf(socket);
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("drain", () => {
      if (this.#onData !== undefined) socket.resume();
      this.#onDrain?.();
    });
  }

  write(bytes: Uint8Array): boolean {
    if (!this.#socket.writable) return false;
    const wantsMore = this.#socket.write(bytes);
    if (!wantsMore) this.#socket.pause();
    return wantsMore;
  }

  onData(handler: (bytes: Uint8Array) => void): void {
    if (this.#onData === undefined) this.#socket.on("data", (bytes: Buffer) => this.#onData?.(bytes));
    this.#onData = handler;
    if (!this.#socket.writableNeedDrain) this.#socket.resume();
  }

  onDrain(handler: () => void): void {
    this.#onDrain = handler;
  }

  onClose(handler: () => void): void {
    if (this.#socket.closed) queueMicrotask(handler);
    else this.#socket.once("close", () => handler());
  }

  end(): void {
    this.#onData = undefined;
    const timer = setTimeout(() => this.#socket.destroy(), END_TIMEOUT_MS);
    this.onClose(() => clearTimeout(timer));
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#onData = undefined;
    this.#socket.destroy();
  }
}

/** Both ends alike. Node takes keys as PEM only; this text goes nowhere else. */
function common(
  keys: TlsKeys,
): SecureContextOptions & { ALPNProtocols: string[]; rejectUnauthorized: false } {
  const key = toPem("PRIVATE KEY", writePrivateKey(keys.identitySecret));
  const certificate = writeCertificate(keys.bundle.identityKey, (body) => sign(null, body, key));
  return {
    key,
    cert: toPem("CERTIFICATE", certificate),
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
    // The hybrid that Node 26 prefers costs a kilobyte each way.
    ecdhCurve: "X25519",
    sigalgs: "ed25519",
    // A resumed client shows no certificate.
    secureOptions: constants.SSL_OP_NO_TICKET,
    ALPNProtocols: [SYNC_ALPN],
    // There is no authority to ask, and dates are not relied on. `provenKey` is the check.
    rejectUnauthorized: false,
  };
}

/** The key whose secret half the handshake has shown the peer to hold, or what is wrong. */
function provenKey(socket: TLSSocket): Uint8Array | "no-certificate" | "wrong-key" | "wrong-alpn" {
  if (socket.alpnProtocol !== SYNC_ALPN) return "wrong-alpn";
  const certificate = socket.isSessionReused() ? undefined : socket.getPeerX509Certificate();
  if (certificate === undefined) return "no-certificate";
  return identityKeyOf(certificate) ?? "wrong-key";
}

function remoteAddressOf(socket: Socket): string {
  return `${socket.remoteAddress ?? ""}:${socket.remotePort ?? 0}`;
}

function ignore(): void {
  // Of a socket: "close" follows and says all there is to say.
}
