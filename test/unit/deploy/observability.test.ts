/** Dashboard, alerts and documentation name what the daemon has: metrics with their type, labels, and label values. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { METRICS_PAGE, metricsTable, withTable } from "../../../cross/metrics-table.ts";
import { METRICS, metricDefinition, sampleName } from "../../../src/daemon/metrics/table.ts";
import type { MetricName } from "../../../src/daemon/metrics/table.ts";
import { ROOT } from "../../support/source-tree.ts";

const file = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const METRIC_OF = new Map((Object.keys(METRICS) as MetricName[]).map((name) => [sampleName(name), name]));
/** Given by whoever scrapes. */
const TARGET_LABELS = ["job", "instance"];

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { expr: string; legendFormat: string }[];
  }[];
  readonly templating: { readonly list: readonly { name: string; type: string; definition?: string }[] };
}
const dashboard = JSON.parse(file("deploy/observability/grafana-dashboard.json")) as Dashboard;
const targets = dashboard.panels.flatMap(({ title, targets: all = [] }) => all.map((t) => ({ ...t, title })));

const alerts = file("deploy/observability/alerts.yaml")
  .split(/^ {6}- alert: /m)
  .slice(1)
  .map((text) => ({
    name: text.split("\n")[0]!,
    expr: /^ {8}expr: (.*)$/m.exec(text)?.[1] ?? "",
    summary: /^ {10}summary: "(.*)"$/m.exec(text)?.[1] ?? "",
    runbook: /^ {10}runbook: "(.*)"$/m.exec(text)?.[1] ?? "",
    severity: /severity: (\w+)/.exec(text)?.[1],
  }));

/** What is wrong with the metrics of a query. */
function wrongIn(expr: string): string[] {
  const wrong: string[] = [];
  const used = [...expr.matchAll(/\b(aranya_edge_\w+)(?:\{([^}]*)\})?/g)];
  for (const [, sample, selector = ""] of used) {
    const name = METRIC_OF.get(sample!);
    if (name === undefined) {
      wrong.push(`there is no ${sample!}`);
      continue;
    }
    const { labels } = metricDefinition(name);
    for (const [, label, operator, value] of selector.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)) {
      if (TARGET_LABELS.includes(label!)) continue;
      const values = labels[label!];
      if (values === undefined) wrong.push(`${sample!} has no label ${label!}`);
      else if (!("is" in values) && !value!.startsWith("$")) {
        const asked = operator!.endsWith("~") ? value!.split("|") : [value!];
        for (const one of asked)
          if (!values.includes(one)) wrong.push(`${sample!}: ${label!} is never ${one}`);
      }
    }
  }
  const functions = [...expr.matchAll(/\b(rate|increase|irate|resets|delta|deriv)\((aranya_edge_\w+)/g)];
  for (const [, name, sample] of functions) {
    const metric = METRIC_OF.get(sample!);
    const type = metric && metricDefinition(metric).type;
    const wants = name === "delta" || name === "deriv" || name === "resets" ? "gauge" : "counter";
    if (type !== undefined && type !== wants) wrong.push(`${name!} of ${sample!}, a ${type}`);
  }
  for (const [, sample] of expr.matchAll(/\b(aranya_edge_\w+_total)\b/g)) {
    if (!new RegExp(`(rate|increase|irate)\\(${sample!}\\b`).test(expr))
      wrong.push(`${sample!} without a rate`);
  }
  const grouped = [...expr.matchAll(/\b(?:by|without) ?\(([^)]*)\)/g)].flatMap(([, list]) =>
    list!.split(","),
  );
  const known = used.flatMap(([, sample]) => labelsOf(sample!));
  for (const label of grouped.map((l) => l.trim())) {
    if (![...known, ...TARGET_LABELS].includes(label)) wrong.push(`grouped by ${label}, which nothing has`);
  }
  return wrong;
}

function labelsOf(sample: string): string[] {
  const name = METRIC_OF.get(sample);
  return name === undefined ? [] : Object.keys(metricDefinition(name).labels);
}

test("every query of the dashboard asks for what there is", () => {
  expect(targets.length).toBeGreaterThan(40);
  for (const { title, expr, legendFormat } of targets) {
    expect(wrongIn(expr), title).toEqual([]);
    const known = [...expr.matchAll(/aranya_edge_\w+/g)].flatMap(([sample]) => labelsOf(sample));
    for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
      expect([...known, ...TARGET_LABELS], `${title}: ${legendFormat}`).toContain(label);
    }
  }
  const { list } = dashboard.templating;
  expect(list.map(({ name }) => name)).toEqual(["datasource", "job", "instance", "team"]);
  for (const { definition = "" } of list) expect(wrongIn(definition)).toEqual([]);
});

test("the dashboard shows every metric but those that name the device itself", () => {
  const shown = targets.map(({ expr }) => expr).join(" ");
  const hidden = [...METRIC_OF.keys()].filter((sample) => !new RegExp(`\\b${sample}\\b`).test(shown));
  expect(hidden.sort()).toEqual(
    [
      "build_info",
      "device_initialised",
      "listening",
      "metrics_series_left_out",
      "sync_peer_age_seconds",
      "sync_peer_commands_received_total",
      "afc_message_bytes_total",
      "team_closed",
      "team_commands_aside",
      "team_heads",
      "team_may_author",
    ]
      .map((name) => `aranya_edge_${name}`)
      .sort(),
  );
});

test("every alert asks for what there is, and says what it means and what to do", () => {
  expect(alerts.length).toBeGreaterThan(15);
  for (const { name, expr, summary, runbook, severity } of alerts) {
    expect(wrongIn(expr), name).toEqual([]);
    expect(expr, name).toMatch(/up\{|aranya_edge_/);
    expect(summary.length, name).toBeGreaterThan(30);
    expect(runbook.length, name).toBeGreaterThan(30);
    expect(["critical", "warning", "info"]).toContain(severity);
    const known = [...expr.matchAll(/aranya_edge_\w+/g)].flatMap(([sample]) => labelsOf(sample));
    for (const [, label] of summary.matchAll(/\$labels\.(\w+)/g)) {
      expect([...known, ...TARGET_LABELS], `${name}: ${summary}`).toContain(label);
    }
  }
});

test.each([
  ["aranya_edge_nothing", "there is no"],
  ['rate(aranya_edge_afc_dropped_total{cause="bored"}[5m])', "is never bored"],
  ['aranya_edge_team_heads{peer="x"}', "has no label peer"],
  ["rate(aranya_edge_team_heads[5m])", "a gauge"],
  ["aranya_edge_afc_cookies_total", "without a rate"],
  ["sum by (colour) (aranya_edge_team_heads)", "grouped by colour"],
])("the check itself finds what is wrong with %s", (expr, what) => {
  expect(wrongIn(expr).join()).toContain(what);
});

test("the documentation lists every metric as it is: npm run metrics", () => {
  const page = file(METRICS_PAGE);
  expect(withTable(page) === page, "the table is stale").toBe(true);
  for (const sample of METRIC_OF.keys()) expect(metricsTable()).toContain(`| \`${sample}\` |`);
});
