import { expect, test } from "vitest";
import { createCloudflare, type Run } from "../../../tools/setup/wrangler.ts";

const run = (changes: Partial<Run>): Run => ({ code: 0, stdout: "", stderr: "", ...changes });

test("names are read from wrangler's JSON", async () => {
  const cloudflare = createCloudflare(async (args) => {
    expect(args).toEqual(["secret", "list", "--format", "json"]);
    return run({ stdout: '[{"name":"ACCESS_PATHS","type":"secret_text"}]' });
  });
  expect(await cloudflare.listSecrets()).toEqual({ names: ["ACCESS_PATHS"] });
});

test.each([
  ['✘ [ERROR] Worker "sampan" not found.\n\nIf this is a new Worker, …', { names: [] }],
  [
    "✘ [ERROR] In a non-interactive environment, it's necessary to set a CLOUDFLARE_API_TOKEN …",
    { names: null, reason: "you are not logged in." },
  ],
  [
    "\u001b[31m✘ \u001b[41;31m[\u001b[41;97mERROR\u001b[41;31m]\u001b[0m \u001b[1mMore than one account available\u001b[0m\n  …",
    { names: null, reason: "More than one account available" },
  ],
  ["", { names: null, reason: "wrangler failed." }],
])("%j", async (stderr, names) => {
  const cloudflare = createCloudflare(async () => run({ code: 1, stderr }));
  expect(await cloudflare.listSecrets()).toEqual(names);
});

test("secrets go in by the input, and never by an argument", async () => {
  const runs: unknown[] = [];
  const cloudflare = createCloudflare(async (args, input) => {
    runs.push([args, JSON.parse(input)]);
    return run({});
  });
  await cloudflare.changeSecrets({ UPSTREAM_PASSWORD: "secret", ACCESS_PATHS: null });
  expect(runs).toEqual([[["secret", "bulk"], { UPSTREAM_PASSWORD: "secret", ACCESS_PATHS: null }]]);
});

test("wrangler's reason is told when secrets are not stored", async () => {
  const cloudflare = createCloudflare(async () => run({ code: 1, stderr: "[ERROR] No." }));
  await expect(cloudflare.changeSecrets({ A: "1" })).rejects.toThrow("No.");
});
