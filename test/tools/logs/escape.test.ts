import { spawn } from "node:child_process";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { CONNECTED, relayMessages } from "../../../tools/logs/tail.ts";

const MAIN = join(import.meta.dirname, "../../../tools/logs/main.ts");
const EVIL = "a\u009b31m\u202eb\u200bc";
const ESCAPED = "a\\u009b31m\\u202eb\\u200bc";
const LINES = [
  JSON.stringify({ event: "request", path: `/${EVIL}`, status: 404, method: EVIL, client: EVIL }),
  JSON.stringify({ event: EVIL, reason: EVIL }),
  JSON.stringify({
    logs: [],
    outcome: EVIL,
    exceptions: [{ name: EVIL, message: EVIL }],
    event: { request: { method: EVIL, url: `https://m/v2/x/manifests/${EVIL}` } },
  }),
];

async function run(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [MAIN, "-", ...args], {
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
  });
  child.stdin.end(`${LINES.join("\n")}\n${EVIL}\n`);
  return text(child.stdout);
}

test.each([
  ["for people", []],
  ["as JSON", ["--json"]],
  ["of failures only", ["--status", "error"]],
])("the log %s has no control and format characters", async (_, args) => {
  const output = await run(...args);

  expect(output).toContain(ESCAPED);
  expect(output.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

test("JSON that was escaped is the same JSON", async () => {
  const [first = ""] = (await run("--json")).split("\n");

  expect(JSON.parse(first)).toEqual(JSON.parse(LINES[0] ?? ""));
});

test("messages of wrangler have no control and format characters", async () => {
  const messages = new PassThrough();
  const to = new PassThrough();
  messages.end(`${CONNECTED}\u001b[31mred\u001b[0m ${EVIL}\n`);
  await relayMessages(messages, to);
  to.end();

  expect(await text(to)).toBe(`${CONNECTED}red a\\u202eb\\u200bc\n`);
});
