import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { startTail } from "../../../tools/logs/tail.ts";

/** A program in wrangler's place. */
async function program(source: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "sampan-tail-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, "wrangler.mjs");
  await writeFile(file, source);
  return file;
}

test("wrangler is asked for JSON, and given the options that are meant for it", async () => {
  const wrangler = await program("console.log(JSON.stringify(process.argv.slice(2)));");

  const { output, ended } = startTail(["--ip", "self"], wrangler);

  expect(JSON.parse(await text(output))).toEqual(["tail", "--format", "json", "--ip", "self"]);
  expect(await ended).toBe(0);
});

test("its exit code is told", async () => {
  const { ended } = startTail([], await program("process.exitCode = 3;"));

  expect(await ended).toBe(3);
});

test("what it says besides is told apart from its output", async () => {
  const wrangler = await program('console.error("hm"); console.log("{}");');

  const { output, messages } = startTail([], wrangler);

  expect([await text(output), await text(messages)]).toEqual(["{}\n", "hm\n"]);
});

test("asked to end, it may take its leave first", async () => {
  const wrangler = await program(`
    const life = setInterval(() => {}, 1000);
    process.on("SIGINT", () => { console.log("bye"); clearInterval(life); });
    console.log("up");
  `);
  const { output, ended, stop } = startTail([], wrangler);
  output.once("data", stop);

  expect(await text(output)).toBe("up\nbye\n");
  expect(await ended).toBe(0);
});
