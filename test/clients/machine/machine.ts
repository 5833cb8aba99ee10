import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where container clients are installed: a directory that serves them as their root. */
export interface Machine {
  readonly name: string;
  readonly root: string;
}

const CACHE = process.env.SAMPAN_CLIENTS ?? "/var/lib/sampan-clients";

/** The machine that runs the tests. */
export const here: Machine = { name: "this machine", root: "/" };

/** The chroot that `.ci/clients.sh` builds, with newer clients. */
export const forky: Machine = { name: "Debian forky", root: join(CACHE, "forky") };

/** Namespaces of their own for processes and mounts are the superuser's on Linux. */
export const isRoot = process.platform === "linux" && process.getuid?.() === 0;

/** Absolute paths of programs that `machine` does not have. */
export function missingOn(machine: Machine, programs: readonly string[]): string[] {
  return programs.filter((program) => !isRoot || !existsSync(join(machine.root, program)));
}

/**
 * A command line that runs `argv` on `machine`. It and what it starts end with whoever called it,
 * and leave neither process nor mount behind. `work` is seen under the same path; a file
 * `etc-hosts` in it stands in for `/etc/hosts`.
 */
export function contained(machine: Machine, work: string, argv: readonly string[]): string[] {
  const alone = ["unshare", "--mount", "--pid", "--fork", "--kill-child"];
  const withParent = ["setpriv", "--pdeathsig", "KILL"];
  return [...withParent, ...alone, "sh", "-ec", ENTER, "sh", machine.root, work, ...argv];
}

// Docker and containerd want the root to be a mount point. What is shared by name with the rest of
// the machine (/run, /dev/shm) is empty here.
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
[ ! -e "$work/etc-hosts" ] || mount --bind "$work/etc-hosts" "$root/etc/hosts"
exec chroot "$root" "$@"`;

/**
 * What a program finds in its environment. No host but loopback ones can be reached: clients
 * written in Go leave those out of the proxy.
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

/** Runs a client to its end and returns what it printed. Rejects with what it complained about. */
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
