/**
 * One world from one seed: devices, some of them dishonest, a virtual clock, a network and disks that fail. Operation by
 * operation something is done or goes wrong, and after each the checkers look. In the end everything is healed, and the
 * honest members must agree.
 *
 * Every operation draws from a generator of its own, so that leaving one out changes nothing about how the others are
 * drawn.
 */
import { toHex } from "../../src/base/bytes.ts";
import { idFromBytes } from "../../src/base/ids.ts";
import type { CommandId, TeamId } from "../../src/base/ids.ts";
import { defaultPolicy } from "../../src/policy/default/policy.ts";
import { rankOf } from "../../src/policy/default/tables.ts";
import { MemoryStorage } from "../../src/store/memory-storage.ts";
import { Team } from "../../src/team/team.ts";
import type { ModelCommand } from "../property/model/braid.ts";
import { Prng } from "../property/model/generate.ts";
import { FakeSuite } from "../support/fake-suite.ts";
import type { FaultyFiles } from "../support/faulty-files.ts";
import { keysFromSeed } from "../support/world.ts";
import { Checkers } from "./checkers.ts";
import { FAULTS } from "./faults.ts";
import { HonestDevice } from "./honest.ts";
import { HELLO_LIES, Liar } from "./liar.ts";
import { Network, Scheduler } from "./network.ts";
import { Ledger } from "./ledger.ts";
import { PullSession, ServeSession } from "./sessions.ts";
import { Tally } from "./tally.ts";
import { Violation } from "./violation.ts";
import type { Checker } from "./violation.ts";
import { MALICE, wish } from "./workload.ts";

export interface SimulationOptions {
  readonly seed: number;
  readonly devices: number;
  readonly operations: number;
  /** Kinds of operations and lies, by their names in the tally, that do not happen. */
  readonly without?: readonly string[];
  /** Only this checker looks. */
  readonly only?: Checker;
  /** A planted bug in what the disks do. */
  readonly prepareFiles?: (files: FaultyFiles) => void;
  /** Device clocks begin at a random time times this; 0 or 1. */
  readonly clockScale?: number;
}

export interface Outcome {
  readonly tally: Tally;
  readonly commands: number;
  /** How many operations were carried out. */
  readonly operations: number;
  readonly violation?: { readonly checker: Checker; readonly detail: string };
  /** Of every honest device that was up and a member in the end: equal for equal runs. */
  readonly fingerprint: string;
}

const HEAL_ROUNDS_MAX = 40;
/** Longer than a pull may take. */
const SETTLE_MS = 700_000;

/** How many of the pulls that go well leave the connection standing for hello. */
const HELLO = 0.3;
/** How long news may take by hello from device to device, each next to each, and no link slow. */
const NEWS_MS = 10_000;

/** Weights of the kinds of operations; every fault and malice has its own below. */
const ACT = 34;
const PULL = 34;
const TWICE = 4;
const START = 6;
/** What an application asks for in a row until something is done. */
const WISHES = 5;
const PESTER = 2;
const LEARN = 6;
const RARE = new Set([
  "fault: bit rot",
  "fault: log lost",
  "fault: long pause",
  "malice: flood",
  "malice: many heads",
]);

