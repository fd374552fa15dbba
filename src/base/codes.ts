/**
 * Every error an application can meet, once: the TypeScript union, the numbers on the Unix socket and the C enum are
 * all this table. Numbers are never reused; new codes are added at the end. 0 is success.
 */
export const ERROR_CODES = {
  DeviceNotInitialised: 1,
  UnknownTeam: 2,
  TeamNotSynced: 3,
  NotReady: 4,
  TeamClosed: 5,
  NotAuthorised: 6,
  UnknownDevice: 7,
  DeviceExists: 8,
  UnknownLabel: 9,
  LabelExists: 10,
  NameInUse: 11,
  UnknownName: 12,
  RoleMismatch: 13,
  InvalidArgument: 14,
  ConfigMismatch: 15,
  UnknownPolicy: 16,
  PeerUnreachable: 17,
  PeerRefused: 18,
  NotAMember: 19,
  Timeout: 20,
  MessageTooLarge: 21,
  BufferTooSmall: 22,
  NoData: 23,
  UnknownChannel: 24,
  ChannelClosed: 25,
  NoListener: 26,
  LimitReached: 27,
  StorageFailed: 28,
  ProtocolMismatch: 29,
  DaemonUnavailable: 30,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Fields say what and why; which ones a code carries stands beside the method that raises it. Never a secret. */
export type ErrorFields = Readonly<Record<string, string | number | boolean>>;

const BY_NUMBER = new Map<number, ErrorCode>(
  (Object.entries(ERROR_CODES) as [ErrorCode, number][]).map(([code, n]) => [n, code]),
);

/** Undefined for a number this version does not know. */
export function errorCodeFromNumber(n: number): ErrorCode | undefined {
  return BY_NUMBER.get(n);
}
