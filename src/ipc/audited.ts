/**
 * Which calls leave a line in the audit log: an entry for each method of the table of methods. A new method does not compile
 * until it has one.
 */
import type { AnyMethodName } from "./methods.ts";

/**
 * `always`: it writes to the account, and its line is durable before it is answered. `limited`: it costs its caller little, so
 * many alike are counted. `never`: it changes nothing but what its own connection sees. Whatever was so already leaves none.
 */
export type Audited = "always" | "limited" | "never";

export const AUDITED: Readonly<Record<AnyMethodName, Audited>> = {
  hello: "limited",
  listen: "never",
  subscribeEffects: "never",
  unsubscribeEffects: "never",

  initDevice: "always",
  getDeviceId: "never",
  getKeyBundle: "never",
  addTeam: "always",
  removeTeam: "always",

  addSyncPeer: "limited",
  removeSyncPeer: "limited",
  // What it brings, and whom it met, has lines of its own.
  syncNow: "never",

  createTeam: "always",
  closeTeam: "always",
  addDevice: "always",
  removeDevice: "always",
  assignRole: "always",
  revokeRole: "always",
  assignNetworkName: "always",
  revokeNetworkName: "always",
  createLabel: "always",
  deleteLabel: "always",
  assignLabel: "always",
  revokeLabel: "always",

  createChannel: "limited",
  deleteChannel: "limited",
  pollData: "never",
  readData: "never",
  sendData: "never",

  status: "never",
  metrics: "never",
  teams: "never",
  team: "never",
  devices: "never",
  labels: "never",
  syncPeers: "never",
  channels: "never",
  effects: "never",
};
