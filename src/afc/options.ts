import type { Address } from "../base/address.ts";
import type { DeviceId } from "../base/ids.ts";
import { LIMITS } from "../base/limits.ts";
import type { Entropy } from "../base/time.ts";
import type { AeadName, CipherSuite } from "../crypto/cipher-suite.ts";
import type { AfcCounts } from "./afc-counts.ts";
import type { ChannelTableLimits } from "./channel-table.ts";
import { PREVIOUS_KEY_MS, ROTATE_BYTES_MIN } from "./keys.ts";
import type { RotationLimits } from "./keys.ts";
import type { LivenessLimits } from "./liveness.ts";
import type { PendingLimits } from "./pending-handshakes.ts";
import type { ReceiveWindowLimits } from "./receive-windows.ts";
import type { RekeyLimits } from "./rekey.ts";
import type { Delivery } from "./wire.ts";

/** For tests; the product has those of `LIMITS`. */
export type EndpointLimits = ChannelTableLimits &
  PendingLimits &
  ReceiveWindowLimits &
  Record<"channelsLentBytesMax", number>;

export interface AfcOptions extends RotationLimits, Partial<RekeyLimits>, Partial<LivenessLimits> {
  readonly suite: CipherSuite;
  readonly entropy: Entropy;
  /** X25519, 32 bytes. */
  readonly encryptionSecret: Uint8Array;
  readonly deviceId: DeviceId;
  /** Preferred first, at most four; must contain chacha20-poly1305, which every device has. */
  readonly ciphers: readonly AeadName[];
  readonly limits?: Partial<EndpointLimits>;
  /** For tests: the number of each channel's first datagram. */
  readonly firstSequence?: number;
  /**
   * The longest datagram to try, 1200 to `LIMITS.datagramBytesProbedMax`; 1200 where it is not given. More only for a socket that
   * sets DF: elsewhere every probe succeeds, in fragments.
   */
  readonly probeBytesMax?: number | undefined;
  /**
   * Memory of exactly that many bytes for a datagram that `poll` is about to return; the host may use it again once it
   * polls again. Buffers of their own where it is not given.
   */
  readonly datagramMemory?: (bytes: number) => Uint8Array;
  /** The host's, counted up in. */
  readonly counts?: AfcCounts;
}

export interface ConnectOptions {
  readonly peerEncryptionKey: Uint8Array;
  readonly peerDeviceId: DeviceId;
  /** Dotted quad. */
  readonly address: Address;
  /** Sealed to the peer; at most `handshakePayloadBytesMax`. */
  readonly payload: Uint8Array;
  readonly delivery: Delivery;
  readonly timeoutMs: number;
}

/** @throws RangeError */
export function checkOptions(options: AfcOptions): void {
  if (options.rotateAfterBytes < ROTATE_BYTES_MIN) throw new RangeError("rotateAfterBytes");
  if (options.rotateAfterDatagrams < 1 || options.rotateAfterMs < 1) throw new RangeError("rotateAfter");
  if ((options.rekeyAfterMs ?? PREVIOUS_KEY_MS) < PREVIOUS_KEY_MS) throw new RangeError("rekeyAfterMs");
  if ((options.rekeyAfterBytes ?? ROTATE_BYTES_MIN) < ROTATE_BYTES_MIN)
    throw new RangeError("rekeyAfterBytes");
  const { datagramBytesMax, datagramBytesProbedMax } = LIMITS;
  const { probeBytesMax = datagramBytesMax } = options;
  if (probeBytesMax < datagramBytesMax || probeBytesMax > datagramBytesProbedMax) {
    throw new RangeError("probeBytesMax");
  }
  if (!options.ciphers.includes("chacha20-poly1305") || options.ciphers.length > 4) {
    throw new RangeError("ciphers");
  }
}
