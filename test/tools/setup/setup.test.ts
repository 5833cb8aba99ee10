import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readConfig } from "../../../src/config/config.ts";
import type { Env } from "../../../src/config/settings.ts";
import { findSettings, openSettings } from "../../../tools/setup/settings.ts";
import { setUp } from "../../../tools/setup/setup.ts";
import { messageOf, textsIn } from "../../../tools/setup/texts.ts";
import { parseConfig } from "../../../tools/setup/toml/edit.ts";
import { SHIPPED } from "../../support/repository.ts";
import { createContext, NAMESPACE_ID, type Script } from "./support/context.ts";

const SECRET = "5a".repeat(24);
const PASSWORD = "dckr_pat_never-to-be-seen";
/** Host, account, token, its scope, lock, registries, hosts, their domain, layers, search, yes. */
const EVERYTHING = [
  "mirror.example.org",
  "alice",
  PASSWORD,
  "y",
  "path",
  "ghcr.io 1",
  "y",
  "",
  "y",
  "y",
  "y",
];
const COMPLETE: Script = { answers: EVERYTHING, verifications: [{ kind: "accepted" }] };
const STORED = ["UPSTREAM_USERNAME", "UPSTREAM_PASSWORD", "ACCESS_PATHS"];
/** wrangler.toml as shipped, after the id of the KV namespace was written. */
const WITH_ID = SHIPPED.replace(
  'binding = "CACHE"\n',
  `binding = "CACHE"\nid = "${NAMESPACE_ID}"\n`,
);
const CACHE = { kv_namespaces: [{ binding: "CACHE", id: NAMESPACE_ID }] };
const BLOBS = '\n[[r2_buckets]]\nbinding = "BLOBS"\nbucket_name = "sampan-blobs"\n';

async function run(script: Script, isDryRun = false) {
  const context = createContext(script);
  const isDone = await setUp(context, isDryRun);
  return { ...context, isDone, transcript: context.said.join("\n") };
}

/** A mirror on which everything is set up already. */
async function runAgain(script: Script) {
  const { text } = await run(COMPLETE);
  return run({ text, secrets: STORED, expireDays: 45, ...script });
}

describe("with an answer to everything", () => {
  test("wrangler.toml has everything", async () => {
    const { isDone, text } = await run(COMPLETE);
    expect(isDone).toBe(true);
    expect(parseConfig(text)).toEqual({
      ...parseConfig(SHIPPED),
      ...CACHE,
      workers_dev: false,
      routes: [
        { pattern: "mirror.example.org", custom_domain: true },
        { pattern: "q.example.org", custom_domain: true },
        { pattern: "gh.example.org", custom_domain: true },
      ],
      r2_buckets: [{ binding: "BLOBS", bucket_name: "sampan-blobs" }],
      vars: {
        PRIVATE_IMAGES: "public-only-account",
        SEARCH: "on",
        REGISTRIES: { "quay.io": "https://quay.io", "ghcr.io": "https://ghcr.io" },
        HOSTS: { "q.example.org": "quay.io", "gh.example.org": "ghcr.io" },
      },
    });
  });

  test("all secrets are stored at once, and namespace and bucket are prepared", async () => {
    const { stored, namespaces, prepared } = await run(COMPLETE);
    expect(stored).toEqual([
      {
        UPSTREAM_USERNAME: "alice",
        UPSTREAM_PASSWORD: PASSWORD,
        ACCESS_PATHS: `home=${SECRET}`,
      },
    ]);
    expect(namespaces).toEqual(["sampan-cache"]);
    expect(prepared).toEqual([["sampan-blobs", 45]]);
  });

  test("the mirror accepts the result", async () => {
    const { text, stored } = await run(COMPLETE);
    const { vars } = parseConfig(text) as { vars: object };
    const config = readConfig({ CACHE: {}, ...vars, ...stored[0] } as unknown as Env);
    expect(config.registries.all.map(({ name }) => name)).toEqual([
      "docker.io",
      "quay.io",
      "ghcr.io",
    ]);
    expect(config.registries.byHost.get("gh.example.org")?.name).toBe("ghcr.io");
    expect(config.registries.primary.endpoints[0].account).toEqual({
      username: "alice",
      password: PASSWORD,
    });
    expect(config.access.paths).toEqual([{ name: "home", secret: SECRET }]);
  });

  test("all changes are shown before the last question", async () => {
    const { said } = await run(COMPLETE);
    const shown = said.slice(0, said.indexOf("Do this? [Y/n] ")).join("\n");
    expect(shown).toContain('+   { pattern = "mirror.example.org", custom_domain = true },');
    expect(shown).toContain("+ UPSTREAM_PASSWORD\n+ ACCESS_PATHS");
    expect(shown).toContain("KV namespace sampan-cache: created if it is missing.");
    expect(shown).toContain("R2 bucket sampan-blobs: created if it is missing.");
    expect(shown).toContain("deletes layers 45 days after");
    expect(shown).not.toContain(SECRET);
  });

  test("the next steps come last", async () => {
    const { said } = await run(COMPLETE);
    expect(said.at(-1)).toContain("npm run deploy");
    expect(said.at(-1)).toContain(
      `{ "registry-mirrors": ["https://mirror.example.org/${SECRET}"] }`,
    );
  });

  test("the account's token is not shown, nor when it is typed", async () => {
    const { transcript, hidden } = await run(COMPLETE);
    expect(transcript).not.toContain(PASSWORD);
    expect(hidden).toEqual(["Access token (not shown): "]);
  });

  test("a dry run changes nothing", async () => {
    const script = { ...COMPLETE, answers: EVERYTHING.slice(0, -1) };
    const { written, stored, namespaces, prepared, transcript, isDone } = await run(script, true);
    expect([written, stored, namespaces, prepared, isDone]).toEqual([[], [], [], [], true]);
    expect(transcript).toContain("+ [[r2_buckets]]");
    expect(transcript).toContain("Dry run: nothing was written or stored.");
  });
});

