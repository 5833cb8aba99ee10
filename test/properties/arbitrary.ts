import fc, { type Parameters } from "fast-check";
import { inject } from "vitest";
import type { Digest } from "../../src/protocol/digest.ts";
import type { Name } from "../../src/protocol/name.ts";
import type { Tag } from "../../src/protocol/reference.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Of a nightly run; `npm test` has a fixed one. */
    readonly seed: number | undefined;
  }
}

/*
 * `npm test` tries the same inputs each time, so that a failure on one machine is a failure on all.
 * A nightly run tries others. A property that fails prints the path to the smallest counterexample;
 * added here, as in `{ numRuns: 500, seed: 42, path: "7:0" }`, it is tried again.
 */
const SEED = 20_261_124;
const isNightly = inject("seed") !== undefined;
const seed = inject("seed") ?? SEED;

/** For a function without effects. */
export const PURE = { numRuns: 500, seed } satisfies Parameters;
/** For a property that hashes, encrypts or needs a whole mirror. */
export const WHOLE = { numRuns: isNightly ? 600 : 150, seed } satisfies Parameters;
/** For a mirror and a story of many events. */
export const STORIES = { numRuns: isNightly ? 1_000 : 60, seed } satisfies Parameters;
/** For a part of the walks through the model of the platform. */
export const walksOf = (part: number) =>
  ({ numRuns: isNightly ? 600 : 10, seed: seed + part }) satisfies Parameters;

const ALPHANUMERIC = [..."abcxyz0189"];
/** Keys that every object has, and keys that the mirror reads. */
const KEYS = ["toString", "valueOf", "constructor", "length", "toJSON", "errors", "tags"];
const SEPARATORS = [".", "_", "__", "-", "---"];

/** Digests of the algorithms that are verified. */
export const digests: fc.Arbitrary<Digest> = fc
  .constantFrom(["sha256", 64] as const, ["sha384", 96] as const, ["sha512", 128] as const)
  .chain(([algorithm, length]) => hex(length).map((digits) => `${algorithm}:${digits}` as Digest));

const components = fc
  .tuple(
    word(1, 6),
    fc.array(fc.tuple(fc.constantFrom(...SEPARATORS), word(1, 4)), { maxLength: 3 }),
  )
  .map(([first, rest]) => first + rest.flat().join(""));

/** Names by the grammar, of one to four components, the first of which is no host. */
export const names: fc.Arbitrary<Name> = fc
  .array(components, { minLength: 1, maxLength: 4 })
  .filter(([first = "", ...others]) => others.length === 0 || !/[.:]|^localhost$/.test(first))
  .map((parts) => parts.join("/") as Name);

/** Tags by the grammar. */
export const tags: fc.Arbitrary<Tag> = fc
  .tuple(
    fc.constantFrom(...ALPHANUMERIC, "_", "A"),
    fc.string({ unit: fc.constantFrom(...ALPHANUMERIC, ".", "_", "-", "Z"), maxLength: 127 }),
  )
  .map(([first, rest]) => (first + rest) as Tag);

/** Any text: Unicode, and pieces that parsers react to. */
export function hostileText(...pieces: readonly string[]): fc.Arbitrary<string> {
  const unit = fc.oneof(
    fc.constantFrom(...SPECIAL, ...pieces),
    fc.nat({ max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    fc.string({ maxLength: 4 }),
  );
  return fc.array(unit, { maxLength: 12 }).map((parts) => parts.join(""));
}

const SPECIAL = [
  ...[..." \t\r\n\"'\\,;=<>/:.-_*%?#&@[]{}()|\0"],
  ...["0", "1", "a", "A", "/v2/", "..", "%2e", "%2F", "%", "//", "https://", "\u{1f4a3}", "\ud800"],
];

/** Valid texts, the same with something inserted, and any text of these pieces. */
export function near(valid: readonly string[], ...pieces: readonly string[]): fc.Arbitrary<string> {
  const inserted = fc
    .tuple(fc.constantFrom(...valid), fc.nat(), hostileText(...pieces))
    .map(([text, at, more]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + more + text.slice(place);
    });
  return fc.oneof(fc.constantFrom(...valid), inserted, hostileText(...pieces));
}

/** Text that an HTTP header can hold. */
export function headerText(...pieces: readonly string[]): fc.Arbitrary<string> {
  return hostileText(...pieces).map((text) => text.replace(/[^\t\x20-\x7e]/g, ""));
}

/** JSON values, some with keys that every object has. */
export const jsonValues = fc
  .letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(null, true, false, "", "x", 0, -1, 1e308),
      fc.string(),
      fc.double({ noNaN: true }),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom(...KEYS)), tie("value"), {
        maxKeys: 4,
      }),
    ),
  }))
  .value.map((value) => JSON.parse(JSON.stringify(value)) as unknown);

function word(minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...ALPHANUMERIC), minLength, maxLength });
}

export function hex(length: number): fc.Arbitrary<string> {
  const unit = fc.constantFrom(...[..."0123456789abcdef"]);
  return fc.string({ unit, minLength: length, maxLength: length });
}
