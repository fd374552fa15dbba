/** Why a channel closed, as it crosses the wire (docs/wire.md) and as people read it. Numbers are never reused. */
import { ERROR_CODES, errorCodeFromNumber } from "../base/codes.ts";
import type { ErrorCode } from "../base/codes.ts";
import { REASON_SILENT } from "../afc/index.ts";

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

export function describeCloseByPeer(reason: number): string {
  const known = (Object.keys(CLOSE_REASONS) as CloseReason[]).find((name) => CLOSE_REASONS[name] === reason);
  return known === undefined ? `the peer closed it (reason ${reason})` : `by the peer: ${TEXTS[known]}`;
}

export function describeClose(reason: CloseReason): string {
  return TEXTS[reason];
}

export function describeSilence(reason: number): string {
  return reason === REASON_SILENT ? "the peer no longer answers" : `reason ${reason}`;
}

/** A refused handshake says which error the initiator's application is to see. */
export function refusalReason(code: ErrorCode): number {
  return ERROR_CODES[code];
}

export function refusalCode(reason: number): ErrorCode | undefined {
  return errorCodeFromNumber(reason);
}
