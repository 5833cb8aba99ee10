import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { CONNECTED, relayMessages, startTail } from "../../../tools/logs/tail.ts";

describe("wrangler", () => {
  /** Runs this program in its place. */
  async function start(source: string, args: readonly string[] = []) {
    const directory = await mkdtemp(join(tmpdir(), "sampan-tail-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const file = join(directory, "wrangler.mjs");
    await writeFile(file, source);
    return startTail(args, file);
  }

  test("is asked for JSON, with the options that are meant for it", async () => {
    const source = "console.log(JSON.stringify(process.argv.slice(2)));";
    const { output, ended } = await start(source, ["--ip", "self"]);

    expect(JSON.parse(await text(output))).toEqual(["tail", "--format", "json", "--ip", "self"]);
    expect(await ended).toBe(0);
  });

  test("has separate streams for output and messages, and an exit code", async () => {
    const source = 'console.error("hm"); console.log("{}"); process.exitCode = 3;';
    const { output, messages, ended } = await start(source);

    expect([await text(output), await text(messages)]).toEqual(["{}\n", "hm\n"]);
    expect(await ended).toBe(3);
  });

  test("may finish its work when it is stopped", async () => {
    const { output, ended, stop } = await start(`
      const life = setInterval(() => {}, 1000);
      process.on("SIGINT", () => { console.log("bye"); clearInterval(life); });
      console.log("up");
    `);
    output.once("data", stop);

    expect(await text(output)).toBe("up\nbye\n");
    expect(await ended).toBe(0);
  });
});

describe("wrangler's messages", () => {
  async function relayed(...chunks: string[]): Promise<string> {
    const to = new PassThrough();
    await relayMessages(Readable.from(chunks), to);
    to.end();
    return text(to);
  }

  test("become how to log in if they advise on a missing login", async () => {
    const messages = [
      "✘ [ERROR] In a non-interactive environment, it's necessary to set a CLOUDFLARE_API",
      "_TOKEN environment variable\n  rerun this command with `--temporary`.\n",
    ];

    expect(await relayed(...messages)).toBe("not logged in: npx wrangler login\n");
  });

  test("are copied if there is another error before the connection", async () => {
    const error = "✘ [ERROR] This Worker does not exist on your account. [code: 10007]\n";

    expect(await relayed(error)).toBe(error);
    expect(await relayed()).toBe("");
  });

  test("are copied at once after the connection", async () => {
    const [messages, to] = [new PassThrough(), new PassThrough()];
    const done = relayMessages(messages, to);
    messages.write("▲ [WARNING] …\n");
    messages.write(CONNECTED);
    const [first] = await once(to, "data");
    expect(String(first)).toBe(`▲ [WARNING] …\n${CONNECTED}`);

    const rest = text(to);
    messages.end("run wrangler login\n");
    await done;
    to.end();
    expect(await rest).toBe("run wrangler login\n");
  });
});
