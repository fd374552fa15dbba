/** Whether ports can be opened, by opening them for a moment. */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import type { Check } from "./check.ts";
import { fail, ok, reasonOf, warn } from "./check.ts";
import type { ListenAddresses } from "./config.ts";

export async function checkListening({ sync, afc, metrics }: ListenAddresses): Promise<Check[]> {
  const checks = [await tried("tcp", sync, listenTcp), await tried("udp", afc, bindUdp)];
  return metrics === undefined ? checks : [...checks, await tried("metrics", metrics, listenTcp)];
}

async function tried(
  name: string,
  address: string,
  open: (host: string, port: number) => Promise<number>,
): Promise<Check> {
  const at = address.lastIndexOf(":");
  try {
    const port = await open(address.slice(0, at), Number(address.slice(at + 1)));
    return ok(name, `can listen on ${address.slice(0, at)}:${port}`);
  } catch (error) {
    const reason = reasonOf(error);
    const found = `cannot listen on ${address}: ${reason}`;
    if (reason === "EADDRINUSE") {
      return warn(name, found, "is the daemon running already? If not, see who has the port: ss -lntup");
    }
    const remedies: Record<string, string> = {
      EACCES: "choose a port from 1024 on; in the unit: RestrictAddressFamilies= must have AF_INET",
      EADDRNOTAVAIL:
        "no interface has this address now: choose 0.0.0.0, or start after network-online.target",
      EAFNOSUPPORT: "the kernel or the unit (RestrictAddressFamilies=) allows no IPv4",
    };
    return fail(
      name,
      found,
      remedies[reason] ?? "see the configuration: sync.listen, afc.listen, metrics.listen",
    );
  }
}

function listenTcp(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host, port, exclusive: true }, () => {
      const bound = (server.address() as { port: number }).port;
      server.close(() => resolve(bound));
    });
  });
}

function bindUdp(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    socket.once("error", (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address: host, port, exclusive: true }, () => {
      const bound = socket.address().port;
      socket.close(() => resolve(bound));
    });
  });
}
