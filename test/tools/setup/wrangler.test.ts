import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { textsIn } from "../../../tools/setup/texts.ts";
import { applyEdit, type Edit } from "../../../tools/setup/toml/edit.ts";
import {
  createCloudflare as create,
  isR2Disabled,
  type Run,
  type RunWrangler,
} from "../../../tools/setup/wrangler.ts";
import { ROOT, SHIPPED } from "../../support/repository.ts";
import {
  ApiError,
  type CloudflareApi,
  copyWorker,
  environmentFor,
  runNode,
  startCloudflareApi,
} from "./support/cloudflare-api.ts";

// Each run of wrangler takes seconds, and a busy machine is no failure.
vi.setConfig({ testTimeout: 180_000 });

const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
const createCloudflare = (run: RunWrangler) => create(run, textsIn("en"));
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

  test("never repeats a secret", async () => {
    const cloudflare = createCloudflare(async () =>
      failure(`✘ [ERROR] Failed: ${PASSWORD}\n\n  "${PASSWORD}" is bad. [code: 10021]\n`),
    );
    const error = await cloudflare.changeSecrets({ A: PASSWORD }).catch((thrown) => thrown);
    expect(error.message).toMatch(/^Cloudflare error 10021: "…" is bad\.\nWhat to do: /);
    expect(JSON.stringify([error.message, error])).not.toContain(PASSWORD);
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
    await writeFile(join(clone, "wrangler.toml"), SHIPPED);
    await copyWorker(clone);
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
      { name: "CACHE", type: "kv_namespace", namespace_id: api.namespaces.get("sampan-cache") },
    ]);

    expect((await wrangler(["deploy"])).code).toBe(0);
    expect([...api.namespaces.keys()]).toEqual(["sampan-cache"]);
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

  test("deploys the file that another run has built, and nothing else", async () => {
    expect((await wrangler(["deploy", "--dry-run", "--outdir", "dist"])).code).toBe(0);
    const built = await readFile(join(clone, "dist/worker.js"));
    // The workflow hands on this one file.
    for (const path of ["src", "dist"]) await rm(join(clone, path), { recursive: true });
    await mkdir(join(clone, "dist"));
    await writeFile(join(clone, "dist/worker.js"), built);
    const { code } = await wrangler(["deploy", "dist/worker.js", "--no-bundle"]);

    expect(code).toBe(0);
    expect(api.modules.map(({ name }) => name)).toEqual(["worker.js"]);
    expect(Buffer.from((await api.modules[0]?.arrayBuffer()) ?? [])).toEqual(built);
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

  test("creates the KV namespace of a mirror once, and finds it again", async () => {
    api.namespaces.set("another", "00000000000000000000000000000000");
    const cloudflare = createCloudflare(wrangler);
    const id = await cloudflare.prepareNamespace("sampan-cache");

    expect(await cloudflare.prepareNamespace("sampan-cache")).toBe(id);
    expect(api.namespaces.get("sampan-cache")).toBe(id);
    expect(api.changes).toEqual(["POST /storage/kv/namespaces"]);
  });

  test("deploys with the id of a namespace that an earlier mirror left, and fails without it", async () => {
    api.namespaces.set("sampan-cache", "0f2ac74b498b48028cb68387c421e279");
    const { code, stderr } = await wrangler(["deploy"]);
    expect([code === 0, stderr]).toEqual([false, expect.stringContaining("[code: 10014]")]);

    const entries = { binding: "CACHE", id: "0f2ac74b498b48028cb68387c421e279" };
    await edit({ kind: "element", array: "kv_namespaces", id: ["binding", "CACHE"], entries });
    expect((await wrangler(["deploy"])).code).toBe(0);
  });

  test("deploys with secrets where there is no workers.dev subdomain for a draft", async () => {
    api.subdomain = null;
    const cloudflare = createCloudflare(wrangler);
    await expect(cloudflare.changeSecrets({ ACCESS_PATHS: PASSWORD })).rejects.toMatchObject({
      code: 10063,
    });
    api.subdomain = "example";
    await cloudflare.deploy({ ACCESS_PATHS: PASSWORD });

    expect([...api.secrets]).toEqual([["ACCESS_PATHS", PASSWORD]]);
    expect(api.bindings?.map(({ name }) => name)).toContain("CACHE");
    expect(await filesWith(PASSWORD, [home, clone])).toEqual([]);
  });

  test("has the secrets of a deploy in a file that only its owner can read, until it ends", async () => {
    const modes: number[] = [];
    let file = "";
    const cloudflare = createCloudflare(async ([, , path = ""]) => {
      file = path;
      modes.push((await stat(path)).mode & 0o777, (await stat(dirname(path))).mode & 0o777);
      return { code: 1, stdout: "", stderr: "[ERROR] No." };
    });
    await expect(cloudflare.deploy({ ACCESS_PATHS: PASSWORD })).rejects.toThrow("No.");

    expect(modes).toEqual([0o600, 0o700]);
    await expect(stat(dirname(file))).rejects.toThrow("ENOENT");
  });

  test.each([400, 403] as const)("reports that R2 is not enabled (status %i)", async (status) => {
    api.r2Refusal = status;
    const cloudflare = createCloudflare(wrangler);

    expect(await cloudflare.readExpireDays("sampan-blobs")).toBeNull();
    const error = await cloudflare.prepareBucket("sampan-blobs", 45).catch((thrown) => thrown);
    expect(isR2Disabled(error)).toBe(true);
    expect(error.message).toBe(
      "Cloudflare error 10042: Please enable R2 through the Cloudflare Dashboard.\n" +
        "What to do: Enable R2 in the dashboard (R2 object storage), then run  npm run setup  again.",
    );
    expect(api.buckets.size).toBe(0);
  });

  test.each([
    [10000, "Authentication error", /npx wrangler login/],
    [10014, "a namespace with this account ID and title already exists", /finds the KV namespace/],
    [10042, "Please enable R2 through the Cloudflare Dashboard.", /Enable R2/],
    [10054, "Text binding exceeds the limit of 5.0 kB.", /at most/],
    [10063, "You need a workers.dev subdomain in order to proceed.", /Open Workers & Pages/],
    [10085, "R2 bucket 'sampan-blobs' not found.", /npm run setup/],
    [19999, "Something new.", /search for the code/],
  ])("reports the code %i, Cloudflare's message and what to do", async (code, message, remedy) => {
    api.bindings = [];
    api.secretsError = new ApiError(400, code, message);
    const error = await createCloudflare(wrangler)
      .changeSecrets({ UPSTREAM_PASSWORD: PASSWORD })
      .catch((thrown) => thrown);

    const [first, second, ...rest] = error.message.split("\n");
    expect([first, rest]).toEqual([`Cloudflare error ${code}: ${message}`, []]);
    expect(second).toMatch(/^What to do: /);
    expect(second).toMatch(remedy);
    expect(error.message).not.toContain(PASSWORD);
  });

  test("reports a login that is refused", async () => {
    const cloudflare = createCloudflare((args, input) =>
      wrangler(args, input, { CLOUDFLARE_API_TOKEN: "another" }),
    );

    const reason = /^Cloudflare error 10000: Authentication error\nWhat to do: Run {2}npx wrangler/;
    expect(await cloudflare.listSecrets()).toEqual({
      names: null,
      reason: expect.stringMatching(reason),
    });
    await expect(cloudflare.prepareBucket("sampan-blobs", 45)).rejects.toThrow(reason);
    await expect(cloudflare.prepareNamespace("sampan-cache")).rejects.toThrow(reason);
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
    input: string | null = null,
    others: NodeJS.ProcessEnv = {},
  ): Promise<Run> {
    const env = { ...environmentFor(api.origin, home), ...others };
    return runNode([WRANGLER, ...args], { cwd: clone, env, input: input ?? "" });
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
