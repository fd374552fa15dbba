import { expect, test } from "vitest";
import { ERROR_CODES } from "../../../src/base/codes.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { COMMON_ERRORS } from "../../../src/ipc/method-definition.ts";
import { isMethodName, METHODS, methodDefinition } from "../../../src/ipc/methods.ts";
import type { AnyMethodName } from "../../../src/ipc/methods.ts";

/** The public surface, as it was agreed, onboarding aside. */
const SURFACE = {
  initDevice: [],
  getDeviceId: [],
  getKeyBundle: [],
  addTeam: ["teamId"],
  removeTeam: ["teamId"],
  addSyncPeer: ["address", "teamId", "rateMs"],
  removeSyncPeer: ["address", "teamId"],
  syncNow: ["address", "teamId"],
  createTeam: [],
  closeTeam: ["teamId"],
  addDevice: ["teamId", "keyBundle", "commonName"],
  removeDevice: ["teamId", "deviceId"],
  assignRole: ["teamId", "deviceId", "role"],
  revokeRole: ["teamId", "deviceId", "role"],
  assignNetworkName: ["teamId", "deviceId", "netIdentifier"],
  revokeNetworkName: ["teamId", "deviceId", "netIdentifier"],
  createLabel: ["teamId", "label"],
  deleteLabel: ["teamId", "label"],
  assignLabel: ["teamId", "deviceId", "label"],
  revokeLabel: ["teamId", "deviceId", "label"],
  createChannel: ["teamId", "netIdentifier", "label"],
  deleteChannel: ["teamId", "channelId"],
  pollData: ["timeoutMs"],
  readData: ["buffer"],
  sendData: ["bytes", "channelId", "timeoutMs"],
  status: [],
  metrics: [],
  teams: [],
  team: ["teamId"],
  devices: ["teamId"],
  labels: ["teamId"],
  syncPeers: [],
  channels: [],
  effects: [],
};

const names = Object.keys(METHODS) as AnyMethodName[];

test("the table has every method of the public surface, its parameters in their order, and no more", () => {
  const publicNames = names.filter((name) => methodDefinition(name).internal === undefined);
  expect(publicNames.sort()).toEqual(Object.keys(SURFACE).sort());
  for (const [name, params] of Object.entries(SURFACE)) {
    const inTable = Object.keys(methodDefinition(name as AnyMethodName).params);
    expect(inTable.slice(0, params.length), name).toEqual(params);
  }
});

test("[SYS-8] every error a method may raise has a number, is named once, and is not one of everybody's", () => {
  const raised = new Set<string>(COMMON_ERRORS);
  for (const name of names) {
    const { errors } = methodDefinition(name);
    expect(new Set(errors).size, name).toBe(errors.length);
    for (const code of errors) {
      expect(ERROR_CODES[code], `${name}: ${code}`).toBeGreaterThan(0);
      expect(COMMON_ERRORS, name).not.toContain(code);
      raised.add(code);
    }
  }
  expect([...raised].sort()).toEqual(Object.keys(ERROR_CODES).sort());
});

test("only control requests are method names on the wire", () => {
  expect(isMethodName("teams")).toBe(true);
  for (const name of ["sendData", "readData", "pollData", "effects", "toString", "__proto__", ""]) {
    expect(isMethodName(name), name).toBe(false);
  }
});

test("credit given back by half windows never leaves less than the longest message", () => {
  expect(LIMITS.ipcMessageBytesMax).toBeLessThanOrEqual(LIMITS.ipcWindowBytesMax / 2);
  expect(LIMITS.ipcMessageBytesMax + 64).toBeLessThan(LIMITS.ipcFrameBytesMax);
  expect(LIMITS.ipcMessageBytesMax).toBeLessThanOrEqual(LIMITS.ipcSendBytesInFlightMax);
});
