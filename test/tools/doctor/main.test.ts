import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Front, startFront } from "./support/front.ts";

const MAIN = join(import.meta.dirname, "../../../tools/doctor/main.ts");
const SECRET = "0123456789abcdef0123456789abcdef";

let front: Front;
beforeEach(async () => {
  front = await startFront(null);
  front.tamper((answer) => {
    answer.status = 404;
    answer.headers.set("content-type", "text/plain");
    answer.bytes = Buffer.from(`no such path as /${SECRET}/v2/`);
  });
});
afterEach(() => front.close());

async function run(args: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, ...environment },
  });
  const [output, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once("close", resolve)),
  ]);
  return { output, errors, code };
}

test("a report for people has each check, what to do, and what it cost; a failure is exit code 1", async () => {
  const { output, code } = await run([`${front.origin}/${SECRET}`]);

  expect(output.split("\n")).toEqual([
    `${front.origin}/…  library/busybox:1.30`,
    "",
    "  ✓ host-name      127.0.0.1",
    expect.stringMatching(/^ {2}✓ connection {5}127\.0\.0\.1; DNS \d+ ms, TCP \d+ ms$/),
    "  ✓ tls            plain HTTP, on loopback",
    "  ✗ ping           GET was answered 404 (text/plain): no such path as /…/v2/",
    "                   → npm run logs shows whether the mirror was asked at all, and what it said",
    "",
    expect.stringMatching(/^ {2}3 ok, 0 warnings, 1 failure; not checked: login, identity, /),
    "  1 request, 53 B read, 0 manifests off the quota",
    "",
  ]);
  expect(code).toBe(1);
});

test("--json has the same for programs", async () => {
  const { output, code } = await run(["--json", `${front.origin}/${SECRET}`]);

  const report = JSON.parse(output);
  expect(report).toMatchObject({
    mirror: `${front.origin}/…`,
    image: { name: "library/busybox", reference: "1.30" },
    counts: { ok: 3, warning: 0, failure: 1 },
    cost: { requests: 1, bytes: 53, pulls: 0 },
  });
  expect(report.results.at(-1)).toEqual({
    check: "ping",
    level: "failure",
    evidence: "GET was answered 404 (text/plain): no such path as /…/v2/",
    remedy: "npm run logs shows whether the mirror was asked at all, and what it said",
  });
  expect(report.notChecked).toContain("latency");
  expect(code).toBe(1);
});

test("the address may come from the environment, and no output has the secret", async () => {
  const environment = {
    MIRROR_URL: `${front.origin}/${SECRET}`,
    MIRROR_USER: "bob:hunter2-hunter2",
  };

  const { output, errors } = await run([], environment);

  expect(output).toContain(`${front.origin}/…`);
  expect(output + errors).not.toMatch(/0123456789abcdef|hunter2/);
});

test("a word in the secret's place is none, and takes nothing away from what is said", async () => {
  front.tamper((answer, { path }) => {
    answer.status = path === "/v2/" ? 200 : 404;
    answer.headers.set("content-type", "text/plain");
    answer.bytes = Buffer.from("Not found.");
  });

  const { output } = await run([`${front.origin}/secret`]);

  expect(output).toContain("the mirror is open, and knows of no secret\n");
  expect(output).toContain("npx wrangler secret put ACCESS_PATHS (name=secret)");

  const withUser = await run([`${front.origin}/secret`, "--user", "bob:secret"]);
  expect(withUser.output).toContain("npx wrangler secret put ACCESS_PATHS (name=secret)");
});

test("a path secret that was mistyped is hidden as well", async () => {
  front.tamper((answer) => {
    answer.status = 404;
    answer.bytes = Buffer.from(`no such path as /${SECRET}!/v2/`);
  });

  const { output } = await run([`${front.origin}/${SECRET}!`]);

  expect(output).toContain("no such path as /…/v2/");
});

test("--help tells the usage on stdout, which is no failure, whatever else is said", async () => {
  for (const args of [["--help"], ["-h"], ["--help", "--json", front.origin]]) {
    const { output, errors, code } = await run(args);

    expect(output).toContain("npm run doctor -- https://mirror.example.com");
    expect([errors, code]).toEqual(["", 0]);
  }
});

test("wrong usage is told on stderr, with exit code 2", async () => {
  const { output, errors, code } = await run(["--unknown"]);

  expect(output).toBe("");
  expect(errors).toContain("npm run doctor -- https://mirror.example.com");
  expect(code).toBe(2);
});
