import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { CONNECTED } from "../../../tools/logs/connected.ts";
import { relay } from "../../../tools/logs/relay.ts";

const ADVICE = [
  "✘ [ERROR] In a non-interactive environment, it's necessary to set a CLOUDFLARE_API",
  "_TOKEN environment variable\n  rerun this command with `--temporary`.\n",
];

async function relayed(...chunks: string[]): Promise<string> {
  const to = new PassThrough();
  await relay(Readable.from(chunks), to);
  to.end();
  return text(to);
}

test("advice on how to do without a login becomes how to log in", async () => {
  expect(await relayed(...ADVICE)).toBe("not logged in: npx wrangler login\n");
});

test("whatever else keeps it from being connected is told as it is", async () => {
  const error = "✘ [ERROR] This Worker does not exist on your account. [code: 10007]\n";
  expect(await relayed(error)).toBe(error);
  expect(await relayed()).toBe("");
});

test("once it is connected all is told, and at once", async () => {
  const [messages, to] = [new PassThrough(), new PassThrough()];
  const done = relay(messages, to);
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
