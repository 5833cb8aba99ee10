import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { ROOT } from "../support/repository.ts";

test("a run compares what it measured with the README, and names what it left out", async () => {
  const args = [join(ROOT, "bench/main.ts"), "--readme", "--quick", "--latency", "0"];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "ignore"] });
  const [output, [status]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  const rows = output.split("## Figures of the README")[1]?.replaceAll(/ +/g, " ");
  expect(rows).toMatch(/\| KV writes for a new image, one platform \| 3 \| 3 \| ✓ \|/);
  expect(rows).toContain("| warm pull | at most 5 % | left out, needs --readme | – |");
  expect(output).not.toContain("## Repeated requests");
  expect(status).toBe(0);
});
