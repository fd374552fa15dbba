/**
 * What this system can do beyond what every Node can, found out once at start. Every part may be missing: whoever takes
 * it has an answer of its own for that, slower and otherwise the same.
 */
import { evpAeads } from "./evp-aead.ts";
import type { EvpAeadFactory } from "./evp-aead.ts";
import { loadFfi } from "./ffi.ts";
import { MemoryReturn } from "./memory.ts";
import { notifySockets } from "./notify-socket.ts";
import type { NotifySocketMaker } from "./notify-socket.ts";
import { peerCredentials } from "./peer-credentials.ts";
import type { PeerCredentialsOf } from "./peer-credentials.ts";
import { segmentSockets } from "./udp-segments.ts";
import type { SegmentSocketMaker } from "./udp-segments.ts";

export interface Platform {
  /** Sockets that send and receive many datagrams at once; else `node:dgram`, one at a time. */
  readonly segmentSockets: SegmentSocketMaker | undefined;
  /** AEAD in contexts that are kept; else what src/crypto has. */
  readonly aeads: EvpAeadFactory | undefined;
  /** Messages to the service manager from this process; else a program sends them. */
  readonly notifySockets: NotifySocketMaker | undefined;
  /** Who a client is; else the audit log only counts them. */
  readonly peerCredentials: PeerCredentialsOf | undefined;
}

/** Nothing: what Node 20.11 has. */
export const PLAIN_PLATFORM: Platform = {
  segmentSockets: undefined,
  aeads: undefined,
  notifySockets: undefined,
  peerCredentials: undefined,
};

/** Set to "plain", every part is left out: for tests, and for systems where a part turns out to be broken. */
export const PLATFORM_VARIABLE = "ARANYA_EDGE_PLATFORM";

export function probePlatform(environment: NodeJS.ProcessEnv = process.env): Platform {
  if (environment[PLATFORM_VARIABLE] === "plain") return PLAIN_PLATFORM;
  const ffi = loadFfi();
  if (ffi === undefined) return PLAIN_PLATFORM;
  return {
    segmentSockets: segmentSockets(ffi),
    aeads: evpAeads(ffi),
    notifySockets: notifySockets(ffi),
    peerCredentials: peerCredentials(ffi),
  };
}

/** From now on, memory that is not needed any more is given back whenever the process has become idle. */
export function startMemoryReturn(environment: NodeJS.ProcessEnv = process.env): MemoryReturn {
  return new MemoryReturn(environment[PLATFORM_VARIABLE] === "plain" ? undefined : loadFfi());
}

/** Which of its two ways each part takes, for the log, the bench and `status`. */
export interface PlatformSummary {
  readonly udp: "segments" | "dgram";
  readonly aead: "evp" | "plain";
}

export function summaryOf(platform: Platform): PlatformSummary {
  return {
    udp: platform.segmentSockets === undefined ? "dgram" : "segments",
    aead: platform.aeads === undefined ? "plain" : "evp",
  };
}
