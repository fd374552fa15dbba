/** `aranya-edge config`: the daemon's configuration file. */
import type { Command } from "commander";
import { wrapped } from "../../base/wrap.ts";
import { ConfigFileError, readConfigFile } from "../../daemon/config-file.ts";
import { daemonConfigFileSchema } from "../../ipc/config.ts";
import { CONFIG_DOCS, settingsOf } from "../../ipc/config-docs.ts";
import { groupOf, newCommand, notEmpty } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { CliError } from "../failure.ts";
import { answer } from "../session.ts";
import { count, printable } from "../terminal.ts";

export function configCommand(): Command {
  return groupOf(
    {
      path: "config",
      summary: "check a configuration file before the daemon meets it",
      description: "The daemon's configuration file: JSON. Everything is optional.",
    },
    [check()],
  ).addHelpText("after", settingsText);
}

/** Each setting with what it is when nobody asks for it, and an example. */
export function configSettings(): (readonly [path: string, text: string])[] {
  return settingsOf(daemonConfigFileSchema, CONFIG_DOCS).flatMap((entry) => {
    if (!("schema" in entry)) return [];
    const { doc, default: otherwise = "none, it has to be given", example } = entry.doc;
    return [[entry.path, `${doc} Default: ${otherwise}. Such as: ${JSON.stringify(example)}`] as const];
  });
}

function settingsText(): string {
  const rows = configSettings().map(([path, text]) => `  ${path}\n      ${wrapped(text, 6)}`);
  return `\nSettings:\n${rows.join("\n")}`;
}

function check(): Command {
  return newCommand({
    path: "config check",
    summary: "say whether the daemon would start with this file, and what is wrong with it",
    description:
      "Reads a configuration file as the daemon does, and says which setting is wrong and what it may be. It opens no port: " +
      "doctor does.",
    examples: ["config check /etc/aranya-edge/config.json && systemctl reload aranya-edge"],
    exitCodes: "0 the file is good, 64 bad usage, 78 it is not",
  })
    .argument("<file>", "as given to daemon --config", notEmpty)
    .option("--json", "JSON, one object, as docs/cli-json.md has it")
    .action((file: string, options: { json?: true }) => {
      try {
        const { syncPeers = [], ...settings } = readConfigFile(file);
        answer(options, "config.check/1", { file, settings, syncPeers }, () =>
          printable(`${file}: good, ${count(syncPeers.length, "sync peer")}`),
        );
      } catch (error) {
        if (!(error instanceof ConfigFileError)) throw error;
        throw new CliError(
          "BadConfig",
          error.message,
          "correct it; the daemon does not start with it. Settings: aranya-edge config --help",
          EXIT.config,
        );
      }
    });
}
