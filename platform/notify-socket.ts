/** Messages to the service manager from this process itself, by `node:ffi`: one datagram each on a Unix socket (unix(7)). */
import { PinnedMemory } from "./ffi.ts";
import type { FfiModule } from "./ffi.ts";

/** Sends the manager one message, lines of NAME=value. False where it was not taken. */
export type Notify = (lines: readonly string[]) => boolean;

// Linux, the same on every processor but MIPS, where there is no node:ffi.
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;

const ADDRESS_BYTES_MAX = 110; // struct sockaddr_un: a u16, then the path
const MESSAGE_AT = 112;
const MESSAGE_BYTES_MAX = 2048;

const P = "pointer";
const I = "i32";
const SIGNATURES = {
  socket: { arguments: [I, I, I], return: I },
  sendto: { arguments: [I, P, "u64", I, P, "u32"], return: "i64" },
} as const;

/** Undefined where there is no such address or no socket to be had. */
export type NotifySocketMaker = (address: string) => Notify | undefined;

/** Undefined where the system has no such sockets. */
export function notifySockets(ffi: FfiModule): NotifySocketMaker | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const { functions } = ffi.dlopen(null, SIGNATURES);
    return (address) => {
      const memory = new PinnedMemory(ffi, MESSAGE_AT + MESSAGE_BYTES_MAX);
      const addressBytes = writeAddress(memory, address);
      if (addressBytes === undefined) return undefined;
      // For as long as the process: whoever it starts does not get it. A manager whose queue is full is not waited for.
      const fd = functions.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      if (fd < 0) return undefined;
      return (lines) => {
        const message = Buffer.from(lines.join("\n"));
        if (message.length > MESSAGE_BYTES_MAX) return false;
        memory.bytes.set(message, MESSAGE_AT);
        const [from, to] = [memory.pointer(MESSAGE_AT), memory.pointer(0)];
        const sent = functions.sendto(fd, from, BigInt(message.length), MSG_NOSIGNAL, to, addressBytes);
        return Number(sent) === message.length;
      };
    };
  } catch {
    return undefined;
  }
}

/** Length of the address in bytes; undefined for one that is too long. `@` stands for the NUL that begins an abstract address. */
function writeAddress(memory: PinnedMemory, address: string): number | undefined {
  const path = Buffer.from(address);
  if (path.includes(0) || 2 + path.length + 1 > ADDRESS_BYTES_MAX) return undefined;
  if (path[0] === "@".charCodeAt(0)) path[0] = 0;
  memory.view.setUint16(0, AF_UNIX, true);
  memory.bytes.set(path, 2);
  // A path ends with a NUL, which is there already; an abstract address ends where it ends.
  return 2 + path.length + (path[0] === 0 ? 0 : 1);
}
