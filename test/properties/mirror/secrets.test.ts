import fc from "fast-check";
import { expect, test } from "vitest";
import { readConfig } from "../../../src/config.ts";
import { RegistryError } from "../../../src/protocol/errors.ts";
import { FAULTS } from "../../faults/tables/faults.ts";
import { PLACE_NAMES } from "../../faults/tables/places.ts";
import { createSpoiler } from "../../faults/world/spoil.ts";
import { passTime } from "../../faults/world/stall.ts";
import { LAYER, OCI_MANIFEST } from "../../support/contents.ts";
import { useMirrors } from "../../support/mirror/in-process.ts";
import { basic } from "../../support/mirror/scenarios.ts";
import { hostileText } from "../arbitrary.ts";
import { MAX_MS, PURE, WHOLE } from "../runs.ts";
import { methods } from "./paths.ts";
import { ACCOUNT, createWorld } from "./world.ts";

const createMirror = useMirrors();

const PATH_SECRET = "0f9a4c1be27d5863aa10";
const OTHER_PATH_SECRET = "77c0b5a1d9e8426f3b1d";
const USER_TOKEN = "token-of-a-user-4711";
const CLIENT = "said-by-a-client";
const LOCKED = {
  ...ACCOUNT,
  ACCESS_PATHS: `office=${PATH_SECRET},home=${OTHER_PATH_SECRET}`,
  ACCESS_USERS: `ann=${USER_TOKEN}`,
};
/** As they are, and as they stand in a header; those of the upstream are looked for everywhere. */
const SECRETS = [
  ...[PATH_SECRET, OTHER_PATH_SECRET, USER_TOKEN, CLIENT, "hunter2", "stand-in.", "Signature="],
  ...["ann", "sampan"].map((user) => basic(user, user === "ann" ? USER_TOKEN : "hunter2").slice(6)),
];

/** A letter of a secret may be written as `%30`. */
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
const paths = fc
  .tuple(
    fc.constantFrom(`/${PATH_SECRET}/v2/`, `/v2/${PATH_SECRET}/`, "/v2/", "/"),
    fc.oneof(real, rest),
  )
  .map((parts) => parts.join(""));
const authorizations = fc.constantFrom(
  ...[basic("ann", USER_TOKEN), basic("ann", CLIENT), `Bearer ${CLIENT}`, CLIENT, ""],
);

test(
  "whatever is asked and whatever goes wrong, no secret is in an answer, the log or a cache",
  async () => {
    const check = async (
      path: string,
      method: string,
      authorization: string,
      [place, fault]: [(typeof PLACE_NAMES)[number], (typeof FAULTS)[number]],
    ) => {
      const { mirror, stall, stores, urls } = createWorld(createMirror, { env: LOCKED });
      const spoiler = createSpoiler(place, fault, { clock: mirror.clock, stall });
      mirror.hub.intercept(spoiler.interceptor);
      const headers = { authorization, cookie: CLIENT, "x-forwarded-for": CLIENT };
      const work = mirror.send(path, { method, headers }).then(textOf, textOfBadUrl);
      const waited = await passTime(work, { clock: mirror.clock, stall, maxSeconds: 60 });
      spoiler.end();
      const answer = waited.isDone ? waited.value : await work;
      await mirror.settle();
      expectNone(answer);
      expectNone(JSON.stringify(mirror.log));
      expectNone(
        stores
          .contents()
          .map(([key]) => key)
          .join("\n"),
      );
      expectNone(urls.map((url) => url.replace(/\?.*/, "")).join("\n"));
    };
    const faults = fc.tuple(fc.constantFrom(...PLACE_NAMES), fc.constantFrom(...FAULTS));
    await fc.assert(fc.asyncProperty(paths, methods, authorizations, faults, check), {
      ...WHOLE,
      numRuns: 4 * WHOLE.numRuns,
    });
  },
  MAX_MS,
);

test("whatever is misconfigured, the error names it and tells nothing of its value", () => {
  const SETTINGS = ["UPSTREAM", "UPSTREAM_USERNAME", "UPSTREAM_PASSWORD", "ACCESS_PATHS"];
  const MORE = ["ACCESS_USERS", "LOGIN", "LOGIN_KEY", "REGISTRIES", "REGISTRY_ACCOUNTS", "HOSTS"];
  const values = hostileText("=", ",", "upstream", '{"ghcr.io":', "https://x").map(
    (text) => `${CLIENT}${text}`,
  );
  const settings = fc.dictionary(fc.constantFrom(...SETTINGS, ...MORE), values, { maxKeys: 4 });
  const check = (vars: Record<string, string>) => {
    try {
      readConfig({ ...vars, CACHE: {} } as never);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      expect([error.code, error.status]).toEqual(["UNKNOWN", 500]);
      expect(error.message).toMatch(/[A-Z]+_?[A-Z]+/);
      expect(`${error.message} ${error.reason}`).not.toContain(CLIENT);
    }
  };
  fc.assert(fc.property(settings, check), PURE);
});

/**
 * Status, headers and body; where the client's own path leads on, its secret may stand. Left out is
 * the page for people, which tells its own path, and what is streamed as a blob: that is the
 * storage's, and the client compares it with its digest.
 */
async function textOf({ status, headers, body }: Response): Promise<string> {
  const told = [...headers].filter(([name]) => name !== "link").map((pair) => pair.join(": "));
  const type = headers.get("content-type") ?? "";
  if (/^(application\/octet-stream|text\/html)\b/.test(type)) {
    await body?.cancel().catch(() => {});
    return [status, ...told].join("\n");
  }
  const bytes = await new Response(body).arrayBuffer().catch(() => new ArrayBuffer());
  return [status, ...told, new TextDecoder().decode(bytes)].join("\n");
}

/** What is no URL is no request either. */
function textOfBadUrl(error: unknown): string {
  if (error instanceof TypeError && /Invalid URL/.test(error.message)) return "";
  throw error;
}

function expectNone(text: string): void {
  expect(SECRETS.filter((secret) => text.includes(secret))).toEqual([]);
}
