/**
 * A member whose software is its own. It signs what it likes on whatever past it likes, shows one face to some and
 * another to others, shares all it knows with its accomplices, and lies in sync. What it cannot do is sign for others.
 */
import { concat } from "../../src/base/bytes.ts";
import { DecodeError } from "../../src/base/errors.ts";
import { idFromBytes } from "../../src/base/ids.ts";
import type { CommandId, DeviceId } from "../../src/base/ids.ts";
import { LIMITS } from "../../src/base/limits.ts";
import { instant } from "../../src/base/time.ts";
import type { DeviceKeys } from "../../src/crypto/key-bundle.ts";
import { signCommand } from "../../src/graph/command.ts";
import type { Command } from "../../src/graph/command.ts";
import { encodeFields } from "../../src/policy/default/operation.ts";
import type { Operation } from "../../src/policy/default/operation.ts";
import { defaultPolicy } from "../../src/policy/default/policy.ts";
import { rankOf } from "../../src/policy/default/tables.ts";
import { MemoryStorage } from "../../src/store/memory-storage.ts";
import { Responder } from "../../src/sync/responder.ts";
import { decodeSyncMessage, encodeSyncMessage, FrameReader } from "../../src/sync/wire.ts";
import { Team } from "../../src/team/team.ts";
import type { Prng } from "../property/model/generate.ts";
import type { End, Party } from "./network.ts";
import { overhear } from "./sessions.ts";
import type { Simulation } from "./simulation.ts";

const FACES = 2;
const STALE_PAGES = 200;

type Lie = (page: readonly Uint8Array[], end: End) => void;

/** What it may answer in place of the truth, by the names in the tally. */
export const LIES = [
  "lie: unknown parents",
  "lie: children first",
  "lie: flipped bit",
  "lie: forged signature",
  "lie: stale pages",
  "lie: heads it does not send",
  "lie: noise",
  "lie: endless frame",
  "lie: frame too long",
  "lie: silence",
  "lie: pages unasked",
  "lie: hangs up",
] as const;

/** And to who subscribes. */
export const HELLO_LIES = [
  "lie: hello, heads it does not have",
  "lie: hello without end",
  "lie: hello, silence",
] as const;

export class Liar {
  readonly index: number;
  readonly keys: DeviceKeys;
  readonly faces: readonly Team[];
  readonly #sim: Simulation;
  readonly #rng: Prng;

  constructor(sim: Simulation, index: number, keys: DeviceKeys, rng: Prng) {
    this.#sim = sim;
    this.index = index;
    this.keys = keys;
    this.#rng = rng;
    this.faces = Array.from({ length: FACES }, () => {
      return new Team({
        suite: sim.suite,
        teamId: sim.teamId,
        storage: new MemoryStorage(),
        policies: [defaultPolicy],
      });
    });
  }

  get id(): DeviceId {
    return this.keys.deviceId;
  }

  face(towards: number): Team {
    return this.faces[towards % FACES]!;
  }

  /** Takes what another team holds into a face, as far as anybody would. */
  learn(face: Team, from: Team): void {
    const missing = overhear(from.source, (i) => face.source.indexOf(from.source.idAt(i)) !== undefined);
    this.#keep(face, missing);
  }

  /** Signs and keeps it, in one face or in all that can take it. False where not even its own software would take it. */
  insist(faces: readonly Team[], op: Operation, parents: readonly CommandId[], role: number): boolean {
    const command = this.sign(op, parents, role);
    if (command === undefined) return false;
    let kept = false;
    for (const face of faces) kept = this.#keep(face, [command.bytes]) || kept;
    return kept;
  }

