import { spawn } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { applyEdit, type Edit } from "../../../tools/setup/toml/edit.ts";
import { createCloudflare, type Run } from "../../../tools/setup/wrangler.ts";
import { ROOT, SHIPPED } from "../../support/repository.ts";
import {
  type CloudflareApi,
  environmentFor,
  startCloudflareApi,
} from "./support/cloudflare-api.ts";

const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
const PASSWORD = "dckr_pat_never-to-be-seen";

let api: CloudflareApi;
let home: string;
let clone: string;

beforeEach(async () => {
  api = await startCloudflareApi();
  home = await mkdtemp(join(tmpdir(), "sampan-home-"));
  clone = await mkdtemp(join(tmpdir(), "sampan-clone-"));
  for (const part of ["src", "package.json"]) {
    await cp(join(ROOT, part), join(clone, part), { recursive: true });
  }
  await writeFile(join(clone, "wrangler.toml"), SHIPPED);
  await symlink(join(ROOT, "node_modules"), join(clone, "node_modules"));
});

afterEach(async () => {
  await api.stop();
  for (const folder of [home, clone]) await rm(folder, { recursive: true, force: true });
});

describe("wrangler deploy, on a fresh clone and an account with nothing in it", () => {
  test("creates the KV namespace without being asked, and prints the address", async () => {
    const { code, stdout } = await wrangler(["deploy"]);

    expect(code).toBe(0);
    expect(api.namespaces).toEqual(["sampan-cache"]);
    expect(api.bindings?.filter(({ type }) => type === "kv_namespace")).toEqual([
      { name: "CACHE", type: "kv_namespace", namespace_id: "sampan-cache" },
    ]);
    expect(stdout).toContain("https://sampan.example.workers.dev");
  });

  test("the second time keeps the namespace", async () => {
    await wrangler(["deploy"]);
    const { code } = await wrangler(["deploy"]);

    expect(code).toBe(0);
    expect(api.namespaces).toEqual(["sampan-cache"]);
    expect(api.bindings).toContainEqual({ name: "CACHE", type: "inherit" });
  });

  test("creates the bucket, once layers are to be kept", async () => {
    await edit({
      kind: "element",
      array: "r2_buckets",
      id: ["binding", "BLOBS"],
      entries: { binding: "BLOBS", bucket_name: "sampan-blobs" },
    });
    const { code } = await wrangler(["deploy"]);

    expect(code).toBe(0);
    expect(api.buckets).toEqual(["sampan-blobs"]);
    expect(api.bindings).toContainEqual({
      name: "BLOBS",
      type: "r2_bucket",
      bucket_name: "sampan-blobs",
    });
  });
});

test("everything that setup can turn on is accepted by wrangler", async () => {
  await edit({ kind: "key", key: "workers_dev", value: false });
  const hosts = ["mirror.example.org", "quay.example.org"];
  const routes = hosts.map((pattern) => ({ pattern, custom_domain: true }));
  await edit({ kind: "key", key: "routes", value: routes });
  const entries = { binding: "BLOBS", bucket_name: "sampan-blobs" };
  await edit({ kind: "element", array: "r2_buckets", id: ["binding", "BLOBS"], entries });
  await edit({ kind: "table", path: ["triggers"], entries: { crons: ["17 * * * *"] } });
  const registries = { "quay.io": "https://quay.io" };
  await edit({ kind: "table", path: ["vars", "REGISTRIES"], entries: registries });
  await edit({
    kind: "table",
    path: ["vars", "HOSTS"],
    entries: { "quay.example.org": "quay.io" },
  });

  const dry = await wrangler(["deploy", "--dry-run"]);
  expect([dry.code, dry.stderr]).toEqual([0, ""]);
  const { code, stdout } = await wrangler(["deploy"]);
  expect(code).toBe(0);
  expect(stdout).toContain("mirror.example.org (custom domain)");
  expect(stdout).toContain("quay.example.org (custom domain)");
  expect(stdout).toContain("schedule: 17 * * * *");
  expect(stdout).not.toContain("workers.dev");
  expect(api.bindings).toContainEqual({ name: "REGISTRIES", type: "json", json: registries });
});