export class Simulation {
  readonly suite = new FakeSuite();
  readonly scheduler = new Scheduler();
  readonly tally = new Tally();
  readonly ledger = new Ledger(this.suite);
  readonly memo = new Map<CommandId, ModelCommand>();
  readonly network: Network;
  readonly checkers: Checkers;
  readonly honest: readonly HonestDevice[];
  readonly liars: readonly Liar[];
  readonly members: readonly (HonestDevice | Liar)[];
  readonly clockScale: number;
  teamId: TeamId = idFromBytes<TeamId>(new Uint8Array(32));
  clocksJumped = false;
  done = 0;
  #hello = HELLO;
  readonly #options: SimulationOptions;
  readonly #menu: readonly string[];
  /** Of their own, so that hello changes nothing about what else is drawn. */
  readonly #helloRng: Prng;
  readonly #jitterRng: Prng;
  /** The last connection from one to another on which the asker stays for hello. */
  readonly #standing = new Map<string, PullSession>();

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.clockScale = options.clockScale ?? 1;
    const { devices, only } = options;
    this.network = new Network(this.scheduler, this.#rng("network"), this.tally, devices);
    this.#helloRng = this.#rng("hello");
    this.#jitterRng = this.#rng("jitter");
    this.checkers = new Checkers(this, this.#rng("checkers"), only);
    const liarCount = this.#rng("liars").between(0, Math.floor((devices - 1) / 2));
    const keys = Array.from({ length: devices }, (_, i) => keysFromSeed(this.suite, `${options.seed}/${i}`));
    // The first founds the team, and the last ones lie.
    const honestCount = devices - liarCount;
    this.honest = keys
      .slice(0, honestCount)
      .map((own, i) => new HonestDevice(this, i, own, this.#rng(`device ${i}`)));
    this.honest[0]!.start();
    this.teamId = this.honest[0]!.createTeam();
    this.liars = keys
      .slice(honestCount)
      .map((own, i) => new Liar(this, honestCount + i, own, this.#rng(`device ${honestCount + i}`)));
    this.members = [...this.honest, ...this.liars];
    this.#menu = this.#makeMenu();
  }

  prepareFiles(files: FaultyFiles): void {
    this.#options.prepareFiles?.(files);
  }

  isWithout(kind: string): boolean {
    return this.#options.without?.includes(kind) === true;
  }

  run(): Outcome {
    let violation: Outcome["violation"];
    try {
      this.#found();
      while (this.done < this.#options.operations) {
        this.#operate(this.#rng(`operation ${this.done}`));
        this.checkers.afterStep();
        this.done++;
      }
      this.#heal();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      if (this.checkers.runs(error.checker)) violation = { checker: error.checker, detail: error.message };
    }
    return {
      tally: this.tally,
      commands: this.ledger.size,
      operations: this.done,
      ...(violation && { violation }),
      fingerprint: this.honest
        .map(({ team }) => (team === undefined ? "-" : toHex(team.stateDigest())))
        .join(),
    };
  }

  /** A connection from one member to another, if there is a way and somebody is there. */
  pull(from: HonestDevice | Liar, to: HonestDevice | Liar): boolean {
    if (from === to) return false;
    if (from instanceof Liar) return this.#overhear(from, to);
    if (from.team === undefined) return false;
    const way = `${from.index} ${to.index}`;
    const standing = this.#standing.get(way);
    if (standing?.isResting === true) {
      this.tally.count("hello: pull on the connection that stands");
      standing.pull();
      return true;
    }
    const end = this.network.connect(
      from.index,
      to.index,
      (own) => {
        // One connection to each other device, as long as it lasts.
        const isOnly = standing?.isAlive !== true;
        const session = new PullSession(this, from, to.id, own, isOnly && this.#staysForHello());
        if (isOnly) this.#standing.set(way, session);
        return session;
      },
      (other) => {
        if (to instanceof Liar) return to.serve(from.index, other);
        return to.teams === undefined ? undefined : new ServeSession(this, to, from.id, other);
      },
    );
    return end !== undefined;
  }

  jitter(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#jitterRng.between(0, 255));
  }

  /** What a dishonest device answers to who subscribes, in place of the truth. */
  drawHelloLie(): (typeof HELLO_LIES)[number] | undefined {
    return this.#helloRng.chance(0.4) ? this.#helloRng.pick(HELLO_LIES) : undefined;
  }

  #staysForHello(): boolean {
    return this.#helloRng.chance(this.#hello) && !this.isWithout("hello");
  }

  #rng(purpose: string): Prng {
    return new Prng(
      new DataView(this.suite.sha256(bytesOf(`${this.#options.seed} ${purpose}`)).buffer).getUint32(0),
    );
  }

  /** The founder adds most of the others, and gives some of them roles. */
  #found(): void {
    const rng = this.#rng("founding");
    const founder = this.honest[0]!;
    const { team } = founder;
    this.ledger.add(team!.source.bytesAt(0));
    founder.acknowledged.add(team!.source.idAt(0));
    for (const device of this.honest.slice(1)) {
      device.start();
      device.join();
    }
    for (const member of this.members.slice(1)) {
      if (rng.chance(0.15)) continue;
      founder.act((a) => a.addDevice(member.keys.bundle, `device ${member.index}`));
      const role = rng.pick(["sync", "user", "operator", "admin", "owner"] as const);
      if (role !== "sync") founder.act((a) => a.assignRole(member.id, role));
    }
    for (const liar of this.liars) for (const face of liar.faces) liar.learn(face, team!);
    for (const device of this.honest.slice(1)) this.pull(device, founder);
    this.scheduler.advance(10_000);
  }

  #makeMenu(): string[] {
    const menu = [
      ...repeat("act", ACT),
      ...repeat("pull", PULL),
      ...repeat("pull twice", TWICE),
      ...repeat("start", START),
    ];
    for (const name of Object.keys(FAULTS)) menu.push(...repeat(name, RARE.has(name) ? 1 : 2));
    menu.push(...repeat("fault: links healed", 6), ...repeat("fault: restart", 4));
    if (this.liars.length === 0) return menu;
    menu.push(...repeat("pester", PESTER), ...repeat("learn", LEARN));
    for (const name of Object.keys(MALICE)) menu.push(...repeat(name, RARE.has(name) ? 1 : 3));
    return menu;
  }

  #operate(rng: Prng): void {
    const kind = rng.pick(this.#menu);
    const device = rng.pick(this.honest);
    const other = rng.pick(this.members);
    this.scheduler.advance(rng.between(0, 3000));
    if (this.isWithout(kind)) return;
    const fault = FAULTS[kind];
    const malice = MALICE[kind];
    if (fault !== undefined) {
      this.tally.count(kind);
      fault(this, device, rng);
    } else if (malice !== undefined) {
      const liar = rng.pick(this.liars);
      if (!liar.faces.every((face) => face.isSynced)) return;
      this.tally.count(kind);
      malice(this, liar, rng);
    } else {
      this.#ordinary(kind, device, other, rng);
    }
  }

  #ordinary(kind: string, device: HonestDevice, other: HonestDevice | Liar, rng: Prng): void {
    switch (kind) {
      case "act": {
        for (let tries = 0; tries < WISHES && device.team !== undefined; tries++) {
          const answer = device.act(wish(this, device.team, rng));
          this.tally.count(`act: ${answer}`);
          if (answer === "done") return;
        }
        return;
      }
      case "pull":
        this.pull(device, other);
        this.pull(rng.pick(this.honest), rng.pick(this.members));
        return;
      case "pull twice":
        if (this.pull(device, other) && this.pull(device, other))
          this.tally.count("network: pull twice at once");
        return;
      case "start":
        this.#startAll();
        return;
      case "pester":
        this.tally.count("malice: noise to who serves");
        this.network.connect(
          this.liars[0]!.index,
          device.index,
          (own) => this.liars[0]!.pester(own),
          (theirs) =>
            device.teams === undefined
              ? undefined
              : new ServeSession(this, device, this.liars[0]!.id, theirs),
        );
        return;
      case "learn":
        for (const liar of this.liars) this.pull(liar, rng.pick(this.members));
    }
  }

  /** A liar takes part in sync to know; from an honest device only what that one would serve it. */
  #overhear(liar: Liar, from: HonestDevice | Liar): boolean {
    if (from instanceof Liar) {
      liar.learn(liar.face(0), from.face(0));
      return true;
    }
    if (from.team === undefined || !from.isMember(liar.id)) return false;
    for (const face of liar.faces) liar.learn(face, from.team);
    return true;
  }

