/**
 * UDP sockets made by `node:ffi`, so that the kernel cuts one send into many datagrams (UDP_SEGMENT) and merges those
 * that arrive together (UDP_GRO): udp(7). `node:dgram` does not tell the descriptor of its socket, but accepts one. So it
 * receives and waits on the socket made here; sends go straight to sendmsg(2), each with the length of its segments.
 */
import type { Address } from "../src/base/address.ts";
import { NULL, PinnedMemory } from "./ffi.ts";
import type { FfiModule } from "./ffi.ts";

/** What one send holds at most: 65,535 less the headers of UDP and IP. */
const SEND_BYTES_MAX = 65_507;
/** UDP_MAX_SEGMENTS of Linux before 6.9; later ones take twice as many. */
const SEGMENTS_MAX = 64;
/**
 * After so many refusals in a row, sends are not cut by the kernel for a number of sends, which doubles each time. It is tried
 * again because the reason may have been a link that was full, or a path that became narrower.
 */
const REFUSALS_MAX = 8;
const UNCUT_SENDS_FIRST = 1024;
const UNCUT_SENDS_MAX = 2 ** 20;

// Linux, the same on x86-64 and arm64.
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const IPPROTO_IP = 0;
const IP_MTU_DISCOVER = 10;
const IP_PMTUDISC_PROBE = 3;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const UDP_GRO = 104;

// Memory of one socket: the structures of sendmsg(2), then the datagrams.
const ADDRESS_AT = 0; // struct sockaddr_in, 16
const ADDRESS_BYTES = 16;
const VECTOR_AT = 16; // struct iovec, 16
const HEADER_AT = 32; // struct msghdr, 56
const CONTROL_AT = 96; // struct cmsghdr and u16, 24 with padding
const CONTROL_BYTES = 24;
const OPTION_AT = 120;
const DATAGRAMS_AT = 128;

const P = "pointer";
const I = "i32";
const SIGNATURES = {
  socket: { arguments: [I, I, I], return: I },
  bind: { arguments: [I, P, "u32"], return: I },
  setsockopt: { arguments: [I, I, I, P, "u32"], return: I },
  // Pointers alone, although two are ints: such calls are made directly (see evp-aead.ts).
  sendmsg: { arguments: [P, P, P], return: "i64" },
  close: { arguments: [I], return: I },
} as const;

function functionsOf(ffi: FfiModule) {
  return ffi.dlopen(null, SIGNATURES).functions;
}
type Functions = ReturnType<typeof functionsOf>;

/** The contract is that of `SegmentSocket` in src/io, which may not be imported here. */
export interface SegmentSocket {
  /** The descriptor, bound, for `node:dgram` to take over. */
  readonly fd: number;
  /** The kernel neither cuts what is too long for the path nor asks others to: path MTU can be probed. */
  readonly probesMtu: boolean;
  /** Where datagrams to be sent are written. */
  readonly memory: Uint8Array;
  readonly segmentsMax: number;
  /**
   * Sends `bytes` of `memory` from its start as datagrams of `segmentBytes`, the last may be shorter. False where the
   * kernel did not take them, for whatever reason: none of them was sent.
   */
  send(bytes: number, segmentBytes: number, to: Address): boolean;
  /** Closes the descriptor, where it could not be handed over. */
  close(): void;
}

/** Undefined where the socket cannot be had: `node:dgram` then says why. */
export type SegmentSocketMaker = (bind: Address, bufferBytes: number) => SegmentSocket | undefined;

/** Undefined where the system has no such sockets. */
export function segmentSockets(ffi: FfiModule): SegmentSocketMaker | undefined {
  if (process.platform !== "linux" || (process.arch !== "x64" && process.arch !== "arm64")) return undefined;
  try {
    const functions = functionsOf(ffi);
    const make: SegmentSocketMaker = (bind, bufferBytes) => open(ffi, functions, bind, bufferBytes);
    const probe = make({ host: "127.0.0.1", port: 0 }, 0);
    probe?.close();
    return probe === undefined ? undefined : make;
  } catch {
    return undefined;
  }
}

function open(
  ffi: FfiModule,
  functions: Functions,
  bind: Address,
  bufferBytes: number,
): SegmentSocket | undefined {
  const fd = functions.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return undefined;
  const socket = new FfiSocket(ffi, functions, fd);
  if (socket.prepare(bind, bufferBytes)) return socket;
  socket.close();
  return undefined;
}

class FfiSocket implements SegmentSocket {
  readonly fd: number;
  readonly memory: Uint8Array;
  segmentsMax = SEGMENTS_MAX;
  probesMtu = false;
  readonly #functions: Functions;
  readonly #pinned: PinnedMemory;
  readonly #header: bigint;
  readonly #descriptor: bigint;
  #refusals = 0;
  /** Sends left until cutting is tried again, and how many there will be the next time. */
  #uncutSends = 0;
  #uncutSendsNext = UNCUT_SENDS_FIRST;
  #lastTo: Address | undefined;

