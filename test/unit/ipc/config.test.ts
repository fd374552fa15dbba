import { describe, expect, test } from "vitest";
import { mergeDaemonConfig, parseDaemonConfig } from "../../../src/ipc/config.ts";
import { testId } from "../client/toy-daemon.ts";

const FULL = {
  sync: { listen: "0.0.0.0:4321" },
  afc: {
    listen: "127.0.0.1",
    rotateAfterBytes: 65536,
    rotateAfterMs: 60_000,
    rekeyAfterBytes: 2 ** 32,
    rekeyAfterMs: 10_000,
  },
  metrics: { listen: "127.0.0.1:9464" },
  graphStore: "memory",
  logLevel: "debug",
  syncPeers: [{ address: "hub.example", teamId: testId(2), rateMs: 1000, expectedDeviceId: testId(3) }],
};

describe("[SYS-3] --config FILE has a client's schema, and may add sync peers", () => {
  test("everything and nothing", () => {
    expect(parseDaemonConfig(structuredClone(FULL))).toEqual(FULL);
    expect(parseDaemonConfig({})).toEqual({});
  });

  test.each<[unknown, string, RegExp]>([
    [
      { ...FULL, loglevel: "info" },
      "loglevel",
      /known here: sync, afc, metrics, graphStore, audit, logLevel, syncPeers/,
    ],
    [{ sync: { listne: "0.0.0.0" } }, "sync.listne", /known here: listen/],
    [{ sync: { listen: "example.org:1" } }, "sync.listen", /an IPv4 address and an optional port/],
    [{ sync: { listen: "0.0.0.0:65536" } }, "sync.listen", /an IPv4 address/],
    [{ afc: { rotateAfterBytes: 65535 } }, "afc.rotateAfterBytes", /from 65536 to/],
    [{ afc: { rotateAfterMs: "1h" } }, "afc.rotateAfterMs", /whole number/],
    [{ afc: { rekeyAfterBytes: 2 ** 32 + 1 } }, "afc.rekeyAfterBytes", /from 65536 to 4294967296/],
    [{ afc: { rekeyAfterMs: 9999 } }, "afc.rekeyAfterMs", /from 10000 to 86400000/],
    [{ metrics: { listen: "0.0.0.0:9464" } }, "metrics.listen", /a loopback address with a port/],
    [{ metrics: { listen: "192.0.2.1:9464" } }, "metrics.listen", /a loopback address/],
    [{ metrics: { listen: "127.0.0.1" } }, "metrics.listen", /with a port/],
    [{ metrics: { listen: "localhost:9464" } }, "metrics.listen", /a loopback address/],
    [{ metrics: { listen: "127.0.0.1.example:80" } }, "metrics.listen", /a loopback address/],
    [{ metrics: { port: 9464 } }, "metrics.port", /known here: listen/],
    [{ graphStore: "flash" }, "graphStore", /one of disk, memory/],
    [
      { syncPeers: [{ address: "a b", teamId: testId(2), rateMs: 1000 }] },
      "syncPeers[0].address",
      /DNS name/,
    ],
    [{ syncPeers: [{ address: "a", teamId: testId(2) }] }, "syncPeers[0].rateMs", /missing/],
    [[], "value", /must be an object/],
    [null, "value", /must be an object/],
  ])("%j is refused at %s", (json, field, reason) => {
    expect(() => parseDaemonConfig(json)).toThrow(
      expect.objectContaining({
        code: "InvalidArgument",
        message: expect.stringMatching(reason) as string,
        fields: expect.objectContaining({ field }) as object,
      }),
    );
  });
});

describe("[SYS-4] settings of several clients", () => {
  test("what is not set yet is taken over, what is equal stays", () => {
    const current = { sync: { listen: "0.0.0.0" }, logLevel: "info" } as const;
    expect(mergeDaemonConfig({}, current)).toEqual(current);
    expect(mergeDaemonConfig(current, {})).toEqual(current);
    expect(mergeDaemonConfig(current, { logLevel: "info", afc: { rotateAfterMs: 1000 }, sync: {} })).toEqual({
      ...current,
      afc: { rotateAfterMs: 1000 },
    });
    const afc = { afc: { rotateAfterMs: 1000 } };
    expect(mergeDaemonConfig(afc, { afc: { listen: "0.0.0.0" } })).toEqual({
      afc: { rotateAfterMs: 1000, listen: "0.0.0.0" },
    });
    expect(afc).toEqual({ afc: { rotateAfterMs: 1000 } });
  });

  test("a difference names the setting and both values", () => {
    const current = { afc: { rotateAfterMs: 1000 }, graphStore: "disk" } as const;
    expect(() => mergeDaemonConfig(current, { logLevel: "warn", afc: { rotateAfterMs: 2000 } })).toThrow(
      expect.objectContaining({
        code: "ConfigMismatch",
        fields: { setting: "afc.rotateAfterMs", current: 1000, wanted: 2000 },
      }),
    );
    expect(current).toEqual({ afc: { rotateAfterMs: 1000 }, graphStore: "disk" });
  });
});
