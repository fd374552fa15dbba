import type { CallDocs } from "./call-doc.ts";

/** Of the device by itself: no command on a graph. */
export const DEVICE: CallDocs<"initDevice" | "getDeviceId" | "getKeyBundle" | "addTeam" | "removeTeam"> = {
  initDevice: {
    result: "The device's id: SHA-256 of its identity key, the same one ever after.",
    effects: [],
    notes:
      "Keys are written to flash before the call returns. They never leave the daemon. A second call writes nothing. A daemon listens once " +
      "it has keys: a configured address that is taken shows here, as `InvalidArgument`.",
    shell: "aranya-edge device init",
    ts: "const deviceId = await client.initDevice();",
    c: "aranya_edge_init_device(client, &device_id, NULL);",
    related: ["getKeyBundle", "createTeam", "addTeam"],
  },
  getDeviceId: {
    result: "The device's id.",
    effects: [],
    shell: "aranya-edge device id",
    ts: "const deviceId = await client.getDeviceId();",
    c: "aranya_edge_get_device_id(client, &device_id, NULL);",
    related: ["initDevice", "getKeyBundle"],
  },
  getKeyBundle: {
    result: "The three public keys and the signature of the identity key over them. Nothing in it is secret.",
    effects: [],
    notes:
      "A bundle crosses from device to device by hand or by whatever you trust: who swaps it on the way has another device " +
      "added. `serializeKeyBundle` makes text of it that mail programs leave intact.",
    shell: "aranya-edge device bundle > sensor.bundle",
    ts: `const keyBundle = await client.getKeyBundle();
const text = new TextDecoder().decode(serializeKeyBundle("text", keyBundle));`,
    c: `char text[ARANYA_EDGE_KEY_BUNDLE_TEXT_BYTES_MAX];
size_t length;
aranya_edge_get_key_bundle(client, &key_bundle, NULL);
aranya_edge_serialize_key_bundle(ARANYA_EDGE_KEY_BUNDLE_SCHEME_TEXT, &key_bundle, text, sizeof text, &length);`,
    related: ["addDevice", "initDevice"],
  },
  addTeam: {
    result: "True when the team was added; false when it is there already.",
    effects: [],
    notes:
      "Nothing is fetched yet: add a sync peer, or sync now. Until then what asks about the team fails with `TeamNotSynced`. " +
      "The command line's `team join` does all three.",
    shell: "aranya-edge team add BXG96C8Bs2Xqw8EY8hvBisj1PRTqn2zchRDWeFumyV3U",
    ts: `await client.addTeam(teamId);
await client.addSyncPeer("hub.example", teamId, 60_000);`,
    c: `aranya_edge_add_team(client, &team_id, &changed, NULL);
aranya_edge_add_sync_peer(client, "hub.example", &team_id, 60000, NULL, &changed, NULL);`,
    related: ["addSyncPeer", "syncNow", "removeTeam", "teams"],
  },
  removeTeam: {
    result: "True when the team was removed; false when it is not there.",
    effects: [
      { type: "channelClosed", where: "both ends", when: "for each channel of the team that was open" },
    ],
    notes:
      "To leave a team for good, have the device removed from it with [removeDevice](remove-device.md) as well.",
    shell: "aranya-edge team remove --yes",
    ts: "const changed = await client.removeTeam(teamId);",
    c: "aranya_edge_remove_team(client, &team_id, &changed, NULL);",
    related: ["addTeam", "removeDevice", "closeTeam"],
  },
};
