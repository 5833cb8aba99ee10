import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { connect, type NetConnectOpts } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** An installation of container clients: a directory that is their root. */
export interface Machine {
  readonly name: string;
  readonly root: string;
}

const CACHE = process.env.SAMPAN_CLIENTS ?? "/var/lib/sampan-clients";

/** The machine that runs the tests. */
export const here: Machine = { name: "this machine", root: "/" };

/** The chroot that `.ci/clients.sh` builds, with newer clients. */
export const forky: Machine = { name: "Debian forky", root: join(CACHE, "forky") };

/** Namespaces for processes and mounts need root on Linux. */
export const isRoot = process.platform === "linux" && process.getuid?.() === 0;

/** Absolute paths of programs that `machine` does not have. */
export function missingOn(machine: Machine, programs: readonly string[]): string[] {
  return programs.filter((program) => !isRoot || !existsSync(join(machine.root, program)));
}

/**
 * @returns a command line that runs `argv` on `machine`. It ends with the calling process, and leaves
 * neither process nor mount behind. `work` has the same path inside; a folder `etc` in it replaces
 * `/etc`, a file `etc-hosts` replaces `/etc/hosts`.
 */
export function contained(machine: Machine, work: string, argv: readonly string[]): string[] {
  const alone = ["unshare", "--mount", "--pid", "--fork", "--kill-child"];
  const withParent = ["setpriv", "--pdeathsig", "KILL"];
  return [...withParent, ...alone, "sh", "-ec", ENTER, "sh", machine.root, work, ...argv];
}

// Docker and containerd need the root to be a mount point. Directories that programs of the machine
// share (/run, /dev/shm) are empty here.
const ENTER = `
root=$1 work=$2
shift 2
if [ "$root" != / ]; then
  mount --bind "$root" "$root"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/tmp"
  mkdir -p "$root$work"
  mount --bind "$work" "$root$work"
fi
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/dev/shm"
[ ! -e "$work/etc" ] || mount --bind "$work/etc" "$root/etc"
[ ! -e "$work/etc-hosts" ] || mount --bind "$work/etc-hosts" "$root/etc/hosts"
exec chroot "$root" "$@"`;

/**
 * The environment of a program. It can reach loopback hosts only: clients written in Go do not use
 * the proxy for those.
 */
export function environment(work: string): Record<string, string> {
  return {
    PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: work,
    TMPDIR: work,
    HTTP_PROXY: "http://127.0.0.1:9",
    HTTPS_PROXY: "http://127.0.0.1:9",
    NO_PROXY: ".localhost",
  };
}

/** How a command is run. */
export interface RunOptions {
  /** A directory that the command may use; its home, too. */
  readonly work: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

const RUN_MS = 40_000;

/** Runs a client to its end and returns its output. Rejects with its error output. */
export function run(machine: Machine, argv: readonly string[], options: RunOptions) {
  const { work, env, timeoutMs = RUN_MS } = options;
  const [file = "", ...args] = contained(machine, work, argv);
  return new Promise<string>((resolve, reject) => {
    const limits = { timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: 2 ** 24 } as const;
    const all = { ...environment(work), ...env };
    execFile(file, args, { ...limits, env: all, cwd: work }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const why = error.killed ? `is not done after ${timeoutMs} ms` : "failed";
      reject(new Error(`${argv.join(" ")} ${why}:\n${stderr}${stdout}`));
    });
  });
}

const VERSION_MS = 10_000;

/** The version that a program on `machine` reports; the machine's name if it is unknown. */
export function versionOf(machine: Machine, program: string, flag = "--version"): string {
  const [file = "", ...args] = contained(machine, "/tmp", [program, flag]);
  const env = environment("/tmp");
  try {
    const output = execFileSync(file, args, {
      ...{ env, timeout: VERSION_MS, encoding: "utf8" },
      stdio: ["ignore", "pipe", "ignore"],
    });
    return /\d+\.\d+\.\d+/.exec(output)?.[0] ?? `of ${machine.name}`;
  } catch {
    return `of ${machine.name}`;
  }
}

/** A service in namespaces of its own. */
export interface Daemon {
  log(): Promise<string>;
  /** Ends it and its child processes. */
  stop(): Promise<void>;
}

/** The command line of a service and its directory. */
export interface DaemonOptions {
  readonly machine: Machine;
  /** The directory of its state, home and log. */
  readonly work: string;
  readonly argv: readonly string[];
  /** Where it accepts connections once it is ready. */
  readonly listens: NetConnectOpts;
}

const START_MS = 30_000;
const POLL_MS = 50;

/** Starts a service and waits until it accepts connections. Rejects with its log if it does not. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { machine, work, argv, listens } = options;
  const [file = "", ...args] = contained(machine, work, argv);
  const logFile = join(work, "daemon.log");
  const output = openSync(logFile, "w");
  const env = environment(work);
  const child = spawn(file, args, { env, cwd: work, stdio: ["ignore", output, output] });
  const daemon = { log: () => readFile(logFile, "utf8"), stop: () => kill(child) };
  const deadline = Date.now() + START_MS;
  while (!(await acceptsConnections(listens))) {
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

function acceptsConnections(listens: NetConnectOpts): Promise<boolean> {
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
