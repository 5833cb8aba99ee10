import fc from "fast-check";
import { expect, test } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { RegistryError } from "../../src/protocol/errors.ts";
import { CASES, type Case } from "../nightly/faults/faults.ts";
import type { Received } from "../nightly/faults/receive.ts";
import { ACCOUNT, createWorld } from "../nightly/faults/world.ts";
import { LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { ORIGIN, useMirrors } from "../support/mirror/in-process.ts";
import { basic } from "../support/mirror/scenarios.ts";
import { digests, headerText, hostileText, names, PURE, tags, WHOLE } from "./arbitrary.ts";

const createMirror = useMirrors();
const MANY = { ...WHOLE, numRuns: 4 * WHOLE.numRuns };

const HOSTS = ["docker.io/", "index.docker.io/", "evil.example/", "localhost:5000/", "127.0.0.1/"];

const anyName = fc.oneof(
  fc.constantFrom("busybox", "library/busybox", "none", "a/b/c"),
  names,
  fc.tuple(fc.constantFrom(...HOSTS), names).map((parts) => parts.join("")),
  hostileText("busybox", "library/", ...HOSTS),
);

const anyReference = fc.oneof(
  fc.constantFrom("1.36", "latest", OCI_MANIFEST.digest, LAYER.digest, "list"),
  fc.constantFrom(OCI_MANIFEST.digest, LAYER.digest).map(encodeURIComponent),
  tags,
  digests,
  hostileText("sha256:", "1.36"),
);

const anyQuery = fc.oneof(
  fc.constantFrom("", "?ns=docker.io", "?n=2&last=1", "?ns=evil.example", "?n=-1", "?#x"),
  fc
    .dictionary(
      fc.oneof(fc.constantFrom("n", "last", "ns", "artifactType", "scope"), hostileText()),
      hostileText("https://evil.example/", "docker.io"),
      { maxKeys: 3 },
    )
    .map((fields) => `?${new URLSearchParams(fields)}`),
  hostileText("?ns=", "&", "=").map((text) => `?${text}`),
);

const anyKind = fc.constantFrom("manifests", "blobs", "tags", "referrers", "manifests", "blobs/.");

/** Valid paths, almost valid ones, and any others that a URL can have. */
const paths = fc
  .oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(anyName, anyKind, anyReference, anyQuery)
        .map(([name, kind, reference, query]) => `/v2/${name}/${kind}/${reference}${query}`),
    },
    {
      weight: 1,
      arbitrary: hostileText("/v2/", "busybox", "manifests/", "token").map((text) => `/${text}`),
    },
  )
  .filter(isPath);

/** Other headers of a client. */
const clientHeaders = fc.dictionary(
  fc.constantFrom("accept", "range", "if-range", "if-none-match", "host", "x-forwarded-host"),
  fc.oneof(
    headerText("bytes=0-3", "application/", "*/*", "W/", '"'),
    fc.constantFrom(OCI_MANIFEST.mediaType, "bytes=0-3", "bytes=1-2,4-5", "*"),
  ),
  { maxKeys: 4 },
);

const methods = fc.constantFrom("GET", "GET", "GET", "HEAD");

function isPath(text: string): boolean {
  return URL.canParse(ORIGIN + text);
}

const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const DIGEST = "(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})";
const TAG = "[A-Za-z0-9_][A-Za-z0-9._-]{0,127}";
const QUERY = "(?:\\?[A-Za-z0-9*._+%&=-]+)?";
const ROUTE = `(?:manifests/(?:${TAG}|${DIGEST})|blobs/${DIGEST}|tags/list${QUERY}|referrers/${DIGEST}${QUERY})`;
const HEX = "[0-9a-f]{64}";

/** Every URL that a mirror of Docker Hub may request. */
const CANONICAL = [
  "https://registry-1\\.docker\\.io/v2/",
  `https://registry-1\\.docker\\.io/v2/${COMPONENT}(?:/${COMPONENT})+/${ROUTE}`,
  `https://auth\\.docker\\.io/token\\?service=registry\\.docker\\.io&scope=repository%3A${COMPONENT}(?:%2F${COMPONENT})+%3Apull`,
  `https://production\\.cloudfront\\.docker\\.com/registry-v2/docker/registry/v2/blobs/sha256/[0-9a-f]{2}/${HEX}/data\\?Expires=\\d+&Signature=[^&]+&Key-Pair-Id=STANDIN`,
].map((pattern) => new RegExp(`^${pattern}$`));

test("whatever a client requests, upstream URLs are in canonical form, of three hosts", async () => {
  let requested = 0;
  const check = async (path: string, method: "GET" | "HEAD", headers: Record<string, string>) => {
    const { mirror, urls } = createWorld(createMirror);
    await mirror.ask(path, { method, headers });
    requested += urls.length;
    const strays = urls.filter((url) => !CANONICAL.some((pattern) => pattern.test(url)));
    expect(strays).toEqual([]);
  };
  await fc.assert(fc.asyncProperty(paths, methods, clientHeaders, check), MANY);
  expect(requested).toBeGreaterThan(MANY.numRuns / 5);
});

