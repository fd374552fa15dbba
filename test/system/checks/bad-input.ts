/** What goes wrong around a daemon: it says so, and goes on as soon as it can. */
import type { TeamId } from "../../../src/base/ids.ts";
import {
  assert,
  CONFIG,
  failed,
  HUB_ADDRESS,
  identity,
  isActive,
  mended,
  restarted,
  STATE,
  UNIT,
  withClient,
} from "../lib/world.ts";
import type { World } from "../lib/world.ts";

export async function badInput({ machine, check, quick }: World): Promise<void> {
  await check("a wrong configuration: the unit fails, names the key, and is not tried again", async () => {
    const good = machine.read(CONFIG);
    const since = await machine.mark();
    machine.write(CONFIG, '{"graphStore":"tape"}');
    await machine.sh(`systemctl restart ${UNIT}`);
    await failed(machine);
    assert.equal(await machine.show("ExecMainStatus"), "78");
    const restarts = await machine.show("NRestarts");
    await machine.ok("sleep 6"); // more than RestartSec
    assert.equal(await machine.show("ActiveState"), "failed");
    assert.equal(await machine.show("NRestarts"), restarts);
    const log = await machine.logged(/config\.json: .*graphStore.*disk.*memory/, since);
    assert.equal(log.split("cannot start").length, 2, log);
    machine.write(CONFIG, good);
    await mended(machine);
    await identity(machine);
  });

  await check("an address that is not there yet is tried again until it is", async () => {
    const good = machine.read(CONFIG);
    machine.write(CONFIG, '{"sync":{"listen":"192.0.2.7:4321"}}');
    await machine.dropIn(["RestartSec=200ms"]);
    const since = await machine.mark();
    await machine.sh(`systemctl restart ${UNIT}`);
    await machine.until(
      "it has said so twice",
      () => machine.log(UNIT, since),
      (text) => text.split(/sync\.listen: cannot listen on 192\.0\.2\.7:4321/).length > 2,
    );
    await machine.ok("ip address add 192.0.2.7/32 dev lo");
    await machine.until("it is ready", () => isActive(machine), Boolean);
    await machine.ok("ip address del 192.0.2.7/32 dev lo");
    machine.write(CONFIG, good);
    await mended(machine);
  });

  await check(
    "names that do not resolve, with no network at all: ready, and the peer is said to fail",
    async () => {
      const good = machine.read(CONFIG);
      const teamId = Object.keys((await identity(machine)).digests)[0]!;
      machine.write(CONFIG, JSON.stringify({ syncPeers: [{ address: "hub.example", teamId, rateMs: 300 }] }));
      await machine.ok(`systemctl restart ${UNIT}`);
      const failure = await machine.until(
        "the peer has failed",
        () => withClient(machine, async (client) => (await client.syncPeers())[0]),
        (peer) => peer?.lastError !== undefined,
      );
      assert.equal(failure!.address, "hub.example");
      machine.write(CONFIG, good);
      await machine.ok(`systemctl restart ${UNIT}`);
    },
  );

  await check(
    "[SYS-5] a clock at 1970 that jumps to now: same device, and it syncs all the while",
    async () => {
      const before = await identity(machine);
      const teamId = Object.keys(before.digests)[0] as TeamId;
      const library = await machine.ok("ls /usr/lib/*/faketime/libfaketime.so.1");
      await machine.ok("mkdir -p /srv/clock; echo '@1970-01-01 00:01:00' >/srv/clock/now");
      const clock = [
        "FAKETIME_TIMESTAMP_FILE=/srv/clock/now",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
        "FAKETIME_NO_CACHE=1",
        "FAKETIME_DONT_RESET=1",
      ];
      await machine.dropIn(["UnsetEnvironment=", `Environment=LD_PRELOAD=${library} ${clock.join(" ")}`]);
      await machine.ok(`systemctl restart ${UNIT}`);
      const since = await machine.mark();
      const level = (): Promise<unknown> =>
        withClient(machine, (client) => client.syncNow(HUB_ADDRESS, teamId));
      await level();
      assert.match(machine.read("/srv/clock/now"), /1970/);
      await machine.ok("echo +0 >/srv/clock/now");
      await level();
      assert.deepEqual(await identity(machine), before);
      assert.doesNotMatch(await machine.log(UNIT, since), /"level":"error"/);
      await mended(machine);
    },
  );

  await check(
    "NODE_OPTIONS and the like set for all services: nothing of it reaches the daemon",
    async () => {
      machine.write("/srv/evil.cjs", 'require("node:fs").writeFileSync("/var/lib/aranya-edge/evil", "");');
      const evil = [
        "NODE_OPTIONS=--require=/srv/evil.cjs",
        "NODE_EXTRA_CA_CERTS=/srv/x",
        "NODE_V8_COVERAGE=/var/lib/aranya-edge/coverage",
        "OPENSSL_CONF=/srv/x",
        "LD_PRELOAD=/srv/x.so",
      ];
      await machine.dropIn([`Environment=${evil.join(" ")}`]);
      await machine.ok(`systemctl restart ${UNIT}`);
      const environment = machine.read(`/proc/${await machine.mainPid()}/environ`).split("\0");
      for (const variable of evil) {
        const name = variable.split("=")[0]!;
        assert.equal(
          environment.some((one) => one.startsWith(`${name}=`)),
          false,
          name,
        );
      }
      assert.match(environment.join(" "), /NOTIFY_SOCKET=/, "it is the right process");
      assert.deepEqual((await machine.ok(`ls ${STATE}`)).split("\n").sort(), ["audit", "keystore", "teams"]);
      await mended(machine);
    },
  );

  await check("a missing socket directory is made again", async () => {
    await machine.ok(`systemctl stop ${UNIT}; rm -rf /run/aranya-edge; systemctl start ${UNIT}`);
    assert.equal(await machine.ok("stat -c '%a %U %G' /run/aranya-edge"), "750 aranya-edge aranya-edge");
    await identity(machine);
  });

  await check(
    "a state directory that belongs to somebody else is taken back; keys that are root's are named",
    async () => {
      const before = await identity(machine);
      await machine.ok(`systemctl stop ${UNIT}; chown -R root:root ${STATE}; systemctl start ${UNIT}`);
      assert.deepEqual(await identity(machine), before);
      await machine.dropIn(["RestartSec=200ms"]);
      const since = await machine.mark();
      await machine.sh(
        `systemctl stop ${UNIT}; chown root:root ${STATE}/keystore/device.keys; systemctl start ${UNIT}`,
      );
      await machine.until(
        "it says which",
        () => machine.log(UNIT, since),
        (text) => /cannot start/.test(text) && text.includes("keystore/device.keys"),
      );
      await machine.ok(`chown aranya-edge:aranya-edge ${STATE}/keystore/device.keys`);
      await machine.until("it runs again by itself", () => isActive(machine), Boolean);
      assert.deepEqual(await identity(machine), before);
      await mended(machine);
    },
  );

  await check("two daemons on one work directory: the second is refused, the first goes on", async () => {
    const pid = await machine.mainPid();
    const second = await machine.sh(
      `setpriv --reuid=aranya-edge --regid=aranya-edge --clear-groups aranya-edge daemon --work-dir ${STATE} --socket /tmp/second`,
    );
    assert.equal(second.code, 71);
    assert.match(second.stderr, /another daemon uses \/var\/lib\/aranya-edge: stop it/);
    assert.equal(await machine.mainPid(), pid);
    await identity(machine);
  });

  await check("read-only state: it says what to do, and is there by itself once that is done", async () => {
    const before = await identity(machine);
    await machine.dropIn(["RestartSec=200ms"]);
    await machine.ok(
      `systemctl stop ${UNIT}; cp -a ${STATE} /srv/state; mount -t tmpfs -o mode=700 tmpfs ${STATE}; cp -a /srv/state/. ${STATE}; chown --reference=/srv/state ${STATE}; mount -o remount,ro ${STATE}`,
    );
    const since = await machine.mark();
    await machine.sh(`systemctl start ${UNIT}`);
    await machine.until(
      "it has said so twice",
      () => machine.log(UNIT, since),
      (text) =>
        text.split(/cannot write in \/var\/lib\/aranya-edge: EROFS; mount the file system writable/).length >
        2,
    );
    await machine.ok(`mount -o remount,rw ${STATE}`);
    await machine.until("it runs", () => isActive(machine), Boolean);
    assert.deepEqual(await identity(machine), before);
    await machine.ok(`systemctl stop ${UNIT}; umount ${STATE}; rm -rf /srv/state`);
    await mended(machine);
    assert.deepEqual(await identity(machine), before);
  });

  await check(
    "[SYS-8] a full disk: the call says so, the daemon goes on, and so does the team once there is room",
    async () => {
      const before = await identity(machine);
      await machine.ok(
        `systemctl stop ${UNIT}; cp -a ${STATE} /srv/state; mount -t tmpfs -o size=1m,mode=700 tmpfs ${STATE}; cp -a /srv/state/. ${STATE}; systemctl start ${UNIT}`,
      );
      assert.deepEqual(await identity(machine), before);
      const pid = await machine.mainPid();
      await machine.sh(`cat /dev/zero >${STATE}/filler`);
      const code = await withClient(machine, async (client) => {
        for (let i = 0; i < 1000; i++) {
          try {
            await client.createTeam();
          } catch (error) {
            return (error as { code: string }).code;
          }
        }
        return "everything fitted";
      });
      assert.equal(code, "StorageFailed");
      assert.equal(await machine.mainPid(), pid);
      await machine.ok(`rm ${STATE}/filler`);
      await withClient(machine, (client) => client.createTeam());
      await machine.ok(`systemctl stop ${UNIT}; umount ${STATE}; rm -rf /srv/state; systemctl start ${UNIT}`);
      assert.deepEqual(await identity(machine), before);
    },
  );

  if (quick) return;
  await check("killed again and again it is started again and again", async () => {
    await machine.dropIn(["RestartSec=50ms"]);
    await machine.ok(`systemctl restart ${UNIT}`);
    const before = await identity(machine);
    for (let i = 0; i < 8; i++) {
      const pid = await machine.mainPid();
      await machine.ok(`kill -9 ${pid}`);
      await restarted(machine, pid);
    }
    assert.deepEqual(await identity(machine), before);
    await mended(machine);
  });
}
