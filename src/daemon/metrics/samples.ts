/**
 * The numbers of one answer, as OpenMetrics 1.0 text (https://prometheus.io/docs/specs/om/open_metrics_spec/). Each sample
 * becomes its line at once; the lines of a family are joined at the end, in the order of the table.
 */
import { assert } from "../../base/assert.ts";
import { LIMITS } from "../../base/limits.ts";
import { familyName, metricDefinition, METRICS, sampleName } from "./table.ts";
import type { LabelValues, MetricName } from "./table.ts";

/** Names of the table, its words and the end: what the bytes of samples come on top of. */
const FRAME_BYTES = 32 * 1024;

export type SamplesLimits = Record<"metricsSeriesMax" | "metricsTextBytesMax", number>;

export class Samples {
  readonly #limits: SamplesLimits;
  /** Of each family. */
  readonly #lines = new Map<MetricName, string>();
  #series = 0;
  #bytes = FRAME_BYTES;
  #leftOut = 0;

  constructor(limits: SamplesLimits = LIMITS) {
    this.#limits = limits;
  }

  /** Nothing where there is no number. What goes beyond the limits is left out and counted. Labels in the order of the table. */
  add<Name extends MetricName>(name: Name, value: number | undefined, labels: LabelValues<Name>): void {
    if (value === undefined) return;
    const line = `${sampleName(name)}${labelsText(labels as Readonly<Record<string, string>>)} ${numberText(value)}\n`;
    const bytes = Buffer.byteLength(line);
    const limits = this.#limits;
    // One more is always written: how many were left out.
    const isOver =
      this.#series + 1 >= limits.metricsSeriesMax || this.#bytes + bytes > limits.metricsTextBytesMax;
    if (isOver) {
      this.#leftOut++;
      return;
    }
    this.#series++;
    this.#bytes += bytes;
    this.#lines.set(name, (this.#lines.get(name) ?? "") + line);
  }

  /** Families without a sample are not mentioned. */
  text(): string {
    this.#lines.set(
      "metrics_series_left_out",
      `${sampleName("metrics_series_left_out")} ${String(this.#leftOut)}\n`,
    );
    let text = "";
    let frameBytes = 0;
    for (const name of Object.keys(METRICS) as MetricName[]) {
      const lines = this.#lines.get(name);
      if (lines === undefined) continue;
      const head = headText(name);
      frameBytes += head.length;
      text += head + lines;
    }
    assert(frameBytes + 128 <= FRAME_BYTES, "what stands around the samples fits what is kept for it");
    return `${text}# EOF\n`;
  }
}

function headText(name: MetricName): string {
  const { type, unit, help } = metricDefinition(name);
  const family = familyName(name);
  const unitLine = unit === undefined ? "" : `# UNIT ${family} ${unit}\n`;
  return `# TYPE ${family} ${type}\n${unitLine}# HELP ${family} ${escapeText(help)}\n`;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([label, value]) => `${label}="${escapeText(value)}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

export function escapeText(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`));
}

/** As the specification spells them; JavaScript's other forms are all right. */
export function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}
