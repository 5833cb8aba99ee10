import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";

const MAIN = join(import.meta.dirname, "../../../tools/logs/main.ts");

const INVOCATIONS = `{
    "outcome": "ok",
    "eventTimestamp": 1795471200000,
    "event": { "request": { "method": "GET", "url": "https://m.example/topsecret/v2/" } },
    "logs": [
        {
            "message": [
                "{\\"event\\":\\"request\\",\\"method\\":\\"GET\\",\\"path\\":\\"/v2/\\",\\"status\\":200,\\"cache\\":null,\\"ms\\":1,\\"upstreamRequests\\":0}"
            ],
            "level": "log"
        }
    ],
    "exceptions": []
}
{
    "outcome": "exceededMemory",
    "eventTimestamp": 1795471200000,
    "event": { "request": { "method": "GET", "url": "https://m.example/topsecret/v2/busybox/blobs/sha256:ab" } },
    "logs": [],
    "exceptions": []
}
`;

async function run(args: readonly string[], input: string) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, TZ: "UTC", FORCE_COLOR: "1" },
  });
  child.stdin.end(input);
  const [output, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once("close", resolve)),
  ]);
  return { output, errors, code };
}

test("invocations from stdin are readable lines, without colours in a pipe", async () => {
  const { output, code } = await run(["-"], INVOCATIONS);

  const [first, second] = output.split("\n");
  expect(first).toMatch(/^\d\d:\d\d:\d\d {2}200 {2}- {6}GET {3}\/v2\/ /);
  expect(second).toMatch(
    /^\d\d:\d\d:\d\d {2}exceededMemory {2}GET …\/blobs\/sha256:ab {2}over the 128 MB/,
  );
  expect(output).not.toContain("\u001b");
  expect(output).not.toContain("topsecret");
  expect(code).toBe(0);
});

test("--json passes the Worker's lines on, one object each, and has the platform's as well", async () => {
  const { output } = await run(["-", "--json"], `not JSON\n${INVOCATIONS}`);

  const lines = output.trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).event)).toEqual(["request", "platform"]);
  expect(lines[0]).toBe(
    '{"event":"request","method":"GET","path":"/v2/","status":200,"cache":null,"ms":1,"upstreamRequests":0}',
  );
  expect(JSON.parse(lines[1] ?? "")).toMatchObject({ outcome: "exceededMemory", exceptions: [] });
});

test("--status error leaves what failed", async () => {
  const { output } = await run(["-", "--status", "error"], INVOCATIONS);

  expect(output.trim().split("\n")).toHaveLength(1);
  expect(output).toContain("exceededMemory");
});

test.each(["--help", "-h"])("%s tells the usage on stdout, and is no failure", async (help) => {
  const { output, errors, code } = await run([help, "--status", "bad"], "");

  expect(output).toContain("npm run logs -- --status error");
  expect(errors).not.toContain("npm run logs");
  expect(code).toBe(0);
});

test("wrong usage is told on stderr, with exit code 2", async () => {
  const { output, errors, code } = await run(["--status", "bad"], "");

  expect(output).toBe("");
  expect(errors).toContain("npm run logs -- --status error");
  expect(code).toBe(2);
});
