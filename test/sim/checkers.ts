/**
 * What must hold at every step, whatever has happened. Each checker can be run alone, to be shown that it sees.
 *
 *   replicas      whoever holds the same commands holds the same facts and verdicts, however they came
 *   authority     those are what the slow model (test/property/model) says
 *   matrix        no accepted command breaks the role matrix in its own past
 *   durability    what was acknowledged is there after a crash
 *   bounds        queues, pages and files within their maxima, and no pull without end (sessions.ts)
 *   forks         an honest device never authors beside its own commands, nor before it may know them
 *   authenticity  nothing is in a graph that the author named did not sign
 *   convergence   after everything is healed, honest members agree (simulation.ts)
 *   errors        nothing throws but what says who is to blame (honest.ts)
 */
import { toHex } from "../../src/base/bytes.ts";
import { idToBytes } from "../../src/base/ids.ts";
import type { CommandId } from "../../src/base/ids.ts";
import { LIMITS } from "../../src/base/limits.ts";
import { rank } from "../../src/base/roles.ts";
import { decodeCommand } from "../../src/graph/command.ts";
import type { Command } from "../../src/graph/command.ts";
import { decodeOperation } from "../../src/policy/default/operation.ts";
import { defaultPolicy } from "../../src/policy/default/policy.ts";
import { devicesOf, isClosed, LABELS } from "../../src/policy/default/tables.ts";
import { MemoryStorage } from "../../src/store/memory-storage.ts";
import { Team } from "../../src/team/team.ts";
import { AMENDED, Decided, evaluate, Graph, isRevocation, roleInPast } from "../property/model/authority.ts";
import type { ModelCommand, Rank } from "../property/model/braid.ts";
import type { Prng } from "../property/model/generate.ts";
import { matrixAllows, NO_MEMBER } from "../property/model/policy.ts";
import type { HonestDevice } from "./honest.ts";
import type { Simulation } from "./simulation.ts";
import { Violation } from "./violation.ts";
import type { Checker } from "./violation.ts";

/** As they are when the program starts: see sessions.ts. */
const MAX = { ...LIMITS };
/** The model is slow on purpose. */
const MODEL_COMMANDS_MAX = 90;
/** How often, in steps, one replica is held against the model and rebuilt from a shuffled copy. */
const SAMPLE_EVERY = 12;

export class Checkers {
  readonly #sim: Simulation;
  readonly #rng: Prng;
  readonly #only: Checker | undefined;
  /** What replicas with these heads hold. */
  readonly #digests = new Map<string, string>();
  readonly #checkedUpTo = new Map<Team, number>();
  #steps = 0;

  constructor(sim: Simulation, rng: Prng, only: Checker | undefined) {
    this.#sim = sim;
    this.#rng = rng;
    this.#only = only;
  }

  afterStep(): void {
    this.#steps++;
    const teams = this.#sim.honest.flatMap((device) => device.team ?? []);
    for (const team of teams) {
      this.#check("authenticity", () => this.#checkSigned(team));
      this.#check("replicas", () => this.#checkReplica(team));
    }
    for (const device of this.#sim.honest) this.#check("bounds", () => this.#checkDisk(device));
    if (teams.length === 0 || this.#steps % SAMPLE_EVERY !== 0) return;
    this.sample(this.#rng.pick(teams));
  }

  /** The slow questions, of one replica. */
  sample(team: Team): void {
    this.#check("replicas", () => this.#checkRebuilt(team));
    if (team.commandCount === 0 || team.commandCount > MODEL_COMMANDS_MAX) return;
    // The model takes all commands for heard.
    if (team.unheardDevices().size > 0) {
      this.#sim.tally.count("reached: a device heard no more");
      return;
    }
    const graph = this.#modelOf(team);
    this.#check("authority", () => this.#checkAuthority(team, graph));
    this.#check("matrix", () => this.#checkMatrix(team, graph));
  }

  /** An honest device has just authored what `team` holds from index `from` on. */
  authored(device: HonestDevice, team: Team, from: number): void {
    for (let i = from; i < team.commandCount; i++) {
      const command = this.#sim.ledger.add(team.source.bytesAt(i));
      this.#check("forks", () => {
        if (device.mustNotAuthor)
          this.#fail(
            "forks",
            `device ${device.index} authored ${command.kind} on top of a log that lacks commands`,
          );
        const beside = this.#sim.ledger.concurrentOwn(command.id).filter(({ id }) => !device.lost.has(id));
        if (beside.length > 0)
          this.#fail(
            "forks",
            `device ${device.index} authored ${command.kind} beside its own ${beside[0]!.kind}`,
          );
        if (this.#sim.ledger.concurrentOwn(command.id).length > 0)
          this.#sim.tally.count("reached: fork after the only copy was lost");
      });
    }
  }

