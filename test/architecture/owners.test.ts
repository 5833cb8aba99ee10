import { describe, expect, test } from "vitest";
import { readSources, type Sources, withoutComments } from "./sources.ts";

interface Owner {
  readonly what: string;
  readonly pattern: RegExp;
  /** Exactly the files that have it. */
  readonly files: readonly string[];
  /** What another file must not say. */
  readonly violations: readonly string[];
}

/** Each capability, and where it is written; everybody else is handed it. */
const OWNERS: readonly Owner[] = [
  {
    what: "the network",
    pattern: /(?<![\w.]|typeof )\bfetch\b(?!\??:)/,
    files: ["worker.ts"],
    violations: ["await fetch(url)", "createHttp({ fetch, now })", "const send = fetch;"],
  },
  {
    what: "the clock",
    pattern: /\bDate\.now\b|\bnew Date\(\)|\bperformance\b/,
    files: ["worker.ts"],
    violations: ["Date.now() + 1", "const now = Date.now;", "new Date().getTime()"],
  },
  {
    what: "timers",
    pattern: /\bset(?:Timeout|Interval)\b|\bAbortSignal\.timeout\b|\bscheduler\b/,
    files: ["worker.ts"],
    violations: ["setTimeout(fire, 1)", "AbortSignal.timeout(1)", "await scheduler.wait(1)"],
  },
  {
    what: "work after the answer",
    pattern: /\bwaitUntil\b/,
    files: ["worker.ts"],
    violations: ["context.waitUntil(work)", "const { waitUntil } = context;"],
  },
  {
    what: "the edge cache",
    pattern: /(?<![\w.])caches\b/,
    files: ["worker.ts"],
    violations: ["caches.default", 'await caches.open("x")'],
  },
  {
    what: "the environment",
    pattern: /\benv\b/,
    files: [
      "access-log.ts",
      "config-access.ts",
      "config-registries.ts",
      "config.ts",
      "env.ts",
      "handle.ts",
      "isolate.ts",
      "scheduled.ts",
      "wire-cache.ts",
      "wire.ts",
      "worker.ts",
    ],
    violations: ["env.TAG_TTL_SECONDS", "context.env", 'import { env } from "cloudflare:workers"'],
  },
  {
    what: "KV",
    pattern: /\bKVNamespace\b/,
    files: ["cache/kv.ts", "env.ts"],
    violations: ["readonly kv: KVNamespace;"],
  },
  {
    what: "R2",
    pattern: /\bR2Bucket\b/,
    files: ["cache/blob-store.ts", "cache/blob-sweep.ts", "env.ts"],
    violations: ["readonly bucket: R2Bucket;"],
  },
  {
    what: "answers",
    pattern: /\bnew Response\b|\bResponse\.(?:json|redirect|error)\b/,
    // An answer to the client; a record of the edge cache, which keeps nothing else.
    files: ["cache/edge.ts", "mirror/respond.ts"],
    violations: ["new Response(null)", "Response.json({})", "Response.redirect(url)"],
  },
  {
    what: "Docker Hub's namespace",
    pattern: /\blibrary\b/,
    files: ["config-registries.ts"],
    violations: ['const namespace = "library";', '["library", name].join("/")'],
  },
  {
    what: "the paths of the registry API",
    pattern: /\/v2\b/,
    files: [
      // Where a path secret stands.
      "mirror/door.ts",
      // The grammar.
      "protocol/route.ts",
      // The same path on the upstream.
      "upstream/account.ts",
      "upstream/ask.ts",
      "upstream/scheme.ts",
    ],
    violations: ['path.startsWith("/v2/")', "/^\\/v2(\\/|$)/.test(path)", '"/v2/" + name'],
  },
  {
    what: "credentials",
    pattern: /\bauthorization\b/i,
    files: [
      // What a client shows, which opens here and goes no further.
      "mirror/dispatch.ts",
      "mirror/door.ts",
      "mirror/mirror.ts",
      "mirror/token-service.ts",
      // What the page's script shows this mirror.
      "page/script/ask-mirror.ts",
      // What the upstream is shown.
      "upstream/account.ts",
      "upstream/ask.ts",
      "upstream/token.ts",
    ],
    violations: [
      "headers: { authorization: token }",
      'headers.set("Authorization", token)',
      'request.headers.get("authorization")',
    ],
  },
  {
    what: "hashing and sealing",
    pattern: /\bcrypto\b/,
    files: ["protocol/digest.ts", "protocol/seal.ts"],
    violations: ['await crypto.subtle.digest("SHA-256", bytes)', "const { subtle } = crypto;"],
  },
  {
    what: "comparing secrets",
    pattern: /\b(?:isSameSecret|timingSafeEqual)\b/,
    // In constant time, and used where paths and users are.
    files: ["mirror/door.ts", "protocol/digest.ts"],
    violations: ["await isSameSecret(a, b)", "crypto.subtle.timingSafeEqual(a, b)"],
  },
  {
    what: "the console",
    pattern: /\bconsole\b/,
    files: ["log.ts"],
    violations: ["console.log(1)", "console.error(error)"],
  },
  {
    what: "chance",
    pattern: /\bMath\.random\b/,
    files: ["worker.ts"],
    violations: ["if (Math.random() < share) log(line);"],
  },
  {
    what: "ways around all this",
    // 'self' in quotes is a word of Content-Security-Policy.
    pattern: /\bglobalThis\b|(?<!')\bself\b|\beval\b|\bnew Function\b|\bprocess\b/,
    files: [],
    violations: ["globalThis.fetch(url)", "self.caches", "process.env.X"],
  },
];

const sources = readSources();

describe.each(OWNERS)("$what", ({ pattern, files, violations }) => {
  test("is written where it belongs, and nowhere else", () => {
    expect(filesWith(pattern, sources)).toEqual([...files].sort());
  });

  test.each(violations)("would be noticed elsewhere as %j", (violation) => {
    const all = new Map([
      ...sources,
      ["mirror/elsewhere.ts", `export const x = 1;\n${violation}\n`],
    ]);
    expect(filesWith(pattern, all)).toContain("mirror/elsewhere.ts");
  });
});

test("a word in a comment is no violation, a word beside one is", () => {
  const comments = [
    "/** Calls fetch(). */",
    "/*\n * fetch()\n */",
    "  // fetch()",
    "x(); // fetch()",
  ];
  for (const comment of comments) {
    expect(filesWith(/fetch/, new Map([["a.ts", `a();\n${comment}\nb();\n`]]))).toEqual([]);
  }
  const beside = 'accept("*/*");\nfetch(); // why\nget("https://x");\naccept("*/*");\n';
  expect(filesWith(/fetch/, new Map([["a.ts", beside]]))).toEqual(["a.ts"]);
});

function filesWith(pattern: RegExp, all: Sources): string[] {
  return [...all]
    .filter(([, source]) => pattern.test(withoutComments(source)))
    .map(([path]) => path)
    .sort();
}
