/**
 * What each error code means, which fields it carries, and what to do: for the C header, the command line and the
 * reference. Beside `ERROR_CODES` and not in it, because a daemon never needs the words.
 */
import type { ErrorCode } from "./codes.ts";

export interface CodeMeaning {
  /** One sentence without a full stop. */
  readonly meaning: string;
  /** Name of each field, and its unit where it is a number. */
  readonly fields?: readonly string[];
  /** What to do, lower case; commands as one types them. The command line says it beneath the error. */
  readonly remedy: string;
}

export const CODE_MEANINGS: Readonly<Record<ErrorCode, CodeMeaning>> = {
  DeviceNotInitialised: {
    meaning: "There are no keys yet: initDevice makes them",
    remedy: "make the device's keys: aranya-edge device init",
  },
  UnknownTeam: {
    meaning: "No such team in the local store",
    remedy: "see which teams are here: aranya-edge team list; add one: aranya-edge team join",
  },
  TeamNotSynced: {
    meaning: "The team was added and has not been level with a peer yet",
    remedy: "fetch it from a device that has it: aranya-edge peer sync <address>",
  },
  NotReady: {
    meaning: "The daemon is still busy with something that has to be over first",
    remedy: "wait a moment and try again; aranya-edge status says what the device waits for",
  },
  TeamClosed: {
    meaning: "The team was closed",
    remedy: "a closed team stays closed: create another, or remove it here with aranya-edge team remove",
  },
  NotAuthorised: {
    meaning: "The policy refuses",
    fields: ["operation", "role", "rule"],
    remedy: "ask a device whose role allows it: aranya-edge team devices",
  },
  UnknownDevice: {
    meaning: "No such device in the team",
    remedy: "see who is on the team: aranya-edge team devices; perhaps this device has to sync first",
  },
  DeviceExists: {
    meaning: "The device is in the team already",
    remedy: "it is on the team already: aranya-edge team devices",
  },
  UnknownLabel: {
    meaning: "No such label in the team",
    remedy: "see the labels: aranya-edge label list; perhaps this device has to sync first",
  },
  LabelExists: {
    meaning: "The label is there already",
    remedy: "use it as it is: aranya-edge label list",
  },
  NameInUse: {
    meaning: "Another device has that network name",
    remedy: "choose another name, or revoke it from the device that has it: aranya-edge net list",
  },
  UnknownName: {
    meaning: "Nobody has that network name",
    remedy: "see the network names: aranya-edge net list; perhaps this device has to sync first",
  },
  RoleMismatch: {
    meaning: "The device does not have that role",
    remedy: "see the role it has: aranya-edge team devices",
  },
  InvalidArgument: {
    meaning: "An argument makes no sense",
    fields: ["field", "reason"],
    remedy: "correct the argument",
  },
  ConfigMismatch: {
    meaning: "Another client asked for another value",
    fields: ["setting", "current", "wanted"],
    remedy: "another client set it first: ask for the same, or restart the daemon",
  },
  UnknownPolicy: {
    meaning: "The team was created under a policy this daemon does not know",
    remedy: "the team was made by a later version: upgrade aranya-edge on this device",
  },
  PeerUnreachable: {
    meaning: "Nobody answers there",
    remedy:
      "check that the peer's daemon runs and listens, its address, and what filters TCP and UDP in between",
  },
  PeerRefused: {
    meaning: "The peer refuses",
    fields: ["reason"],
    remedy: "the reason is the peer's: look into its log and at aranya-edge status there",
  },
  NotAMember: {
    meaning: "This device is not of the team",
    remedy: "have this device added: aranya-edge device bundle here, aranya-edge device add there",
  },
  Timeout: {
    meaning: "It took too long; what the daemon has begun is not undone",
    fields: ["method", "timeoutMs"],
    remedy: "try again, with a longer --timeout where the path is slow",
  },
  MessageTooLarge: {
    meaning: "The message is longer than the channel takes",
    fields: ["limit, in bytes"],
    remedy: "send less at once; aranya-edge channel cat cuts what is longer",
  },
  BufferTooSmall: {
    meaning: "The message is kept",
    fields: ["needed, in bytes"],
    remedy: "read with a larger buffer",
  },
  NoData: { meaning: "Nothing has arrived", remedy: "wait for a message to arrive" },
  UnknownChannel: {
    meaning: "No such channel, or another client's",
    remedy: "see the channels: aranya-edge channel list",
  },
  ChannelClosed: {
    meaning: "The channel is closed",
    fields: ["reason"],
    remedy: "open it again, once what closed it is mended",
  },
  NoListener: {
    meaning: "No application listens at the peer",
    remedy:
      "start an application there that takes channels, such as aranya-edge channel recv; --wait waits for it",
  },
  LimitReached: {
    meaning: "A named maximum is reached",
    fields: ["name", "limit"],
    remedy: "remove what is not needed any more",
  },
  StorageFailed: {
    meaning: "The daemon's store failed",
    remedy: "look at the daemon's log, free space and permissions: aranya-edge doctor",
  },
  ProtocolMismatch: {
    meaning: "The daemon speaks another version, or makes no sense",
    remedy: "use the aranya-edge that belongs to the daemon: aranya-edge version",
  },
  DaemonUnavailable: {
    meaning: "There is no daemon, or it is gone: connect again",
    fields: ["path", "reason", "remedy"],
    remedy: "start the daemon, or name its socket by --socket or ARANYA_EDGE_SOCKET",
  },
};
