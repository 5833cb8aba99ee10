import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { ROOT } from "../support/repository.ts";

type Npm = ChildProcessByStdio<null, Readable, null>;

/** @returns a port that is not in use. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Starts `npm run` with these arguments. The test ends it with all its children. */
function npmRun(...args: string[]): Npm {
  const child = spawn("npm", ["run", ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NO_COLOR: "1" },
    detached: true,
  });
  onTestFinished(() => {
    if (child.pid === undefined || child.stdout.closed) return;
    process.kill(-child.pid, "SIGTERM");
  });
  return child;
}

/** @returns the output up to the chunk that contains this line. */
async function until({ stdout }: Npm, line: string): Promise<string> {
  let written = "";
  for await (const chunk of stdout.iterator({ destroyOnReturn: false })) {
    written += chunk;
    if (written.includes(line)) break;
  }
  return written;
}

test("npm run demo meets all its expected results", async () => {
  const demo = npmRun("demo");
  const exited = once(demo, "exit");
  const report = await text(demo.stdout);

  expect(report).toContain("4 pulls of the image, 2 of 100 of Docker Hub's quota.");
  expect(report).not.toContain("✗");
  expect(report).toContain("Next: npm run demo -- --serve");
  expect(await exited).toEqual([0, null]);
});

test("npm run demo -- --serve names a doctor command that works, and ends when npm ends", async () => {
  const port = await freePort();
  const demo = npmRun("demo", "--", "--serve", "--port", String(port));

  const written = await until(demo, "Upstream requests:\n");
  const [, command = ""] = /^ {2}npm run (doctor .*)$/m.exec(written) ?? [];
  const doctor = npmRun(...command.split(" "));
  const exited = once(doctor, "exit");
  const report = await text(doctor.stdout);

  expect(report).toContain(`http://127.0.0.1:${port}  library/hello:1\n`);
  expect(report).toMatch(/ ok, \d warnings?, 0 failures\n/);
  expect(await exited).toEqual([0, null]);

  // The output closes when the last process has ended.
  const ended = once(demo, "close");
  demo.stdout.resume();
  demo.kill("SIGTERM");
  await ended;
  await expect(fetch(`http://127.0.0.1:${port}/v2/`)).rejects.toThrow("fetch failed");
});
