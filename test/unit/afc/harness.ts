import { AfcEndpoint } from "../../../src/afc/index.ts";
import type { AfcEvent, AfcOptions, ConnectOptions } from "../../../src/afc/index.ts";
import type { Address } from "../../../src/base/address.ts";
import { idFromBytes } from "../../../src/base/ids.ts";
import type { DeviceId } from "../../../src/base/ids.ts";
import { after, instant } from "../../../src/base/time.ts";
import type { Entropy, Instant } from "../../../src/base/time.ts";
import type { CipherSuite } from "../../../src/crypto/cipher-suite.ts";
import { nodeSuite } from "../../../src/crypto/node.ts";
import { random } from "../dgram-reliability/harness.ts";

export { random };

/** Seeded, so that every run is the same and handshakes can be frozen. */
export function seededEntropy(seed: number): Entropy {
  const rnd = random(seed * 2654435761 + 1);
  for (let i = 0; i < 16; i++) rnd();
  return { bytes: (n) => Uint8Array.from({ length: n }, () => Math.floor(rnd() * 256)) };
}

/** A suite that counts curve operations and notes every (key, nonce) that sealed. */
export class WatchedSuite {
  curveOperations = 0;
  readonly seals = new Set<string>();
  reused = 0;
  /** Everything that HKDF gave: keys, whole. Who erases a key erases it here. */
  readonly keys = new Set<Uint8Array>();
  /** Keys made and not destroyed. */
  liveKeys = 0;
  readonly suite: CipherSuite;

  constructor(inner: CipherSuite = nodeSuite()) {
    const hex = (b: Uint8Array): string => Buffer.from(b).toString("hex");
    this.suite = {
      name: inner.name,
      sha256: (...p) => inner.sha256(...p),
      hmacSha256: (k, ...p) => inner.hmacSha256(k, ...p),
      hkdf: (...a) => {
        const okm = inner.hkdf(...a);
        this.keys.add(okm);
        return okm;
      },
      ed25519PublicKey: (s) => inner.ed25519PublicKey(s),
      ed25519Sign: (s, m) => inner.ed25519Sign(s, m),
      ed25519Verify: (k, m, s) => inner.ed25519Verify(k, m, s),
      ed25519KeyIsSound: (k) => inner.ed25519KeyIsSound(k),
      x25519PublicKey: (s) => {
        this.curveOperations++;
        return inner.x25519PublicKey(s);
      },
      x25519: (s, p) => {
        this.curveOperations++;
        return inner.x25519(s, p);
      },
      x25519KeyIsSound: (k) => inner.x25519KeyIsSound(k),
      aead: (name, key) => {
        const aead = inner.aead(name, key);
        const keyText = hex(key);
        let live = true;
        this.liveKeys++;
        return {
          name,
          seal: (nonce, aad, plaintext) => {
            const pair = `${keyText}:${hex(nonce)}`;
            if (this.seals.has(pair)) this.reused++;
            this.seals.add(pair);
            return aead.seal(nonce, aad, plaintext);
          },
          open: (...a) => aead.open(...a),
          sealInPlace: (nonce, ...a) => {
            const pair = `${keyText}:${hex(nonce)}`;
            if (this.seals.has(pair)) this.reused++;
            this.seals.add(pair);
            aead.sealInPlace(nonce, ...a);
          },
          openInPlace: (...a) => aead.openInPlace(...a),
          destroy: () => {
            if (live) this.liveKeys--;
            live = false;
            aead.destroy();
          },
        };
      },
      equalSecret: (a, b) => inner.equalSecret(a, b),
    };
  }
}

export interface Device {
  readonly secret: Uint8Array;
  readonly key: Uint8Array;
  readonly id: DeviceId;
  readonly address: Address;
}

export function device(n: number): Device {
  const secret = new Uint8Array(32).fill(n);
  return {
    secret,
    key: nodeSuite().x25519PublicKey(secret),
    id: idFromBytes(new Uint8Array(32).fill(200 + n)),
    address: { host: `192.0.2.${n}`, port: 4321 },
  };
}

/** An endpoint and the host that answers its requests. */
export class Peer {
  readonly device: Device;
  readonly watched: WatchedSuite;
  /** Where it is on the network; a test may move it. */
  at: Address;
  readonly endpoint: AfcEndpoint;
  readonly events: AfcEvent[] = [];
  sent = 0;
  /** What the host does with a request; by default it says yes. */
  onRequest: (request: Extract<AfcEvent, { kind: "request" }>, now: Instant) => void;
  onRekey: (handle: number, now: Instant) => void;
  consumes = true;

  constructor(n: number, options: Partial<AfcOptions> = {}) {
    this.device = device(n);
    this.at = this.device.address;
    this.watched = new WatchedSuite();
    this.endpoint = new AfcEndpoint({
      suite: this.watched.suite,
      entropy: seededEntropy(n),
      encryptionSecret: this.device.secret,
      deviceId: this.device.id,
      ciphers: ["chacha20-poly1305"],
      rotateAfterBytes: 1 << 30,
      rotateAfterDatagrams: 1 << 20,
      rotateAfterMs: 3_600_000,
      ...options,
    });
    this.watched.curveOperations = 0;
    this.onRequest = (r, now) => void this.endpoint.accept(r.request, now);
    this.onRekey = (handle, now) => void this.endpoint.acceptRekey(handle, now);
  }

