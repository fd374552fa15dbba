import { TRUE_HERE } from "./call-doc.ts";
import type { CallDocs } from "./call-doc.ts";

/** Network names and labels: each call writes a command. */
export const NAMES: CallDocs<
  "assignNetworkName" | "revokeNetworkName" | "createLabel" | "deleteLabel" | "assignLabel" | "revokeLabel"
> = {
  assignNetworkName: {
    result: `${TRUE_HERE} False when the device has the name already.`,
    effects: [{ type: "networkNameAssigned", where: "members" }],
    notes:
      "A name the device had before is given up without an effect of its own. A DNS name is resolved by whoever opens a channel, each time; use one for devices whose addresses change.",
    shell: "aranya-edge net assign sensor sensor.example:5000",
    ts: `await client.assignNetworkName(teamId, deviceId, "pump-3.example:5000");`,
    c: `aranya_edge_assign_network_name(client, &team_id, &device_id, "pump-3.example:5000", &changed, NULL);`,
    related: ["revokeNetworkName", "createChannel", "devices"],
  },
  revokeNetworkName: {
    result: "True. A name the device does not have is `UnknownName`.",
    effects: [
      { type: "networkNameRevoked", where: "members" },
      {
        type: "channelClosed",
        where: "both ends",
        when: "for each channel to or from the device under that name",
      },
    ],
    shell: "aranya-edge net revoke sensor sensor.example:5000",
    ts: `await client.revokeNetworkName(teamId, deviceId, "pump-3.example:5000");`,
    c: `aranya_edge_revoke_network_name(client, &team_id, &device_id, "pump-3.example:5000", &changed, NULL);`,
    related: ["assignNetworkName", "devices"],
  },
  createLabel: {
    result: "True. A label that is there is `LabelExists`.",
    effects: [{ type: "labelCreated", where: "members" }],
    shell: "aranya-edge label create telemetry",
    ts: `await client.createLabel(teamId, "telemetry");`,
    c: `aranya_edge_create_label(client, &team_id, "telemetry", &changed, NULL);`,
    related: ["assignLabel", "deleteLabel", "labels"],
  },
  deleteLabel: {
    result: "True. A label that is not there is `UnknownLabel`.",
    notes: "Devices that had the label are told by `labelDeleted` alone.",
    effects: [
      { type: "labelDeleted", where: "members" },
      { type: "channelClosed", where: "both ends", when: "for each channel that needs it" },
    ],
    shell: "aranya-edge label delete telemetry --yes",
    ts: `await client.deleteLabel(teamId, "telemetry");`,
    c: `aranya_edge_delete_label(client, &team_id, "telemetry", &changed, NULL);`,
    related: ["createLabel", "revokeLabel", "labels"],
  },
  assignLabel: {
    result: `${TRUE_HERE} False when the device has the label already.`,
    effects: [{ type: "labelAssigned", where: "members" }],
    notes: "Two users that both have a label may open channels with it to each other, in either direction.",
    shell: "aranya-edge label assign sensor telemetry",
    ts: `await client.assignLabel(teamId, deviceId, "telemetry");`,
    c: `aranya_edge_assign_label(client, &team_id, &device_id, "telemetry", &changed, NULL);`,
    related: ["revokeLabel", "createLabel", "createChannel"],
  },
  revokeLabel: {
    result: `${TRUE_HERE} False when the device does not have the label.`,
    effects: [
      { type: "labelRevoked", where: "members" },
      { type: "channelClosed", where: "both ends", when: "for each channel of that device that needs it" },
    ],
    shell: "aranya-edge label revoke sensor telemetry",
    ts: `await client.revokeLabel(teamId, deviceId, "telemetry");`,
    c: `aranya_edge_revoke_label(client, &team_id, &device_id, "telemetry", &changed, NULL);`,
    related: ["assignLabel", "deleteLabel", "removeDevice"],
  },
};
