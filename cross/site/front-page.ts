import type { Source } from "./page.ts";

/** What it is, and where to begin, by who asks. */
export function frontPage(): Source {
  return {
    path: "docs/index.md",
    markdown: `# aranya-edge

Trust and encrypted transport for small Linux devices that keep working when the network does not.

A daemon keeps a device's identity and its teams. A team is a graph of signed commands that every member holds, orders the same
way and judges by the same policy: no server in the middle, no clock needed. Devices that share a label talk over encrypted
channels whose keys rotate by themselves. Applications use a small library in TypeScript or C, over a Unix socket.

\`\`\`sh
team=$(aranya-edge team create --init --label telemetry)
aranya-edge device add sensor.bundle --name sensor --role user --label telemetry --net 192.0.2.7
echo 21.5 degrees | aranya-edge channel send gateway telemetry --wait 30s
\`\`\`

## Where to begin

| You | Begin with | Then |
| --- | --- | --- |
| **have five minutes** | [Quickstart](quickstart.md): three daemons, an encrypted message | [Concepts](concepts.md) |
| **build it into a product** | [Telemetry](tutorials/telemetry.md) | [API](api/index.md), [TypeScript](typescript/README.md), [C](c-quickstart.md), [executables and packages](integrators.md) |
| **run devices under systemd** | [Operation](manual/operation.md) | [Configuration](manual/configuration.md), [upgrading](manual/upgrade.md), [backup](manual/backup.md), [observability](observability.md), [audit log](audit.md) |
| **are out with a device** | [Troubleshooting](manual/troubleshooting.md) | [aranya-edge status](cli/status.md), [doctor](cli/doctor.md), [measuring](measure.md), [what it costs](requirements-measured.md) |
| **judge its security** | [Threats and protection](security.md) | [How a team agrees](graph.md), [channels](afc.md), [wire formats](wire.md), [decisions](decisions/README.md) |

## What it does

- **Works offline.** Every device decides by what it holds. What turns out later not to have been allowed is recalled, on every
  device alike.
- **Five roles**, owner, admin, operator, user and sync, and a matrix that says who may do what to whom.
- **End-to-end encrypted channels** over UDP: messages up to 1 MiB, reliable or newest-wins, that survive roaming and sleep.
- **Small.** One executable for x86-64, arm64 and armv7; [measured](requirements-measured.md) on each.
- **Nothing idle ever writes** to flash, and nothing acknowledged is ever lost.

## When something goes wrong

Every refusal has a [code](reference/errors.md) with a meaning and a remedy; every maximum has a [name](reference/limits.md).
Press **/** to search for either.
`,
  };
}
