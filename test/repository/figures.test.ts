import { expect, test } from "vitest";
import { CLAIMS, checkClaims } from "../../bench/claims.ts";
import { createFigures } from "../../bench/figures.ts";
import { readOwn } from "../support/repository.ts";

const ENGLISH = readOwn("README.md");
const CHINESE = readOwn("README.zh-CN.md");
const BENCH = readOwn("bench/README.md");
const [REPORT = ""] = /bench\/results\/[\d-]+\.md/.exec(ENGLISH) ?? [];

const stated = new Set<string>();

/** The stated range of a figure. */
function limits(text: string) {
  stated.add(text);
  const claim = CLAIMS.find((other) => other.text === text);
  return { from: claim?.from, to: claim?.to };
}

/** The exact counts of a figure: for an image of one platform, and for one of several. */
function counts(text: string) {
  return {
    single: limits(`${text}, one platform`).to,
    multi: limits(`${text}, several platforms`).to,
  };
}

const warm = limits("warm pull").to;
const cold = limits("cold pull");
const r2 = limits("warm pull, R2 50 ms away").to;
const kib = limits("bundle, gzipped").to;
const requests = counts("requests of a pull, besides one per layer");
const writes = counts("KV writes for a new image");
const proxy = limits("cold pull, cloudflare-docker-proxy");
const workers = limits("cold pull, CF-Workers-docker.io");
const registryCold = limits("cold pull, registry:2");
const registryWarm = limits("warm pull, registry:2");

test.each([
  ["README.md", `a warm pull takes at most ${warm} % of the time of one through a pass-through`],
  [
    "README.zh-CN.md",
    `命中缓存的拉取耗时不超过经由 cloudflare-docker-proxy 这类纯转发代理的 ${warm} %`,
  ],
  ["README.md", `and a cold one ${cold.from} to ${cold.to} %`],
  ["README.zh-CN.md", `首次拉取是其 ${cold.from}–${cold.to} %`],
  ["README.md", `with layers in R2, 50 ms away, a warm one takes at most ${r2} %`],
  ["README.zh-CN.md", `镜像层存放在 50 ms 之外的 R2 时，命中缓存的拉取不超过 ${r2} %`],
  ["README.md", `no dependencies: at most ${kib} KiB gzipped`],
  ["README.zh-CN.md", `gzip 后不超过 ${kib} KiB`],
  ["README.md", `a pull takes one per layer, and ${requests.single} or ${requests.multi} more`],
  ["README.zh-CN.md", `每次拉取为每层一个，另加 ${requests.single} 或 ${requests.multi} 个`],
  ["README.md", `1,000 KV writes a day: ${writes.single} or ${writes.multi} for a new image`],
  ["README.zh-CN.md", `每天 1,000 次 KV 写入：每个新镜像 ${writes.single} 或 ${writes.multi} 次`],
  ["bench/README.md", `through cloudflare-docker-proxy ${proxy.from} to ${proxy.to} %`],
  ["bench/README.md", `through CF-Workers-docker.io ${workers.from} to ${workers.to} %`],
  ["bench/README.md", `through registry:2 ${registryCold.from} to ${registryCold.to} % cold`],
  ["bench/README.md", `and ${registryWarm.from} to ${registryWarm.to} % warm`],
])("%s states the range that the bench compares: %s", (page, words) => {
  expect(readOwn(page)).toContain(words);
});

test("a manifest costs one pull of the quota, and a layer one write to R2, as the READMEs say", () => {
  // An index and one manifest.
  expect(counts("quota of a new image")).toEqual({ single: 1, multi: 2 });
  expect(ENGLISH).toContain("**One pull of your quota per manifest.**");
  expect(CHINESE).toContain("**每个 manifest 只消耗一次拉取额度。**");
  expect(counts("R2 writes per layer, besides one per image")).toEqual({ single: 1, multi: 1 });
  expect(ENGLISH).toContain("a new image takes one per layer, and one more");
  expect(CHINESE).toContain("每个新镜像为每层一次，另加一次");
});

test("warm pulls through mirrors without a cache take as long as cold ones", () => {
  expect(limits("warm pull, cloudflare-docker-proxy")).toEqual(proxy);
  expect(limits("warm pull, CF-Workers-docker.io")).toEqual(workers);
});

test("the report that the READMEs link has measured and reproduced every figure", () => {
  const [, table = ""] = readOwn(REPORT).split("## Figures of the README");
  const rows = table
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter((cells) => cells.length > 1)
    .slice(2)
    .map(([, text, range, , outcome]) => [text, range, outcome]);
  const expected = checkClaims(createFigures()).map((claim) => [claim.text, claim.stated, "✓"]);
  expect(rows).toEqual(expected);
  expect(CHINESE).toContain(REPORT);
});

test("the plot of the READMEs and the run of bench/README.md are those of the same report", () => {
  const name = REPORT.replace(/\.md$/, "");
  for (const page of [ENGLISH, CHINESE]) expect(page).toContain(`${name}-summary.svg`);
  expect(readOwn(`${name}-summary.svg`)).toContain("prefers-color-scheme: dark");
  expect(BENCH).toContain(REPORT.replace("bench/", ""));
});

test("every figure is stated somewhere", () => {
  expect([...stated].sort()).toEqual(CLAIMS.map(({ text }) => text).sort());
});