const PATH_SECRET = "0f9a4c1be27d5863aa10";
const OTHER_PATH_SECRET = "77c0b5a1d9e8426f3b1d";
const USER_TOKEN = "token-of-a-user-4711";
const CLIENT = "sent-by-a-client";
const LOCKED = {
  ...ACCOUNT,
  ACCESS_PATHS: `office=${PATH_SECRET},home=${OTHER_PATH_SECRET}`,
  ACCESS_USERS: `ann=${USER_TOKEN}`,
};
/** In plain, and as in a header. */
const SECRETS = [
  ...[PATH_SECRET, OTHER_PATH_SECRET, USER_TOKEN, CLIENT, "hunter2", "stand-in.", "Signature="],
  ...["ann", "sampan"].map((user) => basic(user, user === "ann" ? USER_TOKEN : "hunter2").slice(6)),
];

/** A character of a secret may be written as `%30`. */
const written = fc
  .tuple(fc.constantFrom(PATH_SECRET, OTHER_PATH_SECRET), fc.array(fc.boolean()))
  .map(([secret, masks]) =>
    [...secret]
      .map((letter, index) => (masks[index] ? `%${letter.charCodeAt(0).toString(16)}` : letter))
      .join(""),
  );
const rest = fc
  .array(
    fc.oneof(
      fc.constantFrom("v2", "busybox", "library", "manifests", "blobs", "tags", "list", "1.36"),
      fc.constantFrom("%E0", "%", "..", ".", "", "BAD", "sha256:x", "a.b", "token"),
      written,
      hostileText(),
    ),
    { maxLength: 7 },
  )
  .map((parts) => parts.join("/"));
const real = fc.constantFrom(
  ...["busybox/manifests/1.36", `library/busybox/manifests/${OCI_MANIFEST.digest}`],
  ...[`busybox/blobs/${LAYER.digest}`, "busybox/tags/list?n=1", "none/manifests/1"],
  `busybox/referrers/${OCI_MANIFEST.digest}`,
);
const secretPaths = fc
  .tuple(
    fc.constantFrom(`/${PATH_SECRET}/v2/`, `/v2/${PATH_SECRET}/`, "/v2/", "/"),
    fc.oneof(real, rest),
  )
  .map((parts) => parts.join(""))
  .filter(isPath);
const authorizations = fc.constantFrom(
  ...[basic("ann", USER_TOKEN), basic("ann", CLIENT), `Bearer ${CLIENT}`, CLIENT, ""],
);

test("whatever is requested and whatever goes wrong, no secret is in an answer, the log or a cache", async () => {
  const check = async (
    path: string,
    method: "GET" | "HEAD",
    authorization: string,
    fault: Case,
  ) => {
    const world = createWorld(createMirror, { env: LOCKED });
    world.break(fault);
    const headers = { authorization, cookie: CLIENT, "x-forwarded-for": CLIENT };
    const received = await world.receive({ path, method, headers });
    world.mend();
    await world.settle();
    if (received === null) throw new Error("There is no answer.");
    expectNoSecretIn(textOf(received));
    expectNoSecretIn(JSON.stringify(world.mirror.log));
    expectNoSecretIn(world.stores.keys().join("\n"));
    expectNoSecretIn(world.urls.map((url) => url.replace(/\?.*/, "")).join("\n"));
  };
  const cases = fc.constantFrom(...CASES);
  await fc.assert(fc.asyncProperty(secretPaths, methods, authorizations, cases, check), MANY);
});

/**
 * Status, headers and body. `Link` has the client's own path, secret included. Left out are the home
 * page, which has its own path too, and a blob, which is the storage's: the client verifies it.
 */
function textOf({ status, headers, bytes }: Received): string {
  const lines = [...headers].filter(([name]) => name !== "link").map((pair) => pair.join(": "));
  const isLeftOut = /^(application\/octet-stream|text\/html)\b/.test(
    headers.get("content-type") ?? "",
  );
  return [status, ...lines, ...(isLeftOut ? [] : [new TextDecoder().decode(bytes)])].join("\n");
}

function expectNoSecretIn(text: string): void {
  expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
}

test("whatever is misconfigured, the error names the variable and not its value", () => {
  const SETTINGS = ["UPSTREAM", "UPSTREAM_USERNAME", "UPSTREAM_PASSWORD", "ACCESS_PATHS"];
  const MORE = ["ACCESS_USERS", "LOGIN", "LOGIN_KEY", "REGISTRIES", "REGISTRY_ACCOUNTS", "HOSTS"];
  const values = hostileText("=", ",", "upstream", '{"ghcr.io":', "https://x").map(
    (text) => `${CLIENT}${text}`,
  );
  const settings = fc.dictionary(fc.constantFrom(...SETTINGS, ...MORE), values, {
    minKeys: 1,
    maxKeys: 4,
  });
  let refused = 0;
  const check = (vars: Record<string, string>) => {
    try {
      readConfig({ ...vars, CACHE: {} } as never);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      refused += 1;
      expect([error.code, error.status]).toEqual(["UNKNOWN", 500]);
      expect(error.message).toMatch(/[A-Z]+_?[A-Z]+/);
      expect(`${error.message} ${error.reason}`).not.toContain(CLIENT);
    }
  };
  fc.assert(fc.property(settings, check), PURE);
  expect(refused).toBeGreaterThan(PURE.numRuns / 2);
});
