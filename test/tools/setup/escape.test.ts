import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { openTerminal } from "../../../tools/setup/terminal.ts";
import { textsIn } from "../../../tools/setup/texts.ts";

test("what setup prints has no control and format characters", async () => {
  const input = new PassThrough() as unknown as NodeJS.ReadStream;
  const output = new PassThrough() as unknown as NodeJS.WriteStream;
  const terminal = openTerminal(input, output, textsIn("en"), (_, text) => text);
  terminal.say("two\n\tlines \u001b[2J\u202e");
  terminal.showDiff("+ one\u001b[2J\n- other\u202e");
  const answer = terminal.ask("name \u009b31m\u200b?");
  (input as unknown as PassThrough).end("x\n");
  expect(await answer).toBe("x");
  terminal.close();
  output.end();

  expect(await text(output as unknown as PassThrough)).toBe(
    "two\n\tlines \\u001b[2J\\u202e\n+ one\\u001b[2J\n- other\\u202e\nname \\u009b31m\\u200b?\n",
  );
});
