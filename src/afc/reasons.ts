/** The peer was silent for too long. */
export const REASON_SILENT = 0xffff;
/** No number is left to seal under, or the peer acknowledged nothing for so long that a key reached its limit. */
export const REASON_EXHAUSTED = 0xfffe;
/** A fresh handshake was due, and the peer did not take part in it. */
export const REASON_NOT_REKEYED = 0xfffd;

/** Reasons are the host's, below this; from here on they are AFC's own. */
export const HOST_REASON_MAX = 0xfeff;

/** @throws RangeError for what is not the host's to give. */
export function checkReason(reason: number): void {
  if (reason < 0 || reason > HOST_REASON_MAX || !Number.isInteger(reason)) throw new RangeError("reason");
}
