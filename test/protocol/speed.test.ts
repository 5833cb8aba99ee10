import { expect, test } from "vitest";
import { describeCause } from "../../src/log.ts";
import { parseChallenges } from "../../src/protocol/challenge.ts";
import { parseDigest } from "../../src/protocol/digest.ts";
import { namesDigest } from "../../src/protocol/etag.ts";
import { parseNextQuery } from "../../src/protocol/link.ts";
import { acceptClass } from "../../src/protocol/media-type.ts";
import { parseImageName } from "../../src/protocol/name.ts";
import { parseContentRange, parseRange } from "../../src/protocol/range.ts";
import { parseReference } from "../../src/protocol/reference.ts";
import { parseRetryAfter } from "../../src/protocol/retry-after.ts";
import { parseRoute } from "../../src/protocol/route.ts";

/** Several times what any header or path may have, so that what grows by the square shows. */
const LENGTH = 400_000;
const MAX_MS = 300;

function of(piece: string): string {
  return piece.repeat(LENGTH / piece.length);
}

const digest = parseDigest(`sha256:${"a".repeat(64)}`);

/** What a parser is fed that would hurt one that tries again from every position. */
const HOSTILE: readonly [string, readonly string[], (text: string) => unknown][] = [
  [
    "WWW-Authenticate",
    [
      `Bearer realm="${of("a")}`,
      `Bearer realm="${of("\\a")}`,
      `Bearer realm="${of("\\")}`,
      `Bearer ${of('a=" ')}`,
      `a${of(" ")}b`,
      `a${of(" ")}=`,
      `a=${of(" ")}"`,
      of("a "),
      of("a,"),
      of(" ,"),
      of("a="),
      of("a"),
    ],
    parseChallenges,
  ],
  [
    "Link",
    [of("<"), of("<>"), of("<a;rel=x"), `<>${of(";")}`, `<>;rel=next${of(" ")}x`],
    parseNextQuery,
  ],
  ["Accept", [of(","), `a;${of(" ")}`, `a;q=0.${of("0")}1`, of(";q=0 "), of("a/b,")], acceptClass],
  ["If-None-Match", [of(","), of("W/"), of('"')], (text) => digest && namesDigest(text, digest)],
  ["Range", [`bytes=${of("9")}`, `bytes=${of("0-1,")}`, `bytes=${of(",")}`, of(" ")], parseRange],
  ["Content-Range", [`bytes ${of("0")}`, of("bytes ")], parseContentRange],
  [
    "Retry-After",
    [of("9"), `Sun, ${of("9")}`, of(" "), `Sun, ${of("(")}`],
    (text) => parseRetryAfter(text, 0),
  ],
  ["a name", [of("a-"), of("a"), of("-"), of("a_"), of("a__"), of("a/"), of("/")], parseImageName],
  ["a reference", [of("a"), of("."), `sha256:${of("a")}`], parseReference],
  [
    "a path",
    [of("/tags/a"), of("/manifests/"), `/a/tags/${of("a")}/`, of("/"), of("%2F"), of("%")],
    (text) => attempt(() => parseRoute(`/v2/${text}`)),
  ],
  [
    "what was thrown",
    [
      of("http://"),
      of("https:"),
      `https://${of("a@")}`,
      of("bearer "),
      `basic${of(" ")}`,
      of("\n"),
    ],
    describeCause,
  ],
];

const cases = HOSTILE.flatMap(([what, texts, parse]) =>
  texts.map((text) => [what, text.slice(0, 24), { text, parse }] as const),
);

test.each(cases)(
  "%s that begins %j and goes on for 400 kB is read at once",
  async (_, __, given) => {
    const startedAt = Date.now();
    given.parse(given.text);
    expect(Date.now() - startedAt).toBeLessThan(MAX_MS);
  },
);

function attempt(work: () => unknown): void {
  try {
    work();
  } catch {
    // Refused, which is as good as read.
  }
}
