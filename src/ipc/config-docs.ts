/**
 * What each setting of the configuration does, its default, and the directive of systemd it goes with. The type follows the
 * schema, so a setting added there and not here does not compile. In a file of its own because a daemon never needs the words.
 */
import type { daemonConfigFileSchema } from "./config.ts";
import type { Fields, Schema } from "./schema.ts";

export interface SettingDoc {
  /** What it does, in whole sentences. */
  readonly doc: string;
  /** The default in words; missing where the setting must be given. */
  readonly default?: string;
  /** The directive of the systemd unit it pairs with, or what to mind there. */
  readonly systemd?: string;
  /** An example as JSON, valid for the schema. */
  readonly example: unknown;
}

type DocsOf<S> = S extends { kind: "optional"; of: infer O }
  ? DocsOf<O>
  : S extends { kind: "object"; fields: infer F extends Fields }
    ? GroupDoc<F>
    : S extends { kind: "array"; of: { kind: "object"; fields: infer F extends Fields } }
      ? GroupDoc<F>
      : SettingDoc;

interface GroupDoc<F extends Fields> {
  /** Docs of the settings beneath. */
  readonly doc: string;
  readonly fields: { readonly [K in keyof F]-?: DocsOf<F[K]> };
}

export type ConfigDocs = DocsOf<typeof daemonConfigFileSchema>;

const PORTS =
  "RestrictAddressFamilies= must keep AF_INET. A port under 1024 needs AmbientCapabilities=CAP_NET_BIND_SERVICE.";

export const CONFIG_DOCS: ConfigDocs = {
  doc: "Everything is optional; what nobody asks for keeps its default.",
  fields: {
    sync: {
      doc: "Sync: how this device and others fetch each other's commands, over TCP with TLS 1.3.",
      fields: {
        listen: {
          doc:
            "Where other devices fetch commands from this one: IPv4 address and optional port. Port 4321 unless it says " +
            "another; 0 lets the system pick. A device that only fetches needs none.",
          default: "does not listen",
          systemd: PORTS,
          example: "0.0.0.0:4321",
        },
        hello: {
          doc:
            "Whether connections to sync peers stay open, so that peers tell of new commands at once. With `off` this device " +
            "polls at the peer's rate and no more: for links where a standing connection costs money.",
          default: "on",
          example: "on",
        },
      },
    },
    afc: {
      doc: "Channels: end-to-end encrypted datagrams between devices, over UDP.",
      fields: {
        listen: {
          doc:
            "Where datagrams of channels arrive: IPv4 address and optional port. Port 4321 unless it says another; 0 lets the " +
            "system pick. Without it this device neither opens nor accepts channels.",
          default: "does not listen",
          systemd: PORTS,
          example: "0.0.0.0:4321",
        },
        rotateAfterBytes: {
          doc: "Bytes after which a channel's keys are followed by the next, made from them.",
          default: "64 MiB; whichever of the two comes first",
          example: 67_108_864,
        },
        rotateAfterMs: {
          doc: "Milliseconds after which a channel's keys are followed by the next, made from them.",
          default: "10 minutes; whichever of the two comes first",
          example: 600_000,
        },
        rekeyAfterBytes: {
          doc: "Bytes after which a channel opened from here gets keys that owe nothing to those before, by a fresh handshake.",
          default: "4 GiB; whichever of the two comes first",
          example: 4_294_967_296,
        },
        rekeyAfterMs: {
          doc:
            "Milliseconds after which a channel opened from here gets keys that owe nothing to those before, by a fresh " +
            "handshake. Alike on all devices: one with less closes a channel opened to it three minutes after that time.",
          default: "1 hour; whichever of the two comes first",
          example: 3_600_000,
        },
      },
    },
    metrics: {
      doc: "Metrics over HTTP, for a scraper on the device. Without it `aranya-edge metrics` prints the same.",
      fields: {
        listen: {
          doc: "Loopback address and port for GET /metrics, in clear text for everybody on the device.",
          default: "does not listen",
          systemd: "Where IPAddressDeny= is set, IPAddressAllow=localhost as well.",
          example: "127.0.0.1:9464",
        },
      },
    },
    audit: {
      doc: "The audit log: who did what with this device, and with what outcome.",
      fields: {
        log: {
          doc: "Whether it is kept. With `graphStore` `memory` its lines go to the daemon's log alone.",
          default: "on",
          example: "on",
        },
        bytesMax: {
          doc: "Bytes of all its files together; the oldest go first. From the next start on where another is in force.",
          default: "1 MiB",
          systemd: "StateDirectory= is where its files lie.",
          example: 1_048_576,
        },
      },
    },
    graphStore: {
      doc: "Where teams' commands are kept. `memory` never writes a team's log to flash: after a restart teams are fetched anew.",
      default: "disk",
      systemd: "StateDirectory= is where the log lies with disk; the keys lie there with memory too.",
      example: "disk",
    },
    logLevel: {
      doc: "The least urgent lines that are still logged, as JSON on stderr.",
      default: "info",
      systemd:
        "StandardError=journal, which is the default. LogLevelMax= would drop lines later and cost more.",
      example: "info",
    },
    syncPeers: {
      doc:
        "In the file only: peers to sync with from every start on, for devices that nobody attends. Their teams are " +
        "added to the local store. Read again at SIGHUP (systemctl reload): peers that are gone are removed, teams stay.",
      fields: {
        address: {
          doc: "Where the peer listens: a DNS name or IPv4 address, with port 4321 unless it says another.",
          systemd:
            "None needed: the daemon asks for names again when they do not answer. Never network-online.target.",
          example: "hub.example:4321",
        },
        teamId: {
          doc: "The team to sync.",
          example: "BXG96C8Bs2Xqw8EY8hvBisj1PRTqn2zchRDWeFumyV3U",
        },
        rateMs: {
          doc: "How often the peer is polled, in milliseconds. With hello on this is the floor underneath.",
          example: 60_000,
        },
        expectedDeviceId: {
          doc: "The only device that is accepted at that address.",
          default: "any device of the team",
          example: "9HUmef7uoQVxYQtBQ5CDxLTEt2SybPcoM1k4CzG3nDde",
        },
      },
    },
  },
};

