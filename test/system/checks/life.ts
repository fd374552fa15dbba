/** The life of an installed daemon: it comes, works, dies, comes back, is reloaded and stopped. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TeamId } from "../../../src/base/ids.ts";
import type { Machine } from "../lib/machine.ts";
import { must } from "../lib/run.ts";
import {
  assert,
  CONFIG,
  HUB,
  HUB_ADDRESS,
  HUB_SOCKET,
  identity,
  isActive,
  mended,
  restarted,
  STATE,
  UNIT,
  withClient,
} from "../lib/world.ts";
import type { World } from "../lib/world.ts";
import { readable } from "./readable.ts";

/** The daemon beats twice as often: a machine that stands still for a moment is not taken for one that hangs. */
const WATCHDOG_SECONDS = 5;

export async function life({ machine, check, packages }: World): Promise<void> {
  let teamId: TeamId;
  const peers = (): Promise<string[]> =>
    withClient(machine, async (client) => (await client.syncPeers()).map((peer) => peer.address));
  const peerConfig = (isThere: boolean): string =>
    JSON.stringify({
      sync: { listen: "127.0.0.1:4321" },
      syncPeers: isThere ? [{ address: HUB_ADDRESS, teamId, rateMs: 300 }] : [],
    });

  await check("the package installs, and the daemon is ready without a network", async () => {
    assert.match(await machine.ok("ip -o link"), /^1: lo:[^\n]*$/);
    await machine.ok(`dpkg -i ${packages[0]}`, 120_000);
    assert.equal(await isActive(machine), true);
    assert.equal(await machine.show("StatusText"), "no keys yet: waiting for initDevice");
    assert.equal(await machine.show("UnitFileState"), "enabled");
    assert.equal(await machine.ok("systemctl list-units --failed --no-legend 'aranya-edge*'"), "");
  });

  await check("man and the shells find its pages and completions", () =>
    readable(machine, "/usr/share", "zsh/vendor-completions"),
  );

  await check(
    "[SEC-9] it is nobody special, has no rights, and nobody else reads what it keeps",
    async () => {
      const status = machine.read(`/proc/${await machine.mainPid()}/status`);
      for (const zero of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
        assert.match(status, new RegExp(`^${zero}:\\t0+$`, "m"));
      assert.match(status, /^NoNewPrivs:\t1$/m);
      assert.match(status, /^Seccomp:\t2$/m);
      const uid = await machine.ok("id -u aranya-edge");
      assert.notEqual(uid, "0");
      assert.match(status, new RegExp(`^Uid:(\\t${uid}){4}$`, "m"));
      const modes = await machine.ok(
        `stat -c '%a %U %G %n' ${STATE} /run/aranya-edge /run/aranya-edge/socket /etc/aranya-edge ${CONFIG}`,
      );
      assert.deepEqual(modes.split("\n"), [
        `700 aranya-edge aranya-edge ${STATE}`,
        "750 aranya-edge aranya-edge /run/aranya-edge",
        "660 aranya-edge aranya-edge /run/aranya-edge/socket",
        "750 root aranya-edge /etc/aranya-edge",
        `640 root aranya-edge ${CONFIG}`,
      ]);
      for (const unit of [UNIT, HUB]) {
        const verdict = await machine.ok(
          `systemd-analyze security --no-pager --threshold=15 ${unit} | tail -1`,
        );
        assert.match(verdict, /exposure level for \S+: (0\.\d|1\.[0-5]) /, verdict);
      }
    },
  );

  await check("an instance of the template is a device of its own, under a user of its own", async () => {
    machine.write("/etc/aranya-edge/hub.json", JSON.stringify({ sync: { listen: HUB_ADDRESS } }));
    await machine.ok(`chgrp aranya-edge /etc/aranya-edge/hub.json; systemctl start ${HUB}`);
    assert.equal(await machine.ok("stat -c '%a %G' /run/aranya-edge-hub/socket"), "660 aranya-edge");
    const users = await machine.ok(`ps -o uid= -p ${await machine.mainPid()},${await machine.mainPid(HUB)}`);
    assert.equal(new Set(users.split(/\s+/).filter((uid) => uid !== "")).size, 2, users);
  });

  await check("[SYS-3] reload applies added sync peers: the team comes over", async () => {
    const bundle = await withClient(machine, async (client) => {
      await client.initDevice();
      return client.getKeyBundle();
    });
    teamId = await withClient(
      machine,
      async (hub) => {
        await hub.initDevice();
        const team = await hub.createTeam();
        await hub.addDevice(team, bundle, "device");
        await hub.createLabel(team, "telemetry");
        return team;
      },
      HUB_SOCKET,
    );
    machine.write(CONFIG, peerConfig(true));
    const pid = await machine.mainPid();
    await machine.ok(`systemctl reload ${UNIT}`);
    const there = await withClient(machine, async (hub) => (await hub.team(teamId)).stateDigest, HUB_SOCKET);
    await machine.until(
      "the team is level",
      () => identity(machine),
      ({ digests }) => digests[teamId] === there,
    );
    assert.deepEqual(await peers(), [HUB_ADDRESS]);
    assert.equal(await machine.mainPid(), pid);
  });

  await check("reload applies removed sync peers, and keeps the team", async () => {
    machine.write(CONFIG, peerConfig(false));
    await machine.ok(`systemctl reload ${UNIT}`);
    await machine.until("the peer is gone", peers, (found) => found.length === 0);
    assert.deepEqual(Object.keys((await identity(machine)).digests), [teamId]);
  });

  await check("reload of a wrong file changes nothing, and the status says which key", async () => {
    const pid = await machine.mainPid();
    machine.write(CONFIG, '{"sync":{"lisen":"127.0.0.1:4321"}}');
    await machine.ok(`systemctl reload ${UNIT}`);
    await machine.until(
      "the status says so",
      () => machine.show("StatusText"),
      (text) => /not taken over.*lisen/.test(text),
    );
    machine.write(CONFIG, peerConfig(true));
    await machine.ok(`systemctl reload ${UNIT}`);
    await machine.until(
      "the status is as before",
      () => machine.show("StatusText"),
      (text) => /^1 team, 1 sync peer, 0 channels$/.test(text),
    );
    assert.equal(await machine.mainPid(), pid);
  });

  await check("[SYS-5] killed by SIGKILL it comes back as the device it was, and syncs", async () => {
    const [before, pid] = [await identity(machine), await machine.mainPid()];
    await machine.ok(`kill -9 ${pid}`);
    await restarted(machine, pid);
    assert.deepEqual(await identity(machine), before);
    await withClient(machine, (hub) => hub.createLabel(teamId, "after-the-kill"), HUB_SOCKET);
    await machine.until(
      "it is level again",
      () => withClient(machine, (client) => client.labels(teamId)),
      (labels) => labels.length === 2,
    );
  });

  await check(
    "the watchdog restarts it when its loop hangs, and leaves it alone while it turns",
    async () => {
      await machine.dropIn([`WatchdogSec=${WATCHDOG_SECONDS}`, "RestartSec=200ms"]);
      await machine.ok(`systemctl restart ${UNIT}`);
      const [before, pid, since] = [await identity(machine), await machine.mainPid(), await machine.mark()];
      await beating(machine);
      assert.equal(await machine.mainPid(), pid);
      await machine.ok(`kill -STOP ${pid}`);
      await restarted(machine, pid);
      await machine.logged(/watchdog/i, since);
      assert.deepEqual(await identity(machine), before);
      await mended(machine);
    },
  );

  await check(
    "without node:ffi it is ready and beats as well, by the helper and by systemd-notify",
    async () => {
      const dropIn = readFileSync(join(import.meta.dirname, "../../../systemd/without-ffi.conf"), "utf8");
      const lines = dropIn.split("\n").filter((line) => /^(NotifyAccess|KillMode|Environment)=/.test(line));
      assert.equal(lines.length, 3);
      const plain = [
        "Environment=ARANYA_EDGE_PLATFORM=plain",
        `WatchdogSec=${WATCHDOG_SECONDS}`,
        "RestartSec=200ms",
      ];
      await installHelper(machine);
      for (const isHelped of [true, false]) {
        const chosen = lines.filter((line) => isHelped || !line.startsWith("Environment="));
        await machine.dropIn([...chosen, ...plain]);
        const since = await machine.mark();
        await machine.ok(`systemctl restart ${UNIT}`);
        const pid = await machine.mainPid();
        await beating(machine);
        assert.equal(await machine.mainPid(), pid);
        assert.equal((await machine.sh("pgrep -x notify-helper")).code, isHelped ? 0 : 1);
        assert.match(await machine.show("StatusText"), /^1 team/);
        assert.doesNotMatch(await machine.log(UNIT, since), /not notified|reception only permitted/);
      }
      await machine.ok("rm -r /usr/libexec/aranya-edge");
      await mended(machine);
    },
  );

  await check("a stop is clean: exit code 0, no socket, and a start after it", async () => {
    const since = await machine.mark();
    await machine.ok(`systemctl stop ${UNIT}`);
    assert.equal(await machine.show("Result"), "success");
    assert.equal(await machine.show("ExecMainStatus"), "0");
    assert.equal((await machine.sh("test -e /run/aranya-edge/socket")).code, 1);
    await machine.logged(/"stopped"/, since);
    await machine.ok(`systemctl start ${UNIT}`);
  });

  await check("a configuration that only root can read comes in as a credential", async () => {
    const before = await identity(machine);
    await machine.ok(`install -m 600 ${CONFIG} /etc/aranya-edge/secret.json`);
    const line = /^ExecStart=.*$/m.exec(await machine.ok(`systemctl cat ${UNIT}`))![0];
    await machine.dropIn([
      "LoadCredential=config.json:/etc/aranya-edge/secret.json",
      "ExecStart=",
      line.replace(CONFIG, "${CREDENTIALS_DIRECTORY}/config.json"),
    ]);
    await machine.ok(`systemctl restart ${UNIT}`);
    assert.deepEqual(await peers(), [HUB_ADDRESS]);
    assert.deepEqual(await identity(machine), before);
    await machine.ok("rm /etc/aranya-edge/secret.json");
    await mended(machine);
  });

  await check(
    "[SEC-9] it obeys MemoryMax: killed at once where that is too little, and back when there is enough",
    async () => {
      await machine.dropIn(["MemoryMax=96M"]);
      await machine.ok(`systemctl restart ${UNIT}`);
      const limit = machine.groups.memoryLimitOf(UNIT);
      assert.equal(limit, 96 * 2 ** 20, "the memory controller is there");
      await machine.until(
        "it works within",
        () => identity(machine),
        () => true,
      );
      const since = await machine.mark();
      await machine.dropIn(["MemoryMax=6M", "RestartSec=200ms", "TimeoutStartSec=20"]);
      await machine.sh(`systemctl restart --no-block ${UNIT}`);
      await machine.until(
        "it is killed",
        () => machine.log(UNIT, since),
        (text) => /status=9\/KILL|oom-kill/.test(text),
      );
      assert.equal(await isActive(machine, HUB), true, "and nobody else is");
      await mended(machine);
      await identity(machine);
    },
  );
}

/** Until it has beaten for more than twice the time after which the watchdog takes it for hung. */
async function beating(machine: Machine): Promise<void> {
  const at = async (what: string): Promise<number> =>
    Number(await machine.show(`${what}TimestampMonotonic`)) / 1e6;
  const startedAt = await at("ActiveEnter");
  await machine.until(
    "it beats",
    () => at("Watchdog"),
    (lastAt) => lastAt - startedAt > 2 * WATCHDOG_SECONDS,
  );
}

/** As the package for armv7 has it, for the processor at hand. */
async function installHelper(machine: Machine): Promise<void> {
  const source = join(import.meta.dirname, "../../../platform/notify-helper.c");
  await machine.ok("mkdir -p /usr/libexec/aranya-edge");
  const target = join(machine.root, "usr/libexec/aranya-edge/notify-helper");
  await must("cc", ["-std=c11", "-D_GNU_SOURCE", "-Os", "-s", "-static", "-o", target, source]);
}
