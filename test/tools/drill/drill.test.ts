import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { parseDrillArguments } from "../../../tools/drill/arguments.ts";
import { reportMarkdown } from "../../../tools/drill/report.ts";
import { drill } from "../../../tools/drill/run.ts";
import { buildImage, type Image } from "../../support/image.ts";
import { readOwn } from "../../support/repository.ts";
import { type Stack, startStack } from "../../support/stack.ts";
import {
  type Change,
  compress,
  flipBit,
  onBlob,
  onManifest,
  onPath,
  remove,
  replace,
  set,
  startProxy,
  type TestProxy,
} from "../doctor/support/proxy.ts";

const SECRET = "0123456789abcdef01234567";
const LARGE_BYTES = 600_000;
const PAUSE_MS = 300;

let stack: Stack;
let front: TestProxy;
/** Each drill needs an image that was not pulled before. */
let round = 0;
let large: Image;

beforeAll(async () => {
  stack = await startStack({ keepsBlobs: true, vars: { ACCESS_PATHS: `home=${SECRET}` } });
  front = await startProxy(stack.mirror.origin);
});
afterEach(() => front.change(null));
afterAll(async () => {
  await front?.close();
  await stack?.close();
});

/**
 * Drills an image that is new to the mirror, through the front.
 *
 * @returns the report, the checks, and `level: evidence → remedy` of every one that was not ok.
 */
async function drillNew(change: Change | null = null, pauseMs = PAUSE_MS) {
  round += 1;
  const platforms = ["linux/amd64", "linux/arm64"];
  large = await buildImage({ platforms, layers: 2, layerBytes: LARGE_BYTES });
  stack.hub.push("library/large", `${round}`, large);
  front.change(change);
  const image = ["--image", `large:${round}`];
  const given = parseDrillArguments([`${front.origin}/${SECRET}`, ...image], {});
  if (given === null) throw new Error("These arguments are invalid.");
  const pause = () => new Promise<void>((done) => setTimeout(done, pauseMs));
  const found = await drill(given, { pause });
  const odd = found.results
    .filter(({ level }) => level !== "ok")
    .map(({ check, level, evidence, remedy }) => [check, `${level}: ${evidence} → ${remedy}`]);
  const checks = found.results.map(({ check }) => check);
  return { report: reportMarkdown(given, found), checks, notOk: Object.fromEntries(odd) };
}

/** Only requests for layers. */
function onLayer(change: Change, method = "GET|HEAD"): Change {
  const isMeant = new RegExp(`^(?:${method})$`);
  return onPath(/\/large\/blobs\/sha256/, (answer, asked) => {
    if (isMeant.test(asked.method)) change(answer, asked);
  });
}

/** As a cache that has the whole blob and knows no ranges. */
const ignoreRange: Change = (answer, asked) => {
  const digest = asked.path.split("/").at(-1) ?? "";
  const bytes = large.blobs.get(digest);
  if (bytes === undefined || !asked.headers.has("range")) return;
  answer.status = 200;
  answer.bytes = bytes;
  answer.headers.delete("content-range");
  answer.headers.set("content-length", String(bytes.byteLength));
};

const truncate: Change = (answer) => {
  answer.bytes = answer.bytes.subarray(0, 1000);
  answer.headers.set("content-length", String(answer.bytes.byteLength));
};

describe("a front that changes nothing", () => {
  let good: Awaited<ReturnType<typeof drillNew>>;
  beforeAll(async () => {
    good = await drillNew();
  });

  test("is all ok, and the table has every pull", () => {
    const { report, notOk } = good;

    expect(notOk).toEqual({});
    expect(report).not.toContain(SECRET);
    expect(report.split("\n")).toEqual(
      expect.arrayContaining([
        `### Drill of ${front.origin}/…`,
        `Image: library/large:${round}`,
        // The rest of the resumed layer is a hit if it was stored meanwhile.
        expect.stringMatching(/^\| first pull \| 1\.1 MiB \| .* \| [01] of 6 \|$/),
        expect.stringMatching(/^\| second pull \| 1\.1 MiB \| .* \| 6 of 6 \|$/),
        expect.stringMatching(/^\| … all of it, 58\d\.\d KiB, broken off and resumed .* hit \|$/),
        expect.stringMatching(/^\| kept \| ✓ \| all 3 blobs stored, .* \|$/),
        expect.stringMatching(/^17 ok, 0 warnings, 0 failures\. \d+ requests, .*, 2 pulls used\.$/),
      ]),
    );
  });

  test("has every check of docs/drill.md, in this order", () => {
    const [, table = ""] = readOwn("docs/drill.md").split("| check | ok means |\n");
    const documented = [...table.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name);
    // These need a mirror with a login, or one that is served by https.
    expect(documented.filter((name) => name !== "login" && name !== "plain-http")).toEqual(
      good.checks,
    );
  });
});