describe("with Enter to every question", () => {
  const answers = ["", "", "", "", "", "", "", ""];

  test("a new mirror gets a path secret and its KV namespace, and nothing else", async () => {
    const { written, stored, prepared } = await run({ answers });
    expect([written, prepared]).toEqual([[WITH_ID], []]);
    expect(stored).toEqual([{ ACCESS_PATHS: `home=${SECRET}` }]);
  });

  test("a mirror that is set up stays as it is, without a last question", async () => {
    const { said, written, stored, prepared, isDone } = await runAgain({ answers });
    expect([written, stored, prepared, isDone]).toEqual([[], [], [], true]);
    expect(said).toContain("\nNothing to change.");
    expect(said.filter((line) => line.endsWith("] "))).toEqual([
      "Host name, or workers.dev [mirror.example.org] ",
      "An account is stored. Store another? [y/N] ",
      'Does the token have "Public Repo Read-only"? [Y/n] ',
      "Lock [keep] ",
      "Numbers or names, all, or none [quay.io ghcr.io] ",
      "Host names for them? [Y/n] ",
      "Store layers in R2? [Y/n] ",
      "Answer searches? [Y/n] ",
    ]);
  });
});

describe("in mirror.toml", () => {
  const script: Script = { ...COMPLETE, text: "# Mine.\n", shipped: SHIPPED };

  test("are only the settings that differ from wrangler.toml", async () => {
    const { text } = await run(script);
    expect(text).toBe(`# Mine.
workers_dev = false
routes = [
  { pattern = "mirror.example.org", custom_domain = true },
  { pattern = "q.example.org", custom_domain = true },
  { pattern = "gh.example.org", custom_domain = true },
]

[[r2_buckets]]
binding = "BLOBS"
bucket_name = "sampan-blobs"

[vars]
PRIVATE_IMAGES = "public-only-account"
SEARCH = "on"

[vars.REGISTRIES]
"quay.io" = "https://quay.io"
"ghcr.io" = "https://ghcr.io"

[vars.HOSTS]
"q.example.org" = "quay.io"
"gh.example.org" = "ghcr.io"

[[kv_namespaces]]
binding = "CACHE"
id = "${NAMESPACE_ID}"
`);
  });

  test("are announced to replace those of the dashboard if the file is new", async () => {
    const notice = "mirror.toml is a new file. From the next deploy on it has all variables";
    expect((await run({ ...script, isNew: true })).transcript).toContain(notice);
    expect((await run(script)).transcript).not.toContain(notice);
    const idOnly = {
      answers: ["", "", "", "", "", "", "y"],
      text: "",
      shipped: SHIPPED,
      isNew: true,
    };
    expect((await run(idOnly)).transcript).toContain(notice);
  });

  test("stay as they are with Enter to every question", async () => {
    const { text } = await run(script);
    const answers = ["", "", "", "", "", "", "", ""];
    const { said, written } = await run({
      ...script,
      ...{ text, answers, secrets: STORED, expireDays: 45 },
    });
    expect(said).toContain("\nNothing to change.");
    expect(written).toEqual([]);
  });
});

