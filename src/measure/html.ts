/** A report as one page: what matters as tiles, then topic by topic a picture and all figures, then the machine. */
import { escapeHtml } from "../base/html.ts";
import { bars, distributions, key, swatch, verdictFill } from "./charts.ts";
import type { Row } from "./charts.ts";
import { formatValue, instant } from "./format.ts";
import { page, section, table } from "./page.ts";
import type { Figure, MachineFacts, Report } from "./report.ts";
import { byId, KEY_FIGURES, LATENCIES, memoryStates, ofTopic, show, stateLabel, TOPICS } from "./topics.ts";
import type { FigureMap, Topic } from "./topics.ts";

export function reportHtml(report: Report): string {
  const { machine, product, figures } = report;
  const found = byId(report);
  const title = `aranya-edge on ${machine.host}`;
  return page(
    title,
    [
      `<h1>${escapeHtml(title)}</h1>`,
      `<p class="soft">Version ${escapeHtml(product.version)}, Node ${escapeHtml(product.node)}, ${escapeHtml(machine.arch)}. Measured ${escapeHtml(instant(report.startedAt))} by the device's clock, in ${formatValue(report.seconds * 1000, "ms")}${report.quick ? ", a quick run" : ""}.</p>`,
      `<p>${verdictCounts(report)}</p>`,
      warnings(report),
      tiles(found),
      ...TOPICS.flatMap((topic) => {
        const of = ofTopic(topic, figures);
        return of.length === 0
          ? []
          : [section(topic.title, topic.text, picture(topic, of, found) + allOf(of))];
      }),
      section("The machine", "", facts(machine, report)),
    ].join("\n"),
  );
}

/** HTML: how many of each verdict, the worst first. */
export function verdictCounts({ figures }: Report): string {
  const counts = (["poor", "fair", "good"] as const).flatMap((verdict) => {
    const n = figures.filter((figure) => figure.verdict === verdict).length;
    return n === 0 ? [] : [`<span class="verdict ${verdict}">${n} ${verdict}</span>`];
  });
  return counts.join(" ");
}

function warnings({ notes, skipped }: Report): string {
  if (notes.length + skipped.length === 0) return "";
  const items = [
    ...notes.map((note) => `<li>${escapeHtml(note)}</li>`),
    ...skipped.map(({ what, reason }) => `<li>not measured: ${escapeHtml(what)}: ${escapeHtml(reason)}</li>`),
  ];
  return section("To know first", "", `<ul>${items.join("")}</ul>`, "warn");
}

function tiles(found: FigureMap): string {
  const all = KEY_FIGURES.flatMap(([id, label]) => {
    const figure = found.get(id);
    if (figure === undefined) return [];
    const { verdict, rule } = figure;
    return [
      `<div class="tile ${verdict ?? ""}"><span class="label">${escapeHtml(label)}</span><b>${escapeHtml(show(figure))}</b>${
        verdict === undefined
          ? ""
          : `<span class="verdict ${verdict}">${verdict}</span> <small class="soft">${escapeHtml(rule ?? "")}</small>`
      }</div>`,
    ];
  });
  return `<div class="tiles">${all.join("\n")}</div>`;
}

function picture(topic: Topic, figures: readonly Figure[], found: FigureMap): string {
  switch (topic.title) {
    case "Memory":
      return memoryPicture(figures, found);
    case "Storage speed":
      return storagePicture(found);
    case "Processor":
      return simplePicture(figures.filter(({ unit }) => unit === "us"));
    case "Disk":
      return simplePicture(figures.filter(({ id }) => /^disk\/(keys|commands-\d+)$/.test(id)));
    default:
      return simplePicture(figures.filter(({ unit }) => unit === "ms"));
  }
}

function memoryPicture(figures: readonly Figure[], found: FigureMap): string {
  const rows = memoryStates(figures).map((state): Row => {
    const of = (kind: string): number => found.get(`memory/${state}/${kind}`)?.value ?? 0;
    const [anonymous, pss, rss, peak] = [of("anonymous"), of("pss"), of("rss"), of("peak")];
    const main = anonymous > 0 ? anonymous : rss;
    const mb = (value: number): string => formatValue(value, "B");
    return {
      name: stateLabel(state),
      value: mb(main),
      label: `anonymous ${mb(anonymous)}, PSS ${mb(pss)}, RSS ${mb(rss)}, peak ${mb(peak)}`,
      parts: [
        { value: anonymous, className: "one" },
        { value: Math.max(0, pss - anonymous), className: "two" },
        { value: rss - Math.max(pss, anonymous), className: "three" },
      ],
      ...(peak > 0 ? { tick: peak } : {}),
    };
  });
  const most = Math.max(0, ...figures.filter(({ id }) => /\/(rss|peak)$/.test(id)).map(({ value }) => value));
  return (
    key([
      [swatch("one"), "anonymous (the number)"],
      [swatch("two"), "PSS"],
      [swatch("three"), "RSS"],
      [`<rect class="tick" x="10" width="2" height="11"/>`, "peak RSS"],
    ]) + bars(rows, most)
  );
}

