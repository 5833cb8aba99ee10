import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseConfig } from "../../../tools/setup/toml/edit.ts";
import { ROOT, SHIPPED } from "../../support/repository.ts";
import {
  type CloudflareApi,
  environmentFor,
  startCloudflareApi,
} from "./support/cloudflare-api.ts";

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

test("answers by a pipe set up wrangler.toml and the lock, as the real wrangler stores it", async () => {
  const { code, stdout } = await setup("mirror.example.org\nnone\npath\nghcr.io\nn\ny\ny\n");

  expect(code).toBe(0);
  expect(parseConfig(await toml())).toMatchObject({
    workers_dev: false,
    routes: [{ pattern: "mirror.example.org", custom_domain: true }],
    r2_buckets: [{ binding: "BLOBS", bucket_name: "sampan-blobs" }],
    triggers: { crons: ["17 * * * *"] },
    vars: { REGISTRIES: { "ghcr.io": "https://ghcr.io" } },
  });
  const [, secret = ""] = /^home=([0-9a-f]{48})$/.exec(api.secrets.get("ACCESS_PATHS") ?? "") ?? [];
  expect(stdout).toContain(`"https://mirror.example.org/${secret}"`);
  expect(stdout).toContain("npm run deploy");
});

test("two runs make two secrets", async () => {
  const secrets = [];
  for (const _ of [1, 2]) {
    await setup("\nnone\npath\n\n\ny\n");
    secrets.push(api.secrets.get("ACCESS_PATHS"));
  }
  expect(new Set(secrets).size).toBe(2);
});

test("--dry-run changes nothing", async () => {
  const before = await toml();
  const { code, stdout } = await setup("mirror.example.org\nnone\npath\nnone\ny\n", "--dry-run");

  expect(code).toBe(0);
  expect(stdout).toContain('+ routes = [{ pattern = "mirror.example.org", custom_domain = true }]');
  expect(await toml()).toBe(before);
  expect(api.changes).toEqual([]);
});

test("an input that ends too early changes nothing, and says so", async () => {
  const before = await toml();
  const { code, stderr } = await setup("mirror.example.org\nnone\n");

  expect(code).toBe(1);
  expect(stderr).toBe(
    "\nThe input ended before an answer to “Lock [path]”. Nothing was changed.\n",
  );
  expect(await toml()).toBe(before);
  expect(api.changes).toEqual([]);
});

test("an argument that it does not know is answered by its usage", async () => {
  const { code, stderr } = await setup("", "--yes");
  expect(code).toBe(1);
  expect(stderr).toContain("npm run setup -- --dry-run");
});

test("--help is answered by it too, and is no failure", async () => {
  const { code, stdout, stderr } = await setup("", "--help");
  expect(stdout).toContain("npm run setup -- --dry-run");
  expect([code, stderr]).toEqual([0, ""]);
});

function toml(): Promise<string> {
  return readFile(join(folder, "wrangler.toml"), "utf8");
}

async function setup(answers: string, ...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: folder,
    env: environmentFor(api.origin, folder),
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", resolve);
  });
  child.stdin.on("error", () => undefined).end(answers);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}