describe("one change", () => {
  test("another domain replaces the first, and other routes stay", async () => {
    const text = SHIPPED.replace(
      "# routes = [{",
      'routes = [\n  { pattern = "old.example.org", custom_domain = true },\n  "example.org/v2/*", # mine\n]\n# [{',
    );
    const { text: edited } = await run({
      answers: ["new.example.org", "", "", "", "", "", "", "y"],
      text,
      secrets: STORED,
    });
    expect(edited).toContain(
      'routes = [\n  "example.org/v2/*",\n  { pattern = "new.example.org", custom_domain = true },\n]\n',
    );
    expect(edited).toContain("\nworkers_dev = false\n");
  });

  test("workers.dev, no registries and no layers lead back to the shipped file", async () => {
    const { text, prepared } = await runAgain({
      answers: ["workers.dev", "", "n", "", "none", "n", "n", "y"],
    });
    expect(parseConfig(text)).toEqual({ ...parseConfig(SHIPPED), ...CACHE, vars: {} });
    expect(prepared).toEqual([]);
  });

  test("an open mirror has its secrets deleted, also if they are unknown", async () => {
    const answers = ["", "", "", "none", "", "", "", "y"];
    const { stored, transcript } = await run({ answers, secrets: [...STORED, "ACCESS_USERS"] });
    expect(stored).toEqual([{ ACCESS_PATHS: null, ACCESS_USERS: null }]);
    expect(transcript).toContain("- ACCESS_PATHS\n- ACCESS_USERS");

    const unknown = await run({
      answers: ["", "", "none", "", "", "", "y"],
      secrets: "no network",
    });
    expect(unknown.stored).toEqual([{ ACCESS_PATHS: null, ACCESS_USERS: null }]);
  });

  test("a user is stored beside the path secrets", async () => {
    const { stored } = await run({
      answers: ["", "", "", "user", "alice", "", "", "", "y"],
      secrets: STORED,
    });
    expect(stored).toEqual([{ ACCESS_USERS: `alice=${SECRET}` }]);
    const config = readConfig({ CACHE: {}, ...stored[0] } as unknown as Env);
    expect(config.access.users).toEqual([{ name: "alice", secret: SECRET }]);
  });
});

describe("the layers", () => {
  const answers = ["", "", "", "", "", "", "", "y"];

  test.each([
    ["1", 2],
    ["7", 11],
    ["30", 45],
    ['"30"', 45],
  ])("with BLOB_KEEP_DAYS = %s expire after %i days", async (keepDays, expireDays) => {
    const text = `${SHIPPED}${BLOBS}\n[vars]\nBLOB_KEEP_DAYS = ${keepDays}\n`;
    const { prepared } = await run({ answers, text, secrets: STORED, expireDays: 44 });
    expect(prepared).toEqual([["sampan-blobs", expireDays]]);
  });

  test("need a valid BLOB_KEEP_DAYS", async () => {
    const text = `${SHIPPED}${BLOBS}\n[vars]\nBLOB_KEEP_DAYS = "soon"\n`;
    await expect(run({ answers, text, secrets: STORED })).rejects.toThrow(
      "BLOB_KEEP_DAYS must be a whole number of days, at least 1.",
    );
    await expect(run({ answers, text, secrets: STORED })).rejects.toSatisfy(
      (error) => messageOf(error, textsIn("zh")) === "BLOB_KEEP_DAYS 必须是整数天数，至少为 1。",
    );
  });

  test("stay out of R2 if there is no bucket, and everything else is done", async () => {
    const { text, stored, isDone, transcript } = await run({
      ...COMPLETE,
      bucketError: "R2 is not enabled.",
    });
    expect(parseConfig(text)).toMatchObject({ workers_dev: false });
    expect(parseConfig(text)).not.toHaveProperty("r2_buckets");
    expect([stored.length, isDone]).toEqual([1, true]);
    expect(transcript).toContain("NOT set up: R2 is not enabled.");
    expect(transcript).toContain("layers are stored in Cloudflare's edge cache only");
    expect(transcript).toContain("npm run deploy");
  });

  test("stay on if only the rule cannot be set", async () => {
    const { text, transcript } = await run({
      answers,
      text: WITH_ID + BLOBS,
      secrets: STORED,
      bucketError: "Authentication error",
      bucketCode: 10000,
    });
    expect(text).toBe(WITH_ID + BLOBS);
    expect(transcript).toContain("without the rule they are never deleted");
  });

  test.each([10042, 10136])(
    "leave R2 if it is not enabled (%i), since a deploy would fail",
    async (bucketCode) => {
      const { text, transcript } = await run({
        answers,
        text: WITH_ID + BLOBS,
        secrets: STORED,
        bucketError: "R2 is not enabled.",
        bucketCode,
      });
      expect(parseConfig(text)).not.toHaveProperty("r2_buckets");
      expect(transcript).toContain("layers are stored in Cloudflare's edge cache only");
    },
  );
});

