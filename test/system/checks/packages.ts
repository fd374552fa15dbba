/** Upgrade, reboot, removal: what the package's scripts do. */
import { assert, CONFIG, identity, isActive, restarted, STATE, UNIT } from "../lib/world.ts";
import type { World } from "../lib/world.ts";

export async function packageLife({ machine, check, packages, nextVersion }: World): Promise<void> {
  await check(
    "an upgrade keeps the device, its team and its configuration, and what was stopped stays stopped",
    async () => {
      const [before, pid, config] = [await identity(machine), await machine.mainPid(), machine.read(CONFIG)];
      await machine.ok(`dpkg -i ${packages[1]}`, 120_000);
      await restarted(machine, pid);
      assert.equal(await machine.ok("dpkg-query -W -f '${Version}' aranya-edge"), nextVersion);
      assert.deepEqual(await identity(machine), before);
      assert.equal(machine.read(CONFIG), config);
      await machine.ok(`systemctl stop ${UNIT}; dpkg -i ${packages[1]}`, 120_000);
      assert.equal(await isActive(machine), false);
      await machine.ok(`systemctl start ${UNIT}`);
      assert.deepEqual(await identity(machine), before);
    },
  );

  await check("after a reboot it is there by itself, the device it was", async () => {
    const before = await identity(machine);
    await machine.powerOff();
    await machine.boot();
    await machine.until("it runs", () => isActive(machine), Boolean);
    assert.deepEqual(await identity(machine), before);
  });

  await check(
    "removed, the program is gone and the state stays; installed again it is the device it was",
    async () => {
      const before = await identity(machine);
      await machine.ok("dpkg -r aranya-edge");
      assert.equal(await isActive(machine), false);
      assert.equal((await machine.sh("test -e /usr/bin/aranya-edge")).code, 1);
      assert.equal((await machine.sh(`test -e ${STATE}/keystore/device.keys`)).code, 0);
      await machine.ok(`dpkg -i ${packages[1]}`, 120_000);
      assert.deepEqual(await identity(machine), before);
    },
  );

  await check("purged, nothing of it is left", async () => {
    await machine.ok("dpkg -P aranya-edge");
    const left = await machine.ok(
      "find / -xdev -name '*aranya-edge*' -not -path '/proc/*' -not -path '/opt/*' -not -path '/var/log/journal/*'",
    );
    assert.equal(left, "");
    assert.equal(await machine.ok("systemctl list-units --failed --no-legend 'aranya-edge*'"), "");
  });
}
