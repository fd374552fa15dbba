import type { CommandId, DeviceId } from "../base/ids.ts";
import type { Role } from "../base/roles.ts";

/** What a command did, for applications and for the daemon's own channels. */
export type Effect =
  | {
      readonly type: "deviceAdded";
      readonly deviceId: DeviceId;
      readonly commonName: string;
      readonly role: Role;
    }
  | { readonly type: "deviceRemoved"; readonly deviceId: DeviceId }
  | { readonly type: "roleChanged"; readonly deviceId: DeviceId; readonly from: Role; readonly to: Role }
  | { readonly type: "networkNameAssigned"; readonly deviceId: DeviceId; readonly netIdentifier: string }
  | { readonly type: "networkNameRevoked"; readonly deviceId: DeviceId; readonly netIdentifier: string }
  | { readonly type: "labelCreated"; readonly label: string }
  | { readonly type: "labelDeleted"; readonly label: string }
  | { readonly type: "labelAssigned"; readonly deviceId: DeviceId; readonly label: string }
  | { readonly type: "labelRevoked"; readonly deviceId: DeviceId; readonly label: string }
  | { readonly type: "teamClosed" };

/** An effect with the command it came from. */
export type CommandEffect = Effect & { readonly commandId: CommandId; readonly author: DeviceId };

/** What an effect settles, as paths. A path that is the beginning of another covers it. */
export function subjectsOf(effect: Effect): readonly string[] {
  switch (effect.type) {
    case "deviceAdded":
    case "deviceRemoved":
      return [`device/${effect.deviceId}`];
    case "roleChanged":
      return [`device/${effect.deviceId}/role`];
    case "networkNameAssigned":
    case "networkNameRevoked":
      return [`device/${effect.deviceId}/name`];
    case "labelCreated":
    case "labelDeleted":
      return [`label/${effect.label}`];
    case "labelAssigned":
    case "labelRevoked":
      return [`device/${effect.deviceId}/label/${effect.label}`, `label/${effect.label}`];
    case "teamClosed":
      return ["team"];
  }
}