describe("the KV namespace", () => {
  const answers = ["", "", "", "", "", "", "", "y"];

  test("keeps its other keys and comments when its id is written", async () => {
    const text = SHIPPED.replace(
      'binding = "CACHE"\n',
      'binding = "CACHE" # mine\nremote = true\n',
    );
    const { written } = await run({ answers, text, secrets: STORED });
    expect(written).toEqual([
      SHIPPED.replace(
        'binding = "CACHE"\n',
        `binding = "CACHE" # mine\nremote = true\nid = "${NAMESPACE_ID}"\n`,
      ),
    ]);
  });

  test("has the name that a deploy would give it", async () => {
    const text = SHIPPED.replace('name = "sampan"', 'name = "boat"');
    expect((await run({ answers, text, secrets: STORED })).namespaces).toEqual(["boat-cache"]);
  });

  test("is left alone if its id is written, or if the mirror has none", async () => {
    const none = SHIPPED.replace('[[kv_namespaces]]\nbinding = "CACHE"\n', "");
    for (const text of [WITH_ID, none]) {
      const { namespaces, written } = await run({ answers, text, secrets: STORED });
      expect([namespaces, written]).toEqual([[], []]);
    }
  });

  test("has its id to write by hand if wrangler.toml has it in another form", async () => {
    const text = SHIPPED.replace('[[kv_namespaces]]\nbinding = "CACHE"\n', "").replace(
      "# Your own domain",
      'kv_namespaces = [{ binding = "CACHE" }]\n\n# Your own domain',
    );
    const { written, isDone, transcript } = await run({ answers, text, secrets: STORED });
    expect([written, isDone]).toEqual([[], true]);
    expect(transcript).toContain(
      `Write by hand:\n\n[[kv_namespaces]]\nbinding = "CACHE"\nid = "${NAMESPACE_ID}"\n`,
    );
  });

  test("may be missing, and everything else is done", async () => {
    const { text, stored, isDone, transcript } = await run({
      ...COMPLETE,
      namespaceError: "Cloudflare error 10000: Authentication error",
    });
    expect([isDone, stored.length]).toEqual([true, 1]);
    expect(parseConfig(text)).toMatchObject({ kv_namespaces: [{ binding: "CACHE" }] });
    expect(transcript).toContain("NOT set up: Cloudflare error 10000: Authentication error");
  });
});

describe("in an account without a workers.dev subdomain", () => {
  const fresh: Script = { ...COMPLETE, storeError: "You need a subdomain.", storeCode: 10063 };

  test("the secrets are stored by the first deploy, after wrangler.toml is written", async () => {
    const { deployed, isDone, text, said, transcript } = await run(fresh);
    expect(isDone).toBe(true);
    expect(deployed).toEqual([
      { UPSTREAM_USERNAME: "alice", UPSTREAM_PASSWORD: PASSWORD, ACCESS_PATHS: `home=${SECRET}` },
    ]);
    expect(parseConfig(text)).toMatchObject({ workers_dev: false });
    expect(transcript).toContain("You need a subdomain.");
    expect(said.at(-1)).toMatch(/^\nThe mirror is deployed\./);
  });

  test("a failed deploy is reported, with what to do", async () => {
    const { isDone, transcript } = await run({ ...fresh, deployError: "wrangler failed." });
    expect(isDone).toBe(false);
    expect(transcript).toContain("The first deploy failed: wrangler failed.");
    expect(transcript).not.toContain("The mirror is deployed");
  });
});

