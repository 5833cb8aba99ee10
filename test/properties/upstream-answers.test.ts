import fc from "fast-check";
import { expect, test } from "vitest";
import { callOf, PLACE_NAMES, type Place, strikes } from "../nightly/faults/faults.ts";
import type { Received } from "../nightly/faults/receive.ts";
import { REQUESTS, type RequestKind } from "../nightly/faults/requests.ts";
import { createWorld } from "../nightly/faults/world.ts";
import { useMirrors } from "../support/mirror/in-process.ts";
import { strayHeaders } from "../support/mirror/response-check.ts";
import { headerText, WHOLE } from "./arbitrary.ts";

const createMirror = useMirrors();
/** In everything that the upstream adds to a right answer. */
const MARK = "added-by-the-upstream";
/** Upstream headers whose text may cross: the type of several ranges, a list's filters. */
const MAY_CROSS = ["content-type", "oci-filters-applied"];

const NAMES =
  `accept-ranges access-control-allow-origin age alt-svc authorization cache-control connection
  content-disposition content-encoding content-language content-length content-range content-type
  cookie docker-content-digest docker-distribution-api-version docker-ratelimit-source etag expires
  last-modified link location oci-filters-applied oci-namespace pragma proxy-authenticate
  ratelimit-limit ratelimit-remaining refresh retry-after server set-cookie
  strict-transport-security trailer vary via warning www-authenticate x-amz-request-id
  x-content-type-options x-powered-by`.split(/\s+/);

const values = fc.oneof(
  headerText(MARK, "https://evil.example/", "bytes 0-3/29", "</x?n=1>; rel=next", "gzip", "-1"),
  fc.constantFrom("multipart/byteranges; boundary=x", "0", "29", "4", "application/json", MARK),
);
const statuses = fc.constantFrom(
  ...[200, 200, 200, 201, 202, 203, 204, 206, 226, 300, 301, 302, 304, 305, 307, 400, 401, 402],
  ...[403, 404, 405, 407, 408, 409, 410, 412, 416, 418, 425, 429, 451, 500, 501, 503, 520, 599],
);
const answers = fc.record({
  status: statuses,
  headers: fc.dictionary(fc.constantFrom(...NAMES), values, { maxKeys: 8 }),
  /** Whether the answer is otherwise as it should be. */
  isComplete: fc.boolean(),
});
type Answer = typeof answers extends fc.Arbitrary<infer T> ? T : never;

test("whatever the upstream answers, only headers of the allow list cross, and none of its text", async () => {
  const check = async (place: Place, request: RequestKind, answer: Answer) => {
    const { mirror, receive, settle } = createWorld(createMirror, { network: withStrangers });
    mirror.hub.intercept(async (sent, next) =>
      strikes(place, callOf(sent)) ? responseOf(answer, await next()) : undefined,
    );
    const received = await receive(request);
    await settle();
    if (received === null) throw new Error("There is no answer.");
    expectClean(received, new TextDecoder().decode(received.bytes));
  };
  const places = fc.constantFrom(...PLACE_NAMES);
  const requests = fc.constantFrom(...REQUESTS.filter(({ subject }) => subject !== "large blob"));
  await fc.assert(fc.asyncProperty(places, requests, answers, check), {
    ...WHOLE,
    numRuns: 4 * WHOLE.numRuns,
  });
});

/** A redirect may lead to any host, which gets no credentials. */
function withStrangers(hub: typeof fetch): typeof fetch {
  return async (input, init) => {
    const { hostname } = new URL(String(input));
    if (/\.docker\.(io|com)$/.test(hostname)) return hub(input, init);
    expect(new Headers(init?.headers).has("authorization")).toBe(false);
    return new Response(MARK, { headers: { "set-cookie": MARK, location: MARK } });
  };
}

function responseOf({ status, headers, isComplete }: Answer, right: Response): Response {
  const all = new Headers(isComplete ? right.headers : {});
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  all.append("set-cookie", MARK);
  const isNull = [204, 205, 304].includes(status);
  return new Response(isNull ? null : isComplete ? right.body : MARK, { status, headers: all });
}

function expectClean({ status, headers }: Received, text: string): void {
  expect(strayHeaders(headers)).toEqual([]);
  expect([200, 206, 304, 400, 403, 404, 416, 429, 502, 503, 504]).toContain(status);
  for (const [name, value] of headers) {
    if (!MAY_CROSS.includes(name)) expect(value, name).not.toContain(MARK);
  }
  const link = headers.get("link");
  if (link !== null) expect(link).toMatch(/^<\/v2\/busybox\/(tags\/list|referrers\/sha256:)/);
  if (status >= 400) expect(text).not.toContain(MARK);
}
