/**
 * What a client asks of the daemon when it connects, and what `--config FILE` asks of it at start: one schema. Everything
 * is optional; what nobody asked for keeps its default.
 */
import { isIpv4, parseAddress } from "../base/address.ts";
import { AranyaError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { array, id, object, oneOf, optional, str, uint, validate } from "./schema.ts";
import type { Fields, Infer } from "./schema.ts";

const listen = str(21, {
  check: (text) => {
    const address = parseAddress(text, 0);
    return address !== undefined && isIpv4(address.host)
      ? undefined
      : "must be an IPv4 address and an optional port, such as 0.0.0.0:4321";
  },
});

/** How often a sync peer is polled. */
export const SYNC_RATE_MS_MIN = 100;
export const SYNC_RATE_MS_MAX = 24 * 60 * 60 * 1000;

/** DNS name or IPv4 address with an optional port. */
export const address = str(LIMITS.netIdentifierBytesMax, {
  check: (text) =>
    parseAddress(text) === undefined
      ? "must be a DNS name or an IPv4 address and an optional port, such as hub.example:4321"
      : undefined,
});

/** Loopback only: metrics go in clear text to anybody who asks. */
const listenLoopback = str(21, {
  check: (text) => {
    const address = parseAddress(text, 0);
    const isGood = address !== undefined && /^127\.[\d.]+:\d+$/.test(text) && isIpv4(address.host);
    return isGood ? undefined : "must be a loopback address with a port, such as 127.0.0.1:9464";
  },
});

const configFields = {
  sync: optional(object({ listen: optional(listen), hello: optional(oneOf(["on", "off"])) })),
  afc: optional(
    object({
      listen: optional(listen),
      rotateAfterBytes: optional(uint(2 ** 32, 64 * 1024)),
      rotateAfterMs: optional(uint(60 * 60 * 1000, 1000)),
      rekeyAfterBytes: optional(uint(2 ** 32, 64 * 1024)),
      rekeyAfterMs: optional(uint(24 * 60 * 60 * 1000, 10_000)),
    }),
  ),
  metrics: optional(object({ listen: optional(listenLoopback) })),
  graphStore: optional(oneOf(["disk", "memory"])),
  audit: optional(
    object({
      log: optional(oneOf(["on", "off"])),
      bytesMax: optional(uint(64 * 1024 * 1024, 64 * 1024)),
    }),
  ),
  logLevel: optional(oneOf(["error", "warn", "info", "debug"])),
} as const satisfies Fields;

export const daemonConfigSchema = object(configFields);

export const daemonConfigFileSchema = object({
  ...configFields,
  syncPeers: optional(
    array(
      object({
        address,
        teamId: id("team"),
        rateMs: uint(SYNC_RATE_MS_MAX, SYNC_RATE_MS_MIN),
        expectedDeviceId: optional(id("device")),
      }),
      LIMITS.syncPeersMax,
    ),
  ),
});

/**
 * Settings of the whole daemon.
 *
 * - `sync.listen`, `afc.listen`: IPv4 address and optional port (4321; 0 lets the system pick); not listening until given.
 * - `sync.hello`: whether connections to sync peers stay open, so that peers tell of new commands at once; `off` only polls. Default `on`.
 * - `afc.rotateAfterBytes`: 64 KiB to 4 GiB; `afc.rotateAfterMs`: 1 second to 1 hour. When keys of a channel are followed by
 *   the next, made from them. Default 64 MiB and 10 minutes, whichever comes first.
 * - `afc.rekeyAfterBytes`: 64 KiB to 4 GiB; `afc.rekeyAfterMs`: 10 seconds to 24 hours. When a channel opened from here gets
 *   keys that owe nothing to those before, by a fresh handshake. Default 4 GiB and 1 hour, whichever comes first.
 * - `metrics.listen`: loopback address and port for metrics over HTTP, in clear text for everybody on the device; not listening
 *   until given.
 * - `graphStore`: `memory` never writes a team's log to flash. Default `disk`.
 * - `audit.log`: whether what is done with this device leaves lines in the audit log (docs/audit.md). Default `on`. In a file it
 *   keeps clients from asking for the other. `audit.bytesMax`: 64 KiB to 64 MiB, of all its files together; from the next start on
 *   where another is in force. Default 1 MiB. With `graphStore` `memory` its lines go to the daemon's log alone.
 * - `logLevel`: default `info`.
 */
export type DaemonConfig = Infer<typeof daemonConfigSchema>;

/** The configuration of a file, which may also name the peers an unattended device syncs with. */
export type DaemonConfigFile = Infer<typeof daemonConfigFileSchema>;

/** Checks parsed JSON. Throws InvalidArgument { field, reason }, naming the setting and what it may be. */
export function parseDaemonConfig(json: unknown): DaemonConfigFile {
  return validate(daemonConfigFileSchema, json);
}

/**
 * The settings in force after another client asked for its own: what is not set yet is taken over. Throws ConfigMismatch
 * { setting, current, wanted } where both ask and differ; nothing has changed then.
 */
export function mergeDaemonConfig(current: DaemonConfig, wanted: DaemonConfig): DaemonConfig {
  return mergeRecords(current, wanted, "");
}

type Setting = string | number | undefined;
interface Settings {
  readonly [key: string]: Setting | Settings;
}

function mergeRecords(current: Settings, wanted: Settings, path: string): Settings {
  const merged: Record<string, Setting | Settings> = { ...current };
  for (const [key, want] of Object.entries(wanted)) {
    const setting = path === "" ? key : `${path}.${key}`;
    const have = merged[key];
    if (want === undefined || want === have) continue;
    if (have === undefined) merged[key] = want;
    else if (typeof have === "object" || typeof want === "object") {
      merged[key] = mergeRecords(have as Settings, want as Settings, setting); // the schema says: both are
    } else {
      throw new AranyaError(
        "ConfigMismatch",
        `${setting} is ${have} for another client, ${want} was asked for`,
        { setting, current: have, wanted: want },
      );
    }
  }
  return merged;
}
