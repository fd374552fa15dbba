/**
 * Hosts the product's requester and responder on connections of the virtual network, as `src/daemon/peer-connection.ts` and
 * `sync-server.ts` host them on TLS, and watches that neither outgrows its maxima.
 */
import { DecodeError } from "../../src/base/errors.ts";
import type { DeviceId } from "../../src/base/ids.ts";
import { LIMITS } from "../../src/base/limits.ts";
import type { Instant } from "../../src/base/time.ts";
import type { CommandSource } from "../../src/graph/source.ts";
import { Requester } from "../../src/sync/requester.ts";
import type { RequesterInput, RequesterOutput } from "../../src/sync/requester.ts";
import { Responder } from "../../src/sync/responder.ts";
import type { ResponderInput } from "../../src/sync/responder.ts";
import type { HonestDevice } from "./honest.ts";
import type { End, Party } from "./network.ts";
import type { Simulation } from "./simulation.ts";
import { Violation } from "./violation.ts";

/** As they are when the program starts: a planted bug that changes the product's own must not change what is checked. */
const MAX = { ...LIMITS };
/** Small pages, so that a graph takes several. */
const PAGE_BYTES = 1500;
/** What may come of one input: an answer and what it was about. */
const OUTPUTS_AT_ONCE_MAX = 3;

/** Tells the host when, by the device's own clock, it is to be asked again. As a timer does: by how long, not until when. */
class Alarm {
  readonly #sim: Simulation;
  readonly #now: () => Instant;
  readonly #ring: () => void;
  #set = 0;

  constructor(sim: Simulation, now: () => Instant, ring: () => void) {
    this.#sim = sim;
    this.#now = now;
    this.#ring = ring;
  }

  set(deadline: Instant | undefined): void {
    const mine = ++this.#set;
    if (deadline === undefined) return;
    this.#sim.scheduler.after(Math.max(0, deadline - this.#now()) + 1, () => {
      if (mine === this.#set) this.#ring();
    });
  }
}

/** What an honest device asks of another member on one connection: a pull, and then perhaps hello, with a pull for all news. */
export class PullSession implements Party {
  readonly #sim: Simulation;
  readonly #device: HonestDevice;
  readonly #process: number;
  readonly #peer: DeviceId;
  readonly #end: End;
  readonly #team;
  readonly #requester: Requester;
  readonly #alarm: Alarm;
  readonly #wantsHello: boolean;
  #startedAt: number;
  #over = false;
  #pulling = true;
  #subscribed = false;
  #unheardBytes = 0;
  #stalePages = 0;