  /** A device has come up with what its disk had. */
  started(device: HonestDevice, team: Team): void {
    this.#check("durability", () => {
      for (const id of device.acknowledged) {
        if (team.source.indexOf(id) !== undefined) continue;
        const kind = this.#sim.ledger.get(id)?.kind;
        this.#fail("durability", `device ${device.index} acknowledged ${kind!} and lost it`);
      }
    });
  }

  converged(digests: ReadonlyMap<number, string>, expected: string): void {
    this.#check("convergence", () => {
      for (const [index, digest] of digests) {
        if (digest !== expected)
          this.#fail("convergence", `device ${index} is not level after everything was healed`);
      }
    });
  }

  runs(checker: Checker): boolean {
    return this.#only === undefined || this.#only === checker;
  }

  #check(checker: Checker, check: () => void): void {
    if (this.runs(checker)) check();
  }

  #fail(checker: Checker, detail: string): never {
    throw new Violation(checker, detail);
  }

  #checkSigned(team: Team): void {
    for (let i = this.#checkedUpTo.get(team) ?? 0; i < team.commandCount; i++) {
      const id = team.source.idAt(i);
      if (this.#sim.ledger.get(id) === undefined)
        this.#fail("authenticity", `a graph holds ${id}, which its author never signed`);
    }
    this.#checkedUpTo.set(team, team.commandCount);
  }

  /** Heads say what a graph holds: all below them. */
  #checkReplica(team: Team): void {
    const heads = team.heads().join(" ");
    const digest = toHex(team.stateDigest());
    const before = this.#digests.get(heads);
    if (before === undefined) this.#digests.set(heads, digest);
    else if (before !== digest)
      this.#fail("replicas", `two replicas of the same ${team.commandCount} commands hold other facts`);
  }

  /** In another order and other batches. */
  #checkRebuilt(team: Team): void {
    const copy = newTeam(this.#sim, team);
    const order = this.#shuffled(team);
    for (let at = 0; at < order.length;) {
      const batch = order.slice(at, at + this.#rng.between(1, 20));
      copy.admit(batch);
      at += batch.length;
    }
    if (toHex(copy.stateDigest()) !== toHex(team.stateDigest()))
      this.#fail("replicas", "the order of arrival matters to the facts");
    for (let i = 0; i < team.commandCount; i++) {
      const id = team.source.idAt(i);
      if ((copy.rejectionOf(id) === undefined) !== (team.rejectionOf(id) === undefined))
        this.#fail("replicas", "the order of arrival matters to a verdict");
    }
  }

  /** A random order with parents first. */
  #shuffled({ source }: Team): Uint8Array[] {
    const children = Array.from({ length: source.size }, (): number[] => []);
    const missing = Array.from({ length: source.size }, (_, i) => source.parentsAt(i).length);
    for (let i = 0; i < source.size; i++) for (const parent of source.parentsAt(i)) children[parent]!.push(i);
    const ready = missing.flatMap((n, i) => (n === 0 ? [i] : []));
    const order: Uint8Array[] = [];
    while (ready.length > 0) {
      const [next] = ready.splice(this.#rng.between(0, ready.length - 1), 1);
      order.push(source.bytesAt(next!));
      for (const child of children[next!]!) if (--missing[child]! === 0) ready.push(child);
    }
    return order;
  }

  #modelOf({ source }: Team): ModelCommand[] {
    return Array.from({ length: source.size }, (_, i) =>
      toModel(decodeCommand(this.#sim.suite, source.bytesAt(i)), this.#sim.memo),
    );
  }

  #checkAuthority(team: Team, graph: readonly ModelCommand[]): void {
    this.#sim.tally.count("reached: model asked");
    const { verdicts, facts } = evaluate(graph);
    for (const c of graph) {
      const accepted = team.rejectionOf(c.id as CommandId) === undefined;
      if (accepted !== verdicts.get(c.id)!.accepted)
        this.#fail("authority", `${c.kind} is ${accepted ? "accepted" : "refused"}, not so by the model`);
    }
    const expected = [...facts.devices].map(([id, d]) => show(id, d.role, d.netIdentifier, d.labels));
    const found = devicesOf(team.facts).map((d) => show(d.deviceId, d.rank, d.netIdentifier, d.labels));
    const labels = [...team.facts.entries(LABELS)].map(([label]) => label);
    if (
      expected.sort().join() !== found.sort().join() ||
      [...facts.labels].sort().join() !== labels.sort().join() ||
      facts.closed !== isClosed(team.facts)
    )
      this.#fail("authority", "the facts are not those of the model");
  }

  /** By the product's verdicts alone, and the matrix as the model has it. */
  #checkMatrix(team: Team, commands: readonly ModelCommand[]): void {
    const graph = new Graph(commands);
    const decided = new Decided(AMENDED);
    const accepted = (c: ModelCommand): boolean => team.rejectionOf(c.id as CommandId) === undefined;
    decided.verdicts = new Map(commands.map((c) => [c.id, { accepted: accepted(c) }]));
    for (const c of commands) if (isRevocation(c) && accepted(c)) decided.effective.add(c.id);
    decided.block(graph);
    for (const c of commands) {
      if (c.kind === "Init" || !accepted(c)) continue;
      const role = roleInPast(graph, decided, c.author, c);
      const target = c.target === undefined ? NO_MEMBER : roleInPast(graph, decided, c.target, c);
      if (role !== c.role)
        this.#fail("matrix", `${c.kind} counts, by an author of role ${role} as ${c.role}`);
      if (!matrixAllows(c, c.role, target))
        this.#fail("matrix", `${c.kind} counts, by role ${role} on role ${target}`);
    }
  }

  #checkDisk(device: HonestDevice): void {
    if (device.teams === undefined) return;
    if (device.files.openHandles > 2)
      this.#fail("bounds", `device ${device.index} holds ${device.files.openHandles} files open`);
    const directory = `/var/teams/${this.#sim.teamId}`;
    if (device.files.status(directory) === undefined) return;
    const kept = device.files.list(directory).length;
    // The log, one being written, and those put aside with one that could not be removed yet.
    if (kept > MAX.damagedLogsKeptMax + 3) this.#fail("bounds", `device ${device.index} keeps ${kept} logs`);
  }
}

