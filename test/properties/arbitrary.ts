import fc from "fast-check";
import type { Digest } from "../../src/protocol/digest.ts";
import type { Name } from "../../src/protocol/name.ts";
import type { Tag } from "../../src/protocol/reference.ts";

const ALPHANUMERIC = [..."abcxyz0189"];
/** Keys that objects have anyway, and keys that mean something to the mirror. */
const KEYS = ["toString", "valueOf", "constructor", "length", "toJSON", "errors", "tags"];
const SEPARATORS = [".", "_", "__", "-", "---"];

/** Digests of the algorithms that are verified here. */
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

/** Whatever a stranger may write: Unicode, and what means something to a parser. */
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

/** Text that an HTTP header can hold. */
export function headerText(...pieces: readonly string[]): fc.Arbitrary<string> {
  return hostileText(...pieces).map((text) => text.replace(/[^\t\x20-\x7e]/g, ""));
}

/** JSON values, with keys that objects have anyway. */
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