  constructor(sim: Simulation, device: HonestDevice, peer: DeviceId, end: End, wantsHello: boolean) {
    this.#wantsHello = wantsHello;
    this.#sim = sim;
    this.#device = device;
    this.#process = device.process;
    this.#peer = peer;
    this.#end = end;
    this.#team = device.team!;
    this.#startedAt = sim.scheduler.now;
    const { source, teamId } = this.#team;
    this.#requester = new Requester({ source, teamId, now: device.now() });
    this.#alarm = new Alarm(
      sim,
      () => device.now(),
      () => this.#input({ type: "timeout" }),
    );
    this.#drain();
  }

  onData(bytes: Uint8Array): void {
    this.#unheardBytes += bytes.length;
    this.#input({ type: "bytes", bytes });
    const kept = this.#over ? 0 : this.#unheardBytes;
    if (kept > MAX.syncMessageBytesMax + 65536)
      throw new Violation("bounds", `a requester keeps ${kept} bytes`);
  }

  onClose(): void {
    this.#input({ type: "closed" });
  }

  /** It stands for hello. */
  get isResting(): boolean {
    return this.isAlive && this.#subscribed && !this.#pulling;
  }

  leave(): void {
    if (this.isResting) this.#finish("left");
  }

  /** Another one, on the connection that stands. */
  pull(): void {
    this.#pulling = true;
    this.#startedAt = this.#sim.scheduler.now;
    this.#stalePages = 0;
    this.#input({ type: "pull" });
  }

  get isAlive(): boolean {
    return !this.#over && this.#device.process === this.#process && this.#device.team === this.#team;
  }

  #input(input: RequesterInput): void {
    if (!this.isAlive) return;
    this.#requester.handle(input, this.#device.now());
    this.#drain();
  }

  #drain(): void {
    let outputs = 0;
    for (let out = this.#requester.poll(); out !== undefined; out = this.#requester.poll()) {
      if (++outputs > OUTPUTS_AT_ONCE_MAX)
        throw new Violation("bounds", "a requester queues without end for one input");
      this.#act(out);
      if (!this.isAlive) return;
    }
    this.#alarm.set(this.#requester.nextTimeout());
  }

  #act(out: RequesterOutput): void {
    switch (out.type) {
      case "transmit":
        if (out.bytes.length > MAX.syncRequestBytesMax) throw new Violation("bounds", "a request too long");
        // It speaks only when all that came has been read, but for a part of what is to come.
        this.#unheardBytes = 0;
        this.#end.send(out.bytes);
        return;
      case "commands":
        this.#unheardBytes = 0;
        this.#admit(out.commands);
        return;
      case "done":
        this.#onDone();
        return;
      case "refused":
        this.#finish(`refused, ${out.reason}`);
        return;
      case "failed":
        this.#finish(out.detail === undefined ? out.code : `${out.code}, ${out.detail}`);
        return;
      case "news":
        if (!this.isResting) throw new Violation("bounds", "hello for who has not subscribed");
        this.#sim.tally.count("hello: news");
        this.pull();
        return;
      case "unsubscribed":
        this.#finish(`unsubscribed, ${out.reason}`);
    }
  }

  #onDone(): void {
    const isMember = this.#device.isMember(this.#peer);
    if (this.#subscribed || (this.#wantsHello && isMember)) this.#endPull("done");
    else this.#finish("done");
    if (!isMember) {
      this.#sim.tally.count("pull: peer is no member");
      if (!this.#over) this.#finish("not kept");
    } else if (this.#device.team === this.#team) {
      this.#device.markLevel(this.#team);
    }
    if (!this.isAlive || this.#subscribed) return;
    this.#subscribed = true;
    this.#sim.tally.count("hello: subscribed");
    this.#input({ type: "subscribe" });
  }

  #admit(commands: readonly Uint8Array[]): void {
    const bytes = commands.reduce((sum, c) => sum + c.length, 0);
    if (bytes > MAX.syncMessageBytesMax) throw new Violation("bounds", `a page of ${bytes} bytes`);
    try {
      const added = this.#device.admit(this.#team, commands);
      if (!this.isAlive) return;
      if (added === undefined) {
        this.#finish("not stored");
        return;
      }
      this.#stalePages = added > 0 ? 0 : this.#stalePages + 1;
      this.#checkStale();
      this.#requester.handle({ type: "admitted", added }, this.#device.now());
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#requester.handle({ type: "rejected", code: error.code }, this.#device.now());
    }
  }

  /** A round ends after so many, and another begins only where something else brought news meanwhile. */
  #checkStale(): void {
    if (this.#team.heads().length >= MAX.syncHeadsMax) return;
    if (this.#stalePages > MAX.syncStalledPagesMax * MAX.syncRoundsMax)
      throw new Violation("bounds", `${this.#stalePages} pages in a row with nothing new in them`);
  }

  #finish(outcome: string): void {
    this.#over = true;
    this.#end.close();
    if (this.#pulling) this.#endPull(outcome);
    else this.#sim.tally.count(`hello: ${outcome}`);
  }

  #endPull(outcome: string): void {
    this.#pulling = false;
    this.#unheardBytes = 0;
    this.#sim.tally.count(`pull: ${outcome}`);
    const tookMs = this.#sim.scheduler.now - this.#startedAt;
    if (!this.#sim.clocksJumped && tookMs > MAX.syncPullTimeoutMs + 1000)
      throw new Violation("bounds", `a pull took ${tookMs} ms`);
  }
}

/** An honest device's answer to whoever connects. */
export class ServeSession implements Party {
  readonly #device: HonestDevice;
  readonly #process: number;
  readonly #end: End;
  readonly #responder: Responder;
  readonly #alarm: Alarm;
  readonly #teamChanged: () => void;

  constructor(sim: Simulation, device: HonestDevice, peer: DeviceId, end: End) {
    this.#teamChanged = () => this.#input({ type: "changed", teamId: sim.teamId });
    device.commitListeners.add(this.#teamChanged);
    this.#device = device;
    this.#process = device.process;
    this.#end = end;
    this.#responder = new Responder({
      authorize: () => authorize(device, peer),
      entropy: { bytes: (length) => sim.jitter(length) },
      now: device.now(),
      limits: { ...LIMITS, syncPageBytesMax: PAGE_BYTES },
    });
    this.#alarm = new Alarm(
      sim,
      () => device.now(),
      () => this.#input({ type: "timeout" }),
    );
    this.#alarm.set(this.#responder.nextTimeout());
  }

  onData(bytes: Uint8Array): void {
    this.#input({ type: "bytes", bytes });
  }

  onClose(): void {
    this.#alarm.set(undefined);
    this.#device.commitListeners.delete(this.#teamChanged);
  }

  #input(input: ResponderInput): void {
    if (this.#device.process !== this.#process || this.#device.teams === undefined) return;
    this.#responder.handle(input, this.#device.now());
    let outputs = 0;
    for (let out = this.#responder.poll(); out !== undefined; out = this.#responder.poll()) {
      if (++outputs > OUTPUTS_AT_ONCE_MAX)
        throw new Violation("bounds", "a responder queues more than an answer");
      if (out.type === "close") {
        this.#end.close();
        break;
      }
      if (out.bytes.length > MAX.syncMessageBytesMax) throw new Violation("bounds", "an answer too long");
      this.#end.send(out.bytes);
    }
    this.#alarm.set(this.#responder.nextTimeout());
  }
}

function authorize(device: HonestDevice, peer: DeviceId): CommandSource | { refused: "not-served" } {
  const { team } = device;
  return team !== undefined && device.isMember(peer) ? team.source : { refused: "not-served" };
}

/** Everything one pull brings, at once and without a network: how liars keep up with what honest devices know. */
export function overhear(source: CommandSource, known: (index: number) => boolean): Uint8Array[] {
  const missing: Uint8Array[] = [];
  for (let i = 0; i < source.size; i++) if (!known(i)) missing.push(source.bytesAt(i));
  return missing;
}
