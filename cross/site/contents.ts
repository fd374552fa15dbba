/**
 * What is on the site and where: groups, and the pages of each in their order. `source` is a Markdown file of the
 * repository, or the place a generated page has among them. A page that is missing stops the build.
 */
export interface Entry {
  /** From the root of the repository. */
  readonly source: string;
  /** In the list; the page's own heading may be longer. */
  readonly title: string;
  /** Listed beneath it while one of them is shown: pages whose source begins so. */
  readonly children?: string;
}

export interface Group {
  readonly title: string;
  readonly entries: readonly Entry[];
}

const entry = (source: string, title: string, children?: string): Entry => ({
  source,
  title,
  ...(children !== undefined && { children }),
});

export const CONTENTS: readonly Group[] = [
  {
    title: "Start",
    entries: [entry("docs/index.md", "What it is"), entry("docs/quickstart.md", "Quickstart")],
  },
  {
    title: "Tutorials",
    entries: [
      entry("docs/tutorials/telemetry.md", "Telemetry"),
      entry("docs/tutorials/lost-device.md", "A lost device"),
      entry("docs/tutorials/relay-hub.md", "A relay hub"),
      entry("docs/tutorials/effects.md", "Reacting to effects"),
      entry("docs/tutorials/roaming.md", "Devices that move"),
    ],
  },
  {
    title: "Concepts",
    entries: [
      entry("docs/concepts.md", "Overview"),
      entry("docs/graph.md", "How a team agrees"),
      entry("docs/afc.md", "Channels"),
      entry("docs/glossary.md", "Glossary"),
    ],
  },
  {
    title: "Manual",
    entries: [
      entry("docs/manual/requirements.md", "What a device must have"),
      entry("docs/manual/configuration.md", "Configuration"),
      entry("docs/manual/operation.md", "Operation"),
      entry("docs/manual/upgrade.md", "Upgrading"),
      entry("docs/manual/backup.md", "Backup"),
      entry("docs/manual/troubleshooting.md", "Troubleshooting"),
      entry("docs/observability.md", "Observability"),
      entry("docs/audit.md", "Audit log"),
      entry("docs/cli/index.md", "Command line", "docs/cli/"),
      entry("docs/cli-json.md", "JSON of the commands"),
      entry("docs/integrators.md", "Executables and packages"),
      entry("systemd/README.md", "systemd units"),
      entry("docs/measure.md", "Measuring on a device"),
      entry("docs/requirements-measured.md", "What it costs, measured"),
    ],
  },
  {
    title: "Reference",
    entries: [
      entry("docs/api/index.md", "API: every call", "docs/api/"),
      entry("docs/reference/effects.md", "Effects"),
      entry("docs/reference/errors.md", "Error codes"),
      entry("docs/reference/limits.md", "Limits"),
      entry("docs/typescript/README.md", "TypeScript", "docs/typescript/"),
      entry("docs/c-quickstart.md", "C quickstart"),
      entry("docs/c-event-loops.md", "C and event loops"),
      entry("docs/c-porting.md", "C on other processors"),
      entry("docs/c/index.md", "C header", "docs/c/"),
    ],
  },
  { title: "Security", entries: [entry("docs/security.md", "Threats and protection")] },
  {
    title: "Internals",
    entries: [
      entry("docs/wire.md", "Wire and file formats"),
      entry("docs/policy.md", "Writing a policy"),
      entry("docs/performance.md", "Performance"),
      entry("docs/requirements.md", "Requirements and proofs"),
      entry("docs/decisions/README.md", "Decisions", "docs/decisions/"),
      entry("CONTRIBUTING.md", "Contributing"),
      entry("CHANGELOG.md", "Changelog"),
    ],
  },
];

/** Where the page of a Markdown source is on the site. */
export function urlOf(source: string): string {
  const path = source.startsWith("docs/") ? source.slice("docs/".length) : `files/${source}`;
  return path.replace(/(^|\/)README\.md$/, "$1index.md").replace(/\.md$/, ".html");
}
