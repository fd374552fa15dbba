import { LIMITS } from "../base/limits.ts";
import { Slab, ownMemory } from "../base/slab.ts";
import type { Entropy } from "../base/time.ts";
import { AEAD_NONCE_BYTES } from "../crypto/cipher-suite.ts";
import { noAfcCounts } from "./afc-counts.ts";
import type { AfcCounts } from "./afc-counts.ts";
import type { Local } from "./handshake.ts";
import type { RotationLimits } from "./keys.ts";
import { LIVENESS_DEFAULTS } from "./liveness.ts";
import type { LivenessLimits } from "./liveness.ts";
import { REKEY_DEFAULTS } from "./rekey.ts";
import type { RekeyLimits } from "./rekey.ts";
import { DATAGRAM_HEADER_BYTES, PLAINTEXT_BYTES_MAX } from "./wire.ts";

/** Buffers that live for one call each, shared by the channels of an endpoint, and memory for what lives longer. */
export class Scratch {
  readonly plaintext = new Uint8Array(PLAINTEXT_BYTES_MAX);
  readonly received = new Slab(RECEIVED_SLAB_BYTES);
  readonly #nonce = new Uint8Array(AEAD_NONCE_BYTES);

  /** Four zeros and the sequence number. Good until the next call. */
  nonceOf(datagram: Uint8Array): Uint8Array {
    const nonce = this.#nonce;
    for (let i = 8; i < DATAGRAM_HEADER_BYTES; i++) nonce[i - 4] = datagram[i]!;
    return nonce;
  }
}

/** Whoever keeps a message keeps the slab it is in: small, so that a host that reads slowly does not pay much for it. */
const RECEIVED_SLAB_BYTES = 4096;

/** What the channels of an endpoint share. */
export interface ChannelSurroundings<Channel> {
  readonly local: Local;
  readonly entropy: Entropy;
  readonly rotation: RotationLimits;
  readonly rekey: RekeyLimits;
  readonly liveness: LivenessLimits;
  readonly scratch: Scratch;
  /** The longest datagram to try. */
  readonly probeBytesMax: number;
  /** Memory for a datagram that is sent before the next is asked for. */
  readonly datagramMemory: (bytes: number) => Uint8Array;
  /** Where a channel gets its further indexes. */
  readonly indexes: { claim(channel: Channel): number; release(index: number): void };
  readonly counts: AfcCounts;
}

export function surroundingsOf<Channel>(
  options: RotationLimits &
    Partial<RekeyLimits & LivenessLimits & Pick<ChannelSurroundings<Channel>, "datagramMemory">> & {
      readonly entropy: Entropy;
      readonly probeBytesMax?: number | undefined;
      readonly counts?: AfcCounts;
    },
  local: Local,
  indexes: ChannelSurroundings<Channel>["indexes"],
): ChannelSurroundings<Channel> {
  const { entropy, idleProbeMs, silenceMs } = options;
  return {
    local,
    entropy,
    rotation: options, // read anew for every key
    rekey: {
      // read anew, as the others
      get rekeyAfterMs() {
        return options.rekeyAfterMs ?? REKEY_DEFAULTS.rekeyAfterMs;
      },
      get rekeyAfterBytes() {
        return options.rekeyAfterBytes ?? REKEY_DEFAULTS.rekeyAfterBytes;
      },
    },
    liveness: {
      idleProbeMs: idleProbeMs ?? LIVENESS_DEFAULTS.idleProbeMs,
      silenceMs: silenceMs ?? LIVENESS_DEFAULTS.silenceMs,
    },
    scratch: new Scratch(),
    probeBytesMax: options.probeBytesMax ?? LIMITS.datagramBytesMax,
    datagramMemory: options.datagramMemory ?? ownMemory,
    indexes,
    counts: options.counts ?? noAfcCounts(),
  };
}
