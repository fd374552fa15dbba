/** Metrics, for who asks on the Unix socket or, where it is configured, over HTTP. What makes and serves them is loaded then. */
import type { Address } from "../../base/address.ts";
import type { Clock } from "../../base/time.ts";
import type { MetricsHttp } from "../../io/metrics-http.ts";
import type { MetricsSources } from "./sources.ts";

export interface MetricsServiceOptions {
  readonly clock: Clock;
  readonly sources: MetricsSources;
  readonly bug: (error: unknown) => void;
}

export class MetricsService {
  readonly #options: MetricsServiceOptions;
  #listener: MetricsHttp | undefined;

  constructor(options: MetricsServiceOptions) {
    this.#options = options;
  }

  async text(): Promise<string> {
    const { metricsText } = await import("./collect.ts");
    return metricsText(this.#options.sources);
  }

  /** With the port the system picked; undefined while it does not listen. */
  get address(): Address | undefined {
    return this.#listener?.address;
  }

  /** Throws `TransportError`. */
  async listen(address: Address): Promise<void> {
    const { clock, sources, bug } = this.#options;
    const [{ listenMetrics }, { metricsText }] = await Promise.all([
      import("../../io/metrics-http.ts"),
      import("./collect.ts"),
    ]);
    this.#listener = await listenMetrics({ address, clock, bug, text: () => metricsText(sources) });
  }

  async stopListening(): Promise<void> {
    await this.#listener?.close();
    this.#listener = undefined;
  }
}
