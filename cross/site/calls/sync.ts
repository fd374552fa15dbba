import type { CallDocs } from "./call-doc.ts";

export const SYNC: CallDocs<"addSyncPeer" | "removeSyncPeer" | "syncNow"> = {
  addSyncPeer: {
    result:
      "True when the peer was added or its rate changed; false when it is there already with the same rate. The call does not " +
      "wait for the first sync.",
    effects: [
      {
        type: "syncSucceeded",
        where: "here",
        when: "later, whenever a sync brought something or ended a row of failures",
      },
      { type: "syncFailed", where: "here", when: "later, at the first failure of a row" },
    ],
    notes:
      "Peers are kept until the daemon stops. Those of an unattended device stand in the configuration file as " +
      "[syncPeers](../manual/configuration.md#syncpeers). After failures the wait doubles each time, up to five minutes.",
    shell: "aranya-edge peer add hub.example --every 60s",
    ts: `await client.addSyncPeer("hub.example", teamId, 60_000);
// Accept no other device there:
await client.addSyncPeer("hub.example", teamId, 60_000, { expectedDeviceId: deviceId });`,
    c: `aranya_edge_add_sync_peer(client, "hub.example", &team_id, 60000, NULL, &changed, NULL);
/* Accept no other device there: */
aranya_edge_add_sync_peer(client, "hub.example", &team_id, 60000, &device_id, &changed, NULL);`,
    related: ["removeSyncPeer", "syncNow", "syncPeers"],
  },
  removeSyncPeer: {
    result: "True when the peer was removed; false when it is not there.",
    effects: [],
    shell: "aranya-edge peer remove hub.example",
    ts: `const changed = await client.removeSyncPeer("hub.example", teamId);`,
    c: `aranya_edge_remove_sync_peer(client, "hub.example", &team_id, &changed, NULL);`,
    related: ["addSyncPeer", "syncPeers"],
  },
  syncNow: {
    result: "What came: commands received, accepted and recalled, and the team's heads afterwards.",
    effects: [
      { type: "syncSucceeded", where: "here", when: "when it brought something, or ended a row of failures" },
      { type: "syncFailed", where: "here", when: "at the first failure of a row" },
      { type: "commandRecalled", where: "here", when: "for each command that no longer counts" },
    ],
    notes:
      "What each command did is told by an effect of its own, such as `deviceAdded`. Sync goes one way: commands come here, " +
      "none leave. The peer need not have been added.",
    shell: "aranya-edge peer sync hub.example",
    ts: `const { received, accepted, recalled } = await client.syncNow("hub.example", teamId, { timeoutMs: 20_000 });`,
    c: `aranya_edge_sync_report report;
aranya_edge_options options = {.timeout_ms = 20000};
aranya_edge_sync_now(client, "hub.example", &team_id, NULL, &report, &options);`,
    related: ["addSyncPeer", "team", "syncPeers"],
  },
};