function newTeam(sim: Simulation, { teamId }: Team): Team {
  return new Team({ suite: sim.suite, teamId, storage: new MemoryStorage(), policies: [defaultPolicy] });
}

function show(id: string, role: number, name: string | undefined, labels: readonly string[]): string {
  return `${id} ${role} ${name ?? "-"} ${[...labels].sort().join(" ")}`;
}

/** The same command, in the model's words. */
function toModel(command: Command, memo: Map<CommandId, ModelCommand>): ModelCommand {
  const known = memo.get(command.id);
  if (known !== undefined) return known;
  const { id, author, parents, fields } = command;
  const op = decodeOperation(command.kind, fields);
  if (op.kind === "CreateChannel") throw new Error("no channel is created in a graph");
  const bundle = "bundle" in op ? op.bundle : undefined;
  const made: ModelCommand = {
    id,
    idBytes: idToBytes(id),
    author,
    parents,
    kind: op.kind === "CreateTeam" ? "Init" : op.kind,
    role: command.role as Rank,
    ...("target" in op && { target: op.target }),
    ...("role" in op && { newRole: rank(op.role) as Rank }),
    ...("direction" in op && op.direction === "lower" && { lowers: true }),
    ...("label" in op && { label: op.label }),
    ...("netIdentifier" in op && { netIdentifier: op.netIdentifier }),
    ...(bundle !== undefined && {
      keys: [bundle.identityKey, bundle.signingKey, bundle.encryptionKey].map(toHex),
    }),
  };
  memo.set(id, made);
  return made;
}
