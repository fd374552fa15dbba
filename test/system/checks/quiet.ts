/** What the daemon does not do: write anywhere but where it may, and write at all when there is nothing to write. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { assert, CONFIG, STATE, UNIT, withClient } from "../lib/world.ts";
import type { World } from "../lib/world.ts";

/** Longer than the five seconds after which the audit log seals its last line. */
const SEALED_MS = 8000;

export async function quiet({ machine, check, idleSeconds }: World): Promise<void> {
  await check("[SEC-9] nothing is written outside the state directory and the socket's", async () => {
    // Whatever a process of that user made is that user's, wherever it may lie; and nearly everything is read-only to it.
    const pid = await machine.hostPid();
    const options = new Map<string, string>();
    for (const line of readFileSync(`/proc/${pid}/mountinfo`, "utf8").trim().split("\n")) {
      const fields = line.split(" ");
      options.set(fields[4]!, fields[5]!); // the last is the uppermost
    }
    // What the kernel and the container keep there, of which a process of no rights can write none.
    const system = /^\/(proc|dev|sys|run\/host)(\/|$)/;
    const writable = [...options].filter(([path, has]) => has.startsWith("rw") && !system.test(path));
    assert.deepEqual(writable.map(([path]) => path).sort(), ["/run/aranya-edge", STATE]);
    const inside = await machine.mainPid();
    const made = await machine.ok(
      `nsenter -t ${inside} -m find / -path /proc -prune -o -path /sys -prune -o -user aranya-edge -print`,
    );
    for (const path of made.split("\n")) {
      assert.match(path, /^(\/run\/aranya-edge|\/var\/lib\/aranya-edge)(\/|$)/, path);
    }
    assert.match(made, /device\.keys/, "it was looked for");
  });

  await check(
    `idle for ${idleSeconds} s, with a peer that is polled: not a byte is written, not a line logged`,
    async () => {
      const config = machine.read(CONFIG);
      machine.write(CONFIG, config.replace(/"rateMs":\d+/, '"rateMs":5000'));
      await machine.ok(`systemctl restart ${UNIT}`);
      machine.write(CONFIG, config);
      const pid = await machine.hostPid();
      const peers = (): Promise<number> =>
        withClient(machine, async (client) => (await client.syncPeers())[0]?.lastSuccess ?? 0);
      await machine.until("it polls", peers, (at) => at > 0);
      const io = (): string => /^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))![1]!;
      const look = async (): Promise<unknown> => ({
        "bytes written": io(),
        files: await machine.ok(`find ${STATE} -printf '%p %s %T@ %C@\\n' | sort`),
      });
      // The audit log seals what it has to say of the start.
      await sleep(SEALED_MS);
      const polled = await peers();
      const [before, since] = [await look(), await machine.mark()];
      const began = processorSeconds(pid);
      await sleep(idleSeconds * 1000);
      const used = processorSeconds(pid) - began;
      assert.deepEqual(await look(), before);
      assert.equal(await machine.log(UNIT, since), "");
      assert.ok((await peers()) > polled, "it polled all the while");
      await withClient(machine, (client) => client.createTeam());
      assert.notDeepEqual(await look(), before, "what is written would be seen");
      console.log(
        `        ${((used / idleSeconds) * 100).toFixed(2)} % of one processor while idle, polling every five seconds`,
      );
    },
  );
}

function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
