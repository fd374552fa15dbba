import type { CallDocs } from "./call-doc.ts";

/** What the device knows. They change nothing, and ask nobody else. */
export const QUERIES: CallDocs<
  "status" | "metrics" | "teams" | "team" | "devices" | "labels" | "syncPeers" | "channels" | "effects"
> = {
  status: {
    result:
      "Version, device id once there is one, where it listens, how channels are carried, and the state of the audit log.",
    effects: [],
    shell: "aranya-edge status",
    ts: "const { version, deviceId: self, afc } = await client.status();",
    c: `aranya_edge_daemon_status status;
aranya_edge_get_status(client, &status, NULL);`,
    related: ["teams", "syncPeers", "channels"],
  },
  metrics: {
    result: "The text, which ends with `# EOF`. [Observability](../observability.md) lists what is in it.",
    effects: [],
    shell: "aranya-edge metrics > aranya-edge.prom",
    ts: "const text = await client.metrics();",
    c: `aranya_edge_metrics_text metrics;
aranya_edge_metrics(client, &metrics, NULL);`,
    related: ["status"],
  },
  teams: {
    result: "The ids of the teams in the local store, up to 64.",
    effects: [],
    shell: "aranya-edge team list",
    ts: "for (const id of await client.teams()) console.log(id);",
    c: "aranya_edge_teams(client, print_team, stdout, NULL);",
    related: ["team", "addTeam"],
  },
  team: {
    result:
      "Where the team stands here. Two devices agree exactly when their `stateDigest` is the same; `closed` says whether the team was closed.",
    effects: [],
    shell: "aranya-edge team show",
    ts: `const { closed, commandCount, heads, stateDigest } = await client.team(teamId);`,
    c: `aranya_edge_team_state state;
aranya_edge_team(client, &team_id, &state, NULL);`,
    related: ["teams", "devices", "syncNow"],
  },
  devices: {
    result: "One entry a device of the team.",
    effects: [],
    shell: "aranya-edge team devices",
    ts: `for (const { commonName, role, labels } of await client.devices(teamId)) console.log(commonName, role, labels);`,
    c: "aranya_edge_devices(client, &team_id, print_device, stdout, NULL);",
    related: ["addDevice", "assignRole", "labels"],
  },
  labels: {
    result: "The names of the team's labels.",
    effects: [],
    shell: "aranya-edge label list",
    ts: "const labels = await client.labels(teamId);",
    c: "aranya_edge_labels(client, &team_id, print_label, stdout, NULL);",
    related: ["createLabel", "assignLabel"],
  },
  syncPeers: {
    result: "One entry a peer: its address and rate, when a sync last ended level, and what failed since.",
    effects: [],
    shell: "aranya-edge peer list",
    ts: `const failing = (await client.syncPeers()).filter((peer) => peer.lastError !== undefined);`,
    c: "aranya_edge_sync_peers(client, print_peer, stdout, NULL);",
    related: ["addSyncPeer", "syncNow"],
  },
  channels: {
    result: "One entry a channel of this daemon, whichever application it belongs to.",
    effects: [],
    shell: "aranya-edge channel list",
    ts: `const open = (await client.channels()).filter((channel) => channel.state === "open");`,
    c: "aranya_edge_channels(client, print_channel, stdout, NULL);",
    related: ["createChannel", "deleteChannel"],
  },
  effects: {
    result:
      "A stream of [effects](../reference/effects.md), tagged by type. In C `aranya_edge_next_effect` takes one at a time.",
    effects: [
      { type: "effectsLost", where: "here", when: "when the reader was too slow; it is the last one" },
    ],
    notes: "Nothing of the past is told: query first, or right after the stream has begun.",
    shell: "aranya-edge watch --json",
    ts: `for await (const effect of client.effects()) {
  if (effect.type === "deviceRemoved") console.log("removed:", effect.deviceId);
}`,
    c: `aranya_edge_effect effect;
aranya_edge_subscribe_effects(client, NULL, NULL);
while (aranya_edge_next_effect(client, &effect, 60000) == ARANYA_EDGE_OK)
  if (effect.type == ARANYA_EDGE_EFFECT_TYPE_DEVICE_REMOVED) puts("a device was removed");`,
    related: ["team", "devices", "channels"],
  },
};
