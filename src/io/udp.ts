/**
 * A UDP/IPv4 socket over node:dgram. Parses nothing but where one datagram ends, throws nothing after `open`, counts what
 * goes wrong.
 *
 * Two ways, the same behaviour. Plain: one datagram, one send. With a `SegmentSocketMaker` of the platform: datagrams of one
 * length to one address that are sent one after the other wait until the turn of the loop ends, or `flush`, and leave
 * together; what arrives merged is split by the length each says it has. A send the kernel refuses goes the plain way,
 * datagram by datagram, which knows how to wait and how to say why.
 */
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import type { Address } from "../base/address.ts";
import { TransportError } from "../base/errors.ts";
import { Slab } from "../base/slab.ts";

export interface UdpCounters {
  sent: number;
  received: number;
  /** Of UDP payload, as the two before. */
  sentBytes: number;
  receivedBytes: number;
  /** By errno name; ECONNREFUSED says that nobody listens there, and may belong to any earlier datagram. */
  readonly sendErrors: Map<string, number>;
  /** Not given to the kernel because too much was waiting. */
  overrun: number;
  /** Merged datagrams whose end was not the end of one: the rest was handed over as one, for the callee to refuse. */
  unsplit: number;
  /** Calls of the kernel to send; fewer than `sent` where it cuts. */
  sends: number;
}

export interface UdpOptions {
  /** `from` is not written to again; `datagram` is the callee's until it returns, and longer if it came alone. */
  onDatagram(datagram: Uint8Array, from: Address): void;
  /** The kernel took what was waiting: send again. */
  onDrain?(): void;
  /** How long the datagram that begins at `at` says it is; anything that cannot be, for what is none. */
  lengthAt?(bytes: Uint8Array, at: number): number;
  /** Used where `lengthAt` is given. */
  segments?: SegmentSocketMaker | undefined;
}

/** A socket whose kernel cuts and merges: what platform/ makes. */
export interface SegmentSocket {
  /** Bound, to be taken over. */
  readonly fd: number;
  /** The kernel does not cut what is too long for the path, it says so. */
  readonly probesMtu: boolean;
  /** Where datagrams to be sent are written. */
  readonly memory: Uint8Array;
  /** How many leave in one send; one where the device refuses more. */
  readonly segmentsMax: number;
  /** The first `bytes` of `memory`, cut into `segmentBytes`. False: refused, and none was sent. */
  send(bytes: number, segmentBytes: number, to: Address): boolean;
  /** For who could not hand the descriptor over. */
  close(): void;
}

/** Undefined where it cannot be had or bound. */
export type SegmentSocketMaker = (bind: Address, bufferBytes: number) => SegmentSocket | undefined;

/** Bytes given to the socket and not yet to the kernel. Beyond it datagrams are lost, as on any other full link. */
const QUEUED_BYTES_MAX = 4 * 1024 * 1024;
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
const SLAB_BYTES = 64 * 1024;

export class UdpSocket {
  readonly #socket: Socket;
  readonly #options: UdpOptions;
  readonly counters: UdpCounters = {
    sent: 0,
    received: 0,
    sentBytes: 0,
    receivedBytes: 0,
    sendErrors: new Map(),
    overrun: 0,
    unsplit: 0,
    sends: 0,
  };
  /** Where it is bound, port 0 resolved. */
  readonly address: Address;
  /** Datagrams too long for the path are refused or dropped, never cut: path MTU can be probed. */
  readonly probesMtu: boolean;
  readonly #segments: SegmentSocket | undefined;
  readonly #slab = new Slab(SLAB_BYTES);
  #closed = false;

  // The run that waits: `#runBytes` of the segment memory from its start, to one address.
  #runBytes = 0;
  #segmentBytes = 0;
  #runLength = 0;
  #runTo: Address | undefined;
  #flushPlanned = false;
  /** Without segments: sent right after each other, they wake the receiver once and not each time. */
  readonly #burst: { readonly datagram: Uint8Array; readonly to: Address }[] = [];

