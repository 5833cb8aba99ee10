import fc from "fast-check";
import { expect, test } from "vitest";
import { describeCause } from "../../src/log.ts";
import { parseBasic, parseBearer } from "../../src/protocol/basic.ts";
import { parseChallenges } from "../../src/protocol/challenge.ts";
import { type Digest, parseDigest } from "../../src/protocol/digest.ts";
import { allowsRange, namesDigest } from "../../src/protocol/etag.ts";
import { parseImageGlob } from "../../src/protocol/glob.ts";
import { parseNextQuery } from "../../src/protocol/link.ts";
import { acceptClass, essence, isManifestType } from "../../src/protocol/media-type.ts";
import { type Name, parseImageName } from "../../src/protocol/name.ts";
import { customerPrefix, parseNetwork } from "../../src/protocol/network.ts";
import { parseContentRange, parseRange, parseUnsatisfiedRange } from "../../src/protocol/range.ts";
import { parseReference } from "../../src/protocol/reference.ts";
import { parseRetryAfter } from "../../src/protocol/retry-after.ts";
import { parseRoute } from "../../src/protocol/route.ts";
import { parseSecretList } from "../../src/protocol/secret-list.ts";
import { grantsPull, parseScope } from "../../src/protocol/token.ts";
import { MAX_MS, PURE } from "./runs.ts";

const DIGEST = `sha256:${"a".repeat(64)}` as Digest;

/** Everything that reads text of strangers, and how such text may begin. */
const PARSERS: Readonly<Record<string, readonly [(text: string) => unknown, ...string[]]>> = {
  parseBasic: [parseBasic, "Basic "],
  parseBearer: [parseBearer, "Bearer "],
  parseChallenges: [parseChallenges, "Bearer ", 'Bearer realm="', "Bearer realm=", "a "],
  parseDigest: [parseDigest, "sha256:"],
  namesDigest: [(text) => namesDigest(text, DIGEST), "W/", '"'],
  allowsRange: [(text) => allowsRange(text, DIGEST), '"'],
  "a glob": [parseImageGlob, "a/", "a:"],
  parseNextQuery: [parseNextQuery, "<", "<a>;", "<a>; rel=", '<a>; rel="'],
  acceptClass: [acceptClass, "application/", "a;q=0."],
  "a media type": [(text) => isManifestType(essence(text)), "application/vnd."],
  parseImageName: [parseImageName, "a", "a/", "a."],
  parseNetwork: [parseNetwork, "10.", "2001:", "asn:", "country:"],
  customerPrefix: [customerPrefix, "10.", "2001:"],
  parseRange: [parseRange, "bytes=", "bytes=1-"],
  parseContentRange: [parseContentRange, "bytes ", "bytes 1-"],
  parseUnsatisfiedRange: [parseUnsatisfiedRange, "bytes */"],
  parseReference: [parseReference, "a", "sha256:"],
  parseRetryAfter: [(text) => parseRetryAfter(text, 0), "1", "Thu, "],
  parseRoute: [
    (text) => attempt(() => parseRoute(text)),
    "/v2/",
    "/v2/a/manifests/",
    "/v2/a/blobs/",
  ],
  parseSecretList: [(text) => parseSecretList(text, () => true), "a=", "a=b,"],
  parseScope: [parseScope, "repository:", "repository(a):a:"],
  grantsPull: [(text) => grantsPull(text, "a" as Name), "a.", "a.a"],
  describeCause: [describeCause, "https://", "Bearer ", "x: "],
};

const UNITS = [..." \t,;:=\"'\\<>/.-_*%@?&#", "a", "A", "1", "q", "\n", "//", "%2", "W/"];
const ENDS = ["", "a", '"'];
const RANDOM_RUNS = 50;

type Example = [beginning: string, parts: string[], end: string];

const PUMPED = 10_000;
/** Twice the text takes twice the time; what starts over at every place takes four times. */
const MAX_GROWTH = 3;
/** Less says nothing, and hurts nobody. */
const MIN_MS = 20;

test.each(Object.entries(PARSERS))(
  "%s takes no more than twice the time for twice the text",
  (_, [parse, ...beginnings]) => expectLinear(parse, beginnings),
  MAX_MS,
);

test("what starts over at every place would be noticed", () => {
  expect(() => expectLinear((text) => /\s+$/.exec(text), [])).toThrow(
    'Counterexample: ["",[" "],"a"]',
  );
});

function expectLinear(parse: (text: string) => unknown, beginnings: readonly string[]): void {
  const check = (beginning: string, parts: string[], end: string) => {
    const of = (length: number) => beginning + parts.join("").repeat(length / parts.length) + end;
    const growths = [1, 2].map((scale) => {
      const ms = least(() => parse(of(scale * PUMPED)));
      const twice = least(() => parse(of(2 * scale * PUMPED)));
      return twice < MIN_MS ? 1 : twice / ms;
    });
    expect(Math.min(...growths)).toBeLessThan(MAX_GROWTH);
  };
  const all = ["", ...beginnings];
  const simple = all.flatMap((beginning) =>
    UNITS.flatMap((unit) => ENDS.map((end): Example => [beginning, [unit], end])),
  );
  const pump = fc.array(fc.constantFrom(...UNITS), { minLength: 1, maxLength: 3 });
  const property = fc.property(fc.constantFrom(...all), pump, fc.constantFrom(...ENDS), check);
  const numRuns = simple.length + RANDOM_RUNS;
  fc.assert(property, { ...PURE, examples: simple, numRuns, endOnFailure: true });
}

/** @returns the milliseconds of this thread's own CPU that it takes: what else runs does not count. */
function least(work: () => unknown): number {
  const times = [1, 2, 3].map(() => {
    const before = process.threadCpuUsage();
    work();
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000;
  });
  return Math.min(...times);
}

function attempt(work: () => unknown): void {
  try {
    work();
  } catch {
    // Refused, which is as good as read.
  }
}
