import type { CommandId, DeviceId } from "../base/ids.ts";
import type { Role } from "../base/roles.ts";

/** What a command did, for whoever wants to know: applications, and the daemon's own channels. */
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