describe("nothing is changed", () => {
  test.each(EVERYTHING.map((_, count) => [count]))("by Ctrl-C after %i answers", async (count) => {
    const context = createContext({ ...COMPLETE, answers: EVERYTHING.slice(0, count) });
    await expect(setUp(context, false)).rejects.toThrow("Interrupted.");
    expect(context).toMatchObject({ written: [], stored: [], namespaces: [], prepared: [] });
  });

  test("by no to the last question", async () => {
    const { written, stored, namespaces, prepared, said } = await run({
      ...COMPLETE,
      answers: [...EVERYTHING.slice(0, -1), "n"],
    });
    expect([written, stored, namespaces, prepared]).toEqual([[], [], [], []]);
    expect(said.at(-1)).toBe("Nothing was changed.");
  });

  test("in a wrangler.toml that cannot be edited safely", async () => {
    const text = `${SHIPPED}\n[[routes]]\npattern = "a.example.org/*"\n`;
    const context = createContext({ ...COMPLETE, text });
    await expect(setUp(context, false)).rejects.toThrow(/Write by hand:\n\nroutes = /);
    expect(context).toMatchObject({ written: [], stored: [], namespaces: [], prepared: [] });
  });

  test("in a wrangler.toml that was edited during the questions", async () => {
    const context = createContext(COMPLETE);
    const { verify } = context;
    const changing: typeof context = {
      ...context,
      verify(account) {
        context.text += "# mine\n";
        return verify(account);
      },
    };
    await expect(setUp(changing, false)).rejects.toThrow(/edited in the meantime/);
    expect(context).toMatchObject({ written: [], stored: [], namespaces: [], prepared: [] });
  });
});

describe("secrets that cannot be stored", () => {
  test("are reported, with what to do before the deploy", async () => {
    const { isDone, written, transcript } = await run({
      ...COMPLETE,
      storeError: "you are not logged in.",
    });
    expect(isDone).toBe(false);
    expect(written).toHaveLength(1);
    expect(transcript).toContain("NOT stored: you are not logged in.");
    expect(transcript).toContain("npx wrangler login");
    expect(transcript).not.toContain("npm run deploy");
  });

  test("are announced at the start, and then Enter leaves the lock as it is", async () => {
    const { transcript, stored } = await run({
      answers: ["", "", "", "", "", ""],
      secrets: "you are not logged in.",
    });
    expect(transcript).toContain("press Ctrl-C, log in and start again:");
    expect(transcript).toContain("  npx wrangler login --device ");
    expect(transcript).toContain("read -rs CLOUDFLARE_API_TOKEN && export CLOUDFLARE_API_TOKEN");
    expect(stored).toEqual([]);
  });
});

describe("the settings", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sampan-file-"));
    await writeFile(join(folder, "wrangler.toml"), "a = 1\n");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test("are replaced as a whole, in a file that keeps its mode, and leaves nothing beside it", async () => {
    const path = join(folder, "wrangler.toml");
    await chmod(path, 0o600);
    const file = openSettings(path, "");
    expect(await file.read()).toBe("a = 1\n");
    await file.write("a = 2\n");
    expect(await readFile(path, "utf8")).toBe("a = 2\n");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(["wrangler.toml"]);
  });

  test("are in mirror.toml, which is new at first", async () => {
    await writeFile(join(folder, "wrangler.toml"), SHIPPED);
    const settings = findSettings(folder);
    expect([settings.name, settings.shipped, settings.isNew]).toEqual([
      "mirror.toml",
      SHIPPED,
      true,
    ]);
    expect(parseConfig(await settings.read())).toEqual({});
    await settings.write("workers_dev = false\n");
    expect(await findSettings(folder).read()).toBe("workers_dev = false\n");
    expect(await readFile(join(folder, "wrangler.toml"), "utf8")).toBe(SHIPPED);
  });

  test.each([
    ["a route", 'routes = [{ pattern = "a.example.org", custom_domain = true }]\n'],
    ["a variable", "[vars]\nTAG_TTL_SECONDS = 30\n"],
    ["the id of the KV namespace", '[[kv_namespaces]]\nbinding = "CACHE"\nid = "0f2a"\n'],
  ])("stay in wrangler.toml if its owner has put %s there", async (_, text) => {
    await writeFile(join(folder, "wrangler.toml"), text);
    const settings = findSettings(folder);
    expect([settings.name, settings.shipped, await settings.read()]).toEqual([
      "wrangler.toml",
      "",
      text,
    ]);
    await writeFile(join(folder, "mirror.toml"), "");
    expect(findSettings(folder).name).toBe("mirror.toml");
  });

  test("stay as they are if a write fails", async () => {
    const gone = openSettings(join(folder, "gone", "wrangler.toml"), "");
    await expect(gone.write("a = 2\n")).rejects.toThrow(/ENOENT/);
    expect(await readdir(folder)).toEqual(["wrangler.toml"]);
  });
});
