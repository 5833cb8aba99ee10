import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { ROOT, readOwn } from "../support/repository.ts";

/** The first of three ports. */
const PORT = "47100";
/** A run takes half a minute on an idle machine. */
const LIMIT_MS = 300_000;

test("a run that contradicts a figure of the README ends with status 1 and names what it left out", {
  timeout: LIMIT_MS,
}, async () => {
  // Docker Hub's stand-in itself, which needs fewer requests than CF-Workers-docker.io.
  const peer = `CF-Workers-docker.io=http://127.0.0.1:${PORT}`;
  const options = ["--readme", "--quick", "--latency", "200", "--hub-port", PORT, "--peer", peer];
  const child = spawn(process.execPath, ["bench/main.ts", ...options], {
    ...{ cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] },
  });
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  const rows = output.split("## Figures of the README")[1]?.replaceAll(/ +/g, " ");
  expect(rows).toMatch(/\| cold pull, CF-Workers-docker.io \| 130 to 170 % \| [\d.]+ % \| ✗ \|/);
  expect(rows).toContain("| KV writes for a new image, one platform | 3 | 3 | ✓ |");
  expect(rows).toContain(
    "| warm pull, R2 50 ms away | at most 8 % | left out, needs --readme | – |",
  );
  expect(rows).toContain("| left out, needs --peer registry:2=URL | – |");
  expect(output).not.toContain("## Repeated requests");
  expect(status).toBe(1);
  const [, path = ""] = /^Saved as (.+)$/m.exec(output) ?? [];
  expect(readOwn(path)).toContain("-summary.svg");
  // Nothing of it was measured.
  expect(readOwn(path)).not.toContain("-cpu.svg");
});
