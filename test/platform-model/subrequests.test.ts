import { describe, expect, it } from "vitest";
import {
  COUNTED_BLOB,
  imageOf,
  imageWithBlob,
  LAYER,
  OCI_MANIFEST,
  OCI_NEXT,
} from "../support/contents.ts";
import type { Interceptor } from "../support/hub/faults.ts";
import { redirect } from "../support/hub/responses.ts";
import { ACCOUNT } from "../support/mirror/scenarios.ts";
import {
  type ModelIsolate,
  type PlatformModel,
  usePlatformModels,
} from "../support/platform-model.ts";

/*
 * On the free plan an invocation has 50 external subrequests, the Cache API's included, and 1,000 to
 * Cloudflare's services. A number such as "12+6" means 12 external ones and 6 of KV and R2. They
 * include what goes on after the response, except for the download of a backfill in progress.
 */

const createModel = usePlatformModels();

const OFFICIAL = "/v2/busybox";
/** With an account, the mirror checks whether this one is public. */
const OTHER = "/v2/grafana/grafana";
const DIGEST = `manifests/${OCI_MANIFEST.digest}`;
const SMALL = `blobs/${LAYER.digest}`;
const LARGE = `blobs/${COUNTED_BLOB.digest}`;
const SEARCH = { num_results: 0, query: "busybox", results: [] };

function createStocked(keepsBlobs: boolean): PlatformModel {
  const network = ({ host }: URL) => (host === "index.docker.io" ? Response.json(SEARCH) : null);
  const env = { ...ACCOUNT, SEARCH: "on" };
  const model = createModel({ keepsBlobs, env, network, hub: { accounts: { sampan: "hunter2" } } });
  for (const name of ["library/busybox", "grafana/grafana"]) {
    model.hub.push(name, "1", imageOf(OCI_MANIFEST, OCI_NEXT));
    model.hub.push(name, null, imageWithBlob(COUNTED_BLOB));
  }
  return model;
}

async function spend(isolate: ModelIsolate, request: string, code = 200): Promise<string> {
  const [method = "", path = ""] = request.split(" ");
  const answer = await (method === "HEAD" ? isolate.head(path) : isolate.get(path));
  expect(answer.status).toBe(code);
  const { external, internal } = answer.subrequests;
  return `${external}+${internal}`;
}

/** The first request for each URL gets no connection. */
function resetFirst(): Interceptor {
  const seen = new Set<string>();
  return ({ host, method, path, query }) => {
    const request = `${host} ${method} ${path} ${query.get("hop")}`;
    if (seen.has(request)) return undefined;
    seen.add(request);
    return "reset";
  };
}

/** Every manifest and blob is redirected four times at the registry. */
const redirectOften: Interceptor = ({ host, path, query }) => {
  const hop = Number(query.get("hop") ?? 0);
  if (host !== "registry" || path === "/v2/" || hop === 4) return undefined;
  return redirect(`${path}?hop=${hop + 1}`);
};