describe("a front that misbehaves is reported by exactly these checks:", () => {
  test.each<[string, Change, Record<string, RegExp>]>([
    [
      "HEAD of manifests without a length",
      onManifest(remove("content-length"), "HEAD"),
      { "manifest-head": /^failure: Content-Length is missing/ },
    ],
    [
      "HEAD of layers without a length",
      onLayer(remove("content-length"), "HEAD"),
      {
        "layer-head": /^failure: Content-Length of .* is missing for HEAD, not 6\d+ \(first pull\)/,
      },
    ],
    [
      "compressed manifests",
      onManifest(compress, "GET"),
      { compression: /^failure: manifests arrive compressed \(gzip\)/ },
    ],
    [
      "compressed layers",
      onLayer(compress, "GET"),
      {
        "first-pull": /^failure: blob sha256:\w+… arrives compressed \(gzip\) → .*compression/,
        compression: /^failure: blobs arrive compressed \(gzip\)/,
        range: /^failure: a range has other bytes than the blob/,
      },
    ],
    [
      "ranges ignored",
      onLayer(ignoreRange, "GET"),
      {
        "layer-range":
          /^failure: 200 for bytes 3\d+ to 3\d+, not 206 \(first pull\) → .*removes Range/,
        "layer-resume": /^failure: 200 for bytes 7\d+ to 6\d+, not 206 \(first pull\)/,
        range: /^failure: 200 for a range, not 206/,
      },
    ],
    [
      "other bytes after a resumption",
      onLayer((answer, asked) => {
        if (/^bytes=\d+-$/.test(asked.headers.get("range") ?? "")) flipBit(answer);
      }),
      {
        "first-pull": /^failure: blob sha256:\w+… arrives as sha256:\w+… → .*changes or truncates/,
        range: /^failure: a range has other bytes than the blob/,
      },
    ],
    [
      "truncated layers",
      onLayer(truncate, "GET"),
      { "first-pull": /^failure: blob sha256:\w+… has 1000 bytes instead of \d+/ },
    ],
    [
      "layers dropped from the cache",
      onLayer(set({ "cache-status": "sampan; fwd=miss" })),
      {
        kept: /^warning: 3 of 3 blobs not stored a minute later; .* → .*backfill failed/,
        "second-pull": /^warning: 3 of 6 requests were no hits: the config, a layer →/,
      },
    ],
    [
      "manifests dropped from the cache",
      onManifest(set({ "cache-status": "sampan; fwd=miss" })),
      {
        "second-pull": /^warning: 3 of 6 requests were no hits: the tag, a manifest →/,
      },
    ],
    [
      "tags kept by another cache",
      onManifest(set({ "cf-cache-status": "HIT", age: "120" })),
      { freshness: /^failure: a cache in front of the mirror answers/ },
    ],
    [
      "redirected layers",
      onBlob(replace(307, "", { location: "https://production.cloudfront.docker.com/x" })),
      // One cause is reported once.
      { "first-pull": /^failure: 307, a redirect to production/ },
    ],
    [
      "an error page in place of a large layer",
      onLayer(replace(524, "<html><title>524: A timeout occurred</title>"), "GET"),
      { "first-pull": /^failure: .*524/ },
    ],
    [
      "an error in place of a layer",
      onLayer((answer, asked) => {
        const gone = '{"errors":[{"code":"BLOB_UNKNOWN","message":"gone"}]}';
        if (!asked.headers.has("range")) replace(404, gone)(answer, asked);
      }, "GET"),
      { "first-pull": /^failure: 404, BLOB_UNKNOWN: gone → / },
    ],
    [
      "everything open without the secret",
      onPath(/^\/v2\/$/, replace(200, "{}")),
      { lock: /^failure: the mirror also answers without the secret/ },
    ],
  ])("%s", async (_, change, expected) => {
    const { notOk } = await drillNew(change, 10);

    const patterns = Object.entries(expected).map(([check, pattern]) => [
      check,
      expect.stringMatching(pattern),
    ]);
    expect(notOk).toEqual(Object.fromEntries(patterns));
  });
});