  sign(op: Operation, parents: readonly CommandId[], role: number): Command | undefined {
    try {
      const command = signCommand(this.#sim.suite, this.keys.signingSecret, {
        scope: this.#sim.teamId,
        author: this.id,
        parents: [...new Set(parents)],
        kind: op.kind,
        role,
        fields: encodeFields(op),
      });
      this.#sim.ledger.add(command.bytes);
      return command;
    } catch (error) {
      if (error instanceof DecodeError) return undefined;
      throw error;
    }
  }

  role(face: Team): number {
    return face.isSynced ? (rankOf(face.facts, this.id) ?? 0) : 0;
  }

  /** Truthful about one of its faces, or not. */
  serve(towards: number, end: End): Party {
    const face = this.face(towards);
    const lies = this.#lies(face);
    const name = this.#rng.chance(0.4) ? this.#rng.pick(LIES) : undefined;
    const lie = name === undefined || this.#sim.isWithout(name) ? undefined : lies[name];
    if (lie === undefined) return this.#truth(face, end);
    return {
      onData: () => {
        this.#sim.tally.count(name!);
        const all = overhear(face.source, () => false);
        lie(all.slice(-20), end);
      },
      onClose: () => undefined,
    };
  }

  /** Says to a device that serves whatever comes to its mind. */
  pester(end: End): Party {
    const { suite, teamId } = this.#sim;
    const id = (): CommandId => idFromBytes(this.#rng.bytes32());
    const pull = encodeSyncMessage({ type: "pull", teamId, heads: [id()], sample: [id()] });
    const wrongVersion = pull.slice();
    wrongVersion[6] = 9;
    const requests: Uint8Array[][] = [
      [pull, pull, pull],
      [encodeSyncMessage({ type: "next" })],
      [wrongVersion],
      [this.#rng.bytes32()],
      [Uint8Array.of(255, 255, 255, 255), new Uint8Array(4096)],
      [encodeSyncMessage({ type: "pull", teamId: idFromBytes(suite.sha256(pull)), heads: [], sample: [] })],
      [pull.subarray(0, pull.length - 1)],
    ];
    for (const bytes of this.#rng.pick(requests)) end.send(bytes);
    return { onData: () => undefined, onClose: () => undefined };
  }

  #truth(face: Team, end: End): Party {
    const { scheduler } = this.#sim;
    const responder = new Responder({
      authorize: () => face.source,
      now: instant(scheduler.now),
      limits: { ...LIMITS, syncRequestsPerSecondMax: 1e9, syncPageBytesMax: 2000 },
    });
    const requests = new FrameReader(LIMITS.syncRequestBytesMax);
    return {
      onData: (bytes) => {
        const isSubscribe = [...requests.read(bytes)].some(
          (body) => decodeSyncMessage(body).type === "subscribe",
        );
        const lie = isSubscribe ? this.#sim.drawHelloLie() : undefined;
        if (lie !== undefined) {
          this.#sim.tally.count(lie);
          for (const answer of this.#helloLies(face)[lie]) end.send(answer);
          return;
        }
        responder.handle({ type: "bytes", bytes }, instant(scheduler.now));
        for (let out = responder.poll(); out !== undefined; out = responder.poll()) {
          if (out.type === "transmit") end.send(out.bytes);
        }
      },
      onClose: () => undefined,
    };
  }

  #helloLies(face: Team): Readonly<Record<(typeof HELLO_LIES)[number], readonly Uint8Array[]>> {
    const { teamId } = this.#sim;
    const known = encodeSyncMessage({ type: "heads", teamId, heads: face.heads().slice(0, 10) });
    const id = idFromBytes<CommandId>(this.#sim.suite.sha256(known));
    return {
      "lie: hello, heads it does not have": [encodeSyncMessage({ type: "heads", teamId, heads: [id] })],
      "lie: hello without end": Array.from({ length: 20 }, () => known),
      "lie: hello, silence": [],
    };
  }

  #lies(face: Team): Readonly<Record<(typeof LIES)[number], Lie>> {
    const send = (commands: readonly Uint8Array[], more: boolean): Uint8Array =>
      encodeSyncMessage({ type: "page", commands, more });
    const level = encodeSyncMessage({ type: "level", heads: [idFromBytes(this.#rng.bytes32())] });
    let pages = 0;
    return {
      "lie: unknown parents": (page, end) => {
        const orphan = this.sign(
          { kind: "CreateLabel", label: "orphan" },
          [idFromBytes(this.#rng.bytes32())],
          4,
        );
        end.send(send([...page, orphan!.bytes], true));
      },
      "lie: children first": (page, end) => end.send(send([...page].reverse(), true)),
      "lie: flipped bit": (page, end) => {
        const flipped = page.map((bytes) => bytes.slice());
        const victim = this.#rng.pick(flipped);
        const bit = this.#rng.between(0, victim.length * 8 - 1);
        victim[bit >> 3]! ^= 1 << (bit & 7);
        end.send(send(flipped, true));
      },
      "lie: forged signature": (_page, end) => {
        const all = overhear(face.source, () => false);
        end.send(send([...all, this.#forgery(face)], true));
      },
      "lie: stale pages": (page, end) => {
        if (pages++ < STALE_PAGES) end.send(send(page.slice(0, 3), true));
      },
      "lie: heads it does not send": (_page, end) => end.send(level),
      "lie: noise": (_page, end) => end.send(this.#rng.bytes32()),
      "lie: endless frame": (_page, end) => {
        end.send(Uint8Array.of(0, 7, 255, 255));
        for (let i = 0; i < 40; i++) end.send(new Uint8Array(4096));
      },
      "lie: frame too long": (_page, end) => end.send(Uint8Array.of(255, 255, 255, 255, 0, 0, 0)),
      "lie: silence": () => undefined,
      "lie: pages unasked": (page, end) => {
        const one = send(page.slice(0, 3), true);
        end.send(concat(one, one));
      },
      "lie: hangs up": (page, end) => {
        end.send(send(page, true).subarray(0, 100));
        end.close();
      },
    };
  }

  /** In the name of an honest device, by its own key: whom it would remove first. */
  #forgery(face: Team): Uint8Array {
    const { suite, teamId, honest } = this.#sim;
    const [framed, victim] = [this.#rng.pick(honest), this.#rng.pick(honest)];
    return signCommand(suite, this.keys.signingSecret, {
      scope: teamId,
      author: framed.id,
      parents: face.heads().slice(0, 1),
      kind: "RemoveDevice",
      role: rankOf(face.facts, framed.id) ?? 4,
      fields: encodeFields({ kind: "RemoveDevice", target: victim.id }),
    }).bytes;
  }

  #keep(face: Team, commands: readonly Uint8Array[]): boolean {
    try {
      face.admit(commands);
      return true;
    } catch (error) {
      if (error instanceof DecodeError) return false;
      throw error;
    }
  }
}
