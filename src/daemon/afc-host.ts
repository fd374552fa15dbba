/**
 * AFC on a real socket: datagrams in, datagrams and events out, and one timer. What is behind a channel is for whoever takes
 * the events.
 */
import type { Address } from "../base/address.ts";
import { AranyaError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { instant } from "../base/time.ts";
import type { Clock, Entropy, Instant } from "../base/time.ts";
import { AfcEndpoint, noAfcCounts } from "../afc/index.ts";
import type { AfcCounts, AfcEvent, Dropped } from "../afc/index.ts";
import type { RotationLimits } from "../afc/keys.ts";
import { REKEY_DEFAULTS } from "../afc/rekey.ts";
import type { RekeyLimits } from "../afc/rekey.ts";
import { datagramLengthAt } from "../afc/wire.ts";
import type { AeadName, CipherSuite } from "../crypto/cipher-suite.ts";
import type { DeviceKeys } from "../crypto/key-bundle.ts";
import { UdpSocket } from "../io/udp.ts";
import type { SegmentSocketMaker, UdpCounters } from "../io/udp.ts";
import type { DaemonConfig } from "../ipc/config.ts";
import type { DaemonStatus } from "../ipc/info.ts";
import { kernelDrops } from "../io/process-figures.ts";
import type { LoopDelay } from "./loop-delay.ts";

export interface AfcHostOptions {
  readonly suite: CipherSuite;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly onEvent: (event: AfcEvent) => void;
  /** What there was of events has been handed out, and nothing sent yet. */
  readonly onEventsEnd?: () => void;
  /** From the platform, where it has them. */
  readonly segments?: SegmentSocketMaker | undefined;
  /** AES-256-GCM is the faster of the ciphers here, and does not tell its key by its timing. */
  readonly prefersAes?: boolean | undefined;
  readonly loop?: LoopDelay | undefined;
}

/** For whoever watches over it; missing what there is only while it listens. */
export interface AfcFigures {
  readonly counts: AfcCounts;
  readonly dropped: Readonly<Record<Dropped, number>> | undefined;
  readonly socket: UdpCounters | undefined;
  readonly kernelDrops: number | undefined;
}

/** When keys change, unless configured otherwise: whichever comes first. */
const ROTATE_AFTER_BYTES = 64 * 1024 * 1024;
const ROTATE_AFTER_DATAGRAMS = 2 ** 20;
const ROTATE_AFTER_MS = 10 * 60 * 1000;
const CONFIGURABLE = ["rotateAfterBytes", "rotateAfterMs", "rekeyAfterBytes", "rekeyAfterMs"] as const;
/** One turn of the loop can bring two thousand where the kernel merges; a peer that hears nothing meanwhile stands still. */
const DRAIN_EVERY_DATAGRAMS = 64;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A datagram that comes after as long without anything to do does not wait for others. */
const PAUSE_MS = 0.1;

export class AfcHost {
  readonly #options: AfcHostOptions;
  /** The endpoint reads them anew for every key. */
  readonly #keyLimits: Writable<RotationLimits & RekeyLimits> = {
    rotateAfterBytes: ROTATE_AFTER_BYTES,
    rotateAfterDatagrams: ROTATE_AFTER_DATAGRAMS,
    rotateAfterMs: ROTATE_AFTER_MS,
    ...REKEY_DEFAULTS,
  };
  readonly #ciphers: readonly AeadName[];
  readonly #counts = noAfcCounts();
  #socket: UdpSocket | undefined;
  #endpoint: AfcEndpoint | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt: Instant | undefined;
  /** When there was something to do last. */
  #busyAt = instant(0);
  #drainPlanned = false;
  #draining = false;
  /** Datagrams handled since what they brought about was sent and handed out. */
  #undrained = 0;

  constructor(options: AfcHostOptions) {
    this.#options = options;
    const ciphers: readonly AeadName[] = ["aes-256-gcm", "chacha20-poly1305"];
    this.#ciphers = options.prefersAes === true ? ciphers : ciphers.toReversed();
  }

  configure(settings: NonNullable<DaemonConfig["afc"]>): void {
    for (const name of CONFIGURABLE) {
      const value = settings[name];
      if (value !== undefined) this.#keyLimits[name] = value;
    }
  }

  /** Throws `TransportError`. */
  async listen(address: Address, keys: DeviceKeys): Promise<void> {
    const { suite, entropy, clock } = this.#options;
    this.#socket = await UdpSocket.open(address, {
      onDatagram: (datagram, from) => {
        const now = clock.now();
        this.#endpoint?.handle(datagram, from, now);
        // After a pause it is one message that somebody waits for; else more are about to be read.
        const paused = now - this.#busyAt > PAUSE_MS;
        this.#busyAt = now;
        const isMuch = ++this.#undrained >= DRAIN_EVERY_DATAGRAMS;
        if (isMuch || (paused && !this.#drainPlanned)) this.drain();
        else this.planDrain();
      },
      onDrain: () => this.planDrain(),
      lengthAt: datagramLengthAt,
      segments: this.#options.segments,
    });
    const socket = this.#socket;
    this.#endpoint = new AfcEndpoint(
      Object.assign(this.#keyLimits, {
        suite,
        entropy,
        encryptionSecret: keys.encryptionSecret,
        deviceId: keys.deviceId,
        probeBytesMax: socket.probesMtu ? LIMITS.datagramBytesProbedMax : undefined,
        datagramMemory: (bytes: number) => socket.allocate(bytes),
        ciphers: this.#ciphers,
        counts: this.#counts,
      }),
    );
  }

  get isRunning(): boolean {
    return this.#endpoint !== undefined;
  }

  /** Before it listens: what the platform has. A socket can still turn out to be had the plain way only. */
  get status(): Pick<DaemonStatus["afc"], "listen" | "udp" | "kernelDrops"> & { ciphers: AeadName[] } {
    const socket = this.isRunning ? this.#socket : undefined;
    const drops = this.#kernelDrops;
    const isSegmented = socket?.isSegmented ?? this.#options.segments !== undefined;
    return {
      ...(socket !== undefined && { listen: `${socket.address.host}:${socket.address.port}` }),
      ...(drops !== undefined && { kernelDrops: drops }),
      udp: isSegmented ? "segments" : "dgram",
      ciphers: [...this.#ciphers],
    };
  }

  get counters(): UdpCounters | undefined {
    return this.#socket?.counters;
  }

  figures(): AfcFigures {
    return {
      counts: this.#counts,
      dropped: this.#endpoint?.dropped,
      socket: this.#socket?.counters,
      kernelDrops: this.#kernelDrops,
    };
  }

  get #kernelDrops(): number | undefined {
    return this.isRunning ? kernelDrops(this.#socket!.address) : undefined;
  }

  /** Throws `NotReady`. */
  get endpoint(): AfcEndpoint {
    this.requireRunning();
    return this.#endpoint!;
  }

  /** Throws `NotReady`. */
  requireRunning(): void {
    if (this.isRunning) return;
    throw new AranyaError("NotReady", "the daemon was given no afc.listen: pass it in the configuration", {
      setting: "afc.listen",
    });
  }

  /** After everything that came in this turn of the loop: one acknowledgement then answers many datagrams. */
  planDrain(): void {
    if (this.#drainPlanned) return;
    this.#drainPlanned = true;
    setImmediate(() => {
      this.#drainPlanned = false;
      this.drain();
    });
  }

  /** Sends what is to be sent and hands out what happened. */
  drain(): void {
    if (this.#endpoint === undefined || this.#draining) return;
    this.#draining = true;
    this.#undrained = 0;
    let isDone: boolean;
    try {
      isDone = this.#pump(this.#endpoint);
      this.#socket!.flush();
    } finally {
      this.#draining = false; // else a bug that one connection pays for would stop all channels
    }
    this.#busyAt = this.#options.clock.now();
    if (isDone) this.#setTimer(this.#endpoint.nextTimeout());
  }

  /** What was said to peers last goes out; then nothing is heard or said any more. */
  async close(): Promise<void> {
    this.drain();
    clearTimeout(this.#timer);
    this.#timerAt = undefined;
    this.#endpoint = undefined;
    await this.#socket?.close();
  }

  /** False while the kernel takes no more; the socket says when it does. */
  #pump(endpoint: AfcEndpoint): boolean {
    const { clock, onEvent, onEventsEnd } = this.#options;
    let events = false;
    for (;;) {
      const next = endpoint.poll(clock.now());
      if (next !== undefined && next.kind !== "transmit") {
        onEvent(next);
        // Who sent what has left is told with the rest of this turn.
        if (next.kind !== "sent") events = true;
        continue;
      }
      if (events) onEventsEnd?.();
      else if (next === undefined) return true;
      events = false;
      if (next !== undefined && this.#socket?.send(next.datagram, next.to) === false) return false;
    }
  }

  /** One that comes too early is left: it sets the next. Setting one for every datagram would cost as much as sending it. */
  #setTimer(dueAt: Instant | undefined): void {
    if (dueAt !== undefined && this.#timerAt !== undefined && this.#timerAt <= dueAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = dueAt;
    if (dueAt === undefined) return;
    const { clock, loop } = this.#options;
    this.#timer = setTimeout(
      () => {
        this.#timerAt = undefined;
        loop?.ran(clock.now() - dueAt);
        this.#endpoint?.handleTimeout(clock.now());
        this.drain();
      },
      Math.max(0, Math.ceil(dueAt - clock.now())),
    );
  }
}
