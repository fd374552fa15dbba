/** What a channel stands on, and which events of a team take that away (AFC-8, AFC-9). */
import type { DeviceId, TeamId } from "../base/ids.ts";
import type { Effect } from "../policy/effects.ts";
import type { TeamEvent } from "../team/events.ts";

export interface ChannelEnd {
  readonly deviceId: DeviceId;
  /** The network name the graph gave it when the channel was made. */
  readonly name: string;
}

export interface ChannelBinding {
  readonly teamId: TeamId;
  readonly label: string;
  readonly initiator: ChannelEnd;
  readonly responder: ChannelEnd;
  /** Which of the two is not this device. */
  readonly peerDeviceId: DeviceId;
}

/** Whether an event of the channel's team took away something it stands on. */
export function touches(binding: ChannelBinding, event: TeamEvent): boolean {
  switch (event.type) {
    case "commandRecalled":
      // What had been given is as gone as what is revoked.
      return event.undone.some((effect) => takesAway(binding, effect) || gives(binding, effect));
    case "forked":
      return false;
    default:
      return takesAway(binding, event);
  }
}

function isEnd({ initiator, responder }: ChannelBinding, deviceId: DeviceId): boolean {
  return deviceId === initiator.deviceId || deviceId === responder.deviceId;
}

function takesAway(binding: ChannelBinding, effect: Effect): boolean {
  switch (effect.type) {
    case "teamClosed":
      return true;
    case "deviceRemoved":
    case "roleChanged":
    case "networkNameAssigned":
    case "networkNameRevoked":
      return isEnd(binding, effect.deviceId);
    case "labelDeleted":
      return effect.label === binding.label;
    case "labelRevoked":
      return effect.label === binding.label && isEnd(binding, effect.deviceId);
    case "deviceAdded":
    case "labelCreated":
    case "labelAssigned":
      return false;
  }
}

function gives(binding: ChannelBinding, effect: Effect): boolean {
  switch (effect.type) {
    case "deviceAdded":
      return isEnd(binding, effect.deviceId);
    case "labelCreated":
      return effect.label === binding.label;
    case "labelAssigned":
      return effect.label === binding.label && isEnd(binding, effect.deviceId);
    default:
      return false;
  }
}
