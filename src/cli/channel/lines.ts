import { LIMITS } from "../../base/limits.ts";
import { CliError } from "../failure.ts";

/** Lines of a stream, without what ends them. The last one need not end. */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    let buffer = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    for (let end = buffer.indexOf(10); end >= 0; end = buffer.indexOf(10)) {
      yield buffer.subarray(0, end > 0 && buffer[end - 1] === 13 ? end - 1 : end);
      buffer = buffer.subarray(end + 1);
    }
    if (buffer.length > LIMITS.ipcMessageBytesMax) throw tooLong("a line");
    rest = buffer;
  }
  if (rest.length > 0) yield rest;
}

/** All of a stream that has to fit one message. */
export async function wholeOf(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > LIMITS.ipcMessageBytesMax) throw tooLong("this");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLong(what: string): CliError {
  return new CliError(
    "MessageTooLarge",
    `${what} is longer than a message may be, ${LIMITS.ipcMessageBytesMax} bytes`,
    "send files and streams by aranya-edge channel cat",
  );
}
