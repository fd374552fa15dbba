/** `aranya-edge watch`: what happens, as it happens. */
import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import type { Client, Effect } from "../../client/index.ts";
import { AranyaError } from "../../client/index.ts";
import { effectSchema } from "../../ipc/effect.ts";
import { clientCommand, collect } from "../command.ts";
import type { ClientOptions } from "../command.ts";
import { parseCount } from "../duration.ts";
import { EXIT } from "../exit-codes.ts";
import { CliError } from "../failure.ts";
import { resolveTeam, short } from "../resolve.ts";
import { answer, note, withClient } from "../session.ts";
import { painter, printable } from "../terminal.ts";

/** Of them `effectsLost` ends the command. */
const TYPES = Object.keys(effectSchema.variants).filter((type) => type !== "effectsLost");

interface WatchOptions extends ClientOptions {
  readonly team?: string;
  readonly type?: string[];
  readonly count?: number;
}

export function watchCommand(): Command {
  return clientCommand({
    path: "watch",
    summary: "print what happens on this device's teams, peers and channels, as it happens",
    description:
      "Prints effects as they happen: devices added, roles changed, commands recalled, channels opened and closed, sync " +
      "failed. Goes on until it is stopped, or the daemon is.",
    examples: ["watch", "watch --type channelOpened --type channelClosed", "watch --json --count 1"],
    exitCodes:
      "0 done, 1 it did not keep up and some were lost, 64 bad usage, 69 no daemon answers, or it stopped",
  })
    .option("--team <id>", "of that team alone")
    .addOption(
      new Option("--type <type>", "of that type alone; may be repeated")
        .choices(TYPES)
        .argParser((type: string, before?: readonly string[]) => {
          if (!TYPES.includes(type))
            throw new InvalidArgumentError(`Allowed choices are ${TYPES.join(", ")}.`);
          return collect(type, before);
        }),
    )
    .option("--count <n>", "end after so many", parseCount)
    .action(async (options: WatchOptions) => {
      await withClient(options, (client) => watch(client, options));
    });
}

async function watch(client: Client, options: WatchOptions): Promise<void> {
  const effects = client.effects();
  const names = new Map<string, string>();
  const teamId = options.team === undefined ? undefined : await resolveTeam(client, options.team);
  await learnNames(client, names);
  // Requests are answered in order: from here on nothing is missed.
  await client.status();
  note("watching");
  let left = options.count ?? Infinity;
  for await (const effect of effects) {
    if (effect.type === "effectsLost") {
      const lost = `${effect.count} effects came faster than they were read, and are lost`;
      throw new CliError(
        "EffectsLost",
        lost,
        "look at the state and watch again: aranya-edge status",
        EXIT.failed,
      );
    }
    if (effect.type === "deviceAdded") names.set(effect.deviceId, effect.commonName);
    if (options.type !== undefined && !options.type.includes(effect.type)) continue;
    if (teamId !== undefined && effect.teamId !== teamId) continue;
    answer(options, "effect/1", { at: Date.now(), effect }, () => describe(effect, names));
    if (--left === 0) break;
  }
}

async function learnNames(client: Client, names: Map<string, string>): Promise<void> {
  try {
    for (const teamId of await client.teams()) {
      for (const { deviceId, commonName } of await client.devices(teamId)) names.set(deviceId, commonName);
    }
  } catch (error) {
    // Ids will do.
    if (!(error instanceof AranyaError)) throw error;
  }
}

/** Time of day, type, and the fields; ids are short, devices have their names. */
function describe(effect: Effect, names: ReadonlyMap<string, string>): string {
  const paint = painter(process.stdout);
  const { type, ...fields } = effect;
  const parts = Object.entries(fields).map(([field, value]) => {
    const text = String(value);
    const name = names.get(text);
    const isId = /(Id|author)$/.test(field);
    const shown = name === undefined ? (isId ? short(text) : text) : `${name} (${short(text)})`;
    return `${field} ${printable(shown)}`;
  });
  const time = new Date().toISOString().slice(11, 19);
  return `${paint("dim", time)} ${paint("bold", type)} ${parts.join(", ")}`;
}
