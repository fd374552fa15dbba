/** `aranya-edge metrics`: the numbers of the daemon, for whoever has no port to scrape. */
import type { Command } from "commander";
import { clientCommand } from "../command.ts";
import type { ClientOptions } from "../command.ts";
import { parseMetrics } from "../open-metrics.ts";
import { answer, withClient } from "../session.ts";

export function metricsCommand(): Command {
  return clientCommand({
    path: "metrics",
    summary: "print the daemon's metrics as OpenMetrics text",
    description:
      "Prints the daemon's metrics: sync, channels, clients, memory, what was written to flash. As OpenMetrics text, which " +
      "Prometheus and node_exporter's textfile collector read; docs/observability.md says what each means.",
    examples: [
      "metrics",
      "metrics > aranya-edge.prom.new && mv aranya-edge.prom.new aranya-edge.prom",
      "metrics --json",
    ],
  }).action(async (options: ClientOptions) => {
    await withClient(options, async (client) => {
      const text = await client.metrics();
      answer(options, "metrics/1", options.json === true ? { families: parseMetrics(text) } : {}, () =>
        text.trimEnd(),
      );
    });
  });
}