  constructor(ffi: FfiModule, functions: Functions, fd: number) {
    this.fd = fd;
    this.#descriptor = BigInt(fd);
    this.#functions = functions;
    this.#pinned = new PinnedMemory(ffi, DATAGRAMS_AT + SEND_BYTES_MAX);
    this.memory = this.#pinned.bytes.subarray(DATAGRAMS_AT);
    this.#header = this.#pinned.pointer(HEADER_AT);
    const { view } = this.#pinned;
    view.setUint16(ADDRESS_AT, AF_INET, true);
    view.setBigUint64(VECTOR_AT, this.#pinned.pointer(DATAGRAMS_AT), true);
    view.setBigUint64(HEADER_AT, this.#pinned.pointer(ADDRESS_AT), true);
    view.setUint32(HEADER_AT + 8, ADDRESS_BYTES, true);
    view.setBigUint64(HEADER_AT + 16, this.#pinned.pointer(VECTOR_AT), true);
    view.setBigUint64(HEADER_AT + 24, 1n, true);
    view.setBigUint64(HEADER_AT + 32, this.#pinned.pointer(CONTROL_AT), true);
    view.setBigUint64(CONTROL_AT, BigInt(16 + 2), true); // CMSG_LEN
    view.setInt32(CONTROL_AT + 8, SOL_UDP, true);
    view.setInt32(CONTROL_AT + 12, UDP_SEGMENT, true);
  }

  /** False where it cannot merge, cannot cut, or cannot be bound. */
  prepare(bind: Address, bufferBytes: number): boolean {
    if (!this.#set(SOL_UDP, UDP_GRO, 1)) return false;
    // A trial only: what stays set would cut every longer datagram.
    if (!this.#set(SOL_UDP, UDP_SEGMENT, 1200) || !this.#set(SOL_UDP, UDP_SEGMENT, 0)) return false;
    this.probesMtu = this.#set(IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
    if (bufferBytes > 0) {
      // The first needs a right the daemon may lack; less than asked for is no error.
      if (!this.#set(SOL_SOCKET, SO_RCVBUFFORCE, bufferBytes)) this.#set(SOL_SOCKET, SO_RCVBUF, bufferBytes);
      if (!this.#set(SOL_SOCKET, SO_SNDBUFFORCE, bufferBytes)) this.#set(SOL_SOCKET, SO_SNDBUF, bufferBytes);
    }
    if (!this.#writeAddress(bind)) return false;
    return this.#functions.bind(this.fd, this.#pinned.pointer(ADDRESS_AT), ADDRESS_BYTES) === 0;
  }

  send(bytes: number, segmentBytes: number, to: Address): boolean {
    if (to !== this.#lastTo) {
      this.#lastTo = undefined;
      // Nobody can be at port 0, but anybody can say so: no reason to take the device for one that cannot cut.
      if (to.port === 0 || !this.#writeAddress(to)) return false;
      this.#lastTo = to;
    }
    const { view } = this.#pinned;
    const isCut = segmentBytes < bytes;
    view.setUint32(VECTOR_AT + 8, bytes, true);
    view.setUint32(HEADER_AT + 40, isCut ? CONTROL_BYTES : 0, true);
    view.setUint16(CONTROL_AT + 16, segmentBytes, true);
    const sent = Number(this.#functions.sendmsg(this.#descriptor, this.#header, NULL)) === bytes;
    if (isCut) this.#noteCut(sent);
    else if (this.#uncutSends > 0 && --this.#uncutSends === 0) this.segmentsMax = SEGMENTS_MAX;
    return sent;
  }

  #noteCut(sent: boolean): void {
    this.#refusals = sent ? 0 : this.#refusals + 1;
    if (sent) this.#uncutSendsNext = UNCUT_SENDS_FIRST;
    if (this.#refusals < REFUSALS_MAX) return;
    this.#refusals = 0;
    this.segmentsMax = 1;
    this.#uncutSends = this.#uncutSendsNext;
    this.#uncutSendsNext = Math.min(2 * this.#uncutSendsNext, UNCUT_SENDS_MAX);
  }

  close(): void {
    this.#functions.close(this.fd);
  }

  #set(level: number, option: number, value: number): boolean {
    this.#pinned.view.setInt32(OPTION_AT, value, true);
    const at = this.#pinned.pointer(OPTION_AT);
    return this.#functions.setsockopt(this.fd, level, option, at, 4) === 0;
  }

  /** False for anything but a dotted quad and a port. */
  #writeAddress({ host, port }: Address): boolean {
    const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host);
    if (parts === null || !Number.isInteger(port) || port < 0 || port > 0xffff) return false;
    const bytes = parts.slice(1).map(Number);
    if (bytes.some((b) => b > 255)) return false;
    this.#pinned.view.setUint16(ADDRESS_AT + 2, port);
    this.#pinned.bytes.set(bytes, ADDRESS_AT + 4);
    return true;
  }
}
