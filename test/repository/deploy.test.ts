import { spawnSync } from "node:child_process";
import { isDeepStrictEqual } from "node:util";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import type { Env } from "../../src/config/settings.ts";
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
    expect(start).toBe("node tools/wrangler/main.ts dev --infer-origin-from-routes=false");
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
