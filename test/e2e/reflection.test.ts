/** A device that meets itself: by its own address in the list of peers, or through somebody who sends all it says back. */
import { connect, createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { Fleet } from "./support.ts";

const fleet = new Fleet();
let reflector: Server | undefined;
afterEach(async () => {
  reflector?.close();
  await fleet.close();
});

test("[SYN-7] level with itself is level with nobody: a device that may have lost commands goes on waiting", async () => {
  const alone = await fleet.device("alone");
  await alone.start();
  const teamId = await alone.client.createTeam();
  await alone.daemon.stop();
  alone.daemon.start();
  // The log may be older than what was made in memory before.
  await alone.attach({ ...alone.config, graphStore: "memory" });
  const authoring = (): Promise<unknown> => alone.client.createLabel(teamId, "telemetry");
  await expect(authoring()).rejects.toMatchObject({ code: "NotReady" });

  const byItsOwnAddress = alone.client.syncNow(alone.address, teamId);
  await expect(byItsOwnAddress).rejects.toMatchObject({ code: "PeerRefused" });
  reflector = createServer((socket) => {
    const back = connect(alone.port, "127.0.0.1");
    socket.pipe(back).pipe(socket);
    for (const end of [socket, back]) end.on("error", () => end.destroy());
  });
  await new Promise<void>((done) => reflector!.listen(0, "127.0.0.1", done));
  const { port } = reflector.address() as AddressInfo;
  const reflected = alone.client.syncNow(`127.0.0.1:${port}`, teamId);
  await expect(reflected).rejects.toMatchObject({ code: "PeerRefused", fields: { deviceId: alone.id } });

  await expect(authoring()).rejects.toMatchObject({ code: "NotReady" });
});
