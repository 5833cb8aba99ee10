import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { replace, startProxy, type TestProxy } from "./support/proxy.ts";

const MAIN = join(import.meta.dirname, "../../../tools/doctor/main.ts");
const SECRET = "0123456789abcdef";

let proxy: TestProxy;
beforeAll(async () => {
  proxy = await startProxy(null);
});
afterAll(() => proxy.close());

async function run(args: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined, ...environment },
  });
  const [output, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once("close", resolve)),
  ]);
  return { output, errors, code };
}

/** Answers every request with the path secret in the text. */
function echo(secret: string): void {
  proxy.change(replace(404, `no such path as /${secret}/v2/`, { "content-type": "text/plain" }));
}

test("the report has each check, its remedy and the cost; a failure is exit code 1", async () => {
  echo(SECRET);

  const { output, code } = await run([`${proxy.origin}/${SECRET}`]);

  expect(output.split("\n")).toEqual([
    `${proxy.origin}/…  library/busybox:1.30`,
    "",
    "  ✓ host-name      127.0.0.1",
    expect.stringMatching(/^ {2}✓ connection {5}127\.0\.0\.1; DNS \d+ ms, TCP \d+ ms$/),
    "  ✓ tls            plain HTTP on loopback",
    "  ✗ ping           404 for GET (text/plain): no such path as /…/v2/",
    "                   → npm run logs shows whether the request reached the mirror, and its answer",
    "",
    expect.stringMatching(/^ {2}3 ok, 0 warnings, 1 failure; not checked: login, identity, /),
    "  1 request, 37 B read, 0 pulls used",
    "",
  ]);
  expect(code).toBe(1);
});

test("--json prints the same for programs", async () => {
  echo(SECRET);

  const { output, code } = await run(["--json", `${proxy.origin}/${SECRET}`]);

  const report = JSON.parse(output);
  expect(report).toMatchObject({
    mirror: `${proxy.origin}/…`,
    image: { name: "library/busybox", reference: "1.30" },
    counts: { ok: 3, warning: 0, failure: 1 },
    cost: { requests: 1, bytes: 37, pulls: 0 },
  });
  expect(report.results.at(-1)).toEqual({
    check: "ping",
    level: "failure",
    evidence: "404 for GET (text/plain): no such path as /…/v2/",
    remedy: "npm run logs shows whether the request reached the mirror, and its answer",
  });
  expect(report.notChecked).toContain("latency");
  expect(code).toBe(1);
});

test("colours are used where they are wanted", async () => {
  echo(SECRET);

  const { output } = await run([proxy.origin], { NO_COLOR: "", FORCE_COLOR: "1" });

  expect(output).toContain("\u001b[32m✓\u001b[39m connection");
  expect(output).toContain("\u001b[31m✗\u001b[39m ping");
});

test("secrets from the environment, and mistyped ones, are not printed", async () => {
  echo(`${SECRET}!`);
  const environment = {
    MIRROR_URL: `${proxy.origin}/${SECRET}!`,
    MIRROR_USER: "bob:hunter2-hunter2",
  };

  const { output, errors } = await run([], environment);

  expect(output).toContain(`${proxy.origin}/…`);
  expect(output).toContain("no such path as /…/v2/");
  expect(output + errors).not.toMatch(/0123456789abcdef|hunter2/);
});

test("a path of less than 16 characters is not a secret, and is not hidden", async () => {
  echo("0123456789abcde");

  const { output } = await run([`${proxy.origin}/0123456789abcde`]);

  expect(output).toContain("no such path as /0123456789abcde/v2/");
});

test("a login is not hidden in the remedies", async () => {
  proxy.change(replace(404, "Not found."));

  const { output } = await run([`${proxy.origin}/secret`, "--user", "bob:secret"]);

  expect(output).toContain("npx wrangler secret put ACCESS_PATHS (name=secret)");
});

test.each([[["--help"]], [["-h"]], [["--help", "--json", "https://m.example"]]])(
  "%j prints the usage on stdout",
  async (args) => {
    const { output, errors, code } = await run(args);

    expect(output).toContain("npm run doctor -- https://mirror.example.com");
    expect([errors, code]).toEqual(["", 0]);
  },
);

test("invalid arguments print the usage on stderr, with exit code 2", async () => {
  const { output, errors, code } = await run(["--unknown"]);

  expect(output).toBe("");
  expect(errors).toContain("npm run doctor -- https://mirror.example.com");
  expect(code).toBe(2);
});
