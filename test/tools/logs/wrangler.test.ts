import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { environmentFor } from "../setup/support/cloudflare-api.ts";
import { startTailApi } from "./support/tail-api.ts";

const MAIN = join(import.meta.dirname, "../../../tools/logs/main.ts");
const LINE = {
  event: "request",
  method: "GET",
  path: "/v2/",
  status: 200,
  cache: null,
  ms: 1,
  upstreamRequests: 0,
};
const INVOCATION = {
  outcome: "ok",
  eventTimestamp: 1_795_471_200_000,
  event: { request: { method: "GET", url: "https://m.example/topsecret/v2/" } },
  logs: [{ message: [JSON.stringify(LINE)], level: "log", timestamp: 1_795_471_200_000 }],
  exceptions: [],
};

/** `npm run logs` with the real wrangler, in a home where nobody is logged in. */
async function start(args: readonly string[], token: string | undefined) {
  const api = await startTailApi(INVOCATION);
  const home = await mkdtemp(join(tmpdir(), "sampan-logs-"));
  const env = { ...environmentFor(api.origin, home), CLOUDFLARE_API_TOKEN: token };
  const child = spawn(process.execPath, [MAIN, ...args], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close").then(([code]) => code);
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
    await api.stop();
    await rm(home, { recursive: true, force: true, maxRetries: 3 });
  });
  return { child, ended };
}

test("once it is connected it says so on stderr, and shows what comes", async () => {
  const { child, ended } = await start(["--json"], "the-api-token");
  const errors = text(child.stderr);

  const [shown] = await once(child.stdout, "data");
  child.kill("SIGINT");

  expect(JSON.parse(String(shown))).toEqual(LINE);
  expect(await errors).toBe("connected, waiting for requests\n");
  expect(await ended).toBe(0);
});

test("without a login it says what to do, and nothing of other accounts", async () => {
  const { child, ended } = await start([], undefined);

  expect(await text(child.stderr)).toBe("not logged in: npx wrangler login\n");
  expect(await ended).toBe(1);
});
