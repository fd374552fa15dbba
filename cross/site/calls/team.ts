import { TRUE_HERE } from "./call-doc.ts";
import type { CallDocs } from "./call-doc.ts";

/** Who is on a team and what they may do: each call writes a command. */
export const TEAM: CallDocs<
  "createTeam" | "closeTeam" | "addDevice" | "removeDevice" | "assignRole" | "revokeRole"
> = {
  createTeam: {
    result: "The team's id. Others need it to add the team; it is no secret, and proves which team it is.",
    effects: [{ type: "deviceAdded", where: "members", when: "on devices that join later, for the owner" }],
    notes:
      "The first command of the graph says which policy the team lives under. Give the team a second owner soon: see " +
      "[assignRole](assign-role.md).",
    shell: "team=$(aranya-edge team create)",
    ts: "const teamId = await client.createTeam();",
    c: "aranya_edge_create_team(client, &team_id, NULL);",
    related: ["addDevice", "createLabel", "assignRole"],
  },
  closeTeam: {
    result: "True. A second time it is `TeamClosed`.",
    effects: [
      { type: "teamClosed", where: "members" },
      { type: "channelClosed", where: "both ends", when: "for each channel of the team" },
    ],
    shell: "aranya-edge team close --yes",
    ts: "await client.closeTeam(teamId);",
    c: "aranya_edge_close_team(client, &team_id, &changed, NULL);",
    related: ["removeTeam", "removeDevice"],
  },
  addDevice: {
    result: "The id of the device added: that of its identity key.",
    effects: [{ type: "deviceAdded", where: "members" }],
    notes:
      "The device is on the team with the role `sync`: it carries what others write. Give it a role, a label and a network name " +
      "before it opens channels; the command line's `device add` does all four.",
    shell:
      "aranya-edge device add sensor.bundle --name sensor --role user --label telemetry --net sensor.example",
    ts: `const deviceId = await client.addDevice(teamId, keyBundle, "pump 3");
await client.assignRole(teamId, deviceId, "user");`,
    c: `aranya_edge_add_device(client, &team_id, &key_bundle, "pump 3", &device_id, NULL);
aranya_edge_assign_role(client, &team_id, &device_id, ARANYA_EDGE_ROLE_USER, &changed, NULL);`,
    related: ["getKeyBundle", "assignRole", "assignLabel", "assignNetworkName", "removeDevice"],
  },
  removeDevice: {
    result: "True. A device that is no member is `UnknownDevice`.",
    effects: [
      { type: "deviceRemoved", where: "members" },
      { type: "commandRecalled", where: "members", when: "for each of its commands that no longer counts" },
      { type: "channelClosed", where: "both ends", when: "for each channel of that device" },
    ],
    notes:
      "Removal reaches a device when it next syncs with somebody who knows. Until then a channel that is open there stays open " +
      "at that end. [Authority](../decisions/0010-authority.md) says exactly what is recalled.",
    shell: "aranya-edge device remove sensor --yes",
    ts: "await client.removeDevice(teamId, deviceId);",
    c: "aranya_edge_remove_device(client, &team_id, &device_id, &changed, NULL);",
    related: ["addDevice", "revokeRole", "revokeLabel", "devices"],
  },
  assignRole: {
    result: `${TRUE_HERE} False when the device has the role already.`,
    effects: [
      { type: "roleChanged", where: "members" },
      {
        type: "channelClosed",
        where: "both ends",
        when: "for each channel of a device that is no longer a user",
      },
    ],
    notes: "A device has exactly one role. Lowering a device recalls nothing that came before it.",
    shell: "aranya-edge role assign sensor user",
    ts: `const changed = await client.assignRole(teamId, deviceId, "user");`,
    c: "aranya_edge_assign_role(client, &team_id, &device_id, ARANYA_EDGE_ROLE_USER, &changed, NULL);",
    related: ["revokeRole", "devices", "addDevice"],
  },
  revokeRole: {
    result: "True. A role the device does not have is `RoleMismatch`.",
    effects: [
      { type: "roleChanged", where: "members" },
      { type: "commandRecalled", where: "members", when: "for what it did concurrently and may no longer" },
      { type: "channelClosed", where: "both ends", when: "for each channel of a device that was a user" },
    ],
    shell: "aranya-edge role revoke sensor user --yes",
    ts: `await client.revokeRole(teamId, deviceId, "user");`,
    c: "aranya_edge_revoke_role(client, &team_id, &device_id, ARANYA_EDGE_ROLE_USER, &changed, NULL);",
    related: ["assignRole", "removeDevice", "devices"],
  },
};