  of<K extends AfcEvent["kind"]>(kind: K): Extract<AfcEvent, { kind: K }>[] {
    return this.events.filter((e): e is Extract<AfcEvent, { kind: K }> => e.kind === kind);
  }

  get messages(): Uint8Array[] {
    return this.of("message").map((e) => e.bytes);
  }

  /** The handle of the channel opened last. */
  get handle(): number {
    return this.of("opened").at(-1)!.handle;
  }
}

export interface Wire {
  readonly datagram: Uint8Array;
  readonly from: Address;
  readonly to: Address;
}

/** Delays of the copies of one datagram, none if it is lost. */
export type Fate = (wire: Wire) => readonly number[];

/** Endpoints on a network with a virtual clock. */
export class Net {
  now = instant(10_000);
  fate: Fate;
  /** Takes what is sent to where no peer is. */
  elsewhere: (wire: Wire) => void = () => undefined;
  readonly log: Wire[] = [];
  readonly peers: Peer[];
  readonly #wire: (Wire & { at: number; order: number })[] = [];
  #order = 0;

  constructor(peers: Peer[], fate: Fate = () => [5]) {
    this.peers = peers;
    this.fate = fate;
  }

  drain(): void {
    for (const peer of this.peers) {
      for (let e = peer.endpoint.poll(this.now); e !== undefined; e = peer.endpoint.poll(this.now)) {
        if (e.kind === "transmit") {
          peer.sent++;
          const wire = { datagram: e.datagram, from: peer.at, to: e.to };
          this.log.push(wire);
          for (const delay of this.fate(wire)) {
            this.#wire.push({ ...wire, at: this.now + delay, order: this.#order++ });
          }
          continue;
        }
        peer.events.push(e);
        if (e.kind === "request") peer.onRequest(e, this.now);
        if (e.kind === "rekey") peer.onRekey(e.handle, this.now);
        if (e.kind === "message" && peer.consumes) peer.endpoint.consumed(e.handle, 1);
      }
    }
  }

  /** As if sent by somebody. */
  post(wire: Wire, delayMs = 5): void {
    this.#wire.push({ ...wire, at: this.now + delayMs, order: this.#order++ });
  }

  inject(datagram: Uint8Array, from: Address, to: Peer): void {
    to.endpoint.handle(datagram, from, this.now);
    this.drain();
  }

  run(forMs: number): void {
    const until = this.now + forMs;
    let steps = 0;
    for (;;) {
      this.drain();
      this.#wire.sort((x, y) => x.at - y.at || x.order - y.order);
      const at = Math.min(
        this.#wire[0]?.at ?? Infinity,
        ...this.peers.map((p) => p.endpoint.nextTimeout() ?? Infinity),
      );
      if (at > until) break;
      if (++steps > 300_000) throw new Error("does not come to rest");
      this.now = instant(Math.max(this.now, at));
      while (this.#wire[0] !== undefined && this.#wire[0].at <= this.now) {
        const wire = this.#wire.shift()!;
        const { to } = wire;
        const peer = this.peers.find((p) => p.at.host === to.host && p.at.port === to.port);
        if (peer === undefined) this.elsewhere(wire);
        else peer.endpoint.handle(wire.datagram, wire.from, this.now);
      }
      for (const p of this.peers) p.endpoint.handleTimeout(this.now);
    }
    this.now = instant(until);
  }

  connect(a: Peer, b: Peer, options: Partial<ConnectOptions> = {}): number {
    return a.endpoint.connect(
      {
        peerEncryptionKey: b.device.key,
        peerDeviceId: b.device.id,
        address: b.device.address,
        payload: Uint8Array.of(1, 2, 3),
        delivery: "reliable",
        timeoutMs: 5000,
        ...options,
      },
      this.now,
    );
  }

  later(ms: number): Instant {
    return after(this.now, ms);
  }
}

/** Two peers with an open channel. */
export function opened(
  options: Partial<AfcOptions> = {},
  connect: Partial<ConnectOptions> = {},
): { net: Net; a: Peer; b: Peer; handle: number; peerHandle: number } {
  const a = new Peer(1, options);
  const b = new Peer(2, options);
  const net = new Net([a, b]);
  const handle = net.connect(a, b, connect);
  net.run(100);
  return { net, a, b, handle, peerHandle: b.handle };
}

export const text = (s: string): Uint8Array => new TextEncoder().encode(s);
export const ofType = (net: Net, type: number): Wire[] => net.log.filter((w) => w.datagram[0] === type);

/** A message 1 that was lost on its way. */
export function lostMessage1(): { a: Peer; b: Peer; net: Net; message1: Uint8Array } {
  const a = new Peer(1);
  const b = new Peer(2);
  const net = new Net([a, b], () => []);
  net.connect(a, b);
  net.drain();
  return { a, b, net, message1: net.log[0]!.datagram };
}
