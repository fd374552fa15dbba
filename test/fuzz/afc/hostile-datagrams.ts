/** Datagrams of those who wish us ill, by what they know. The same ones for the same seed. */
import { writeMessage1 } from "../../../src/afc/handshake.ts";
import { mac, mac1Key } from "../../../src/afc/mac.ts";
import { TYPE } from "../../../src/afc/wire.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { seededRandom } from "../../support/hostile-bytes.ts";

/**
 * stranger: knows nothing, or changes what it saw; gets no answer, whatever it sends.
 * key: knows the target's public key, so its mac1 holds; gets no more bytes than it sends.
 * replay: saw datagrams on the way and sends them again; gets no more than three times what it sends.
 */
export type Attacker = "stranger" | "key" | "replay";

export interface Hostile {
  readonly attacker: Attacker;
  readonly bytes: Uint8Array;
}

export interface Target {
  readonly encryptionKey: Uint8Array;
  /** 32 bytes. */
  readonly deviceId: Uint8Array;
}

const SAMPLES_MAX = 512;
const STRANGERS = 24;
const LENGTH_MAX = 1400;
const suite = nodeSuite();

export class HostileDatagrams {
  readonly #random: (n: number) => number;
  readonly #mac1Key: Uint8Array;
  /** Real traffic, as seen on the way. */
  readonly #samples: Uint8Array[] = [];
  /** First messages of devices that are in no team. */
  readonly #strangers: Uint8Array[];

  constructor(target: Target, seed: number) {
    this.#random = seededRandom(seed);
    this.#mac1Key = mac1Key(suite, target.encryptionKey);
    this.#strangers = Array.from({ length: STRANGERS }, (_, i) => this.#message1(target, i));
  }

  /** A datagram of real traffic, to be changed and sent again. */
  saw(datagram: Uint8Array): void {
    if (this.#samples.length < SAMPLES_MAX) this.#samples.push(datagram);
    else this.#samples[this.#random(SAMPLES_MAX)] = datagram;
  }

  next(): Hostile {
    const kind = this.#random(100);
    if (kind < 10) return { attacker: "stranger", bytes: this.#bytes(this.#random(LENGTH_MAX)) };
    if (kind < 25) return { attacker: "stranger", bytes: this.#plausible() };
    if (kind < 75) return this.#changed();
    if (kind < 85) return { attacker: "replay", bytes: this.#sample() };
    if (kind < 95) return { attacker: "key", bytes: this.#withMac1(this.#plausible(TYPE.message1)) };
    return { attacker: "key", bytes: this.#strangers[this.#random(STRANGERS)]! };
  }

  #sample(): Uint8Array {
    return this.#samples[this.#random(this.#samples.length)]!;
  }

  /** Real, but for a few bytes, its end or its length. */
  #changed(): Hostile {
    const sample = this.#sample();
    const how = this.#random(10);
    let bytes = sample.slice();
    if (how === 0) bytes = sample.slice(0, this.#random(sample.length));
    else if (how === 1) bytes = Uint8Array.of(...sample, ...this.#bytes(1 + this.#random(40)));
    const changes = how < 2 ? this.#random(3) : 1 + this.#random(4);
    for (let i = 0; i < changes && bytes.length > 0; i++) {
      const at = this.#random(this.#random(2) === 0 ? Math.min(16, bytes.length) : bytes.length);
      bytes[at]! ^= 1 + this.#random(255);
    }
    if (this.#random(10) < 7) setLength(bytes);
    // Nothing but mac2 changed, if anything: mac1 holds, so it is a message seen before.
    const isRepeated =
      bytes.length === sample.length && bytes.subarray(0, -16).every((x, i) => x === sample[i]);
    return { attacker: isRepeated ? "replay" : "stranger", bytes };
  }

  /** A header that holds together, and anything behind it. */
  #plausible(type: number = 1 + this.#random(4)): Uint8Array {
    const lengths: Record<number, number> = { 1: 256 + 16 * this.#random(60), 2: 88, 3: 72 };
    const bytes = this.#bytes(lengths[type] ?? 33 + this.#random(1167));
    bytes[0] = type;
    bytes[1] = 1;
    setLength(bytes);
    if (type === TYPE.datagram && this.#random(2) === 0) bytes.set(this.#sample().subarray(4, 8), 4);
    return bytes;
  }

  #withMac1(bytes: Uint8Array): Uint8Array {
    const at = bytes.length - 32;
    bytes.set(mac(suite, this.#mac1Key, bytes.subarray(0, at)), at);
    if (this.#random(4) > 0) bytes.fill(0, at + 16);
    return bytes;
  }

  #message1({ encryptionKey, deviceId }: Target, n: number): Uint8Array {
    const secret = this.#bytes(32);
    return writeMessage1(
      {
        suite,
        staticKey: { secret, public: suite.x25519PublicKey(secret) },
        deviceId: this.#bytes(32),
        mac1Key: new Uint8Array(32),
      },
      { key: encryptionKey, deviceId },
      1 + this.#random(0xfffffffe),
      this.#bytes(32),
      { delivery: "reliable", ciphers: ["chacha20-poly1305"], payload: this.#bytes(40 * n) },
    )!.datagram;
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#random(256));
  }
}

function setLength(bytes: Uint8Array): void {
  if (bytes.length < 4) return;
  bytes[2] = bytes.length >>> 8;
  bytes[3] = bytes.length;
}
