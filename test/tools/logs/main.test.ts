import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { environment } from "../../support/mirror/wrangler.ts";
import { startTailApi } from "./support/tail-api.ts";

const MAIN = join(import.meta.dirname, "../../../tools/logs/main.ts");
const TIME = 1_795_471_200_000;
const LINE = {
  event: "request",
  method: "GET",
  path: "/v2/",
  status: 200,
  cache: null,
  ms: 1,
  upstreamRequests: 0,
};
const SUCCESS = {
  outcome: "ok",
  eventTimestamp: TIME,
  event: { request: { method: "GET", url: "https://m.example/topsecret/v2/" } },
  logs: [{ message: [JSON.stringify(LINE)], level: "log", timestamp: TIME }],
  exceptions: [],
};
const FAILURE = {
  outcome: "exceededMemory",
  eventTimestamp: TIME,
  event: {
    request: { method: "GET", url: "https://m.example/topsecret/v2/busybox/blobs/sha256:ab" },
  },
  logs: [],
  exceptions: [],
};
const INVOCATIONS = [SUCCESS, FAILURE].map((one) => JSON.stringify(one, null, 4)).join("\n");

describe("npm run logs", () => {
  async function run(args: readonly string[], input: string, environment: object = {}) {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: { ...process.env, TZ: "UTC", FORCE_COLOR: undefined, ...environment },
    });
    child.stdin.end(input);
    const [output, errors, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((resolve) => child.once("close", resolve)),
    ]);
    return { output, errors, code };
  }

  test("formats invocations from stdin, without colours in a pipe", async () => {
    const { output, code } = await run(["-"], INVOCATIONS);

    const [first, second] = output.split("\n");
    expect(first).toMatch(/^22:00:00 {2}200 {2}- {6}GET {3}\/v2\/ /);
    expect(second).toMatch(
      /^22:00:00 {2}exceededMemory {2}GET …\/blobs\/sha256:ab {2}memory limit of 128 MB/,
    );
    expect(output).not.toContain("\u001b");
    expect(output).not.toContain("topsecret");
    expect(code).toBe(0);
  });

  test("uses colours where they are wanted", async () => {
    const { output } = await run(["-"], INVOCATIONS, { FORCE_COLOR: "1" });

    expect(output).toContain("\u001b[32m200\u001b[39m");
  });

  test("--json passes on the Worker's lines, and adds those of the platform", async () => {
    const { output } = await run(["-", "--json"], `not JSON\n${INVOCATIONS}`);

    const lines = output.trim().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe(JSON.stringify(LINE));
    expect(JSON.parse(lines[1] ?? "")).toEqual({
      event: "platform",
      time: "2026-11-23T22:00:00.000Z",
      outcome: "exceededMemory",
      subject: "GET …/blobs/sha256:ab",
      exceptions: [],
    });
  });

  test("--status error shows failures only", async () => {
    const { output } = await run(["-", "--status", "error"], INVOCATIONS);

    expect(output.trim().split("\n")).toEqual([expect.stringContaining("exceededMemory")]);
  });

  test.each(["--help", "-h"])("%s prints the usage on stdout", async (help) => {
    const { output, errors, code } = await run([help, "--status", "bad"], "");

    expect(output).toContain("npm run logs -- --status error");
    expect([errors, code]).toEqual(["", 0]);
  });

  test("invalid arguments print the usage on stderr, with exit code 2", async () => {
    const { output, errors, code } = await run(["--status", "bad"], "");

    expect(output).toBe("");
    expect(errors).toContain("npm run logs -- --status error");
    expect(code).toBe(2);
  });
});

describe("with the real wrangler", () => {
  /** Starts it in an empty home directory, with a stand-in for Cloudflare's API. */
  async function start(args: readonly string[], token: string | undefined) {
    const api = await startTailApi(SUCCESS);
    const home = await mkdtemp(join(tmpdir(), "sampan-logs-"));
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: {
        ...environment(home),
        CLOUDFLARE_API_BASE_URL: api.origin,
        CLOUDFLARE_ACCOUNT_ID: "0123456789abcdef0123456789abcdef",
        CLOUDFLARE_API_TOKEN: token,
      },
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

  test("the connection is announced on stderr, and log lines appear", async () => {
    const { child, ended } = await start(["--json"], "the-api-token");
    const errors = text(child.stderr);

    const [shown] = await once(child.stdout, "data");
    child.kill("SIGINT");

    expect(JSON.parse(String(shown))).toEqual(LINE);
    expect(await errors).toBe("connected, waiting for requests\n");
    expect(await ended).toBe(0);
  });

  test("a missing login is reported with the remedy", async () => {
    const { child, ended } = await start([], undefined);

    expect(await text(child.stderr)).toBe("not logged in: npx wrangler login\n");
    expect(await ended).toBe(1);
  });
});
