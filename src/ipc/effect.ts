import { ERROR_CODES } from "../base/codes.ts";
import type { ErrorCode } from "../base/codes.ts";
import { LIMITS } from "../base/limits.ts";
import { ROLES } from "../base/roles.ts";
import { id, oneOf, optional, str, tagged, uint } from "./schema.ts";
import type { Fields, Infer } from "./schema.ts";

export const role = oneOf(ROLES);
export const delivery = oneOf(["reliable", "unreliable"]);
export const direction = oneOf(["outgoing", "incoming"]);
export const label = str(LIMITS.labelBytesMax);
export const netIdentifier = str(LIMITS.netIdentifierBytesMax);
export const commonName = str(LIMITS.commonNameBytesMax);
export const reason = str(1024, { bytesMin: 0 });
export const errorCode = oneOf(Object.keys(ERROR_CODES) as ErrorCode[]);

/** The command that did it, and its author. */
const cause = { teamId: id("team"), commandId: id("command"), author: id("device") } as const;
const device = { ...cause, deviceId: id("device") } as const;
const peer = { teamId: id("team"), address: str(LIMITS.netIdentifierBytesMax) } as const;
const channel = { teamId: id("team"), channelId: id("channel") } as const;

export const effectSchema = tagged({
  deviceAdded: { ...device, commonName, role },
  deviceRemoved: device,
  roleChanged: { ...device, from: role, to: role },
  networkNameAssigned: { ...device, netIdentifier },
  networkNameRevoked: { ...device, netIdentifier },
  labelCreated: { ...cause, label },
  labelDeleted: { ...cause, label },
  labelAssigned: { ...device, label },
  labelRevoked: { ...device, label },
  teamClosed: cause,
  /** What the command had done is undone. If it still does something, that is told after this. */
  commandRecalled: { ...cause, kind: str(64), reason },
  /** Two concurrent commands by one author: a device that was cloned or restored, or lies. */
  forked: { ...cause, otherCommandId: id("command") },
  /** The team cannot be followed here: it was created under a policy this daemon does not know. */
  teamStopped: { teamId: id("team"), code: errorCode, reason },
  channelOpened: {
    ...channel,
    peerDeviceId: id("device"),
    remoteNetIdentifier: netIdentifier,
    label,
    delivery,
    direction,
  },
  channelClosed: { ...channel, reason },
  /** Only when it brought something, or ended a failure. */
  syncSucceeded: { ...peer, received: uint(), accepted: uint(), recalled: uint() },
  /** The first of a row of failures. */
  syncFailed: { ...peer, code: errorCode, reason, deviceId: optional(id("device")) },
  /** The reader was too slow: `count` effects were dropped and the stream ends here. Query the state and start again. */
  effectsLost: { count: uint() },
  /**
   * The team has been level with none of its sync peers for more than three of their intervals, and a minute (`notLevel`;
   * `noProgress` where pulls bring nothing or end at their time-out), or for that long lacks heads that a peer has announced
   * (`headsMissing`). `forMs`: since it was level last, or since they were announced. Once, until syncResumed.
   */
  syncStalled: {
    teamId: id("team"),
    cause: oneOf(["notLevel", "noProgress", "headsMissing"]),
    forMs: uint(),
  },
  /** That is over; also because the team has no sync peer any more. */
  syncResumed: { teamId: id("team"), forMs: uint() },
} as const satisfies Readonly<Record<string, Fields>>);

/** What happened, tagged by `type`. Those with a `commandId` were caused by that command of the graph. */
export type Effect = Infer<typeof effectSchema>;
export type EffectType = Effect["type"];
