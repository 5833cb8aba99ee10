import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseImageRule, parseSecretList } from "../../src/config/access.ts";
import { readRegistries } from "../../src/config/registries.ts";
import type { Env } from "../../src/config/settings.ts";
import { pickLanguage } from "../../src/page/language.ts";
import { describeCause } from "../../src/platform/log.ts";
import { parseBasic, parseBearer } from "../../src/protocol/basic.ts";
import { parseAuthScheme } from "../../src/protocol/challenge.ts";
import { type Digest, parseDigest } from "../../src/protocol/digest.ts";
import { allowsRange, namesDigest } from "../../src/protocol/etag.ts";
import { parseImageGlob } from "../../src/protocol/glob.ts";
import { parseJsonObject } from "../../src/protocol/json.ts";
import { parseNextQuery } from "../../src/protocol/link.ts";
import { essence, isManifestType, parseAccept } from "../../src/protocol/media-type.ts";
import { type Name, parseImageName, parseName } from "../../src/protocol/name.ts";
import { customerPrefix, parseNetwork } from "../../src/protocol/network.ts";
import { parseContentRange, parseRange, parseUnsatisfiedRange } from "../../src/protocol/range.ts";
import { parseReference } from "../../src/protocol/reference.ts";
import { parseRetryAfter } from "../../src/protocol/retry-after.ts";
import { parseRoute } from "../../src/protocol/route.ts";
import { signatureExpiry } from "../../src/protocol/signed-url.ts";
import { grantsPull, parseScope, parseToken } from "../../src/protocol/token.ts";
import { parseRateLimit } from "../../src/upstream/rate-limit.ts";
import { ROOT } from "../support/repository.ts";
import { PURE } from "./arbitrary.ts";

const DIGEST = `sha256:${"a".repeat(64)}` as Digest;

const REGISTRIES = readRegistries({} as Env);

/**
 * Every function that parses untrusted text, and how such text may begin; except the parser of an
 * image that somebody pastes into the home page, in their own browser: its test is in test/page.
 */
const PARSERS: Readonly<Record<string, readonly [(text: string) => unknown, ...string[]]>> = {
  parseBasic: [parseBasic, "Basic "],
  parseBearer: [parseBearer, "Bearer "],
  parseAuthScheme: [parseAuthScheme, "Bearer ", 'Bearer realm="', "Bearer realm=", "a "],
  parseDigest: [parseDigest, "sha256:"],
  namesDigest: [(text) => namesDigest(text, DIGEST), "W/", '"'],
  allowsRange: [(text) => allowsRange(text, DIGEST), '"'],
  parseImageGlob: [parseImageGlob, "a/", "a:"],
  parseImageRule: [(text) => parseImageRule(text, REGISTRIES), "a/", "a.b/", "docker.io/"],
  parseJsonObject: [parseJsonObject, "{", '{"', "["],
  parseNextQuery: [parseNextQuery, "<", "<a>;", "<a>; rel=", '<a>; rel="'],
  parseAccept: [parseAccept, "application/", "a;q=0."],
  "a media type": [(text) => isManifestType(essence(text)), "application/vnd."],
  parseImageName: [parseImageName, "a", "a/", "a."],
  parseName: [parseName, "a", "a/", "a."],
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
  parseToken: [(text) => parseToken(encode(text), 0), "{", '{"token":"', '{"issued_at":"'],
  parseRateLimit: [(text) => parseRateLimit(headersWith(text)), "1", "100;w="],
  signatureExpiry: [(text) => signatureExpiry(signedUrl(text)), "1", "20260115T", "2026-01-15T"],
  pickLanguage: [(text) => pickLanguage(null, text), "en;q=", "zh-", "en,"],
  describeCause: [describeCause, "https://", "Bearer ", "x: "],
};

const UNITS = [..." \t,;:=\"'\\<>/.-_*%@?&#", "a", "A", "1", "q", "\n", "//", "%2", "W/"];
const ENDS = ["", "a", '"'];
const RANDOM_RUNS = 50;

type Example = [beginning: string, parts: string[], end: string];

const PUMPED = 10_000;
/** Enough to notice quadratic growth. */
const FEW_PUMPED = 5_000;
/** Twice the text takes twice the time; a quadratic parser takes four times. */
const MAX_GROWTH = 3;
/** Less is too short to measure, and harmless. */
const MIN_MS = 20;

test.each(Object.entries(PARSERS))(
  "%s takes at most twice the time for twice the text",
  (_, [parse, ...beginnings]) => expectLinear(parse, beginnings),
  240_000,
);

test("every parser of src/protocol is among them", async () => {
  const files = readdirSync(join(ROOT, "src/protocol"));
  const modules = await Promise.all(files.map((file) => import(`../../src/protocol/${file}`)));
  const parsers = modules.flatMap(Object.keys).filter((name) => /^(parse|read)[A-Z]/.test(name));
  expect(parsers.length).toBeGreaterThan(15);
  expect(parsers.filter((name) => !Object.hasOwn(PARSERS, name))).toEqual([]);
});

test("a quadratic parser would be found", () => {
  expect(() => expectLinear((text) => /\s+$/.exec(text), [], FEW_PUMPED)).toThrow(
    /Counterexample: \["",\["(?: |\\t|\\n)"\],/,
  );
});

function expectLinear(
  parse: (text: string) => unknown,
  beginnings: readonly string[],
  pumped = PUMPED,
): void {
  const check = (beginning: string, parts: string[], end: string) => {
    const measure = (scale: number) => {
      const text = beginning + parts.join("").repeat((scale * pumped) / parts.length) + end;
      return cpuMs(() => parse(text));
    };
    const least = (scale: number) => Math.min(measure(scale), measure(scale), measure(scale));
    const growth = () => Math.min(least(2) / least(1), least(4) / least(2));
    const isQuick = measure(4) < MIN_MS || least(4) < MIN_MS;
    expect(isQuick ? 1 : growth()).toBeLessThan(MAX_GROWTH);
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

/** @returns the milliseconds of CPU that it takes in this thread, so that other load does not count. */
function cpuMs(work: () => unknown): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

function attempt(work: () => unknown): void {
  try {
    work();
  } catch {
    // Rejected, which is as good as parsed.
  }
}

/** A URL whose every parameter has this value. */
function signedUrl(text: string): URL {
  return { searchParams: { get: () => text } } as unknown as URL;
}

/** Headers with such a value; real ones cannot hold a line break. */
function headersWith(text: string): Headers {
  return { get: () => text } as unknown as Headers;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
