/**
 * What Prometheus itself says of the rules, the example of its configuration, and our metrics; and whether each alert fires when
 * it should and not otherwise. promtool is in Debian's package prometheus, of which no more than that one file is needed.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { which } from "../../../cross/process.ts";
import { Samples } from "../../../src/daemon/metrics/samples.ts";
import { METRICS, metricDefinition } from "../../../src/daemon/metrics/table.ts";
import type { MetricName } from "../../../src/daemon/metrics/table.ts";
import { readText, ROOT } from "../../support/source-tree.ts";
import { ALERT_CASES, selectorOf, TARGET } from "./alert-cases.ts";
import type { AlertCase } from "./alert-cases.ts";

const ALERTS = readText("deploy/observability/alerts.yaml");
const NAMES = [...ALERTS.matchAll(/^ {6}- alert: (\w+)$/gm)].map(([, name]) => name!);

const directory = mkdtempSync(join(tmpdir(), "promtool-"));
afterAll(() => rmSync(directory, { recursive: true }));

const program = which("promtool");

/** Where there is none, .ci/run fetches it. */
function promtoolTest(title: string, run: () => void): void {
  if (program !== undefined) test(title, run);
  else test(`not possible on this machine: ${title} (no promtool)`, () => undefined);
}

function promtool(args: readonly string[], input = ""): { isGood: boolean; said: string } {
  const { status, stdout, stderr, error } = spawnSync(program!, args, { encoding: "utf8", input });
  if (error !== undefined) throw error;
  return { isGood: status === 0, said: stdout + stderr };
}

promtoolTest("promtool takes the rules, and the example of a configuration with them", () => {
  for (const [kind, path] of [
    ["rules", "alerts.yaml"],
    ["config", "prometheus.yaml"],
  ] as const) {
    const { isGood, said } = promtool(["check", kind, join(ROOT, "deploy/observability", path)]);
    expect(isGood, said).toBe(true);
    expect(said).toContain(`SUCCESS: ${kind === "rules" ? `${NAMES.length} rules` : "1 rule files"} found`);
  }
  writeFileSync(
    join(directory, "alerts.yaml"),
    ALERTS.replace("up{job=", "rate(up{job=").replace("== 0", "== 0)"),
  );
  copyFileSync(join(ROOT, "deploy/observability/prometheus.yaml"), join(directory, "prometheus.yaml"));
  for (const args of [
    ["rules", "alerts.yaml"],
    ["config", "prometheus.yaml"],
  ])
    expect(promtool(["check", args[0]!, join(directory, args[1]!)]).isGood, "planted").toBe(false);
});

/** Every family, as the older text format has it, which is what promtool reads: counters are called with their `_total`. */
function metricsText(): string {
  const samples = new Samples();
  for (const name of Object.keys(METRICS) as MetricName[]) {
    const labels = Object.entries(metricDefinition(name).labels).map(
      ([label, values]) => [label, "is" in values ? "x" : values[0]!] as const,
    );
    if (name !== "metrics_series_left_out") samples.add(name, 1, Object.fromEntries(labels));
  }
  const text = samples.text();
  const counters = [...text.matchAll(/^# TYPE (\S+) counter$/gm)].map(([, name]) => name!);
  return counters
    .reduce((all, name) => all.replaceAll(new RegExp(`^(# (?:TYPE|HELP) ${name}) `, "gm"), "$1_total "), text)
    .replace(/^# (UNIT|EOF).*\n/gm, "");
}

promtoolTest("promtool finds nothing to say against names, types, units and words of the metrics", () => {
  const text = metricsText();
  expect(text.match(/^# TYPE /gm)).toHaveLength(Object.keys(METRICS).length);
  expect(promtool(["check", "metrics"], text)).toEqual({ isGood: true, said: "" });
  for (const [what, instead, said] of [
    ["# HELP aranya_edge_uptime_seconds", "# no help", /uptime_seconds no help/],
    ["_storage_written_bytes_total", "_storage_written_megabytes_total", /base unit/],
    ["_rekeys_total", "_rekeys", /counter metrics should have "_total"/],
  ] as const)
    expect(promtool(["check", "metrics"], text.replaceAll(what, instead)).said, what).toMatch(said);
});

test("every alert has a device on which it fires, and one on which it does not", () => {
  expect(ALERT_CASES.map(({ name }) => name)).toEqual(NAMES);
});

function runbookOf(name: string): string {
  const rule = ALERTS.slice(ALERTS.indexOf(`- alert: ${name}\n`));
  return /^ {10}runbook: "(.*)"$/m.exec(rule)![1]!;
}

function severityOf(name: string): string {
  return /severity: (\w+)/.exec(ALERTS.slice(ALERTS.indexOf(`- alert: ${name}\n`)))![1]!;
}

function ruleTests({ name, sick, healthy, at, notYet, step = 1, labels, summary }: AlertCase): object[] {
  const fires = {
    exp_labels: { ...TARGET, ...labels, severity: severityOf(name) },
    exp_annotations: { summary, runbook: runbookOf(name) },
  };
  const seriesOf = (all: AlertCase["sick"]): object[] =>
    all.map((series) => ({ series: selectorOf(series), values: series[2] }));
  const at_ = (minutes: number, alerts: readonly object[]): object => ({
    eval_time: `${minutes}m`,
    alertname: name,
    exp_alerts: alerts,
  });
  return [
    {
      name: `${name} sick`,
      interval: `${step}m`,
      input_series: seriesOf(sick),
      alert_rule_test: [at_(at, [fires]), ...(notYet === undefined ? [] : [at_(notYet, [])])],
    },
    {
      name: `${name} healthy`,
      interval: `${step}m`,
      input_series: seriesOf(healthy),
      alert_rule_test: [...(notYet === undefined ? [] : [at_(notYet, [])]), at_(at, [])],
    },
  ];
}

/** JSON is YAML. */
function testRules(alerts: string): { isGood: boolean; said: string } {
  writeFileSync(join(directory, "rules.yaml"), alerts);
  const files = [1, 10].map((minutes) => {
    const tests = ALERT_CASES.filter(({ step = 1 }) => step === minutes).flatMap(ruleTests);
    const path = join(directory, `every-${minutes}.yaml`);
    const evaluated = { rule_files: ["rules.yaml"], evaluation_interval: `${minutes}m`, tests };
    writeFileSync(path, JSON.stringify(evaluated));
    return path;
  });
  return promtool(["test", "rules", ...files]);
}

promtoolTest(
  "each alert fires on the device that has what it is for, in time and in its words, and on no other",
  () => {
    const { isGood, said } = testRules(ALERTS);
    expect(said).not.toContain("FAILED");
    expect(isGood, said).toBe(true);
  },
);

promtoolTest("planted: alerts that never fire, that always do, and that do not wait are each noticed", () => {
  const failing = (alerts: string): string[] => {
    const { said } = testRules(alerts);
    return NAMES.filter((name) => new RegExp(`alertname: ${name},`).test(said));
  };
  expect(failing(ALERTS.replace(/^ {8}expr: .*$/gm, "        expr: vector(0) > 1"))).toEqual(NAMES);
  expect(failing(ALERTS.replace(/ (?:>|>=|==) [\d.e]+$/gm, " >= -1"))).toEqual(NAMES);
  const waiting = ALERTS.split(/(?=^ {6}- alert: )/m).filter((rule) => /^ {8}for: /m.test(rule));
  expect(failing(ALERTS.replace(/^ {8}for: .*\n/gm, ""))).toEqual(
    waiting.map((rule) => /alert: (\w+)/.exec(rule)![1]!).filter((name) => NAMES.includes(name)),
  );
});
