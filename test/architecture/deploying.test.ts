import { readdirSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "smol-toml";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../src/config.ts";
import type { Env } from "../../src/env.ts";
import { readPresent } from "../../tools/setup/present.ts";
import { ROOT, readOwn, SHIPPED } from "../support/repository.ts";

const DOCUMENT = readOwn("docs/deploy.md");
const OWN = readOwn("wrangler.toml");
const WORKFLOW = readOwn(".github/workflows/deploy.yml");

describe("docs/deploy.md", () => {
  test("has snippets of wrangler.toml that the mirror takes", () => {
    const snippets = [...DOCUMENT.matchAll(/^```toml\n([\s\S]*?)^```$/gm)].map(
      ([, toml = ""]) => toml,
    );
    expect(snippets.length).toBeGreaterThan(1);
    for (const snippet of snippets) {
      const { vars } = parse(snippet) as { vars?: object };
      expect(() => readConfig({ CACHE: {}, ...vars } as Env)).not.toThrow();
    }
  });

  test("deletes what a deploy creates, by the names that it gives", () => {
    const { worker, bucket } = readPresent(SHIPPED, []);
    expect(DOCUMENT).toContain(`wrangler kv namespace delete ${worker}-cache\n`);
    expect(DOCUMENT).toContain(`wrangler r2 bucket delete ${bucket} `);
  });

  test("divides rightly", () => {
    const [requests, requestsEach] = [100_000, 12];
    expect(DOCUMENT).toContain(
      `| ${requestsEach} | ${thousands(requests / requestsEach, 100)} a day |`,
    );
    expect(DOCUMENT).toContain(
      `9 for a new image of 9 blobs | ${thousands(1_000_000 / 9 / 30, 100)} new`,
    );
    expect(DOCUMENT).toContain(
      `27 at most for an image of 9 blobs | ${thousands(10_000_000 / 27 / 30, 100)} pulls a day`,
    );
    expect(DOCUMENT).toContain(`That is ${thousands(10_000_000 / requestsEach, 10_000)} pulls`);
  });
});

describe("wrangler.toml", () => {
  const isOwners = !isDeepStrictEqual(parse(OWN), parse(SHIPPED));

  test.skipIf(isOwners)("is test/support/shipped.toml, unless its owner has set anything", () => {
    expect(OWN).toBe(SHIPPED);
  });

  test("may be edited: no test but of itself wants the one in the root to be as it ships", () => {
    const files = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" });
    const readers = files.filter(
      (file) =>
        file.endsWith(".ts") &&
        /(?:readOwn\(|ROOT, )"wrangler\.toml"/.test(readOwn(`test/${file}`)),
    );
    expect(readers.sort()).toEqual([
      "architecture/configuration.test.ts",
      "architecture/deploying.test.ts",
    ]);
  });
});

describe("npm start", () => {
  test("shows the page of this machine, not that of the host in routes", () => {
    const { start } = JSON.parse(readOwn("package.json")).scripts;
    expect(start).toBe("wrangler dev --infer-origin-from-routes=false");
  });
});

describe("the deploy button", () => {
  const { cloudflare } = JSON.parse(readOwn("package.json"));
  const described = Object.keys(cloudflare.bindings);

  test("describes every var and secret that its form asks for, and the KV namespace", () => {
    const { vars } = parse(SHIPPED) as { vars: object };
    const secrets = [...readOwn(".dev.vars.example").matchAll(/^(\w+)=/gm)].map(([, name]) => name);
    expect(described.sort()).toEqual([...Object.keys(vars), ...secrets, "CACHE"].sort());
  });
});

describe("the workflow for forks", () => {
  const steps = WORKFLOW.split(/\n {6}- /).slice(1);
  const withToken = steps.filter((step) => step.includes("secrets."));

  test("gives the token to the step that looks for it and to the one that deploys", () => {
    expect(withToken.map((step) => /run: (?:\|\n\s+)?(.*)/.exec(step)?.[1]?.slice(0, 14))).toEqual([
      'if [ -n "$CLOU',
      "npm run deploy",
    ]);
    expect(WORKFLOW.split("jobs:")[0]).not.toContain("secrets.");
  });

  test("deploys nothing without a token, nor what is only proposed", () => {
    const afterTheCheck = steps.slice(steps.indexOf(withToken[0] ?? "") + 1);
    expect(afterTheCheck.length).toBe(4);
    for (const step of afterTheCheck)
      expect(step).toContain("if: steps.token.outputs.there == 'true'");
    expect(WORKFLOW).toContain("if: github.event_name != 'pull_request' &&");
  });

  test("may read the repository and nothing else", () => {
    expect(WORKFLOW.match(/^permissions:\n( {2}.*\n)+/m)?.[0]).toBe(
      "permissions:\n  contents: read\n",
    );
    expect(WORKFLOW.match(/permissions:/g)).toHaveLength(1);
  });
});

/** @returns the number, rounded down to a multiple, as the document writes it. */
function thousands(value: number, multiple: number): string {
  return (Math.floor(value / multiple) * multiple).toLocaleString("en-US");
}
