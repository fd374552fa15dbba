/** What queries answer with. Times of day are milliseconds since 1970 by the device's own clock, which may be wrong. */
import { LIMITS } from "../base/limits.ts";
import { commonName, delivery, direction, errorCode, label, netIdentifier, reason, role } from "./effect.ts";
import { array, bool, bytes, id, object, oneOf, optional, str, uint } from "./schema.ts";
import type { Infer } from "./schema.ts";

export const keyBundle = object({
  identityKey: bytes(32, 32),
  signingKey: bytes(32, 32),
  encryptionKey: bytes(32, 32),
  signature: bytes(64, 64),
});

export const daemonStatus = object({
  /** Of the program; "source" where it is no release. */
  version: str(64),
  /** Missing until initDevice. */
  deviceId: optional(id("device")),
  /** Since the daemon was started. */
  uptimeMs: uint(),
  /** Of its process; missing where the kernel does not tell. `anonymousBytes` is what the process costs the device. */
  memory: object({ anonymousBytes: optional(uint()), residentBytes: optional(uint()) }),
  /** Files of teams' logs that were damaged and are kept aside, in the work directory. */
  damagedLogs: uint(),
  sync: object({
    /** Where it listens; missing while it does not. */
    listen: optional(str(21)),
  }),
  metrics: object({
    /** Where it listens for HTTP; missing while it does not. */
    listen: optional(str(21)),
  }),
  afc: object({
    /** Datagrams the kernel dropped before the daemon could read them; missing while it does not listen. */
    kernelDrops: optional(uint()),
    /** Where it listens, with the port the system picked; missing while it does not. */
    listen: optional(str(21)),
    /** `segments`: many datagrams a system call, cut and merged by the kernel. `dgram`: one at a time, as every Node can. */
    udp: oneOf(["segments", "dgram"]),
    /** `evp`: OpenSSL's AEAD in contexts that are kept. `plain`: that of node:crypto and JavaScript. */
    aead: oneOf(["evp", "plain"]),
    /** Offered to peers, preferred first: AES first where the processor has instructions for it. */
    ciphers: array(oneOf(["aes-256-gcm", "chacha20-poly1305"]), 4),
  }),
  audit: object({
    /**
     * `disk`: lines are kept in the work directory. `journal`: they go to the daemon's log alone. `failing`: the disk does not
     * take them, and they go to the daemon's log. `off`. `waiting`: nobody has said yet which.
     */
    state: oneOf(["waiting", "disk", "journal", "failing", "off"]),
    /** Number and hash of the last line, to be noted elsewhere. */
    seq: uint(),
    head: optional(str(64, { bytesMin: 64 })),
    /** Lines that no file has, since the daemon started. */
    lost: uint(),
  }),
});
export type DaemonStatus = Infer<typeof daemonStatus>;

export const metricsText = object({
  /** OpenMetrics 1.0, with its end. */
  text: str(LIMITS.metricsTextBytesMax),
});

const heads = array(id("command"), LIMITS.syncHeadsMax);

export const teamState = object({
  teamId: id("team"),
  policyId: str(256),
  closed: bool,
  /** Commands without children; of very many, the first by id. */
  heads,
  commandCount: uint(),
  /** Devices that forked themselves, or wrote, more than a device may: remove them, and add them again with new keys. The latest, of many. */
  unheard: array(id("device"), LIMITS.unheardNamedMax),
  /** Commands of such devices that are kept aside, in memory only. */
  asideCount: uint(),
  /** Sync stands still, and for how long: see the effect syncStalled. */
  stalledForMs: optional(uint()),
  /** SHA-256 over the facts in canonical order, 64 hexadecimal digits: equal exactly when the facts are. */
  stateDigest: str(64, {
    bytesMin: 64,
    check: (text) => (/^[0-9a-f]{64}$/.test(text) ? undefined : "must be 64 lower-case hexadecimal digits"),
  }),
});
export type TeamState = Infer<typeof teamState>;

export const deviceInfo = object({
  deviceId: id("device"),
  commonName,
  role,
  netIdentifier: optional(netIdentifier),
  labels: array(label, LIMITS.labelsPerTeamMax),
  keyBundle,
});
export type DeviceInfo = Infer<typeof deviceInfo>;

export const syncPeerInfo = object({
  address: str(LIMITS.netIdentifierBytesMax),
  teamId: id("team"),
  rateMs: uint(),
  /** The only device accepted at that address. */
  expectedDeviceId: optional(id("device")),
  /** Time of day of the last sync that ended level with the peer. */
  lastSuccess: optional(uint()),
  /** The last failure since then. */
  lastError: optional(object({ code: errorCode, reason, at: uint() })),
  /** How many attempts in a row have failed; each doubles the wait before the next, up to five minutes. */
  failures: optional(uint()),
  /** The peer has announced heads that are not here yet. */
  behind: optional(bool),
  /** Since it announced the first of them, and how many of the heads it announced last are missing. */
  behindForMs: optional(uint()),
  headsMissing: optional(uint()),
});
export type SyncPeerInfo = Infer<typeof syncPeerInfo>;

export const syncReport = object({
  /** Commands that were new here. */
  received: uint(),
  /** Of those, accepted by the policy. */
  accepted: uint(),
  /** Commands accepted before, and no longer. */
  recalled: uint(),
  /** The team's heads afterwards; of very many, the first by id. */
  heads,
});
export type SyncReport = Infer<typeof syncReport>;

export const channelInfo = object({
  channelId: id("channel"),
  teamId: id("team"),
  peerDeviceId: id("device"),
  remoteNetIdentifier: netIdentifier,
  label,
  delivery,
  state: oneOf(["opening", "open", "closing"]),
  direction,
});
export type ChannelInfo = Infer<typeof channelInfo>;

/** Said once of a channel, before its first message. */
export const channelMeta = object({
  channelId: id("channel"),
  teamId: id("team"),
  remoteNetIdentifier: netIdentifier,
  label,
});
export type ChannelMeta = Infer<typeof channelMeta>;
