/** docs/integrators.md as a newcomer types it: from a package that was downloaded to a device in a team. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assert, HUB, HUB_ADDRESS, HUB_SOCKET, UNIT } from "../lib/world.ts";
import type { World } from "../lib/world.ts";

const GUIDE = join(import.meta.dirname, "../../../docs/integrators.md");
const COMMANDS_MAX = 10;

/** The lines of the block that follows `<!-- name -->`. */
function commandsOf(name: string): string[] {
  const block = new RegExp(`<!-- ${name} -->\\s+\`\`\`sh\\n([\\s\\S]*?)\\n\`\`\``).exec(
    readFileSync(GUIDE, "utf8"),
  );
  assert.ok(block !== null, name);
  return block[1]!.split("\n");
}

export async function guide({ machine, check, packages, version }: World): Promise<void> {
  await check(
    `[SYS-3] the guide's commands, at most ${COMMANDS_MAX}, lead from a package to a device in the team`,
    async () => {
      const device = commandsOf("the device");
      const operator = commandsOf("the operator");
      const again = commandsOf("the device again");
      assert.ok(device.length + operator.length + again.length <= COMMANDS_MAX);
      const name = packages[0].split("/").at(-1)!;
      const here = (command: string): string =>
        command.replace("aranya-edge_VERSION_arm64.deb", name).replaceAll("192.0.2.1", HUB_ADDRESS);
      await machine.ok(
        `mkdir -p /srv/guide; cd /srv/guide; cp ${packages[0]} .; cp /opt/SHA256SUMS-${version} SHA256SUMS`,
      );

      const said: string[] = [];
      for (const command of device) said.push(await machine.ok(`cd /srv/guide; ${here(command)}`, 120_000));
      assert.equal(said[0], `${name}: OK`);

      // The operator's machine is an instance beside it here.
      machine.write("/etc/aranya-edge/hub.json", JSON.stringify({ sync: { listen: HUB_ADDRESS } }));
      await machine.ok(`chgrp aranya-edge /etc/aranya-edge/hub.json; systemctl start ${HUB}`);
      const atHub = (command: string): string =>
        `cd /srv/guide; export ARANYA_EDGE_SOCKET=${HUB_SOCKET}; ${command}`;
      const teamId = await machine.ok(atHub("aranya-edge team create --init --label telemetry"));
      const told = [];
      for (const command of operator) told.push(await machine.ok(atHub(command)));
      assert.ok(told.at(-1)!.includes(teamId), "the team is listed");

      for (const command of again) said.push(await machine.ok(here(command).replace("TEAM", teamId)));
      const status = said.at(-1)!;
      // Ids are shortened there, to what tells them apart.
      assert.match(status, new RegExp(`${teamId.slice(0, 6)}.*\\buser\\b`), status);
      await machine.ok(`systemctl stop ${UNIT} ${HUB}; dpkg -P aranya-edge`);
    },
  );
}
