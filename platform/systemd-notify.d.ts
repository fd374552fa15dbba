declare module "systemd-notify" {
  /** Runs the `systemd-notify` program; rejects when it fails or is not there. */
  export default function notify(options: {
    ready?: boolean;
    status?: string;
    pid?: number;
  }): Promise<unknown>;
}
