/** Who is at the other end of a Unix socket, as the kernel noted it when they connected: SO_PEERCRED, unix(7). */
import { PinnedMemory } from "./ffi.ts";
import type { FfiModule } from "./ffi.ts";

export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
}

/** Undefined for a descriptor that is no Unix socket. */
export type PeerCredentialsOf = (fd: number) => PeerCredentials | undefined;

// Linux, the same on x86-64 and arm64.
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const CREDENTIALS_BYTES = 12; // struct ucred: pid, uid, gid
const LENGTH_AT = 12;

const P = "pointer";
const I = "i32";
const SIGNATURES = { getsockopt: { arguments: [I, I, I, P, P], return: I } } as const;

/** Undefined where the system cannot say. Set up at the first use: many devices have no client for long. */
export function peerCredentials(ffi: FfiModule): PeerCredentialsOf | undefined {
  if (process.platform !== "linux" || (process.arch !== "x64" && process.arch !== "arm64")) return undefined;
  let ask: PeerCredentialsOf | undefined;
  return (fd) => {
    ask ??= asking(ffi);
    return ask(fd);
  };
}

function asking(ffi: FfiModule): PeerCredentialsOf {
  try {
    const { functions } = ffi.dlopen(null, SIGNATURES);
    const memory = new PinnedMemory(ffi, LENGTH_AT + 4);
    return (fd) => {
      memory.view.setUint32(LENGTH_AT, CREDENTIALS_BYTES, true);
      const [into, length] = [memory.pointer(0), memory.pointer(LENGTH_AT)];
      if (functions.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, into, length) !== 0) return undefined;
      const pid = memory.view.getInt32(0, true);
      return pid > 0 ? { pid, uid: memory.view.getUint32(4, true) } : undefined;
    };
  } catch {
    return () => undefined;
  }
}
