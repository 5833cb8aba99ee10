import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { connect, type NetConnectOpts } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { contained, environment, type Machine } from "./machine.ts";

/** A service in namespaces of its own. */
export interface Daemon {
  log(): Promise<string>;
  /** Ends it with everything that it started. */
  stop(): Promise<void>;
}

/** What is started, and where. */
export interface DaemonOptions {
  readonly machine: Machine;
  /** Its state, its home and its log. */
  readonly work: string;
  readonly argv: readonly string[];
  /** Where it takes connections once it is ready. */
  readonly listens: NetConnectOpts;
}

const START_MS = 30_000;
const POLL_MS = 50;

/** Starts a service and waits until it takes connections. Rejects with its log if it does not. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { machine, work, argv, listens } = options;
  const [file = "", ...args] = contained(machine, work, argv);
  const logFile = join(work, "daemon.log");
  const output = openSync(logFile, "w");
  const env = environment(work);
  const child = spawn(file, args, { env, cwd: work, stdio: ["ignore", output, output] });
  const daemon = { log: () => readFile(logFile, "utf8"), stop: () => kill(child) };
  const deadline = Date.now() + START_MS;
  while (!(await takesConnections(listens))) {
    if (child.exitCode === null && Date.now() < deadline) {
      await sleep(POLL_MS);
      continue;
    }
    await daemon.stop();
    throw new Error(`${argv[0]} does not start:\n${(await daemon.log()).slice(-4000)}`);
  }
  return daemon;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

function takesConnections(listens: NetConnectOpts): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(listens);
    const answer = (isReady: boolean) => {
      socket.destroy();
      resolve(isReady);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
  });
}
