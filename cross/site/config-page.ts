/** The configuration, from its schema and the words that go with it. */
import { daemonConfigFileSchema, parseDaemonConfig } from "../../src/ipc/config.ts";
import { CONFIG_DOCS, exampleConfig, settingsOf } from "../../src/ipc/config-docs.ts";
import type { Setting } from "../../src/ipc/config-docs.ts";
import { code } from "./html.ts";
import type { Source } from "./page.ts";
import { typeWords } from "./schema-words.ts";

export function configPage(): Source {
  const example = exampleConfig(daemonConfigFileSchema, CONFIG_DOCS);
  parseDaemonConfig(example); // what is shown is what the daemon takes
  const entries = settingsOf(daemonConfigFileSchema, CONFIG_DOCS);
  const settings = entries.filter((entry): entry is Setting => "schema" in entry);
  const sections = entries.map((entry) =>
    "schema" in entry ? setting(entry) : `## ${entry.path.replace("[]", "")}\n\n${entry.doc}`,
  );
  return {
    path: "docs/manual/configuration.md",
    names: settings.map(({ path }) => path.replace("[]", "")),
    markdown: `# Configuration

${CONFIG_DOCS.doc} A device that somebody attends needs no file: the first client that connects supplies the settings, in
TypeScript as \`config\` of \`Client.connect\`, in C as \`config\` of its options, on the command line by \`daemon --listen\`. An
unattended one names a file:

\`\`\`sh
aranya-edge config check /etc/aranya-edge/config.json
aranya-edge daemon --work-dir /var/lib/aranya-edge --socket /run/aranya-edge/socket \\
  --config /etc/aranya-edge/config.json
\`\`\`

- The file counts as the first client. Another client that wants another value for a setting gets
  [ConfigMismatch](../reference/errors.md#configmismatch), and the daemon carries on as it is.
- It is JSON, up to 64 KiB. A key it does not know is an error that names the key, not something passed over.
- A daemon that cannot use it says why and ends with 78; under the systemd units it is then not started again.
- It is read again at SIGHUP (\`systemctl reload aranya-edge\`).

## A whole file

\`\`\`json
${JSON.stringify(example, null, 2)}
\`\`\`

${sections.join("\n\n")}
`,
  };
}

function setting({ path, schema, doc }: Setting): string {
  const lines = [
    `- **Type**: ${typeWords(schema).replace("; may be missing", "")}`,
    `- **Default**: ${doc.default ?? "none: it must be given"}`,
    ...(doc.systemd === undefined ? [] : [`- **With systemd**: ${doc.systemd}`]),
    `- **For example**: ${code(JSON.stringify(doc.example))}`,
  ];
  const level = path.includes(".") ? "###" : "##";
  return `${level} ${path.replace("[]", "")}\n\n${doc.doc}\n\n${lines.join("\n")}`;
}
