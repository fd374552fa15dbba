/** `aranya-edge config`: the daemon's configuration file. */
import type { Command } from "commander";
import { ConfigFileError, readConfigFile } from "../../daemon/config-file.ts";
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
      description: "The daemon's configuration file: JSON.",
    },
    [check()],
  );
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
          "correct it; the daemon does not start with it",
          EXIT.config,
        );
      }
    });
}
