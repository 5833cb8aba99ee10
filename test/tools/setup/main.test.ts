import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parseConfig } from "../../../tools/setup/toml/edit.ts";
import { ROOT, SHIPPED } from "../../support/repository.ts";
import {
  type CloudflareApi,
  copyWorker,
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

test("answers from a pipe set up mirror.toml, the lock and the bucket by the real wrangler", async () => {
  const { code, stdout } = await setup("mirror.example.org\nnone\npath\nghcr.io\nn\ny\ny\ny\n");

  expect(code).toBe(0);
  expect(parseConfig(await toml())).toMatchObject({
    workers_dev: false,
    kv_namespaces: [{ binding: "CACHE", id: api.namespaces.get("sampan-cache") }],
    routes: [{ pattern: "mirror.example.org", custom_domain: true }],
    r2_buckets: [{ binding: "BLOBS", bucket_name: "sampan-blobs" }],
    vars: { SEARCH: "on", REGISTRIES: { "ghcr.io": "https://ghcr.io" } },
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

test("a KV namespace that an earlier mirror left is used again", async () => {
  api.namespaces.set("sampan-cache", "0f2ac74b498b48028cb68387c421e279");
  const { code } = await setup("\nnone\npath\n\n\n\ny\n");

  expect(code).toBe(0);
  expect(parseConfig(await toml())).toMatchObject({
    kv_namespaces: [{ binding: "CACHE", id: "0f2ac74b498b48028cb68387c421e279" }],
  });
  expect(api.changes).not.toContain("POST /storage/kv/namespaces");
});

test.each([400, 403] as const)(
  "without R2 (status %i) everything else is set up",
  async (status) => {
    api.r2Refusal = status;
    const { code, stdout } = await setup("mirror.example.org\nnone\npath\nnone\ny\n\ny\n");

    expect(code).toBe(0);
    expect(stdout).toContain("NOT set up: Cloudflare error 10042: Please enable R2");
    expect(stdout).toContain("layers are stored in Cloudflare's edge cache only");
    expect(parseConfig(await toml())).not.toHaveProperty("r2_buckets");
    expect([...api.secrets.keys()]).toEqual(["ACCESS_PATHS"]);
  },
);

// The program `script`, which opens a terminal, has other arguments on macOS.
test.runIf(process.platform === "linux")(
  "in an account that never used Workers, wrangler registers a subdomain and deploys with the lock",
  async () => {
    api.subdomain = null;
    await copyWorker(folder);
    const { code, shown } = await setupInTerminal([
      ["Host name, or workers.dev", ""],
      ["Docker Hub username", "none"],
      ["Lock [path]", ""],
      ["Numbers or names", ""],
      ["Store layers in R2?", ""],
      ["Answer searches?", ""],
      ["Do this?", "y"],
      ["register a workers.dev subdomain now?", "y"],
      ["What would you like your workers.dev subdomain to be?", "harbour"],
      ["Ok to proceed?", "y"],
    ]);

    expect(shown).toContain("Cloudflare error 10063: You need a workers.dev subdomain");
    expect(shown).toContain("https://sampan.harbour.workers.dev");
    expect(shown).toContain("The mirror is deployed.");
    expect(code).toBe(0);
    expect(api.subdomain).toBe("harbour");
    expect(api.secrets.get("ACCESS_PATHS")).toMatch(/^home=[0-9a-f]{48}$/);
    expect(api.bindings).toContainEqual({
      name: "CACHE",
      type: "kv_namespace",
      namespace_id: api.namespaces.get("sampan-cache"),
    });
    // Never without the lock: the secrets came with the first upload.
    const uploads = api.changes.filter((change) => change === "PUT /workers/scripts/sampan");
    expect(uploads).toHaveLength(2);
  },
);

test("without a terminal, a missing subdomain is reported and no secret is stored", async () => {
  api.subdomain = null;
  await copyWorker(folder);
  const { code, stdout } = await setup("\nnone\npath\n\n\n\ny\n");

  expect(code).toBe(1);
  expect(stdout).toContain("Cloudflare error 10063: You need a workers.dev subdomain");
  expect(stdout).toContain("What to do: Open Workers & Pages in the dashboard once");
  expect(stdout).toContain("The first deploy failed: ");
  expect(api.secrets.size).toBe(0);
});

test("two runs generate two secrets", async () => {
  const secrets = [];
  for (const _ of [1, 2]) {
    await setup("\nnone\npath\n\n\n\ny\n");
    secrets.push(api.secrets.get("ACCESS_PATHS"));
  }
  expect(new Set(secrets).size).toBe(2);
});

test("--dry-run changes nothing", async () => {
  const { code, stdout } = await setup("mirror.example.org\nnone\npath\nnone\ny\n\n", "--dry-run");

  expect(code).toBe(0);
  expect(stdout).toContain('+ routes = [{ pattern = "mirror.example.org", custom_domain = true }]');
  expect(await settingsFiles()).toEqual(["wrangler.toml"]);
  expect(await readFile(join(folder, "wrangler.toml"), "utf8")).toBe(SHIPPED);
  expect(api.changes).toEqual([]);
});

test("an input that ends too early is an error, and changes nothing", async () => {
  const { code, stderr } = await setup("mirror.example.org\nnone\n");

  expect(code).toBe(1);
  expect(stderr).toBe(
    "\nThe input ended before an answer to “Lock [path]”. Nothing was changed.\n",
  );
  expect(await settingsFiles()).toEqual(["wrangler.toml"]);
  expect(api.changes).toEqual([]);
});

test.each([
  [["--yes"], "Setup has no argument --yes.\n"],
  [["--dry-run", "mirror.example.com"], "Setup has no argument mirror.example.com.\n"],
  [["--lang", "fr"], "--lang takes en or zh.\n"],
  [["--lang"], "--lang takes en or zh.\n"],
  [["--lang", "zh", "-x"], "没有 -x 这个参数。\n"],
])("the arguments %j are explained, with the usage", async (args, error) => {
  const { code, stderr } = await setup("", ...args);
  expect(code).toBe(1);
  expect(stderr.startsWith(error)).toBe(true);
  expect(stderr).toContain("npm run setup -- --dry-run");
});

test("--help shows the usage", async () => {
  const { code, stdout, stderr } = await setup("", "--help");
  expect(stdout).toContain("npm run setup -- --dry-run");
  expect([code, stderr]).toEqual([0, ""]);
});

test("the usage is in the language of the locale", async () => {
  const env = { ...environmentFor(api.origin, folder), LANG: "zh_CN.UTF-8" };
  const { stdout } = await runNode([MAIN, "--help"], { cwd: folder, env });
  expect(stdout).toContain("npm run setup -- --dry-run    只列出改动，不执行\n");
});

async function settingsFiles(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith(".toml"));
}

function toml(): Promise<string> {
  return readFile(join(folder, "mirror.toml"), "utf8");
}

function setup(answers: string, ...args: string[]) {
  const env = environmentFor(api.origin, folder);
  return runNode([MAIN, ...args], { cwd: folder, env, input: answers });
}

/** Answers each question in a terminal when it is shown. */
async function setupInTerminal(answers: readonly (readonly [question: string, answer: string])[]) {
  const { CI: _, ...env } = environmentFor(api.origin, folder);
  const command = `"${process.execPath}" "${MAIN}"`;
  const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    cwd: folder,
    env: { ...env, TERM: "xterm", COLUMNS: "200" },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const left = [...answers];
  let shown = "";
  let seen = 0;
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    shown += stripVTControlCharacters(chunk);
    const [question = "", answer] = left[0] ?? [];
    const at = shown.indexOf(question, seen);
    if (answer === undefined || at === -1) return;
    seen = at + question.length;
    left.shift();
    child.stdin.write(`${answer}\r`);
  });
  const [code] = await once(child, "close");
  return { code, shown };
}
