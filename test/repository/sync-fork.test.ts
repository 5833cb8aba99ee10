import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readOwn } from "../support/repository.ts";

/** The script of the workflow's only step. */
const [, SCRIPT = ""] = /run: \|\n([\s\S]*)$/.exec(readOwn(".github/workflows/sync.yml")) ?? [];

/** Runs it with a stand-in for GitHub's program, which records its arguments. */
function sync({ isFork, merged }: { isFork: boolean; merged: string | null }) {
  const folder = mkdtempSync(join(tmpdir(), "sampan-sync-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const calls = join(folder, "calls");
  writeFileSync(calls, "");
  const gh = `#!/bin/sh
echo "$*" >> ${calls}
case "$*" in
  *.fork) echo ${isFork} ;;
  *merge-upstream*) ${merged === null ? "exit 1" : `echo ${merged}`} ;;
esac
`;
  writeFileSync(join(folder, "gh"), gh, { mode: 0o755 });
  const { status, stdout } = spawnSync("bash", ["-e"], {
    input: SCRIPT.replaceAll(/^ {10}/gm, ""),
    encoding: "utf8",
    env: {
      PATH: `${folder}${delimiter}${process.env.PATH}`,
      GITHUB_REPOSITORY: "you/sampan",
      GITHUB_REF_NAME: "main",
    },
  });
  return { status, stdout, calls: readFileSync(calls, "utf8").trim().split("\n").slice(1) };
}

const MERGE = "api --method POST repos/you/sampan/merge-upstream -f branch=main --jq .merge_type";

test.each(["fast-forward", "merge"])("after a %s, the fork is checked and deployed", (merged) => {
  const { status, calls } = sync({ isFork: true, merged });
  expect(status).toBe(0);
  expect(calls).toEqual([MERGE, "workflow run deploy.yml --repo you/sampan --ref main"]);
});

test("a fork that is up to date is not deployed again", () => {
  const { status, stdout, calls } = sync({ isFork: true, merged: "none" });
  expect(status).toBe(0);
  expect(stdout).toContain("up to date");
  expect(calls).toEqual([MERGE]);
});

test("a merge that GitHub refuses fails, and says what to do", () => {
  const { status, stdout, calls } = sync({ isFork: true, merged: null });
  expect(status).toBe(1);
  expect(stdout).toContain("::error::");
  expect(stdout).toContain("select Sync fork");
  expect(calls).toEqual([MERGE]);
});

test("the project itself is left alone", () => {
  const { status, calls } = sync({ isFork: false, merged: "merge" });
  expect([status, calls]).toEqual([0, []]);
});
