import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parseConfig } from "../../../tools/setup/toml/edit.ts";
import { ROOT, SHIPPED } from "../../support/repository.ts";
import {
  type CloudflareApi,
  environmentFor,
  runNode,
  startCloudflareApi,
} from "./support/cloudflare-api.ts";

// Each run of wrangler takes seconds, and a busy machine is no failure.
vi.setConfig({ testTimeout: 180_000 });

const MAIN = join(ROOT, "tools/setup/main.ts");

let api: CloudflareApi;
let folder: string;

beforeEach(async () => {
  api = await startCloudflareApi();
  folder = await mkdtemp(join(tmpdir(), "sampan-setup-"));
  await writeFile(join(folder, "wrangler.toml"), SHIPPED);
});

afterEach(async () => {
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

test("answers from a pipe set up wrangler.toml, the lock and the bucket by the real wrangler", async () => {
  const { code, stdout } = await setup("mirror.example.org\nnone\npath\nghcr.io\nn\ny\ny\n");

  expect(code).toBe(0);
  expect(parseConfig(await toml())).toMatchObject({
    workers_dev: false,
    routes: [{ pattern: "mirror.example.org", custom_domain: true }],
    r2_buckets: [{ binding: "BLOBS", bucket_name: "sampan-blobs" }],
    vars: { REGISTRIES: { "ghcr.io": "https://ghcr.io" } },
  });
  expect(api.buckets.get("sampan-blobs")).toEqual([
    expect.objectContaining({ id: "Default Multipart Abort Rule" }),
    {
      id: "sampan-layers",
      enabled: true,
      conditions: { prefix: "blobs/" },
      deleteObjectsTransition: { condition: { maxAge: 3_888_000, type: "Age" } },
    },
  ]);
  const [, secret = ""] = /^home=([0-9a-f]{48})$/.exec(api.secrets.get("ACCESS_PATHS") ?? "") ?? [];
  expect(stdout).toContain(`"https://mirror.example.org/${secret}"`);
  expect(stdout).toContain("npm run deploy");
});

test("without R2 everything else is set up", async () => {
  api.isR2Enabled = false;
  const { code, stdout } = await setup("mirror.example.org\nnone\npath\nnone\ny\ny\n");

  expect(code).toBe(0);
  expect(stdout).toContain("NOT set up: R2 is not enabled for this account.");
  expect(parseConfig(await toml())).not.toHaveProperty("r2_buckets");
  expect([...api.secrets.keys()]).toEqual(["ACCESS_PATHS"]);
});

test("two runs generate two secrets", async () => {
  const secrets = [];
  for (const _ of [1, 2]) {
    await setup("\nnone\npath\n\n\ny\n");
    secrets.push(api.secrets.get("ACCESS_PATHS"));
  }
  expect(new Set(secrets).size).toBe(2);
});

test("--dry-run changes nothing", async () => {
  const { code, stdout } = await setup("mirror.example.org\nnone\npath\nnone\ny\n", "--dry-run");

  expect(code).toBe(0);
  expect(stdout).toContain('+ routes = [{ pattern = "mirror.example.org", custom_domain = true }]');
  expect(await toml()).toBe(SHIPPED);
  expect(api.changes).toEqual([]);
});

test("an input that ends too early is an error, and changes nothing", async () => {
  const { code, stderr } = await setup("mirror.example.org\nnone\n");

  expect(code).toBe(1);
  expect(stderr).toBe(
    "\nThe input ended before an answer to “Lock [path]”. Nothing was changed.\n",
  );
  expect(await toml()).toBe(SHIPPED);
  expect(api.changes).toEqual([]);
});

test.each([["--yes"], ["mirror.example.com"]])(
  "the unknown argument %s is an error that shows the usage",
  async (argument) => {
    const { code, stderr } = await setup("", argument);
    expect(code).toBe(1);
    expect(stderr).toContain("npm run setup -- --dry-run");
  },
);

test("--help shows the usage", async () => {
  const { code, stdout, stderr } = await setup("", "--help");
  expect(stdout).toContain("npm run setup -- --dry-run");
  expect([code, stderr]).toEqual([0, ""]);
});

function toml(): Promise<string> {
  return readFile(join(folder, "wrangler.toml"), "utf8");
}

function setup(answers: string, ...args: string[]) {
  const env = environmentFor(api.origin, folder);
  return runNode([MAIN, ...args], { cwd: folder, env, input: answers });
}
