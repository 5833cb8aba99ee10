import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { applyEdit, type Edit } from "../../../tools/setup/toml/edit.ts";
import { createCloudflare, type Run } from "../../../tools/setup/wrangler.ts";
import { ROOT, SHIPPED } from "../../support/repository.ts";
import {
  type CloudflareApi,
  environmentFor,
  runNode,
  startCloudflareApi,
} from "./support/cloudflare-api.ts";

// Each run of wrangler takes seconds, and a busy machine is no failure.
vi.setConfig({ testTimeout: 180_000 });

const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
const PASSWORD = "dckr_pat_never-to-be-seen";
const BUCKET: Edit = {
  kind: "element",
  array: "r2_buckets",
  id: ["binding", "BLOBS"],
  entries: { binding: "BLOBS", bucket_name: "sampan-blobs" },
};

describe("a failure of wrangler", () => {
  const failure = (stderr: string): Run => ({ code: 1, stdout: "", stderr });

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
  ])("is understood: %j", async (stderr, names) => {
    const cloudflare = createCloudflare(async () => failure(stderr));
    expect(await cloudflare.listSecrets()).toEqual(names);
  });

  test("is an error with wrangler's reason when secrets are not stored", async () => {
    const cloudflare = createCloudflare(async () => failure("[ERROR] No."));
    await expect(cloudflare.changeSecrets({ A: "1" })).rejects.toThrow("No.");
  });
});

describe("the real wrangler", () => {
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

  test("deploys a fresh clone, creates the KV namespace once, and prints the address", async () => {
    const { code, stdout } = await wrangler(["deploy"]);
    expect(code).toBe(0);
    expect(stdout).toContain("https://sampan.example.workers.dev");
    expect(api.bindings?.filter(({ type }) => type === "kv_namespace")).toEqual([
      { name: "CACHE", type: "kv_namespace", namespace_id: "sampan-cache" },
    ]);

    expect((await wrangler(["deploy"])).code).toBe(0);
    expect(api.namespaces).toEqual(["sampan-cache"]);
    expect(api.bindings).toContainEqual({ name: "CACHE", type: "inherit" });
  });

  test("deploys everything that setup can turn on", async () => {
    const hosts = ["mirror.example.org", "quay.example.org"];
    const routes = hosts.map((pattern) => ({ pattern, custom_domain: true }));
    const registries = { "quay.io": "https://quay.io" };
    await edit(
      { kind: "key", key: "workers_dev", value: false },
      { kind: "key", key: "routes", value: routes },
      BUCKET,
      { kind: "table", path: ["vars", "REGISTRIES"], entries: registries },
      { kind: "table", path: ["vars", "HOSTS"], entries: { "quay.example.org": "quay.io" } },
    );

    const dry = await wrangler(["deploy", "--dry-run"]);
    expect([dry.code, dry.stderr]).toEqual([0, ""]);
    const { code, stdout } = await wrangler(["deploy"]);
    expect(code).toBe(0);
    expect(stdout).toContain("mirror.example.org (custom domain)");
    expect(stdout).toContain("quay.example.org (custom domain)");
    expect(stdout).not.toContain("workers.dev");
    expect(api.bindings).toContainEqual({ name: "REGISTRIES", type: "json", json: registries });
    expect(api.bindings).toContainEqual({
      name: "BLOBS",
      type: "r2_bucket",
      bucket_name: "sampan-blobs",
    });
  });

  test("removes the trigger of an earlier version by an empty list", async () => {
    await edit({ kind: "table", path: ["triggers"], entries: { crons: [] } });
    expect((await wrangler(["deploy"])).code).toBe(0);
    expect(api.changes).toContain("PUT /workers/scripts/sampan/schedules");
  });

  test("accepts every block of wrangler.toml that is commented out", async () => {
    const everything = SHIPPED.replaceAll(/^# (?=\[|\w+ = |"[\w.]+" = )/gm, "");
    await writeFile(join(clone, "wrangler.toml"), everything);
    const { code, stdout, stderr } = await wrangler(["deploy", "--dry-run"]);

    expect([code, stderr]).toEqual([0, ""]);
    for (const binding of ["BLOBS", "RATE_LIMIT", "METRICS", "REGISTRIES", "HOSTS", "LOGIN"]) {
      expect(stdout).toContain(`env.${binding} `);
    }
  });

  test("stores secrets before the first deploy, which keeps them, and deletes them", async () => {
    const cloudflare = createCloudflare(wrangler);
    expect(await cloudflare.listSecrets()).toEqual({ names: [] });
    await cloudflare.changeSecrets({ ACCESS_PATHS: "home=a", UPSTREAM_USERNAME: "alice" });
    await wrangler(["deploy"]);

    expect(await cloudflare.listSecrets()).toEqual({
      names: expect.arrayContaining(["ACCESS_PATHS", "UPSTREAM_USERNAME"]),
    });
    await cloudflare.changeSecrets({ ACCESS_PATHS: null });
    expect([...api.secrets]).toEqual([["UPSTREAM_USERNAME", "alice"]]);
  });

  test("puts no secret in an argument, its output or a file", async () => {
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

  test("replaces the rule of a bucket that exists, and leaves other rules alone", async () => {
    const other = { id: "mine", enabled: true, conditions: { prefix: "x/" } };
    const former = { id: "sampan-layers", enabled: true, conditions: { prefix: "blobs/" } };
    api.buckets.set("sampan-blobs", [former, other]);
    const cloudflare = createCloudflare(wrangler);
    await cloudflare.prepareBucket("sampan-blobs", 45);

    expect(await cloudflare.readExpireDays("sampan-blobs")).toBe(45);
    expect(api.buckets.get("sampan-blobs")).toEqual([
      other,
      {
        ...former,
        deleteObjectsTransition: { condition: { maxAge: 3_888_000, type: "Age" } },
      },
    ]);
  });

  test("reports that R2 is not enabled", async () => {
    api.isR2Enabled = false;
    const cloudflare = createCloudflare(wrangler);

    expect(await cloudflare.readExpireDays("sampan-blobs")).toBeNull();
    await expect(cloudflare.prepareBucket("sampan-blobs", 45)).rejects.toThrow(
      /^R2 is not enabled for this account\.$/,
    );
    expect(api.buckets.size).toBe(0);
  });

  test("reports a login that is refused", async () => {
    const cloudflare = createCloudflare((args, input) =>
      wrangler(args, input, { CLOUDFLARE_API_TOKEN: "another" }),
    );

    expect(await cloudflare.listSecrets()).toEqual({
      names: null,
      reason: expect.stringContaining("request to the Cloudflare API"),
    });
    await expect(cloudflare.prepareBucket("sampan-blobs", 45)).rejects.toThrow(
      /Authentication error \[code: 10000\]/,
    );
  });

  test("reports a missing login", async () => {
    const cloudflare = createCloudflare((args, input) =>
      wrangler(args, input, { CLOUDFLARE_API_TOKEN: undefined }),
    );

    expect(await cloudflare.listSecrets()).toEqual({
      names: null,
      reason: "you are not logged in.",
    });
    expect(api.changes).toEqual([]);
  });

  async function edit(...edits: readonly Edit[]): Promise<void> {
    const path = join(clone, "wrangler.toml");
    await writeFile(path, edits.reduce(applyEdit, await readFile(path, "utf8")));
  }

  function wrangler(
    args: readonly string[],
    input = "",
    others: NodeJS.ProcessEnv = {},
  ): Promise<Run> {
    const env = { ...environmentFor(api.origin, home), ...others };
    return runNode([WRANGLER, ...args], { cwd: clone, env, input });
  }
});

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
