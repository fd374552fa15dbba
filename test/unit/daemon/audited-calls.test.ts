/** Each method says whether it leaves a line, and leaves that. */
import { expect, test } from "vitest";
import { AranyaError } from "../../../src/base/errors.ts";
import { AuditedCalls } from "../../../src/daemon/audited-calls.ts";
import type { AuditTrail } from "../../../src/daemon/audit-trail.ts";
import type { AuditEntry } from "../../../src/audit/line.ts";
import type { IpcConnection } from "../../../src/io/ipc-connection.ts";
import { METHODS } from "../../../src/ipc/methods.ts";
import { AUDITED } from "../../../src/ipc/audited.ts";
import type { AnyMethodName, Handlers } from "../../../src/ipc/methods.ts";
import { keysFromSeed } from "../../support/world.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";

const suite = nodeSuite();
const keys = keysFromSeed(suite, "device");
const connection = {} as unknown as IpcConnection;
const PARAMS = {
  teamId: "team",
  deviceId: "device",
  keyBundle: keys.bundle,
  commonName: "sensor",
  label: "telemetry",
  config: { graphStore: "disk" },
  bytes: "never said",
};

function callsOver(handler: (method: string) => unknown) {
  const lines: (AuditEntry & { budget: string })[] = [];
  const seals: string[] = [];
  let syncs = 0;
  const states = new Map<string, string>();
  const trail = {
    record: (entry: AuditEntry, budget = "always") => void lines.push({ ...entry, budget }),
    news: (subject: string, entry: AuditEntry, budget: string) => {
      if (states.get(subject) !== entry.outcome) lines.push({ ...entry, budget });
      states.set(subject, entry.outcome);
    },
    seal: (cause: string) => void seals.push(cause),
    durable: () => {
      syncs++;
      return Promise.resolve();
    },
  } as unknown as AuditTrail;
  let isInitialised = false;
  const calls = new AuditedCalls({ trail, suite, isInitialised: () => isInitialised });
  calls.connected(connection, { uid: 1000, pid: 7 });
  const names = (Object.keys(METHODS) as AnyMethodName[]).filter((name) => METHODS[name].via === "call");
  const handlers = Object.fromEntries(names.map((name) => [name, () => handler(name)]));
  const around = calls.around(handlers as unknown as Handlers<IpcConnection>) as unknown as Record<
    string,
    (params: unknown, connection: IpcConnection) => Promise<unknown>
  >;
  return { names, around, lines, seals, syncs: () => syncs, initialise: () => (isInitialised = true), calls };
}

const byAudited = (audited: string): string[] =>
  (Object.keys(METHODS) as AnyMethodName[]).filter((name) => AUDITED[name] === audited);

test("[SEC-7] every method has decided: what writes to the account always leaves a line, what reads never", () => {
  expect(byAudited("always").sort()).toEqual(
    (
      "addDevice addTeam assignLabel assignNetworkName assignRole closeTeam createLabel createTeam deleteLabel initDevice " +
      "removeDevice removeTeam revokeLabel revokeNetworkName revokeRole"
    ).split(" "),
  );
  expect(byAudited("limited").sort()).toEqual([
    "addSyncPeer",
    "createChannel",
    "deleteChannel",
    "hello",
    "removeSyncPeer",
  ]);
  // What may be refused because of who asks is no mere question.
  for (const name of Object.keys(METHODS) as AnyMethodName[]) {
    const errors: readonly string[] = METHODS[name].errors;
    if (errors.includes("NotAuthorised")) expect([name, AUDITED[name]]).not.toEqual([name, "never"]);
  }
  const decided = [...byAudited("always"), ...byAudited("limited"), ...byAudited("never")];
  expect(decided.sort()).toEqual(Object.keys(METHODS).sort());
});

test("[SEC-7] each audited call leaves exactly one line with its outcome, durable before it is answered where it writes", async () => {
  const { names, around, lines, syncs, calls } = callsOver((name) =>
    name.startsWith("create") ? "made" : true,
  );
  for (const name of names) await around[name]!(PARAMS, connection);
  const audited = names.filter((name) => AUDITED[name] !== "never");
  expect(lines.map(({ act }) => act)).toEqual(
    audited.map((name) => (name === "hello" ? "client.connect" : `call.${name}`)),
  );
  expect(new Set(lines.map(({ who, outcome }) => `${who} ${outcome}`))).toEqual(
    new Set(["client:1 uid:1000 pid:7 done"]),
  );
  expect(syncs()).toBe(byAudited("always").length);
  expect(lines.find(({ act }) => act === "call.addDevice")).toMatchObject({
    team: "team",
    target: keys.deviceId,
  });
  expect(lines.find(({ act }) => act === "call.createTeam")).toMatchObject({ team: "made" });
  expect(JSON.stringify(lines)).not.toContain("never said");
  calls.refused("LimitReached");
  expect(lines.at(-1)).toMatchObject({ who: "client:unknown", act: "client.refused", budget: "client" });
});

test("[SEC-7] each refusal leaves one line with the code that the client is told and the rule; what was so already leaves none", async () => {
  const error = new AranyaError("NotAuthorised", "no", { operation: "x", rule: "owner only" });
  const refusing = callsOver(() => {
    throw error;
  });
  for (const name of refusing.names)
    await expect(async () => refusing.around[name]!(PARAMS, connection)).rejects.toBe(error);
  const audited = refusing.names.filter((name) => AUDITED[name] !== "never");
  expect(refusing.lines).toHaveLength(audited.length);
  for (const line of refusing.lines) {
    expect(line).toMatchObject({
      outcome: "NotAuthorised",
      budget: "client",
      detail: { rule: "owner only" },
    });
  }
  expect(refusing.syncs()).toBe(0);

  const unchanged = callsOver(() => false);
  unchanged.initialise();
  for (const name of unchanged.names) await unchanged.around[name]!(PARAMS, connection);
  expect(unchanged.lines.map(({ act }) => act)).toEqual(["client.connect"]);
  for (let i = 0; i < 5; i++) await unchanged.around["hello"]!(PARAMS, connection);
  expect(unchanged.lines).toHaveLength(1);
});

test("[SEC-7] keys that were made by a call that then was refused are told, and sealed", async () => {
  const error = new AranyaError("InvalidArgument", "taken", { field: "afc.listen", reason: "taken" });
  const failing = callsOver(() => {
    failing.initialise();
    throw error;
  });
  await expect(failing.around["initDevice"]!({}, connection)).rejects.toBe(error);
  await expect(failing.around["initDevice"]!({}, connection)).rejects.toBe(error);
  const detail = { reason: "taken", field: "afc.listen" };
  expect(failing.lines.map((line) => [line.outcome, line.detail])).toEqual([
    ["InvalidArgument", { ...detail, keys: "made" }],
    ["InvalidArgument", detail],
  ]);
  expect(failing.seals).toEqual(["keys"]);
});
