import { parseArgs, styleText } from "node:util";
import {
  type Environment,
  isFree,
  NAME,
  PLATFORMS,
  PULLED_PLATFORM,
  startEnvironment,
  TAG,
} from "./environment.ts";
import { pullDuringFailures, pullTwice, type Step } from "./pulls.ts";
import { reportPulls, reportResults } from "./report.ts";

const USAGE = `npm run demo                        shows pulls through a mirror
npm run demo -- --serve             keeps the mirror running for docker, podman and others
npm run demo -- --serve --port N    … on another port than 8787`;

const INTRODUCTION = `${styleText("bold", "Sampan: pulling an image through the Worker")}

  This takes less than a minute, and nothing leaves this machine. A program takes
  the place of Docker Hub. An image is pulled through the mirror twice: the second
  time, the mirror answers from its cache. Then that Docker Hub answers "too many
  requests", and at last is gone, and the image is pulled again.
`;

const NEXT_STEP = `
Next: npm run demo -- --serve    keeps the mirror running, for your own client
      npm run setup              makes your own mirror on Cloudflare`;

const SERVE_PORT = 8787;
/** The exit code that shells report for a program that was ended by Ctrl-C. */
const INTERRUPTED = 130;
/** Short enough to start another demo on the same port right away. */
const PARENT_CHECK_MS = 500;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === null) return fail(USAGE);
  const { isHelp, isServing, port } = options;
  if (isHelp) return print(USAGE);
  if (port !== null && !(await isFree(port))) {
    return fail(`Port ${port} is in use. Free it, or choose another one with --port.`);
  }
  const interrupted = Promise.withResolvers<number>();
  const end = () => interrupted.resolve(isServing ? 0 : INTERRUPTED);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  endWithNpm(end);
  if (!isServing) print(INTRODUCTION);
  showProgress("starting the stand-in and the Worker");
  const environment = await startEnvironment(port);
  try {
    const shown = isServing ? serve(environment) : showPulls(environment);
    return await Promise.race([shown, interrupted.promise]);
  } catch (error) {
    return fail(`The demo failed: ${(error as Error).message}`);
  } finally {
    await environment.close();
  }
}

/** @returns null for invalid arguments; `port` is null for any free one. */
function parseOptions(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: "boolean", short: "h", default: false },
        serve: { type: "boolean", default: false },
        port: { type: "string" },
      },
    });
    const { help: isHelp, serve: isServing } = values;
    if (values.port === undefined)
      return { isHelp, isServing, port: isServing ? SERVE_PORT : null };
    const port = Number(values.port);
    return /^\d{1,5}$/.test(values.port) && port >= 1 && port <= 65_535
      ? { isHelp, isServing, port }
      : null;
  } catch {
    return null;
  }
}

/** npm starts a program through a shell, which forwards no signals: watch for the end of npm. */
function endWithNpm(end: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) end();
  }, PARENT_CHECK_MS);
  timer.unref();
}

/** Runs both steps. Resolves with the exit code: 0 if every expected result was met. */
async function showPulls(environment: Environment): Promise<number> {
  const { hub, origins } = environment.served;
  print(`
  The Worker runs in workerd. Its upstream is a stand-in for Docker Hub that
  requires tokens, counts pulls and signs URLs as Docker Hub does:
  ${origins.registry} (auth ${portOf(origins.auth)}, storage ${portOf(origins.storage)}).
  The image is library/${NAME}:${TAG} for ${PLATFORMS.join(" and ")};
  the client pulls ${PULLED_PLATFORM} and verifies every digest.`);

  showProgress("pulling twice");
  const working = await pullTwice(environment);
  printStep("1  Docker Hub works", working);
  showProgress("restarting the Worker, and pulling while Docker Hub fails");
  const failing = await pullDuringFailures(environment);
  printStep("2  The Worker is restarted; Docker Hub rate limits, then is down", failing);

  const noLeaks = {
    text: ["No credential reached a host it is not for", ...hub.leaks].join("\n    "),
    isMet: hub.leaks.length === 0,
  };
  print(`\n${reportResults([noLeaks])}`);
  const results = [...working.results, ...failing.results, noLeaks];
  const unmet = results.filter(({ isMet }) => !isMet).length;
  const pulls = [...working.pulls, ...failing.pulls];
  const quota = pulls.reduce((total, measured) => total + measured.quota, 0);
  const spent = `${pulls.length} pulls of the image, ${quota} of 100 of Docker Hub's quota.`;
  if (unmet === 0) {
    return print(`\n${styleText("green", `${spent} All results as expected.`)}\n${NEXT_STEP}`);
  }
  print(`\n${styleText("red", `${spent} ${unmet} of ${results.length} results not as expected.`)}`);
  return 1;
}

function printStep(title: string, { pulls, results }: Step): void {
  print(`\n${styleText("bold", title)}\n`);
  print(`${reportPulls(pulls)}\n\n${reportResults(results)}`);
}

/** Starts the mirror and prints each upstream request from then on. Never resolves. */
async function serve({ served, startMirror }: Environment): Promise<never> {
  const { origin } = await startMirror();
  const image = `${new URL(origin).host}/library/${NAME}:${TAG}`;
  print(`${styleText("bold", `The mirror is running at ${origin}`)}

  docker pull ${image}
  podman pull --tls-verify=false ${image}
  crane pull --insecure ${image} ${NAME}.tar

  npm run doctor -- ${origin} --image library/${NAME}:${TAG}

Its upstream is a stand-in for Docker Hub with this one image. Ctrl-C ends both.

${styleText("dim", "Upstream requests:")}`);
  served.hub.intercept(({ host, method, path }) => {
    print(`  ${host.padEnd(8)}  ${method.padEnd(4)}  ${path}`);
    return undefined;
  });
  return new Promise(() => {});
}

function showProgress(text: string): void {
  process.stderr.write(`${styleText("dim", `${text} …`, { stream: process.stderr })}\n`);
}

function portOf(origin: string): string {
  return `:${new URL(origin).port}`;
}

/** @returns the exit code of success. */
function print(text: string): 0 {
  process.stdout.write(`${text}\n`);
  return 0;
}

/** @returns the exit code of failure. */
function fail(text: string): 1 {
  process.stderr.write(`${text}\n`);
  return 1;
}
