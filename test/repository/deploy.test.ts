import { spawnSync } from "node:child_process";
import { isDeepStrictEqual } from "node:util";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import type { Env } from "../../src/config/settings.ts";
import { filesOf } from "../../tools/release/build.ts";
import { readCurrentConfig } from "../../tools/setup/current.ts";
import { expireDaysOf } from "../../tools/setup/plan.ts";
import { ROOT, readOwn, SHIPPED } from "../support/repository.ts";

const DOCUMENT = readOwn("docs/deploy.md");
const OPERATING = readOwn("docs/operating.md");
const OWN = readOwn("wrangler.toml");

describe("docs/deploy.md", () => {
  const current = readCurrentConfig(SHIPPED, []);

  test("has snippets of wrangler.toml that the mirror accepts", () => {
    const snippets = [...DOCUMENT.matchAll(/^```toml\n([\s\S]*?)^```$/gm)].map(
      ([, toml = ""]) => toml,
    );
    expect(snippets.length).toBeGreaterThan(1);
    for (const snippet of snippets) {
      const { vars } = parse(snippet) as { vars?: object };
      expect(() => readConfig({ CACHE: {}, ...vars } as Env)).not.toThrow();
    }
  });

  test("has the commands that setup runs for the bucket", () => {
    const { bucket } = current;
    expect(DOCUMENT).toContain(`npx wrangler r2 bucket create ${bucket}\n`);
    expect(DOCUMENT).toContain(
      `npx wrangler r2 bucket lifecycle add ${bucket} sampan-layers blobs/ --expire-days ${expireDaysOf(current)}\n`,
    );
  });

  test("with docs/operating.md deletes by its name what a deploy creates", () => {
    const { worker, bucket } = current;
    expect(OPERATING).toContain(`wrangler kv namespace delete ${worker}-cache\n`);
    expect(OPERATING).toContain(`wrangler r2 bucket delete ${bucket} `);
  });
});

describe("wrangler.toml", () => {
  const isOwners = !isDeepStrictEqual(parse(OWN), parse(SHIPPED));

  test.skipIf(isOwners)("equals test/support/shipped.toml until its owner edits it", () => {
    expect(OWN).toBe(SHIPPED);
  });
});

describe("npm start", () => {
  test("shows the page for this machine, not for the host in routes", () => {
    const { start } = JSON.parse(readOwn("package.json")).scripts;
    expect(start).toBe(
      "node tools/wrangler/main.ts dev --infer-origin-from-routes=false --var BLOB_MAX_BYTES:0",
    );
  });
});

describe("the deploy button", () => {
  test("describes the KV namespace and every secret that its form asks for", () => {
    const { cloudflare } = JSON.parse(readOwn("package.json"));
    expect(parse(SHIPPED)).not.toHaveProperty("vars");
    const secrets = [...readOwn(".dev.vars.example").matchAll(/^(\w+)=/gm)].map(([, name]) => name);
    expect(Object.keys(cloudflare.bindings).sort()).toEqual([...secrets, "CACHE"].sort());
  });
});

describe("the workflows", () => {
  const check = readOwn(".github/workflows/check.yml");
  const deploy = readOwn(".github/workflows/deploy.yml");
  const release = readOwn(".github/workflows/release.yml");
  const sync = readOwn(".github/workflows/sync.yml");
  const [before = "", job = ""] = deploy.split("\n  deploy:\n");
  const [head = "", ...steps] = job.split(/\n {6}- /);
  const withToken = steps.filter((step) => step.includes("secrets."));

  test("give the token only to the step that looks for it and to the one that deploys", () => {
    expect(withToken.map((step) => /run: (?:\|\n\s+)?(.*)/.exec(step)?.[1]?.slice(0, 14))).toEqual([
      'if [ -n "$CLOU',
      "npm run deploy",
    ]);
    for (const text of [check, before.replace("the secret", ""), head]) {
      expect(text).not.toMatch(/secrets\./);
    }
  });

  test("deploy only with a token, after the check, and from the default branch", () => {
    const others = steps.slice(steps.indexOf(withToken[0] ?? "") + 1);
    expect(others).toHaveLength(5);
    for (const step of others) expect(step).toContain("if: steps.token.outputs.exists == 'true'");
    expect(head).toContain("needs: [check, build]\n");
    expect(head).toContain("if: github.ref_name == github.event.repository.default_branch\n");
    expect(deploy).not.toContain("pull_request");
  });

  test("deploy what a job without the token has built", () => {
    expect(before).toContain("- run: npm run deploy -- --dry-run --outdir dist\n");
    expect(before).toContain("path: dist/worker.js\n");
    const commands = steps.flatMap((step) => /^run: (.*)/m.exec(step)?.[1] ?? []);
    expect(commands).toEqual(["npm ci", "npm run deploy -- dist/worker.js --no-bundle"]);
  });

  test("may read the repository and nothing else", () => {
    for (const workflow of [check, deploy]) {
      expect(workflow).toContain("\npermissions:\n  contents: read\n\n");
      expect(workflow.match(/permissions:/g)).toHaveLength(1);
    }
  });

  test("of releases and forks may write in one job each, which runs nothing of the repository", () => {
    for (const [workflow, scopes] of [
      [release, ["contents: write"]],
      [sync, ["contents: write", "actions: write"]],
    ] as const) {
      expect(workflow.match(/^ *(\w+: write)\b/gm)?.map((line) => line.trim())).toEqual(scopes);
      const [, writing = ""] = workflow.split(/\n {2}(?:publish|sync):\n/);
      expect(writing).toContain(": write");
      expect(writing).not.toMatch(/checkout|npm|node /);
    }
  });

  test("attach to a release the files that npm run release writes", () => {
    const bundle = { sha256: "", bytes: 0, files: 0 };
    const provenance = { version: "", commit: "", bundle, tools: {}, rebuild: "" };
    const files = Object.keys(filesOf({ code: Buffer.from(""), provenance }));
    expect(release).toContain("- run: npm run release -- --provenance\n");
    expect(release).toMatch(new RegExp(`gh release create .* ${files.join(" ")}$`, "m"));
  });

  test("use actions by their commit, with the version beside it", () => {
    const uses = [check, deploy, release, sync].flatMap((text) => text.match(/uses: .*/g) ?? []);
    expect(uses.length).toBeGreaterThan(5);
    const pinned = /^uses: (?:\.\/\S+|actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/;
    expect(uses.filter((line) => !pinned.test(line))).toEqual([]);
  });

  test("refuse a pull request that adds a package with a known vulnerability", () => {
    expect(check).toContain("uses: actions/dependency-review-action@");
  });
});

describe("git", () => {
  test("ignores every file for secrets, and only those", () => {
    const files = [
      ".dev.vars",
      ".dev.vars.production",
      ".env",
      ".env.local",
      "a/.env",
      "a/.dev.vars",
    ];
    const tracked = [".dev.vars.example", "wrangler.toml", "mirror.toml"];
    const { stdout } = spawnSync("git", ["check-ignore", "--no-index", ...files, ...tracked], {
      cwd: ROOT,
      encoding: "utf8",
    });
    expect(stdout.trim().split("\n")).toEqual(files);
  });
});
