/** Applications that ask for as much as a daemon will do, one thing after the other, each as soon as the last was answered. */
import type { Client, TeamId } from "../../../src/client/index.ts";
import { nameOf } from "./kept.ts";
import type { Ledger } from "./ledger.ts";

const CALLERS = 4;

export class Load {
  readonly #client: Client;
  readonly #ledger: Ledger;
  readonly #prefix: string;
  #labels = 0;
  #isOver = false;
  /** The team that stays. */
  teamId: TeamId | undefined;

  /** `prefix`: no other load of this ledger has it. */
  constructor(client: Client, ledger: Ledger, prefix: string, teamId?: TeamId) {
    this.#client = client;
    this.#ledger = ledger;
    this.#prefix = prefix;
    this.teamId = teamId;
  }

  /** Until `end`, or a call fails, which it throws once every other call has ended. */
  async run(): Promise<void> {
    const deviceId = await this.#client.initDevice();
    this.#ledger.deviceId = deviceId;
    const teamId = (this.teamId ??= await this.#ledger.newTeam(this.#client.createTeam()));
    const labelling = async (): Promise<void> => {
      while (!this.#isOver) {
        const label = this.#newLabel();
        await this.#do(teamId, "CreateLabel", label, () => this.#client.createLabel(teamId, label));
        await this.#do(teamId, "AssignLabel", label, () => this.#client.assignLabel(teamId, deviceId, label));
        await this.#do(teamId, "DeleteLabel", label, () => this.#client.deleteLabel(teamId, label));
      }
    };
    const callers = [...Array.from({ length: CALLERS }, labelling), this.#comeAndGo()];
    try {
      await Promise.all(callers);
    } finally {
      this.end();
      await Promise.allSettled(callers);
    }
  }

  end(): void {
    this.#isOver = true;
  }

  async #comeAndGo(): Promise<void> {
    while (!this.#isOver) {
      const teamId = await this.#ledger.newTeam(this.#client.createTeam());
      for (let i = 0; i < 3; i++) {
        const label = this.#newLabel();
        await this.#do(teamId, "CreateLabel", label, () => this.#client.createLabel(teamId, label));
      }
      await this.#ledger.removeTeam(teamId, this.#client.removeTeam(teamId));
    }
  }

  #newLabel(): string {
    return `${this.#prefix}-${this.#labels++}`;
  }

  async #do(teamId: TeamId, kind: string, label: string, call: () => Promise<unknown>): Promise<void> {
    await this.#ledger.command(nameOf(teamId, kind, label), call());
  }
}
