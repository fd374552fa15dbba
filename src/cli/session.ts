/** One command's conversation with the daemon. */
import { createInterface } from "node:readline/promises";
import type { ReadStream, WriteStream } from "node:tty";
import type { Client, TeamId } from "../client/index.ts";
import { connectPatiently } from "./await-daemon.ts";
import type { ClientOptions, TeamOptions } from "./command.ts";
import { EXIT } from "./exit-codes.ts";
import { CliError } from "./failure.ts";
import { resolveTeam } from "./resolve.ts";
import { printable, toJson } from "./terminal.ts";

/** Connected for as long as `use` takes. */
export async function withClient<T>(options: ClientOptions, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await connectPatiently(options);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** The same with the team that `--team` names, or the only one there is. */
export async function withTeam<T>(
  options: TeamOptions,
  use: (client: Client, teamId: TeamId) => Promise<T>,
): Promise<T> {
  return withClient(options, async (client) => use(client, await resolveTeam(client, options.team)));
}

/** The answer, as JSON under the name of its shape or as text for people. */
export function answer(
  options: { readonly json?: true },
  schema: string,
  body: Readonly<Record<string, unknown>>,
  text: () => string,
): void {
  const line = options.json === true ? toJson({ schema, ...body }) : text();
  if (line !== "") console.log(line);
}

/** What an API call that answers yes or no did. */
export function answerChanged(
  options: { readonly json?: true },
  schema: string,
  changed: boolean,
  done: string,
  body: Readonly<Record<string, unknown>> = {},
): void {
  answer(options, schema, { changed, ...body }, () =>
    changed ? printable(done) : `nothing to do: so already (${printable(done)})`,
  );
}

interface Terminal {
  readonly input: Pick<ReadStream, "isTTY"> & NodeJS.ReadableStream;
  readonly output: Pick<WriteStream, "isTTY"> & NodeJS.WritableStream;
}

/**
 * Before something that cannot be taken back. On a terminal somebody is asked, and says `y` or `yes`; a script has to have
 * said `--yes`. Throws where the answer is not yes.
 */
export async function confirm(
  what: string,
  yes: boolean,
  { input, output }: Terminal = { input: process.stdin, output: process.stderr },
): Promise<void> {
  if (yes) return;
  if (!input.isTTY || !output.isTTY) {
    throw new CliError(
      "NotConfirmed",
      `${what}: nobody is there to ask`,
      "say --yes if that is what you want",
    );
  }
  const prompt = createInterface({ input, output });
  const aborted = new Promise<string>((resolve) => prompt.once("close", () => resolve("")));
  const reply = await Promise.race([prompt.question(`${printable(what)}. Go on? [y/N] `), aborted]);
  prompt.close();
  if (!/^y(es)?$/i.test(reply.trim())) {
    throw new CliError("NotConfirmed", "nothing was done", undefined, EXIT.declined);
  }
}

/** To people, beside the answer. */
export function note(text: string): void {
  console.error(`aranya-edge: ${printable(text)}`);
}
