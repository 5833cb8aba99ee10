import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { ROOT } from "../repository.ts";

const START_MS = 60_000;
const STOP_MS = 10_000;
const ENDING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A running `wrangler dev`. */
export interface Wrangler {
  readonly origin: string;
  log(): string;
  stop(): Promise<void>;
}

/** Runs `wrangler dev` with a home of its own until the Worker is ready. */
export async function startWrangler(home: string, args: readonly string[]): Promise<Wrangler> {
  const flags = ["--ip", "127.0.0.1", "--inspector-port", "0", "--log-level", "log"];
  const child = spawn(
    process.execPath,
    [join(ROOT, "node_modules/.bin/wrangler"), "dev", ...flags, NOT_INTERACTIVE, ...args],
    // A process group of its own, so that exactly this wrangler and its children can be ended.
    { cwd: ROOT, env: environment(home), stdio: ["ignore", "pipe", "pipe", "ipc"], detached: true },
  );
  const release = endWithParent(child);
  const log = collect(child);
  const stop = () => end(child).then(release);
  try {
    return { origin: await ready(child), log, stop };
  } catch (error) {
    await stop();
    throw new Error(`wrangler dev did not start: ${(error as Error).message}\n${log()}`);
  }
}

const NOT_INTERACTIVE = "--show-interactive-dev-session=false";

/** Nothing of the developer's environment but what it takes to run programs. */
export function environment(home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: home,
    XDG_CONFIG_HOME: home,
    WRANGLER_CACHE_DIR: join(home, "cache"),
    WRANGLER_LOG_PATH: join(home, "logs"),
    WRANGLER_REGISTRY_PATH: join(home, "registry"),
    CI: "1",
    NO_COLOR: "1",
    WRANGLER_SEND_METRICS: "false",
    // Each of these keeps wrangler from calling home.
    WRANGLER_HIDE_BANNER: "true",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
  };
}

function collect(child: ChildProcess): () => string {
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
  }
  return () => chunks.join("");
}

/** The origin that wrangler reports over IPC once the Worker is up. */
function ready(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("It took too long.")), START_MS);
    const fail = (reason: string) => {
      clearTimeout(late);
      reject(new Error(reason));
    };
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code) => fail(`It exited with code ${code}.`));
    // After a failed build wrangler waits for the next edit, which never comes here.
    child.stderr?.on("data", (text: string) => {
      if (text.includes("[ERROR]")) fail("It reported an error.");
    });
    child.on("message", (message) => {
      const { event, ip, port } = JSON.parse(String(message));
      if (event !== "DEV_SERVER_READY") return;
      clearTimeout(late);
      resolve(`http://${ip}:${port}`);
    });
  });
}

/** A group of its own does not hear of Ctrl-C, nor of the end of this process. */
function endWithParent(child: ChildProcess): () => void {
  const onExit = () => signal(child, "SIGKILL");
  const onSignal = (name: NodeJS.Signals) => {
    signal(child, "SIGTERM");
    // Whoever else listens decides whether this process ends.
    process.off(name, onSignal);
    if (process.listenerCount(name) === 0) process.kill(process.pid, name);
  };
  process.once("exit", onExit);
  for (const name of ENDING) process.on(name, onSignal);
  return () => {
    process.off("exit", onExit);
    for (const name of ENDING) process.off(name, onSignal);
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => signal(child, "SIGKILL"), STOP_MS);
  await exited;
  clearTimeout(late);
  signal(child, "SIGKILL");
}

/** Signals the whole process group; nobody left in it is fine. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    return;
  }
}