test("every block that ships commented out is accepted by wrangler as it stands", async () => {
  const everything = SHIPPED.replaceAll(/^# (?=\[|\w+ = |"[\w.]+" = )/gm, "");
  await writeFile(join(clone, "wrangler.toml"), everything);
  const { code, stdout, stderr } = await wrangler(["deploy", "--dry-run"]);

  expect([code, stderr]).toEqual([0, ""]);
  for (const binding of ["BLOBS", "RATE_LIMIT", "METRICS", "REGISTRIES", "HOSTS", "LOGIN"]) {
    expect(stdout).toContain(`env.${binding} `);
  }
});

describe("secrets, by the real wrangler", () => {
  test("are stored before the first deploy, and outlive it", async () => {
    const cloudflare = createCloudflare(wrangler);
    expect(await cloudflare.listSecrets()).toEqual({ names: [] });

    await cloudflare.changeSecrets({ UPSTREAM_USERNAME: "alice", UPSTREAM_PASSWORD: PASSWORD });
    expect(Object.fromEntries(api.secrets)).toEqual({
      UPSTREAM_USERNAME: "alice",
      UPSTREAM_PASSWORD: PASSWORD,
    });
    expect(await cloudflare.listSecrets()).toEqual({
      names: ["UPSTREAM_USERNAME", "UPSTREAM_PASSWORD"],
    });
  });

  test("are changed in one request", async () => {
    await wrangler(["deploy"]);
    api.changes.length = 0;
    await createCloudflare(wrangler).changeSecrets({ A: "1", B: "2", C: null });

    expect(api.changes).toEqual(["PATCH /workers/scripts/sampan/secrets-bulk"]);
  });

  test("are in no argument, no output and no file", async () => {
    const runs: { args: readonly string[]; run: Run }[] = [];
    const cloudflare = createCloudflare(async (args, input) => {
      const run = await wrangler(args, input);
      runs.push({ args, run });
      return run;
    });
    await cloudflare.changeSecrets({ UPSTREAM_USERNAME: "alice", UPSTREAM_PASSWORD: PASSWORD });

    expect(api.secrets.get("UPSTREAM_PASSWORD")).toBe(PASSWORD);
    expect(runs).toHaveLength(1);
    expect(JSON.stringify(runs)).not.toContain(PASSWORD);
    expect(await filesWith(PASSWORD, [home, clone])).toEqual([]);
  });

  test("a login that is refused is told as such", async () => {
    const cloudflare = createCloudflare((args, input) =>
      wrangler(args, input, { CLOUDFLARE_API_TOKEN: "another" }),
    );

    expect(await cloudflare.listSecrets()).toEqual({
      names: null,
      reason: expect.stringContaining("request to the Cloudflare API"),
    });
    await expect(cloudflare.changeSecrets({ A: "1" })).rejects.toThrow(/Cloudflare API/);
  });

  test("no login at all is told as such", async () => {
    const cloudflare = createCloudflare((args, input) =>
      wrangler(args, input, { CLOUDFLARE_API_TOKEN: undefined }),
    );

    expect(await cloudflare.listSecrets()).toEqual({
      names: null,
      reason: "you are not logged in.",
    });
    expect(api.changes).toEqual([]);
  });
});

async function edit(change: Edit): Promise<void> {
  const path = join(clone, "wrangler.toml");
  await writeFile(path, applyEdit(await readFile(path, "utf8"), change));
}

async function wrangler(
  args: readonly string[],
  input = "",
  others: NodeJS.ProcessEnv = {},
): Promise<Run> {
  const child = spawn(process.execPath, [WRANGLER, ...args], {
    cwd: clone,
    env: { ...environmentFor(api.origin, home), ...others },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", resolve);
  });
  child.stdin.end(input);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

async function filesWith(secret: string, folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((file) => file.isFile())) {
      const path = join(entry.parentPath, entry.name);
      if ((await readFile(path)).includes(secret)) found.push(path);
    }
  }
  return found;
}
