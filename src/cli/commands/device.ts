/** `aranya-edge device`: this device's keys, and who is on a team. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { Option } from "commander";
import type { Command } from "commander";
import { LIMITS } from "../../base/limits.ts";
import { deserializeKeyBundle, ROLES, serializeId, serializeKeyBundle } from "../../client/index.ts";
import type { KeyBundle, Role } from "../../client/index.ts";
import {
  ADDRESS_ARGUMENT,
  clientCommand,
  collect,
  DEVICE_ARGUMENT,
  groupOf,
  notEmpty,
  teamCommand,
  YES,
} from "../command.ts";
import type { ClientOptions, TeamOptions } from "../command.ts";
import { CliError } from "../failure.ts";
import { describeDevice, isLastOwner, LAST_OWNER, resolveDevice, short } from "../resolve.ts";
import { answer, answerChanged, confirm, note, withClient, withTeam } from "../session.ts";
import { printable } from "../terminal.ts";

export function deviceCommand(): Command {
  return groupOf(
    {
      path: "device",
      summary: "this device's keys and id; add and remove devices of a team",
      description:
        "This device's keys and id, and the devices of a team. Keys never leave the daemon: what is printed here is public.",
    },
    [init(), id(), bundle(), add(), remove()],
  );
}

function init(): Command {
  return clientCommand({
    path: "device init",
    summary: "make this device's keys, if it has none",
    description: "Makes this device's keys if it has none, and prints its id: the same one ever after.",
    examples: ["device init", "device init --bundle sensor.bundle"],
  })
    .option("--bundle <file>", "write its key bundle there as well, as text", notEmpty)
    .action(async (options: ClientOptions & { bundle?: string }) => {
      await withClient(options, async (client) => {
        const deviceId = await client.initDevice();
        if (options.bundle !== undefined) {
          writeFileSync(options.bundle, serializeKeyBundle("text", await client.getKeyBundle()));
        }
        answer(options, "device.id/1", { deviceId }, () => deviceId);
      });
    });
}

function id(): Command {
  return clientCommand({
    path: "device id",
    summary: "print this device's id",
    description: "Prints this device's id.",
    examples: ["device id", "device id --format hex"],
  })
    .addOption(new Option("--format <format>", "how").choices(["base58", "hex"]).default("base58"))
    .action(async (options: ClientOptions & { format: "base58" | "hex" }) => {
      await withClient(options, async (client) => {
        const deviceId = await client.getDeviceId();
        const spelled = (): string => Buffer.from(serializeId(options.format, deviceId)).toString();
        answer(options, "device.id/1", { deviceId }, spelled);
      });
    });
}

function bundle(): Command {
  return clientCommand({
    path: "device bundle",
    summary: "print this device's public keys, for whoever adds it to a team",
    description:
      "Prints this device's key bundle: its public keys, signed. Hand it to whoever adds the device, over a way on which " +
      "nobody can put another in its place.",
    examples: [
      "device bundle",
      "device bundle --output sensor.bundle",
      "device bundle --format cbor > sensor.cbor",
    ],
  })
    .addOption(
      new Option("--format <format>", "text survives mail and terminals")
        .choices(["text", "cbor"])
        .default("text"),
    )
    .option("--output <file>", "there instead of to stdout", notEmpty)
    .action(async (options: ClientOptions & { format: "text" | "cbor"; output?: string }) => {
      await withClient(options, async (client) => {
        const keyBundle = await client.getKeyBundle();
        const [bytes, text] = [serializeKeyBundle(options.format, keyBundle), bundleText(keyBundle)];
        if (options.output !== undefined) writeFileSync(options.output, bytes);
        if (options.json === true) {
          const deviceId = await client.getDeviceId();
          answer(options, "device.bundle/1", { deviceId, keyBundle: text }, () => "");
        } else if (options.output === undefined) {
          process.stdout.write(bytes);
        }
      });
    });
}

interface AddOptions extends TeamOptions {
  readonly name: string;
  readonly role?: Exclude<Role, "sync">;
  readonly label?: string[];
  readonly net?: string;
}

function add(): Command {
  return teamCommand({
    path: "device add",
    summary: "add a device to a team by its key bundle, with role, labels and network name",
    description:
      "Adds a device to a team by its key bundle, with the role sync; then gives it what the options say, as far as this " +
      "device may. Where one of those is refused the device stays added, and the error says what is missing.",
    examples: [
      "device add sensor.bundle --name sensor",
      "device add sensor.bundle --name sensor --role user --label telemetry --net 192.0.2.7",
      "device add - --name sensor < sensor.bundle",
    ],
  })
    .argument("<bundle-file>", "text or CBOR as `device bundle` writes it; - for stdin")
    .requiredOption("--name <name>", "its common name, for people, up to 64 bytes")
    .addOption(new Option("--role <role>", "its role").choices(ROLES.filter((role) => role !== "sync")))
    .option("--label <label>", "a label it gets; may be repeated", collect)
    .option("--net <address>", `its network name: ${ADDRESS_ARGUMENT}`)
    .action(async (file: string, options: AddOptions) => {
      const keyBundle = readBundle(file);
      await withTeam(options, async (client, teamId) => {
        const { name, role, label: labels = [], net } = options;
        const deviceId = await client.addDevice(teamId, keyBundle, name);
        const steps: [string, () => Promise<unknown>][] = [];
        if (role !== undefined) steps.push([`role ${role}`, () => client.assignRole(teamId, deviceId, role)]);
        for (const label of labels)
          steps.push([`label ${label}`, () => client.assignLabel(teamId, deviceId, label)]);
        if (net !== undefined)
          steps.push([`network name ${net}`, () => client.assignNetworkName(teamId, deviceId, net)]);
        for (const [i, [, step]] of steps.entries()) {
          try {
            await step();
          } catch (error) {
            const missing = steps.slice(i).map(([what]) => what);
            note(`${name} was added as ${deviceId}, but not given: ${missing.join(", ")}`);
            throw error;
          }
        }
        const body = { teamId, deviceId, commonName: name, role: role ?? "sync", labels, netIdentifier: net };
        answer(options, "device.added/1", body, () => deviceId);
      });
    });
}

function remove(): Command {
  return teamCommand({
    path: "device remove",
    summary: "remove a device from a team",
    description:
      "Removes a device from a team with its role, labels and network name, and closes its channels. With self this device " +
      "leaves. It can be added again with the same keys only by somebody who may.",
    examples: ["device remove sensor", "device remove 7kfQ --yes"],
  })
    .argument("<device>", DEVICE_ARGUMENT)
    .option(...YES)
    .action(async (given: string, options: TeamOptions & { yes?: true }) => {
      await withTeam(options, async (client, teamId) => {
        const deviceId = await resolveDevice(client, teamId, given);
        const who = await describeDevice(client, teamId, deviceId);
        if (await isLastOwner(client, teamId, deviceId)) note(`warning: ${who}: ${LAST_OWNER}`);
        await confirm(`${who} will be removed from team ${short(teamId)}`, options.yes === true);
        const changed = await client.removeDevice(teamId, deviceId);
        answerChanged(options, "device.removed/1", changed, `${who} removed`, { teamId, deviceId });
      });
    });
}

/** Armoured text. */
export function bundleText(keyBundle: KeyBundle): string {
  return Buffer.from(serializeKeyBundle("text", keyBundle)).toString();
}

/** CBOR begins with an array of five, text never does. */
const CBOR_FIRST_BYTE = 0x85;

/** Of either kind. Throws `CliError`. */
export function readBundle(file: string): KeyBundle {
  const path = file === "-" ? 0 : file;
  if (path !== 0 && statSync(path).size > LIMITS.keyBundleTextBytesMax) throw notABundle(file, "too long");
  const bytes = readFileSync(path);
  try {
    return deserializeKeyBundle(bytes[0] === CBOR_FIRST_BYTE ? "cbor" : "text", bytes);
  } catch (error) {
    throw notABundle(file, (error as Error).message);
  }
}

function notABundle(file: string, why: string): CliError {
  return new CliError(
    "InvalidArgument",
    `${printable(file)} is no key bundle: ${why}`,
    "have it made again on the device: aranya-edge device bundle",
  );
}
