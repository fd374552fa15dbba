/** The archive with its installer, for where there is no dpkg. */
import { assert, identity, isActive, restarted, STATE, UNIT, withClient } from "../lib/world.ts";
import type { World } from "../lib/world.ts";
import { readable } from "./readable.ts";

export async function archiveLife({ machine, check, archives, version, nextVersion }: World): Promise<void> {
  const [first, second] = archives.map(
    (path) => `/srv/${path.split("/").at(-1)!.replace(".tar.gz", "")}`,
  ) as [string, string];
  for (const path of archives) await machine.ok(`tar -xzf ${path} -C /srv`, 120_000);
  const everything = (but = ""): Promise<string> =>
    machine.ok(`find /usr/local /etc /var/lib /run/systemd/system ${but} -printf '%p %s %T@\\n' | sort`);

  await check("install.sh explains itself, and --dry-run only says what it would do", async () => {
    assert.match(await machine.ok(`${first}/install.sh --help`), /--within DIR/);
    const before = await everything();
    const said = await machine.ok(`${first}/install.sh --dry-run`);
    assert.match(said, /would: mv .*\/usr\/local\/bin\/aranya-edge/);
    assert.equal(await everything(), before);
    for (const [wrong, code] of [
      ["--frob", 64],
      ["--prefix", 64],
      ["--purge", 64],
      ["--prefix 'a b'", 64],
      ["--prefix relative", 64],
    ] as const) {
      assert.equal((await machine.sh(`${first}/install.sh ${wrong}`)).code, code, wrong);
    }
    assert.equal(await everything(), before);
  });

  await check("a damaged archive, and a program that does not run here, change nothing", async () => {
    const before = await everything();
    await machine.ok(`cp -a ${first} /srv/bad; echo '#' >>/srv/bad/systemd/${UNIT}`);
    assert.equal((await machine.sh("/srv/bad/install.sh")).code, 70);
    await machine.ok(
      "printf '#!/bin/sh\\nexit 1\\n' >/srv/bad/bin/aranya-edge; cd /srv/bad; sha256sum $(sed 's/^[^ ]*  //' SHA256SUMS) >sums; mv sums SHA256SUMS",
    );
    assert.equal((await machine.sh("/srv/bad/install.sh")).code, 69);
    await machine.ok("rm -rf /srv/bad");
    assert.equal(await everything(), before);
  });

  await check(
    "install.sh installs and starts; run again it changes nothing; a newer one upgrades and keeps the device",
    async () => {
      await machine.ok(`${first}/install.sh`, 120_000);
      await withClient(machine, async (client) => {
        await client.initDevice();
        await client.createTeam();
      });
      assert.equal(await machine.show("UnitFileState"), "enabled");
      // A daemon that runs seals its audit log in its own time.
      const butAudit = `-path ${STATE}/audit -prune -o`;
      const [before, pid] = [await identity(machine), await machine.mainPid()];
      const files = await everything(butAudit);
      assert.match(
        await machine.ok(`${first}/install.sh`, 120_000),
        new RegExp(`${version} is there already`),
      );
      assert.equal(await machine.mainPid(), pid);
      assert.equal(await everything(butAudit), files);
      // The programs of both archives are the same one here; a changed unit makes it another version.
      await machine.ok(
        `sed -i 's/^CPUWeight=.*/CPUWeight=79/' ${second}/systemd/${UNIT}; cd ${second}; sha256sum $(sed 's/^[^ ]*  //' SHA256SUMS) >sums; mv sums SHA256SUMS`,
      );
      const said = await machine.ok(`${second}/install.sh`, 120_000);
      assert.ok(said.includes(`${nextVersion} is installed`), said);
      await restarted(machine, pid);
      assert.deepEqual(await identity(machine), before);
    },
  );

  await check("man and the shells find its pages and completions below /usr/local", () =>
    readable(machine, "/usr/local/share", "zsh/site-functions"),
  );

  await check(
    "uninstalled twice, the state stays; installed again it is the device it was; purged, nothing is left",
    async () => {
      const before = await identity(machine);
      await machine.ok(`${second}/install.sh --uninstall; ${second}/install.sh --uninstall`);
      assert.equal(await isActive(machine), false);
      assert.equal((await machine.sh("ls /usr/local/bin/aranya-edge")).code, 2);
      assert.equal(await machine.ok("find /usr/local -name '*aranya-edge*'"), "");
      await machine.ok(`${second}/install.sh`, 120_000);
      assert.deepEqual(await identity(machine), before);
      await machine.ok(`${second}/install.sh --uninstall --purge`);
      assert.equal(
        await machine.ok(
          `ls -d /etc/aranya-edge ${STATE} /usr/local/bin/aranya-edge /etc/systemd/system/*aranya* 2>/dev/null || true`,
        ),
        "",
      );
    },
  );

  await check(
    "read-only root: everything under one directory, and back after a boot that forgot the unit",
    async () => {
      await machine.ok("userdel aranya-edge; groupadd apps; mkdir -p /data");
      // Nothing but /data and /run can be written: by the installer, by the boot script, by the daemon.
      const readOnly = (script: string): Promise<string> =>
        machine.ok(
          `systemd-run --quiet --pipe --wait --collect -p ReadOnlyPaths=/ -p 'ReadWritePaths=/data /run /proc' ${script}`,
          120_000,
        );
      const install = `${first}/install.sh --within /data/aranya-edge --group apps`;
      await readOnly(install);
      await withClient(machine, (client) => client.initDevice());
      const before = await identity(machine);
      const pid = await machine.mainPid();
      assert.equal(await machine.ok("stat -c '%a %G' /run/aranya-edge/socket"), "660 apps");
      assert.match(await readOnly(install), /is there already/);
      assert.equal(await machine.mainPid(), pid);
      await machine.ok(
        `systemctl stop ${UNIT}; rm -rf /run/systemd/system/${UNIT} /run/aranya-edge; systemctl daemon-reload`,
      );
      await machine.ok("chown -R 12345 /data/aranya-edge/state");
      await readOnly("/data/aranya-edge/at-boot.sh");
      assert.deepEqual(await identity(machine), before);
      await readOnly(`${first}/install.sh --uninstall --purge --within /data/aranya-edge`);
      assert.equal(await machine.ok("find /data -type f"), "");
      assert.equal(await isActive(machine), false);
    },
  );
}
