/**
 * The TypeScript client as pages, by typedoc. What the schemas say is shown as tables: the types made of them are
 * arithmetic that nobody wants to read.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Application, Converter } from "typedoc";
import ts from "typescript";
import { daemonConfigSchema } from "../../src/ipc/config.ts";
import * as info from "../../src/ipc/info.ts";
import { METHODS } from "../../src/ipc/methods.ts";
import type { Fields } from "../../src/ipc/schema.ts";
import type { Source } from "./page.ts";
import { fieldTable } from "./schema-words.ts";
import type { FieldWords } from "./schema-words.ts";

interface Made {
  readonly fields: Fields;
  /** Of the schema, for the words over its fields. */
  readonly schema: string;
  readonly more?: string;
}

/** Types that are made of schemas. */
const MADE: Readonly<Record<string, Made>> = {
  ChannelInfo: { fields: info.channelInfo.fields, schema: "channelInfo" },
  DaemonConfig: {
    fields: daemonConfigSchema.fields,
    schema: "daemonConfig",
    more: "What each setting does: [Configuration](../../manual/configuration.md).",
  },
  DaemonStatus: { fields: info.daemonStatus.fields, schema: "daemonStatus" },
  DeviceInfo: { fields: info.deviceInfo.fields, schema: "deviceInfo" },
  Effect: {
    fields: {},
    schema: "",
    more: "One of the [effects](../../reference/effects.md), each an object with its `type` and the fields listed there.",
  },
  MetricsText: { fields: info.metricsText.fields, schema: "metricsText" },
  Received: { fields: METHODS.readData.result.fields, schema: "channelMeta" },
  SyncPeerInfo: { fields: info.syncPeerInfo.fields, schema: "syncPeerInfo" },
  SyncReport: { fields: info.syncReport.fields, schema: "syncReport" },
  TeamState: { fields: info.teamState.fields, schema: "teamState" },
};

/** `build` is emptied first. */
export async function typescriptPages(root: string, build: string, words: FieldWords): Promise<Source[]> {
  rmSync(build, { recursive: true, force: true });
  const app = await Application.bootstrapWithPlugins({
    plugin: ["typedoc-plugin-markdown"],
    entryPoints: [join(root, "src/client/index.ts")],
    tsconfig: join(root, "tsconfig.json"),
    outputs: [{ name: "markdown", path: build }],
    skipErrorChecking: true, // npm run types is for that
    readme: "none",
    disableSources: true,
    disableGit: true,
    excludePrivate: true,
    hideGenerator: true,
    logLevel: "Error",
    ...PLUGIN_OPTIONS,
  });
  keepNames(app);
  const project = await app.convert();
  if (project === undefined) throw new Error("typedoc understood nothing of src/client/index.ts");
  await app.generateOutputs(project);
  if (app.logger.hasErrors()) throw new Error("typedoc: see above");
  const files = readdirSync(build, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".md"),
  );
  return files.sort(byTitle).map((file) => page(file, readFileSync(join(build, file), "utf8"), words));
}

/** Of typedoc-plugin-markdown, which typedoc's own types do not know. */
const PLUGIN_OPTIONS: Readonly<Record<string, unknown>> = {
  hideBreadcrumbs: true,
  hidePageHeader: true,
  parametersFormat: "table",
};

/** The overview first, then classes, interfaces and so on. */
function byTitle(a: string, b: string): number {
  const rank = (file: string): string => (file === "README.md" ? "" : file.replace(/^classes/, "a"));
  return rank(a) < rank(b) ? -1 : 1;
}

/** The checker forgets by which name a type made of others was called; the source has not. */
function keepNames(app: Application): void {
  app.converter.on(Converter.EVENT_CREATE_SIGNATURE, (context, signature, declaration) => {
    if (declaration?.type === undefined || !ts.isMethodDeclaration(declaration)) return;
    signature.type = context.converter.convertType(context, declaration.type as never);
    for (const [i, parameter] of declaration.parameters.entries()) {
      const type = parameter.type;
      if (type !== undefined && signature.parameters?.[i] !== undefined)
        signature.parameters[i].type = context.converter.convertType(context, type as never);
    }
  });
}

function page(file: string, markdown: string, words: FieldWords): Source {
  const name = file.slice(file.lastIndexOf("/") + 1, -".md".length);
  const made = file.startsWith("type-aliases/") ? MADE[name] : undefined;
  const text = markdown
    .replace(/^# Type Alias: /, "# Type: ")
    .replace(/^# Variable: /, "# Constant: ")
    .replace(/^(#.*)\(\)$/gm, "$1")
    .replace(/^\*\*\*\n\n/gm, "");
  if (file === "README.md") return { path: "docs/typescript/README.md", markdown: overview(text) };
  return {
    path: `docs/typescript/${file}`,
    names: [name],
    markdown: made === undefined ? text : withFields(text, made, words),
  };
}

/** In place of the definition, which is the paragraph that begins with >. */
function withFields(markdown: string, { fields, schema, more = "" }: Made, words: FieldWords): string {
  const shown = Object.keys(fields).length === 0 ? "" : fieldTable(fields, words, schema);
  const text = markdown.replace(/^> .*\n/m, "");
  return `${text.trimEnd()}\n\n${[more, shown].filter((part) => part !== "").join("\n\n")}\n`;
}

function overview(list: string): string {
  return `# TypeScript client

What \`aranya-edge/client\` exports: one class, and types. Each method is one of the [calls](../api/index.md), where its behaviour,
errors, permission and effects are described; here is how it is written.

\`\`\`ts
import { Client } from "aranya-edge/client";

const client = await Client.connect({ socketPath: "/run/aranya-edge/socket" });
try {
  console.log(await client.getDeviceId());
} finally {
  await client.close();
}
\`\`\`

Every call takes \`{ timeoutMs, signal }\` last, and rejects with an [AranyaError](classes/AranyaError.md) whose \`code\` is one of
the [error codes](../reference/errors.md).

${list.replace(/^# .*\n+/, "")}`;
}
