import type { Server } from "node:net";
import type { Address } from "../base/address.ts";
import { TransportError } from "../base/errors.ts";

/** Resolves once a server of any kind listens on TCP. Throws `TransportError` `listen-failed`. */
export function listening(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const reason = cause.code ?? cause.message;
      reject(new TransportError("listen-failed", `cannot listen on ${host}:${port}: ${reason}`, { cause }));
    });
    server.listen({ host, port }, () => {
      // What fails from here on are single connections (too many open files): the listener stays.
      server.on("error", () => undefined);
      resolve();
    });
  });
}
