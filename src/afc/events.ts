/** What an endpoint has for its host. */
import type { Address } from "../base/address.ts";
import type { Delivery } from "./wire.ts";

export type AfcEvent =
  /** Answer with `accept`, `refuse` or `ignore`; the first within 10 seconds. */
  | {
      readonly kind: "request";
      readonly request: number;
      /** Proven. Whose it is, the host must know. */
      readonly initiatorEncryptionKey: Uint8Array;
      readonly payload: Uint8Array;
      readonly delivery: Delivery;
      /** Not proven. */
      readonly from: Address;
    }
  | { readonly kind: "opened"; readonly handle: number }
  /**
   * On the responder's side: the initiator wants fresh keys for the same channel, proven to be the same device. Answer
   * with `acceptRekey`, or `close` where the channel may not go on, the first within a minute.
   */
  | { readonly kind: "rekey"; readonly handle: number }
  | { readonly kind: "refused"; readonly handle: number; readonly reason: number }
  /** No answer in time; on the responder's side: the initiator never came back. */
  | { readonly kind: "failed"; readonly handle: number; readonly reason: "timeout" }
  /** Counts against the window until `consumed`; of unreliable ones those beyond it are dropped. */
  | { readonly kind: "message"; readonly handle: number; readonly bytes: Uint8Array }
  /** On an unreliable channel; `acknowledged` or `expired` follows. */
  | { readonly kind: "sent"; readonly handle: number; readonly messageId: number }
  | { readonly kind: "acknowledged"; readonly handle: number; readonly messageId: number }
  | { readonly kind: "expired"; readonly handle: number; readonly messageId: number }
  /** By the peer, or by us because it was silent: messages without an outcome get none. Not after our own `close`. */
  | { readonly kind: "closed"; readonly handle: number; readonly reason: number; readonly byPeer: boolean };

/** The bytes are never written to again, whoever keeps them, unless they are in `datagramMemory` of the host. */
export interface Transmit {
  readonly kind: "transmit";
  readonly datagram: Uint8Array;
  readonly to: Address;
}

/** Queues one datagram, which is lost where too many wait. */
export type Send = (datagram: Uint8Array, to: Address) => void;
