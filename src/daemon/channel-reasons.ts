/** Why a channel closed, as it crosses the wire (docs/wire.md) and as people read it. Numbers are never reused. */
import { ERROR_CODES, errorCodeFromNumber } from "../base/codes.ts";
import type { ErrorCode } from "../base/codes.ts";
import { REASON_EXHAUSTED, REASON_NOT_REKEYED, REASON_SILENT } from "../afc/index.ts";

export const CLOSE_REASONS = {
  deleted: 1,
  "client-gone": 2,
  "daemon-stopping": 3,
  "team-removed": 4,
  "not-authorised": 5,
} as const;

export type CloseReason = keyof typeof CLOSE_REASONS;

const TEXTS: Readonly<Record<CloseReason, string>> = {
  deleted: "the channel was deleted",
  "client-gone": "the application it belonged to is gone",
  "daemon-stopping": "the daemon is stopping",
  "team-removed": "the team was removed from the device",
  "not-authorised": "a device lost the role, label, name or membership it needs, or the team was closed",
};

const AFC_TEXTS: Readonly<Record<number, string>> = {
  [REASON_SILENT]: "the other end no longer answers",
  [REASON_EXHAUSTED]: "its keys were used up",
  [REASON_NOT_REKEYED]: "the other end took no part in a fresh handshake",
};

export function describeCloseByPeer(reason: number): string {
  const afc = AFC_TEXTS[reason];
  if (afc !== undefined) return `the peer closed it: ${afc}`;
  const known = (Object.keys(CLOSE_REASONS) as CloseReason[]).find((name) => CLOSE_REASONS[name] === reason);
  return known === undefined ? `the peer closed it (reason ${reason})` : `by the peer: ${TEXTS[known]}`;
}

export function describeClose(reason: CloseReason): string {
  return TEXTS[reason];
}

/** By AFC itself, at this end. */
export function describeCloseByAfc(reason: number): string {
  return AFC_TEXTS[reason] ?? `reason ${reason}`;
}

/** A refused handshake says which error the initiator's application is to see. */
export function refusalReason(code: ErrorCode): number {
  return ERROR_CODES[code];
}

export function refusalCode(reason: number): ErrorCode | undefined {
  return errorCodeFromNumber(reason);
}
