/** The text metrics become: as strict a reader as OpenMetrics asks for takes it, whatever is in it. */
import { expect, test } from "vitest";
import { LIMITS } from "../../../../src/base/limits.ts";
import { parseMetrics } from "../../../../src/cli/open-metrics.ts";
import { escapeText, numberText, Samples } from "../../../../src/daemon/metrics/samples.ts";
import { METRICS, metricDefinition, sampleName, seriesMax } from "../../../../src/daemon/metrics/table.ts";
import type { MetricName } from "../../../../src/daemon/metrics/table.ts";
import { readOpenMetrics, valueOf } from "../../../support/open-metrics.ts";

const NAMES = Object.keys(METRICS) as MetricName[];
/** As long as ids and addresses get. */
const team = (i: number): string => `${i}`.padEnd(44, "t");
const peer = (i: number): string => `${i}`.padEnd(LIMITS.netIdentifierBytesMax, "p");

/** All series of all metrics that there can be at once, with the longest labels. */
function addAll(samples: Samples): void {
  for (const name of NAMES) {
    const { labels } = metricDefinition(name);
    const isOfPeer = "peer" in labels;
    const rest = Object.entries(labels).filter(([label]) => !(isOfPeer && label === "team"));
    let combinations: Record<string, string>[] = [{}];
    for (const [label, values] of rest) {
      const of = "is" in values ? Array.from({ length: values.max }, (_, i) => i) : values;
      combinations = combinations.flatMap((before) =>
        [...of].map((value) => ({
          ...before,
          [label]: typeof value === "string" ? value : label === "peer" ? peer(value) : team(value),
        })),
      );
    }
    for (const labelled of combinations.slice(0, seriesMax(name))) {
      const all = isOfPeer ? { team: team(0), ...labelled } : labelled;
      samples.add(name, 2 ** 53 - 1, all);
    }
  }
}

test("names, units and words are what OpenMetrics asks for", () => {
  for (const name of NAMES) {
    const { type, unit, help, labels } = metricDefinition(name);
    expect(name, name).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(name.endsWith("_total"), name).toBe(false);
    for (const word of ["bytes", "seconds"]) {
      expect(name.endsWith(`_${word}`), `${name} says its unit`).toBe(unit === word);
    }
    expect(help, name).toMatch(/^[A-Z0-9].*[^.]$/);
    expect(["gauge", "counter"]).toContain(type);
    for (const label of Object.keys(labels)) expect(label).toMatch(/^[a-z]+$/);
  }
});

test("with 64 teams, 256 peers and the longest names everything fits, and is read back", () => {
  const samples = new Samples();
  addAll(samples);
  const text = samples.text();
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(LIMITS.metricsTextBytesMax);
  const families = readOpenMetrics(text);
  expect(families).toHaveLength(NAMES.length);
  expect(valueOf(families, "metrics_series_left_out")).toBe(0);
  for (const name of NAMES.filter((n) => n !== "metrics_series_left_out")) {
    const series = families.flatMap((f) => f.samples).filter((s) => s.name === sampleName(name));
    expect(series, name).toHaveLength(seriesMax(name));
  }
  // What the command reads is the same.
  expect(parseMetrics(text)).toEqual(
    families.map(({ unit, ...rest }) => (unit === undefined ? rest : { ...rest, unit })),
  );
});

test("one series over either limit is left out, and counted", () => {
  const line = Buffer.byteLength(`aranya_edge_team_commands{team="${team(1)}"} 1\n`);
  const framed = 32 * 1024;
  for (const limits of [
    { metricsSeriesMax: 3, metricsTextBytesMax: 1e6 },
    { metricsSeriesMax: 100, metricsTextBytesMax: framed + 2 * line },
  ]) {
    const samples = new Samples(limits);
    for (const i of [1, 2]) samples.add("team_commands", 1, { team: team(i) });
    expect(valueOf(readOpenMetrics(samples.text()), "metrics_series_left_out")).toBe(0);
    samples.add("team_commands", 1, { team: team(3) });
    const families = readOpenMetrics(samples.text());
    expect(valueOf(families, "metrics_series_left_out")).toBe(1);
    expect(families[0]!.samples.map((s) => s.labels["team"])).toEqual([team(1), team(2)]);
  }
});

test("what others chose cannot break out of its label, and every number has its spelling", () => {
  const evil = 'a"} 1\n# EOF\n\\';
  const samples = new Samples();
  samples.add("sync_peer_failures", 0, { team: "t", peer: evil });
  samples.add("uptime_seconds", undefined, {});
  const families = readOpenMetrics(samples.text());
  expect(families[0]!.samples).toEqual([
    { name: "aranya_edge_sync_peer_failures", labels: { team: "t", peer: evil }, value: 0 },
  ]);
  expect(families.map(({ name }) => name)).not.toContain("aranya_edge_uptime_seconds");
  expect(parseMetrics(samples.text())[0]!.samples[0]!.labels).toEqual({ team: "t", peer: evil });
  expect(escapeText('\\"\n')).toBe('\\\\\\"\\n');
  expect([1, 0.5, 1e21, NaN, Infinity, -Infinity].map(numberText)).toEqual([
    "1",
    "0.5",
    "1e+21",
    "NaN",
    "+Inf",
    "-Inf",
  ]);
});

test.each([
  ["no end", "# TYPE a gauge\n# HELP a b\na 1\n"],
  ["something after the end", "# EOF\na 1\n"],
  ["a family that comes again", "# TYPE a gauge\n# HELP a b\na 1\n# TYPE a gauge\n# HELP a b\na 2\n# EOF\n"],
  ["a counter without _total", "# TYPE a counter\n# HELP a b\na 1\n# EOF\n"],
  ["a series twice", '# TYPE a gauge\n# HELP a b\na{x="1",y="2"} 1\na{y="2",x="1"} 1\n# EOF\n'],
  ["an unknown escape", '# TYPE a gauge\n# HELP a b\na{x="\\q"} 1\n# EOF\n'],
  ["a unit that the name has not", "# TYPE a gauge\n# UNIT a bytes\n# HELP a b\na 1\n# EOF\n"],
  ["a negative counter", "# TYPE a counter\n# HELP a b\na_total -1\n# EOF\n"],
  ["an empty line", "# TYPE a gauge\n# HELP a b\n\na 1\n# EOF\n"],
])("the reader that all this is tested with refuses %s", (_, text) => {
  expect(() => readOpenMetrics(text)).toThrow(Error);
});
