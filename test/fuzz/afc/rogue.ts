/** A member that completes the handshake and then says what no honest peer would: sealed, and nonsense. */
import { readMessage2, writeMessage1 } from "../../../src/afc/handshake.ts";
import type { Local } from "../../../src/afc/handshake.ts";
import { SendKeys } from "../../../src/afc/keys.ts";
import { mac1Key } from "../../../src/afc/mac.ts";
import type { Initiator } from "../../../src/afc/noise.ts";
import { FRAME, PLAINTEXT_BYTES_MAX, TYPE, writeDatagramHeader } from "../../../src/afc/wire.ts";
import { idToBytes } from "../../../src/base/ids.ts";
import type { Instant } from "../../../src/base/time.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { seededRandom } from "../../support/hostile-bytes.ts";
import type { Device } from "../../unit/afc/harness.ts";

const LIMITS = { rotateAfterBytes: 1e12, rotateAfterDatagrams: 1e12, rotateAfterMs: 1e12 };
const suite = nodeSuite();

export class Rogue {
  readonly device: Device;
  readonly #target: Device;
  readonly #random: (n: number) => number;
  #initiator: Initiator | undefined;
  #keys: SendKeys | undefined;
  #peerIndex = 0;
  #sequence = 0;

  constructor(device: Device, target: Device, seed: number) {
    this.device = device;
    this.#target = target;
    this.#random = seededRandom(seed);
  }

  get isOpen(): boolean {
    return this.#keys !== undefined;
  }

  /** A new handshake. */
  begin(): Uint8Array {
    this.#keys = undefined;
    const started = writeMessage1(
      this.#local,
      { key: this.#target.key, deviceId: idToBytes(this.#target.id) },
      1 + this.#random(0xfffffffe),
      this.#bytes(32),
      { delivery: "reliable", ciphers: ["chacha20-poly1305"], payload: this.#bytes(20) },
    )!;
    this.#initiator = started.initiator;
    return started.datagram;
  }

  /** What came for it. */
  hear(datagram: Uint8Array, now: Instant): void {
    if (datagram[0] !== TYPE.message2 || this.#initiator === undefined || this.isOpen) return;
    const read = readMessage2(this.#initiator, datagram);
    if (read?.answer.accepted !== true) return;
    this.#peerIndex = read.answer.index;
    this.#sequence = 0;
    this.#keys = new SendKeys(suite, "chacha20-poly1305", read.keys.initiatorToResponder, LIMITS, now);
  }

  /** Authentic. */
  next(): Uint8Array {
    const frame = this.#frame();
    const bytes = 32 + frame.length;
    const datagram = new Uint8Array(bytes);
    // Now and then ahead or back: gaps, stragglers, and what was there already.
    const sequence = Math.max(0, this.#sequence++ + (this.#random(20) === 0 ? this.#random(400) - 200 : 0));
    this.#sequence = Math.max(this.#sequence, sequence + 1);
    writeDatagramHeader(datagram, 0, bytes, this.#peerIndex, sequence);
    datagram.set(frame, 16);
    const nonce = new Uint8Array(12);
    nonce.set(datagram.subarray(8, 16), 4);
    this.#keys!.seal(nonce, datagram, 16 + frame.length);
    return datagram;
  }

  #frame(): Uint8Array {
    const type = this.#random(9);
    const length = this.#random(4) === 0 ? this.#random(PLAINTEXT_BYTES_MAX) : this.#random(120);
    const frame = Uint8Array.of(type, ...this.#bytes(length)).subarray(0, PLAINTEXT_BYTES_MAX);
    switch (type) {
      case FRAME.reliability:
        this.#packet(frame);
        return frame;
      case FRAME.ping:
        return this.#random(2) === 0 ? frame.fill(0, 9) : frame;
      case FRAME.close:
        return this.#random(50) === 0 ? frame.subarray(0, 3) : frame.subarray(0, 2);
      case FRAME.rekey1:
        return Uint8Array.of(type, ...this.#bytes(100));
      default:
        return frame;
    }
  }

  /** Small numbers where the format has large ones, so that some of it is believed. */
  #packet(frame: Uint8Array): void {
    if (frame.length < 30) return;
    frame[1] = 1 + this.#random(6);
    for (let at = 2; at < frame.length - 4; at += 4) {
      if (this.#random(3) > 0) frame.set([0, 0, 0, this.#random(40)], at);
    }
  }

  get #local(): Local {
    const { secret, key, id } = this.device;
    return {
      suite,
      staticKey: { secret, public: key },
      deviceId: idToBytes(id),
      mac1Key: mac1Key(suite, key),
    };
  }

  #bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#random(256));
  }
}