function storagePicture(found: FigureMap): string {
  const curves = LATENCIES.flatMap(([prefix, name]) => {
    const quantiles = found.get(`${prefix}/p50`)?.quantiles;
    return quantiles === undefined ? [] : [{ name, quantiles }];
  });
  const tails = LATENCIES.flatMap(([prefix, name]) => {
    const [p50, p99] = [found.get(`${prefix}/p50`), found.get(`${prefix}/p99`)];
    return p50 === undefined || p99 === undefined ? [] : [{ name, p50, p99 }];
  });
  const most = Math.max(0, ...tails.map(({ p99 }) => p99.value));
  const rows = tails.map(({ name, p50, p99 }): Row => ({
    name,
    value: `${show(p50)}, ${show(p99)}`,
    label: `median ${show(p50)}, 99 of 100 within ${show(p99)}`,
    parts: [
      { value: p50.value, className: verdictFill(p50.verdict) },
      { value: p99.value - p50.value, className: "three" },
    ],
  }));
  const keys = key([
    [swatch("goodfill"), "median"],
    [swatch("three"), "99 of 100 within"],
  ]);
  return (
    (rows.length === 0 ? "" : keys + bars(rows, most)) +
    (curves.length === 0 ? "" : distributions("Part of all that took at most so long", "ms", curves))
  );
}

function simplePicture(figures: readonly Figure[]): string {
  const most = Math.max(0, ...figures.map(({ value, floor }) => Math.max(value, floor ?? 0)));
  const hasFloor = figures.some(({ floor }) => floor !== undefined);
  const floorKey: readonly [string, string] = [
    `<rect class="tick" x="10" width="2" height="11"/>`,
    "the runtime alone",
  ];
  return (
    (hasFloor ? key([floorKey]) : "") +
    bars(
      figures.map((figure) => ({
        name: nameOf(figure.id),
        value: show(figure),
        label: `${figure.what}: ${show(figure)}`,
        parts: [{ value: figure.value, className: verdictFill(figure.verdict) }],
        ...(figure.floor === undefined ? {} : { tick: figure.floor }),
      })),
      most,
    )
  );
}

const NAMES: Readonly<Record<string, string>> = {
  "cpu/channel-open": "a channel opened",
  "cpu/small/sent": "64 B sent",
  "cpu/small/received": "64 B received",
  "cpu/datagram/sent": "datagram sent",
  "cpu/datagram/received": "datagram received",
  "cpu/command/authored": "command made",
  "cpu/command/synced": "command got by sync",
  "cpu/command/served": "command served by sync",
  "cpu/action": "action, durable",
  "disk/keys": "no team",
  "start/answer": "daemon, to first answer",
  "start/version": "--version",
  "start/bare-node": "node -e 0",
};

function nameOf(id: string): string {
  return NAMES[id] ?? stateLabel(id.slice(id.indexOf("/") + 1));
}

function allOf(figures: readonly Figure[]): string {
  const rows = figures.map((f) => [
    {
      html: escapeHtml([f.what, f.note].filter((text) => text !== undefined).join("; ")),
      className: "w" as const,
    },
    { html: escapeHtml(show(f)), className: "n" as const },
    { html: f.floor === undefined ? "" : escapeHtml(formatValue(f.floor, f.unit)), className: "n" as const },
    {
      html: f.verdict === undefined ? "" : `<span class="verdict ${f.verdict}">${f.verdict}</span>`,
    },
  ]);
  const head = [
    { html: "what" },
    { html: "value", className: "n" as const },
    { html: "floor", className: "n" as const },
    { html: "" },
  ];
  return `<details><summary>All ${figures.length} figures</summary>${table(head, rows)}</details>`;
}

function facts(machine: MachineFacts, { product }: Report): string {
  return table(
    [],
    factRows(machine, product).map((row) => row.map((html) => ({ html: escapeHtml(html) }))),
    "facts",
  );
}

/** Name and value, text. */
export function factRows(machine: MachineFacts, product: Report["product"]): [string, string][] {
  const b = (value: number): string => formatValue(value, "B");
  return [
    ["Host", machine.host],
    ["Processor", `${machine.cpu}, ${machine.cores} cores, ${machine.arch}`],
    ["Memory", `${b(machine.memoryBytes)}, ${b(machine.memoryAvailableBytes)} available when it began`],
    [
      "Control group",
      machine.cgroup === "none"
        ? "none"
        : `${machine.cgroup}, ${b(machine.cgroupBytes)} in use, ${machine.cgroupLimitBytes === 0 ? "no limit" : `limit ${b(machine.cgroupLimitBytes)}`}`,
    ],
    ["System", `${machine.system}, ${machine.kernel}`],
    ["Storage", `${machine.fileSystem} on ${machine.device}, ${b(machine.freeBytes)} free`],
    ["Load", `${machine.loadBefore} before, ${machine.loadAfter} after`],
    [
      "Product",
      `${product.version} (${product.commit}), ${product.kind} of ${b(product.bytes)}, Node ${product.node}`,
    ],
    ...(machine.emulator === "" ? [] : ([["Emulator", machine.emulator]] as [string, string][])),
  ];
}