  #startAll(): void {
    for (const device of this.honest) {
      device.start();
      // What could not be cut back after a failed write is read again by the next process.
      if (device.teams !== undefined && device.team === undefined) device.join();
    }
  }

  /** Links mended, disks sound, everybody up, and the dishonest gone: honest members must become level. */
  #heal(): void {
    this.network.healAll();
    this.#hello = 0;
    // What pulls goes on to its end first.
    this.scheduler.advance(SETTLE_MS);
    for (const session of this.#standing.values()) session.leave();
    this.scheduler.advance(SETTLE_MS);
    if (this.network.openConnections > 0 && !this.clocksJumped)
      throw new Violation("bounds", `${this.network.openConnections} connections never ended`);
    this.network.drop(() => true);
    for (const device of this.honest) {
      device.files.fault = undefined;
      device.files.shortWrites = false;
      device.stop();
      device.start();
      if (device.team === undefined) device.join();
    }
    this.checkers.afterStep();
    for (let round = 0, before = ""; round < HEAL_ROUNDS_MAX; round++) {
      for (const device of this.honest) for (const other of this.honest) this.pull(device, other);
      this.scheduler.advance(SETTLE_MS);
      this.checkers.afterStep();
      const now = this.honest.map(({ team }) => team!.heads().join()).join(" ");
      if (now === before) break;
      before = now;
    }
    this.#compare();
    if (!this.isWithout("hello")) this.#hearNews();
  }

  /** Nobody polls any more: what one device does all others come to know by hello alone. */
  #hearNews(): void {
    const level = this.honest.filter(
      ({ team }) => team!.heads().join() === this.honest[0]!.team!.heads().join(),
    );
    const members = level.filter((device) => level.every((other) => other.isMember(device.id)));
    this.network.drop(() => true);
    this.#hello = 1;
    for (const device of members) for (const other of members) this.pull(device, other);
    this.scheduler.advance(NEWS_MS);
    const rng = this.#rng("news");
    for (const device of members) {
      let answer = "";
      for (let tries = 0; tries < 20 && answer !== "done"; tries++)
        answer = device.act(wish(this, device.team!, rng));
      if (answer !== "done") continue;
      this.scheduler.advance(NEWS_MS);
      const still = members.filter((other) => members.every((m) => m.isMember(other.id)));
      if (still.length < members.length) return;
      this.tally.count("hello: news for everybody");
      this.checkers.converged(
        new Map(members.map(({ index, team }) => [index, picture(team!)])),
        picture(device.team!),
      );
    }
  }

  /**
   * Honest members must be level with each other. Who is one is asked of all that honest devices know together. Who is none
   * serves nobody and is served by nobody: it may stay behind, and what only it knows reaches nobody.
   */
  #compare(): void {
    const isMember = (team: Team, device: HonestDevice): boolean =>
      rankOf(team.facts, device.id) !== undefined;
    const all = this.#together(this.honest);
    const members = this.honest.filter((device) => isMember(all, device));
    this.tally.count("reached: honest device removed", this.honest.length - members.length);
    if (members.length > 1) this.tally.count("reached: several level in the end");
    const together = this.#together(members);
    const digests = new Map(members.map(({ index, team }) => [index, picture(team!)]));
    this.checkers.converged(digests, picture(together));
    this.checkers.sample(all);
  }

  /** A replica of what these devices hold. */
  #together(devices: readonly HonestDevice[]): Team {
    const { suite, teamId } = this;
    const team = new Team({ suite, teamId, storage: new MemoryStorage(), policies: [defaultPolicy] });
    for (const { source } of devices.map((device) => device.team!)) {
      team.admit(Array.from({ length: source.size }, (_, i) => source.bytesAt(i)));
    }
    return team;
  }
}

/** Of what a device beyond its allowance wrote, replicas hold different parts, and hear none of it. */
function picture(team: Team): string {
  if (team.unheardDevices().size > 0)
    return [...team.unheardDevices(), toHex(team.stateDigest())].sort().join();
  return `${team.heads().join()} ${toHex(team.stateDigest())}`;
}

function repeat(name: string, times: number): string[] {
  return Array.from({ length: times }, () => name);
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Runs one world in which nothing can see a clock or draw a number that the seed did not give. */
export function simulate(options: SimulationOptions): Outcome {
  const restore = forbidClocksAndChance();
  try {
    return new Simulation(options).run();
  } finally {
    restore();
  }
}

function forbidClocksAndChance(): () => void {
  const never = (what: string) => (): never => {
    throw new Error(`${what} was asked within a simulation`);
  };
  const kept = [
    replace(Date, "now", never("the calendar")),
    replace(Math, "random", never("chance")),
    replace(performance, "now", never("the clock")),
    replace(globalThis, "setTimeout", never("a timer")),
  ];
  return () => kept.forEach((restore) => restore());
}

function replace(owner: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(owner, name);
    else Object.defineProperty(owner, name, before);
  };
}
