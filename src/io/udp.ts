/** A UDP/IPv4 socket over node:dgram. Parses nothing, throws nothing after `open`, counts what goes wrong. */
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import type { Address } from "../base/address.ts";
import { TransportError } from "../base/errors.ts";

export interface UdpCounters {
  sent: number;
  received: number;
  /** By errno name; ECONNREFUSED says that nobody listens there, and may belong to any earlier datagram. */
  readonly sendErrors: Map<string, number>;
  /** Not given to the kernel because too much was waiting. */
  overrun: number;
}

export interface UdpOptions {
  /** `from` is a new object each time; `datagram` is the callee's. */
  onDatagram(datagram: Uint8Array, from: Address): void;
  /** The kernel took what was waiting: send again. */
  onDrain?(): void;
}

/** Bytes given to the socket and not yet to the kernel. Beyond it datagrams are lost, as on any other full link. */
const QUEUED_BYTES_MAX = 4 * 1024 * 1024;
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;

export class UdpSocket {
  readonly #socket: Socket;
  readonly #options: UdpOptions;
  readonly counters: UdpCounters = { sent: 0, received: 0, sendErrors: new Map(), overrun: 0 };
  /** Where it is bound, port 0 resolved. */
  readonly address: Address;
  #closed = false;
  readonly #onSent = (error: Error | null, _bytes: number): void => {
    if (error !== null) this.#countError(error);
    else this.counters.sent++;
    if (!this.#closed && this.#socket.getSendQueueCount() === 0) this.#options.onDrain?.();
  };

  private constructor(socket: Socket, options: UdpOptions) {
    this.#socket = socket;
    this.#options = options;
    const { address, port } = socket.address();
    this.address = { host: address, port };
    socket.on("error", (error) => this.#countError(error));
    socket.on("message", (datagram, from) => {
      if (this.#closed) return;
      this.counters.received++;
      this.#options.onDatagram(datagram, { host: from.address, port: from.port });
    });
  }

  /**
   * @param bind dotted quad; port 0 lets the system choose
   * @throws TransportError with the errno name as code (EADDRINUSE, EACCES, EADDRNOTAVAIL …)
   */
  static open(bind: Address, options: UdpOptions): Promise<UdpSocket> {
    return new Promise((resolve, reject) => {
      // Hosts are dotted quads: the default would ask the resolver for each datagram.
      const socket = createSocket({ type: "udp4", lookup: (host, _options, done) => done(null, host, 4) });
      const failed = (error: Error): void => {
        // Without a listener a late error would end the process.
        socket.on("error", () => undefined);
        socket.close();
        reject(
          new TransportError(errno(error), `cannot listen on ${bind.host}:${bind.port}/udp`, {
            cause: error,
          }),
        );
      };
      socket.once("error", failed);
      socket.bind({ address: bind.host, port: bind.port, exclusive: true }, () => {
        socket.removeListener("error", failed);
        enlarge(socket);
        resolve(new UdpSocket(socket, options));
      });
    });
  }

  /** True where more may be sent at once; false asks to wait for `onDrain`. The bytes are kept until they are sent. */
  send(datagram: Uint8Array, to: Address): boolean {
    if (this.#closed) return false;
    if (this.#socket.getSendQueueSize() + datagram.length > QUEUED_BYTES_MAX) {
      this.counters.overrun++;
      return false;
    }
    try {
      this.#socket.send(datagram, to.port, to.host, this.#onSent);
    } catch (error) {
      this.#countError(error as Error); // an address that is none
    }
    return this.#socket.getSendQueueSize() < QUEUED_BYTES_MAX / 2;
  }

  /** Resolves when the socket is gone. What the kernel had not taken by then is lost. */
  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    return new Promise((resolve) => {
      this.#socket.close(() => resolve());
    });
  }

  #countError(error: Error): void {
    const code = errno(error);
    this.counters.sendErrors.set(code, (this.counters.sendErrors.get(code) ?? 0) + 1);
  }
}

function errno(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "unknown";
}

/** The kernel gives what it is allowed to (net.core.rmem_max); less than asked for is no error. */
function enlarge(socket: Socket): void {
  try {
    socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
    socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
  } catch {
    // The default size works, only with more loss.
  }
}