/** A setting with its place in the schema: `sync.listen`, `syncPeers[].address`. */
export interface Setting {
  readonly path: string;
  readonly schema: Schema;
  readonly doc: SettingDoc;
}

/** A heading over settings. */
export interface SettingGroup {
  readonly path: string;
  readonly doc: string;
}

type AnyDoc = SettingDoc | { readonly doc: string; readonly fields: Readonly<Record<string, AnyDoc>> };

/** Groups and settings in the order of the schema. */
export function settingsOf(schema: Schema, docs: AnyDoc, path = ""): (Setting | SettingGroup)[] {
  if (schema.kind === "optional") return settingsOf(schema.of, docs, path);
  if (schema.kind === "array" && "fields" in docs) return settingsOf(schema.of, docs, `${path}[]`);
  if (!("fields" in docs)) return [{ path, schema, doc: docs }];
  if (schema.kind !== "object") throw new Error(`${path}: the words have fields and the schema has none`);
  const children = Object.entries(schema.fields).flatMap(([key, of]) =>
    settingsOf(of, docs.fields[key]!, path === "" ? key : `${path}.${key}`),
  );
  return path === "" ? children : [{ path, doc: docs.doc }, ...children];
}

/** A whole configuration made of the examples. */
export function exampleConfig(schema: Schema, docs: AnyDoc): unknown {
  if (schema.kind === "optional") return exampleConfig(schema.of, docs);
  if (!("fields" in docs)) return docs.example;
  if (schema.kind === "array") return [exampleConfig(schema.of, docs)];
  if (schema.kind !== "object") throw new Error("the words have fields and the schema has none");
  return Object.fromEntries(
    Object.entries(schema.fields).map(([key, of]) => [key, exampleConfig(of, docs.fields[key]!)]),
  );
}
