/** `aranya-edge channel`: encrypted messages between two devices. */
import type { Command } from "commander";
import { cat } from "../channel/cat.ts";
import type { CatOptions } from "../channel/cat.ts";
import { receive } from "../channel/receive.ts";
import type { ReceiveOptions } from "../channel/receive.ts";
import { send } from "../channel/send.ts";
import type { SendOptions } from "../channel/send.ts";
import { talk } from "../channel/talk.ts";
import type { TalkOptions } from "../channel/talk.ts";
import { clientCommand, groupOf, notEmpty, teamCommand } from "../command.ts";
import type { ClientOptions } from "../command.ts";
import { parseCount, parseDuration } from "../duration.ts";
import { short } from "../resolve.ts";
import { answer, withClient } from "../session.ts";
import { table } from "../terminal.ts";

const PEER = "network name, common name, id, or how the id begins (four characters or more)";
const LABEL = "a label both have";

export function channelCommand(): Command {
  return groupOf(
    {
      path: "channel",
      summary: "send and receive end-to-end encrypted messages, files and streams",
      description:
        "End-to-end encrypted messages between two users that both have a label. A channel belongs to the command that opened " +
        "or accepted it, and closes with it. Of several applications at one daemon the first that listened gets the " +
        "channels that others open. What is sent is never given on the command line, where others on the device could read it.",
    },
    [sending(channelSend()), channelReceive(), sending(channelOpen()), sending(channelCat()), list()],
  );
}

function sending(command: Command): Command {
  return command.option(
    "--wait <duration>",
    "try for so long while the peer is not there, or nobody listens",
    parseDuration,
  );
}

function channelSend(): Command {
  return teamCommand({
    path: "channel send",
    summary: "send messages from stdin or a file",
    description:
      "Opens a channel, sends, and closes it once the peer's daemon has acknowledged everything. All of stdin is one message, " +
      "up to 1 MiB; on a terminal, and with --lines, a line is one.",
    examples: [
      "channel send gateway telemetry < reading.json",
      "channel send gateway telemetry --file photo.jpg --wait 30s",
      "channel send 192.0.2.9 telemetry --lines --unreliable < /dev/ttyS1",
    ],
  })
    .argument("<peer>", PEER)
    .argument("<label>", LABEL)
    .option("--file <file>", "what to send, instead of stdin", notEmpty)
    .option("--lines", "a line is a message; empty ones are left out")
    .option("--unreliable", "send once: what is lost is lost, what is newer wins")
    .action((peer: string, label: string, options: SendOptions) => send(peer, label, options));
}

function channelReceive(): Command {
  return clientCommand({
    path: "channel recv",
    summary: "print messages as they arrive, from whoever opens a channel",
    description:
      "Takes channels that others open, and prints their messages as they arrive, each followed by a line feed unless it " +
      "ends with one. On a terminal it says from whom, and shows nothing that a terminal would obey.",
    examples: ["channel recv", "channel recv --count 1 --idle 60s", "channel recv --json | jq .text"],
  })
    .option("--count <n>", "end after so many messages", parseCount)
    .option(
      "--idle <duration>",
      "give up, with the exit code of Timeout, after so long without one",
      parseDuration,
    )
    .option("--raw", "the bytes of the messages and nothing else, unless stdout is a terminal")
    .action((options: ReceiveOptions) => receive(options));
}

function channelOpen(): Command {
  return teamCommand({
    path: "channel open",
    summary: "talk both ways, line by line",
    description:
      "Opens a channel, or with --listen waits for somebody who opens one. Lines of stdin are sent, messages that arrive are " +
      "printed. Ends, and closes the channel, with stdin; with --count not before so many messages have arrived, and on a " +
      "terminal as soon as they have.",
    examples: [
      "channel open gateway telemetry",
      "channel open --listen",
      "channel open gateway control --count 1 < question.txt",
    ],
  })
    .argument("[peer]", PEER)
    .argument("[label]", LABEL)
    .option(
      "--listen",
      "wait for somebody who opens a channel; the first one that says something is answered",
    )
    .option("--count <n>", "how many messages to wait for", parseCount)
    .option("--unreliable", "send once: what is lost is lost, what is newer wins")
    .action((peer: string | undefined, label: string | undefined, options: TalkOptions) =>
      talk(peer, label, options),
    );
}

function channelCat(): Command {
  return teamCommand({
    path: "channel cat",
    summary: "send a file or a stream of any length, and know that all of it was written",
    description:
      "Sends a file or all of stdin, of any length, to a channel cat --listen on the other device. Both ends check length and " +
      "SHA-256, and the sender ends with 0 only when the receiver has written all of it. With --output the file is there " +
      "whole, or not at all. On a terminal there is a progress line.",
    examples: [
      "channel cat --listen --output firmware.img",
      "channel cat gateway telemetry firmware.img",
      "channel cat gateway telemetry --wait 1m < /var/log/syslog",
    ],
    exitCodes:
      "0 all of it was written, 1 it was not, 64 bad usage, 69 no daemon answers, 71 a file cannot be used, 81 to 109 what the API refuses",
  })
    .argument("[peer]", PEER)
    .argument("[label]", LABEL)
    .argument("[file]", "what to send; stdin where it is missing, or -")
    .option("--listen", "receive, from the first who sends")
    .option(
      "--output <file>",
      "where to write what is received, instead of stdout; file.part until it is whole",
      notEmpty,
    )
    .action(
      (peer: string | undefined, label: string | undefined, file: string | undefined, options: CatOptions) =>
        cat(
          [peer, label, file].filter((arg) => arg !== undefined),
          options,
        ),
    );
}

function list(): Command {
  return clientCommand({
    path: "channel list",
    summary: "list the channels of this device's applications",
    description: "Lists the channels of all applications at this daemon.",
    examples: ["channel list"],
  }).action(async (options: ClientOptions) => {
    await withClient(options, async (client) => {
      const channels = await client.channels();
      answer(options, "channel.list/1", { channels }, () =>
        channels.length === 0
          ? "no channels"
          : table(
              ["PEER", "LABEL", "DIRECTION", "DELIVERY", "STATE", "TEAM", "CHANNEL"],
              channels.map((c) => [
                c.remoteNetIdentifier,
                c.label,
                c.direction,
                c.delivery,
                c.state,
                short(c.teamId),
                c.channelId,
              ]),
            ),
      );
    });
  });
}
