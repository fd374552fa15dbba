/** Reports of several devices side by side: on a terminal, and as one page. `files`: where they were read from. */
import { escapeHtml } from "../base/html.ts";
import { bars, verdictFill } from "./charts.ts";
import { instant, plain } from "./format.ts";
import { factRows, verdictCounts } from "./html.ts";
import { page, section, table } from "./page.ts";
import type { Cell } from "./page.ts";
import type { Figure, Report } from "./report.ts";
import { isMoreBetter } from "./judge.ts";
import { byId, KEY_FIGURES, names, show } from "./topics.ts";

export function compareText(reports: readonly Report[], files: readonly string[]): string {
  const hosts = names(reports, files).map(plain);
  const maps = reports.map(byId);
  const width = Math.max(4, ...hosts.map((host) => host.length));
  const lines = KEY_FIGURES.flatMap(([id, label]) => {
    const rows = maps.flatMap((map, i) => {
      const figure = map.get(id);
      return figure === undefined
        ? []
        : [`  ${hosts[i]!.padEnd(width)}  ${show(figure).padStart(12)}  ${figure.verdict ?? ""}`.trimEnd()];
    });
    return rows.length === 0 ? [] : [label, ...rows];
  });
  const marked = reports.flatMap(({ machine, quick }, i) => {
    const marks = marksOf(machine.emulator, quick);
    return marks === "" ? [] : [`${hosts[i]!}: ${plain(marks)}`];
  });
  return `${[...lines, ...marked].join("\n")}\n`;
}

function marksOf(emulator: string, isQuick: boolean): string {
  return [
    ...(emulator === "" ? [] : [`under ${emulator}: no time or speed of the real machine`]),
    ...(isQuick ? ["a quick run"] : []),
  ].join(", ");
}

export function compareHtml(reports: readonly Report[], files: readonly string[]): string {
  const hosts = names(reports, files);
  const maps = reports.map(byId);
  const count = `${reports.length} ${reports.length === 1 ? "device" : "devices"}`;
  return page(
    `aranya-edge on ${count}`,
    [
      `<h1>aranya-edge on ${count}</h1>`,
      section("At a glance", "", overview(reports, hosts)),
      `<div class="pair">`,
      ...KEY_FIGURES.flatMap(([id, label]) => {
        const rows = maps.flatMap((map, i) => {
          const figure = map.get(id);
          const mark = reports[i]!.machine.emulator === "" ? "" : ", emulated";
          return figure === undefined ? [] : [{ host: hosts[i]! + mark, figure }];
        });
        if (rows.length === 0) return [];
        return [section(label, rows[0]!.figure.what + direction(rows[0]!.figure), chart(rows))];
      }),
      "</div>",
      section("The machines", "", machines(reports, hosts)),
    ].join("\n"),
    true,
  );
}

function direction({ unit }: Figure): string {
  return isMoreBetter(unit) ? ". More is better." : ". Less is better.";
}

function chart(rows: readonly { host: string; figure: Figure }[]): string {
  const most = Math.max(...rows.map(({ figure }) => figure.value));
  return bars(
    rows.map(({ host, figure }) => ({
      name: host,
      value: [show(figure), ...(figure.verdict === undefined ? [] : [figure.verdict])].join(", "),
      label: `${host}: ${show(figure)}`,
      parts: [{ value: figure.value, className: verdictFill(figure.verdict) }],
    })),
    most,
  );
}

function overview(reports: readonly Report[], hosts: readonly string[]): string {
  const rows = reports.map((report, i): Cell[] => {
    const marks = [
      marksOf(report.machine.emulator, report.quick),
      ...report.skipped.map(({ what, reason }) => `not measured: ${what}: ${reason}`),
      ...report.notes,
    ].filter((text) => text !== "");
    return [
      { html: escapeHtml(hosts[i]!) },
      { html: verdictCounts(report) },
      { html: escapeHtml(report.product.version) },
      { html: escapeHtml(report.machine.arch) },
      { html: escapeHtml(instant(report.startedAt)) },
      { html: `<small class="soft">${escapeHtml(marks.join("; "))}</small>`, className: "w" },
    ];
  });
  return table(
    ["device", "", "version", "", "when", ""].map((html) => ({ html })),
    rows,
  );
}

function machines(reports: readonly Report[], hosts: readonly string[]): string {
  return reports
    .map(({ machine, product }, i) => {
      const rows = factRows(machine, product).map((row) => row.map((text) => ({ html: escapeHtml(text) })));
      return `<details><summary>${escapeHtml(hosts[i]!)}</summary>${table([], rows, "facts")}</details>`;
    })
    .join("\n");
}