  /** Given to node:dgram in this turn of the loop, and what `getSendQueueSize` said last: it is asked seldom. */
  #unasked = 0;
  #queued = 0;

  readonly #onSent = (error: Error | null, bytes: number): void => {
    if (error !== null) this.#countError(error);
    else {
      this.counters.sent++;
      this.counters.sentBytes += bytes;
    }
    if (this.#queued > 0 && !this.#closed && this.#socket.getSendQueueCount() === 0) {
      this.#queued = 0;
      this.#unasked = 0;
      this.#options.onDrain?.();
    }
  };

  private constructor(socket: Socket, options: UdpOptions, segments: SegmentSocket | undefined) {
    this.#socket = socket;
    this.#options = options;
    this.#segments = segments;
    this.probesMtu = segments?.probesMtu ?? false;
    const { address, port } = socket.address();
    this.address = { host: address, port };
    socket.on("error", (error) => this.#countError(error));
    socket.on("message", (bytes, { address: host, port: fromPort }) => {
      if (this.#closed) return;
      const from = { host, port: fromPort };
      if (segments === undefined) this.#deliver(bytes, from);
      else this.#split(bytes, from);
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
      const segments =
        options.lengthAt === undefined ? undefined : options.segments?.(bind, SOCKET_BUFFER_BYTES);
      const failed = (error: Error): void => {
        // Without a listener a late error would end the process.
        socket.on("error", () => undefined);
        segments?.close();
        socket.close();
        reject(
          new TransportError(
            errno(error),
            `cannot listen on ${bind.host}:${bind.port}/udp: ${errno(error)}`,
            {
              cause: error,
            },
          ),
        );
      };
      const bound = (): void => {
        socket.removeListener("error", failed);
        if (segments === undefined) enlarge(socket);
        resolve(new UdpSocket(socket, options, segments));
      };
      socket.once("error", failed);
      if (segments === undefined) {
        socket.bind({ address: bind.host, port: bind.port, exclusive: true }, bound);
        return;
      }
      try {
        socket.bind({ fd: segments.fd, exclusive: true }, bound);
      } catch (error) {
        failed(error as Error); // no descriptor of a UDP socket: node:dgram says so at once
      }
    });
  }

  /** Whether sends are cut and arrivals merged by the kernel. */
  get isSegmented(): boolean {
    return this.#segments !== undefined;
  }

  /**
   * Memory for a datagram that is sent before the next is asked for: sent from there it is not copied.
   * Longer than any datagram is memory like any other.
   */
  allocate(bytes: number): Uint8Array {
    const segments = this.#segments;
    if (segments === undefined) return this.#slab.take(bytes);
    if (bytes > segments.memory.length) return new Uint8Array(bytes);
    if (this.#runBytes + bytes > segments.memory.length) this.flush();
    return segments.memory.subarray(this.#runBytes, this.#runBytes + bytes);
  }

  /** True where more may be sent at once; false asks to wait for `onDrain`. The bytes are kept until they are sent. */
  send(datagram: Uint8Array, to: Address): boolean {
    if (this.#closed) return false;
    const segments = this.#segments;
    if (segments === undefined) {
      this.#burst.push({ datagram, to });
      if (this.#burst.length >= BURST_MAX) this.flush();
      else this.#planFlush();
      return this.#queued < QUEUED_BYTES_MAX / 2;
    }
    if (datagram.length === 0 || datagram.length > segments.memory.length) {
      return this.#sendAlone(datagram, to);
    }
    const { memory } = segments;
    // Where it is to go: behind the run if it belongs there, else at the start once the run has left.
    const isNext =
      datagram.buffer === memory.buffer && datagram.byteOffset === memory.byteOffset + this.#runBytes;
    if (this.#runLength > 0 && !this.#continues(datagram, to, segments)) {
      this.flush(); // what it leaves behind is still there, and may be the datagram
      memory.set(datagram);
    } else if (!isNext) memory.set(datagram, this.#runBytes);
    if (this.#runLength === 0) {
      this.#segmentBytes = datagram.length;
      this.#runTo = to;
    }
    this.#runBytes += datagram.length;
    this.#runLength++;
    if (datagram.length < this.#segmentBytes || this.#runLength >= segments.segmentsMax) this.flush();
    else this.#planFlush();
    return this.#queued < QUEUED_BYTES_MAX / 2;
  }

  /** What waits to leave with others leaves now. */
  flush(): void {
    for (const { datagram, to } of this.#burst) this.#sendAlone(datagram, to);
    this.#burst.length = 0;
    if (this.#runLength === 0) return;
    const segments = this.#segments!;
    const [bytes, count, to] = [this.#runBytes, this.#runLength, this.#runTo!];
    this.#runBytes = 0;
    this.#runLength = 0;
    if (this.#closed) return;
    // What waits in node:dgram goes first.
    if (this.#queued === 0 && segments.send(bytes, this.#segmentBytes, to)) {
      this.counters.sends++;
      this.counters.sent += count;
      this.counters.sentBytes += bytes;
      return;
    }
    const copy = segments.memory.slice(0, bytes);
    for (let at = 0; at < bytes; at += this.#segmentBytes) {
      this.#sendAlone(copy.subarray(at, Math.min(at + this.#segmentBytes, bytes)), to);
    }
  }

  /** Resolves when the socket is gone. What the kernel had not taken by then is lost. */
  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.flush();
    this.#closed = true;
    return new Promise((resolve) => {
      this.#socket.close(() => resolve());
    });
  }

  #planFlush(): void {
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    queueMicrotask(() => {
      this.#flushPlanned = false;
      this.flush();
    });
  }

  #continues(datagram: Uint8Array, to: Address, { memory }: SegmentSocket): boolean {
    const runTo = this.#runTo!;
    return (
      datagram.length <= this.#segmentBytes &&
      this.#runBytes + datagram.length <= memory.length &&
      (to === runTo || (to.port === runTo.port && to.host === runTo.host))
    );
  }

  #sendAlone(datagram: Uint8Array, to: Address): boolean {
    // Nearly always the kernel takes it at once: asking about the queue after each would cost a tenth of a send.
    this.#unasked += datagram.length;
    if (this.#queued > 0 || this.#unasked >= ASK_EVERY_BYTES) {
      this.#queued = this.#socket.getSendQueueSize();
      this.#unasked = 0;
    }
    if (this.#queued + datagram.length > QUEUED_BYTES_MAX) {
      this.counters.overrun++;
      return false;
    }
    try {
      this.counters.sends++;
      this.#socket.send(datagram, to.port, to.host, this.#onSent);
    } catch (error) {
      this.#countError(error as Error); // an address that is none
    }
    return this.#queued < QUEUED_BYTES_MAX / 2;
  }

  #deliver(datagram: Uint8Array, from: Address): void {
    this.counters.received++;
    this.counters.receivedBytes += datagram.length;
    this.#options.onDatagram(datagram, from);
  }

  /** What the kernel merged says nowhere where it may be cut, so each datagram must. Garbage ends it: the rest is handed over as it is. */
  #split(bytes: Uint8Array, from: Address): void {
    let at = 0;
    for (;;) {
      const length = this.#options.lengthAt!(bytes, at);
      const rest = bytes.length - at;
      if (!(length > 0 && length < rest)) {
        if (at > 0 && length !== rest) this.counters.unsplit++;
        this.#deliver(at === 0 ? bytes : bytes.subarray(at), from);
        return;
      }
      this.#deliver(bytes.subarray(at, at + length), from);
      at += length;
    }
  }

  #countError(error: Error): void {
    const code = errno(error);
    this.counters.sendErrors.set(code, (this.counters.sendErrors.get(code) ?? 0) + 1);
  }
}

/** Datagrams that wait for each other before any of them is sent. */
const BURST_MAX = 32;
/** A fraction of what may wait. */
const ASK_EVERY_BYTES = 16 * 1024;

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