describe("the subrequests of a request", () => {
  it.each([
    // Cold; again; in another isolate of the data centre; in another data centre.
    ["GET /", "0+0", "0+0", "0+0", "0+0"],
    ["GET /v2/", "0+0", "0+0", "0+0", "0+0"],
    ["GET /v1/search?q=busybox", "3+0", "1+0", "1+0", "3+0"],
    [`HEAD ${OFFICIAL}/manifests/1`, "7+3", "1+2", "2+1", "3+1"],
    [`GET ${OFFICIAL}/manifests/1`, "11+6", "0+0", "3+1", "5+2"],
    [`GET ${OFFICIAL}/manifests/none`, "6+2", "0+0", "4+2", "6+2", 404],
    [`GET ${OTHER}/manifests/1`, "16+10", "0+0", "5+2", "8+3"],
    [`HEAD ${OFFICIAL}/${DIGEST}`, "6+3", "2+1", "3+2", "5+2"],
    [`GET ${OFFICIAL}/${DIGEST}`, "7+4", "0+0", "1+0", "2+1"],
    [`GET ${OFFICIAL}/tags/list`, "7+2", "1+0", "1+0", "6+1"],
    [`GET ${OFFICIAL}/referrers/${OCI_MANIFEST.digest}`, "7+2", "1+0", "1+0", "6+1"],
    [`HEAD ${OFFICIAL}/${SMALL}`, "7+2", "3+0", "4+1", "6+1"],
    [`GET ${OFFICIAL}/${SMALL}`, "9+2", "0+0", "2+0", "8+1"],
    [`HEAD ${OFFICIAL}/${LARGE}`, "7+2", "3+0", "4+1", "6+1"],
    [`GET ${OFFICIAL}/${LARGE}`, "11+2", "2+0", "2+0", "10+1"],
    [`GET ${OTHER}/${LARGE}`, "16+6", "2+0", "4+1", "12+2"],
  ])("with the edge cache: %s", async (request, cold, again, isolate, place, code = 200) => {
    const model = createStocked(false);
    const here = model.createDataCentre();
    const first = here.createIsolate();
    expect([
      await spend(first, request, code),
      await spend(first, request, code),
      await spend(here.createIsolate(), request, code),
      await spend(model.createDataCentre().createIsolate(), request, code),
    ]).toEqual([cold, again, isolate, place]);
  });

  it.each([
    [`HEAD ${OFFICIAL}/${SMALL}`, "6+3", "2+1", "3+2", "5+2"],
    [`GET ${OFFICIAL}/${SMALL}`, "6+4", "0+0", "0+1", "0+1"],
    [`HEAD ${OFFICIAL}/${LARGE}`, "6+3", "2+1", "3+2", "5+2"],
    [`GET ${OFFICIAL}/${LARGE}`, "7+5", "0+1", "0+1", "0+1"],
    [`GET ${OTHER}/${LARGE}`, "12+9", "0+1", "2+2", "3+2"],
  ])("with R2: %s", async (request, cold, again, isolate, place) => {
    const model = createStocked(true);
    const here = model.createDataCentre();
    const first = here.createIsolate();
    expect([
      await spend(first, request),
      await spend(first, request),
      await spend(here.createIsolate(), request),
      await spend(model.createDataCentre().createIsolate(), request),
    ]).toEqual([cold, again, isolate, place]);
  });

  it.each([
    // Cold; each connection fails once; four redirects; both.
    [`HEAD ${OTHER}/manifests/1`, "12+7", "15+7", "20+7", "27+7"],
    [`GET ${OTHER}/manifests/1`, "16+10", "20+10", "28+10", "40+10"],
    [`GET ${OTHER}/${DIGEST}`, "11+8", "15+8", "19+8", "31+8"],
    [`GET ${OTHER}/${LARGE}`, "16+6", "20+6", "24+6", "32+6"],
    [`GET ${OTHER}/tags/list`, "11+6", "14+6", "19+6", "26+6"],
  ])("that is retried and redirected: %s", async (request, cold, retried, redirected, both) => {
    const numbers: string[] = [];
    const reset = resetFirst();
    const resetThenRedirect: Interceptor = async (one, next) =>
      (await reset(one, next)) ?? redirectOften(one, next);
    for (const faults of [null, resetFirst(), redirectOften, resetThenRedirect]) {
      const model = createStocked(false);
      model.hub.intercept(faults);
      numbers.push(await spend(model.createDataCentre().createIsolate(), request));
    }
    expect(numbers).toEqual([cold, retried, redirected, both]);
  });

  it("of an expired tag, with tokens that the registry refuses, and with an expired visibility", async () => {
    const model = createStocked(false);
    const isolate = model.createDataCentre().createIsolate();
    const request = `GET ${OTHER}/manifests/1`;
    await spend(isolate, request);
    await model.pass(61);
    expect(await spend(isolate, request)).toBe("3+0");
    await model.pass(61);
    model.hub.revokeTokens();
    expect(await spend(isolate, request)).toBe("5+1");
    await model.pass(8 * 86_400);
    expect(await spend(isolate, request)).toBe("10+7");
  });
});

describe("an upstream that costs more subrequests than the platform allows", () => {
  it("[G2] is answered with a clean failure", async () => {
    const model = createStocked(false);
    const reset = resetFirst();
    // Every URL fails once and refuses its first token, and leads to a new URL, five times.
    const refused = new Set<string>();
    model.hub.intercept(async (request, next) => {
      const { host, method, path, query } = request;
      const failure = await reset(request, next);
      if (failure !== undefined || host !== "registry" || path === "/v2/") return failure;
      const hop = Number(query.get("hop") ?? 0);
      const url = `${method} ${path} ${hop}`;
      if (!refused.has(url)) {
        refused.add(url);
        model.hub.revokeTokens();
        return undefined;
      }
      return hop === 5 ? undefined : redirect(`${path}?hop=${hop + 1}`);
    });
    const isolate = model.createDataCentre().createIsolate();
    const answer = await isolate.get(`${OTHER}/manifests/1`);
    expect([answer.status, answer.subrequests.external]).toEqual([502, 50]);
    expect(JSON.parse(answer.text).errors[0].code).toBe("UNAVAILABLE");
  });
});
