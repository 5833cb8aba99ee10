import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { examineWith, expectNotOk, useMirror } from "./support/examine.ts";
import {
  type Change,
  compress,
  flipBit,
  onBlob,
  onManifest,
  onPath,
  remove,
  replace,
  set,
  startProxy,
  type TestProxy,
} from "./support/proxy.ts";

const JSON_TYPE = { "content-type": "application/json" };
const OTHER_HOST = "https://registry-1.docker.io/v2/library/busybox/tags/list?n=1&last=1.30";

const mirror = useMirror({
  vars: { UPSTREAM_USERNAME: "alice", UPSTREAM_PASSWORD: "pw-pw-pw" },
  hub: { accounts: { alice: "pw-pw-pw" } },
});
let proxy: TestProxy;
beforeAll(async () => {
  proxy = await startProxy(mirror().mirror.origin);
});
afterEach(() => proxy.change(null));
afterAll(() => proxy.close());

/** A tag list of another length, which compression and Content-Length would contradict. */
function tagList(tags: readonly string[]): Change {
  return onPath(/\/tags\/list/, (answer) => {
    answer.bytes = Buffer.from(JSON.stringify({ name: "library/busybox", tags }));
    answer.headers.delete("content-encoding");
    answer.headers.delete("content-length");
  });
}

describe("exactly one check reports", () => {
  test.each<[string, Change, Record<string, RegExp>]>([
    [
      "HEAD without a length",
      onManifest(remove("content-length"), "HEAD"),
      {
        "manifest-head":
          /^failure: Content-Length is missing.* → .*Docker 29, containerd and BuildKit/,
      },
    ],
    [
      "HEAD with a length of 0",
      onManifest(set({ "content-length": "0" }), "HEAD"),
      { "manifest-head": /^failure: Content-Length is 0.* → .*changes headers/ },
    ],
    [
      "a manifest of another type",
      onManifest(set({ "content-type": "text/plain" }), "HEAD"),
      { "manifest-head": /^failure: Content-Type is text\/plain.* → .*changes headers/ },
    ],
    [
      "a manifest with other bytes",
      onManifest(flipBit, "GET"),
      {
        manifest:
          /^failure: the manifest is sha256:\w{12}…, not sha256:\w{12}….* → .*changes or truncates content/,
      },
    ],
    [
      "a manifest with the digest of another",
      onManifest(set({ "docker-content-digest": "sha256:00" }), "GET"),
      {
        manifest:
          /^failure: Docker-Content-Digest is sha256:00, not sha256:.* → .*changes or truncates content/,
      },
    ],
    [
      "a manifest with the type of another",
      onManifest(set({ "content-type": "application/json" }), "GET"),
      {
        manifest:
          /^failure: Content-Type is application\/json, but the manifest's mediaType is application\/vnd\..* → .*changes or truncates content/,
      },
    ],
    [
      "a blob with other bytes",
      onBlob(flipBit),
      {
        blobs:
          /^failure: a blob is sha256:\w{12}…, not sha256:\w{12}….* → .*changes or truncates content/,
      },
    ],
    [
      "a blob that is cut short",
      onBlob((answer) => {
        answer.bytes = answer.bytes.subarray(1);
        answer.headers.delete("content-length");
      }),
      { blobs: /^failure: a blob has \d+ bytes instead of \d+.* → .*changes or truncates content/ },
    ],
    [
      "compressed blobs",
      onBlob(compress),
      { compression: /^failure: blobs arrive compressed \(gzip\).* → .*no-transform/ },
    ],
    [
      "compressed manifests",
      onManifest(compress, "GET"),
      { compression: /^failure: manifests arrive compressed \(gzip\).* → .*no-transform/ },
    ],
    [
      "blobs of unknown length",
      onBlob(remove("content-length")),
      {
        compression:
          /^failure: Content-Length of blobs is missing for \d+ bytes.* → .*no-transform/,
      },
    ],
    [
      "Range without effect",
      onBlob(set({}, 200), /./),
      { range: /^failure: 200 for a range, not 206.* → .*removes Range/ },
    ],
    [
      "a range of unknown total",
      onBlob(({ headers }) => {
        headers.set("content-range", (headers.get("content-range") ?? "").replace(/\d+$/, "*"));
      }, /./),
      {
        range:
          /^failure: Content-Range is bytes \d+-\d+\/\*, not bytes \d+-\d+\/\d+.* → .*never arrives/,
      },
    ],
    [
      "the wrong bytes from the middle on",
      onBlob(flipBit, /^bytes=\d+-$/),
      { range: /^failure: .*other bytes than the blob.* → .*removes Range/ },
    ],
    [
      "the wrong bytes for a piece",
      onBlob(flipBit, /^bytes=1-4$/),
      { range: /^failure: .*other bytes than the blob.* → .*removes Range/ },
    ],
    ...[200, 206, 404].map((status): [string, Change, Record<string, RegExp>] => [
      `${status} beyond the end of a blob`,
      onBlob((answer) => {
        if (answer.status === 416) answer.status = status;
      }, /./),
      { range: /^failure: \d+ for a range beyond the end, not 416 → .*removes Range/ },
    ]),
    [
      "a bare name that is redirected",
      onPath(/^\/v2\/busybox\//, replace(301, "", { location: "/v2/library/busybox/" })),
      {
        "bare-name":
          /^failure: 301, a redirect from a bare name to library\/.* → .*cloudflare-docker-proxy/,
      },
    ],
    [
      "a bare name that is unknown",
      onPath(/^\/v2\/busybox\//, replace(404, "")),
      { "bare-name": /^failure: 404 for busybox.* → .*NAMESPACE = "library"/ },
    ],
    [
      "a bare name that is another image",
      onPath(/^\/v2\/busybox\//, set({ "docker-content-digest": "sha256:00" })),
      {
        "bare-name":
          /^failure: busybox is another image than library\/busybox.* → .*NAMESPACE = "library"/,
      },
    ],
    [
      "a redirect to the storage",
      onBlob(replace(307, "", { location: "https://storage.example.com/x?Signature=y" })),
      {
        redirects: /^failure: 307, a redirect to storage\.example\.com → .*cannot reach that host/,
      },
    ],
    [
      "a credential that was sent to the storage",
      onBlob(replace(400, '<?xml version="1.0"?><Error><Code>InvalidArgument</Code></Error>')),
      {
        blobs:
          /^failure: 400, an error of the blob storage.* → .*sent the registry's credential on to the storage/,
      },
    ],
    [
      "an upload that is accepted",
      onPath(/\/uploads\//, replace(202, "", { location: "/v2/x/blobs/uploads/1" })),
      { writes: /^failure: 202 for an upload: pushes are accepted.* → .*another registry/ },
    ],
    [
      "an upload that fails for another reason",
      onPath(/\/uploads\//, replace(404, "")),
      { writes: /^failure: an upload is not answered 405: 404 for POST.* → .*npm run logs/ },
    ],
    [
      "a next page on another host",
      onPath(/\/tags\/list/, ({ headers }) => {
        if (headers.has("link")) headers.set("link", `<${OTHER_HOST}>; rel="next"`);
      }),
      {
        tags: /^failure: the next page is not on the mirror: .*registry-1\.docker\.io.* → .*changes Link/,
      },
    ],
    [
      "an endless tag list",
      tagList(["1.30"]),
      { tags: /^failure: the next page begins with the same tag, 1\.30.* → .*forever/ },
    ],
    [
      "a tag list that is not paged",
      tagList(["1.30", "1.31"]),
      { tags: /^warning: 2 tags for n=1.* → .*removes queries/ },
    ],
    [
      "referrers at which oras stops",
      onPath(
        /\/referrers\//,
        replace(404, '{"errors":[{"code":"NAME_UNKNOWN","message":"x"}]}', JSON_TYPE),
      ),
      { referrers: /^failure: 404 NAME_UNKNOWN: oras and helm stop.* → .*MANIFEST_UNKNOWN/ },
    ],
    [
      "any registry for ns=",
      onPath(/ns=registry\.invalid$/, replace(200, "")),
      { namespace: /^failure: 200 for ns=registry\.invalid, not 404.* → .*open proxy/ },
    ],
    [
      "ns=docker.io that is unknown",
      onPath(/ns=docker\.io$/, replace(404, "")),
      { namespace: /^failure: 404 for ns=docker\.io.* → .*containerd and Docker 29/ },
    ],
    [
      "ns=docker.io that is another image",
      onPath(/ns=docker\.io$/, set({ "docker-content-digest": "sha256:00" })),
      { namespace: /^failure: another image for ns=docker\.io.* → .*containerd and Docker 29/ },
    ],
    [
      "a manifest that is not cached",
      onManifest(set({ "cache-status": "sampan; fwd=miss" })),
      {
        cache: /^warning: the manifest is not cached: sampan; fwd=miss.* → .*1,000 KV writes a day/,
      },
    ],
    [
      "a tag that is checked every time",
      onPath(/\/manifests\/1\.30/, set({ "cache-status": "sampan; fwd=stale" })),
      {
        cache:
          /^warning: the manifest is cached, but the tag is checked every time: sampan; fwd=stale.* → .*TAG_TTL_SECONDS = 0/,
      },
    ],
    [
      "responses without Cache-Status",
      onManifest(remove("cache-status")),
      { cache: /^failure: Cache-Status is missing.* → .*removes headers/ },
    ],
    [
      "Cloudflare's cache in front of the mirror",
      onManifest(set({ "cf-cache-status": "HIT" })),
      {
        freshness:
          /^failure: a cache in front of the mirror answers \(CF-Cache-Status: HIT, Age: 0\).* → .*Cache Rule/,
      },
    ],
    [
      "a caching proxy in front of the mirror",
      onManifest(set({ age: "1" })),
      {
        freshness:
          /^failure: a cache in front of the mirror answers \(Age: 1\).* → .*caching proxy/,
      },
    ],
    [
      "tags that clients may cache",
      onManifest(set({ "cache-control": "public, max-age=14400" })),
      {
        freshness:
          /^failure: Cache-Control of a tag is public, max-age=14400.* → .*Browser Cache TTL/,
      },
    ],
    [
      "an old answer, with its reason",
      onManifest(set({ warning: '299 - "registry-1.docker.io cannot be reached; try again"' })),
      {
        upstream:
          /^warning: an old answer, because the upstream failed: registry-1\.docker\.io cannot be reached.* → .*dockerstatus/,
      },
    ],
    [
      "an old answer because of the pull quota",
      onManifest(set({ warning: '299 - "the pull quota is used up"' })),
      { upstream: /^warning: an old answer.*: the pull quota is used up → .*with a higher limit/ },
    ],
    [
      "an old answer without a reason",
      onManifest(set({ "cache-status": "sampan; hit; detail=stale" })),
      { upstream: /^warning: an old answer.*: reason not reported → .*dockerstatus/ },
    ],
    [
      "few pulls left",
      onManifest(set({ "ratelimit-limit": "200;w=21600", "ratelimit-remaining": "7;w=21600" })),
      { quota: /^warning: 7 of 200 pulls left in 6 h → .*soon fail with 429/ },
    ],
    [
      "a search that is a web page",
      onPath(/^\/v1\//, replace(200, "<html>Docker Hub</html>", { "content-type": "text/html" })),
      { search: /^failure: 200, but not JSON.* → .*phishing/ },
    ],
    [
      "errors that are replaced by pages",
      onPath(
        /sha256:0$/,
        replace(400, "<html>Bad</html>", { "content-type": "text/html", server: "nginx" }),
      ),
      {
        identity:
          /^failure: an error of the mirror was replaced: 400, a web server \(nginx\) answers.* → .*deploy Sampan at this host/,
      },
    ],
    [
      "errors that may be cached",
      onPath(/sha256:0$/, remove("cache-control")),
      { identity: /^failure: another registry or mirror.* → .*deploy Sampan at this host/ },
    ],
    [
      "a redirect of /v2/ to https",
      onPath(/^\/v2\/$/, replace(301, "", { location: "https://127.0.0.1/v2/" })),
      { ping: /^failure: 301, a redirect from http to https.* → .*use https:\/\/127\.0\.0\.1/ },
    ],
  ])("%s", async (_, change, expected) => {
    proxy.change(change);

    expectNotOk(await examineWith([proxy.origin]), expected);
  });
});

test("checks that a failure makes impossible are listed, and the failure is reported once", async () => {
  const error = '{"errors":[{"code":"UNAVAILABLE","message":"storage at x refused"}]}';
  proxy.change(onBlob(replace(502, error)));

  const outcome = await examineWith([proxy.origin]);

  expectNotOk(outcome, { blobs: /^failure: 502, UNAVAILABLE: storage at x refused/ });
  expect(outcome.notChecked).toEqual(["compression", "range"]);
});

test("a login that the mirror does not require is not sent", async () => {
  const sent: (string | null)[] = [];
  proxy.change((_, { headers }) => void sent.push(headers.get("authorization")));

  const { ok } = await examineWith([proxy.origin, "--user", "bob:correct-horse-battery"]);

  expect(ok.login).toBe("the mirror requires no login, so none was sent");
  expect(sent.length).toBeGreaterThan(10);
  expect(sent.every((header) => header === null)).toBe(true);
});

test("a path below an open mirror is not taken for a wrong secret", async () => {
  expectNotOk(await examineWith([`${proxy.origin}/0123456789abcdef`]), {
    ping: /^failure: 404 below the path secret, 200 without it/,
  });
});

test("a search that answers JSON is on", async () => {
  proxy.change(onPath(/^\/v1\/search/, replace(200, '{"results":[]}', JSON_TYPE)));

  const outcome = await examineWith([proxy.origin]);

  expectNotOk(outcome, {});
  expect(outcome.ok.search).toBe("on");
});

test("an image with a registry's host is requested under that name only", async () => {
  const outcome = await examineWith([proxy.origin, "--image", "docker.io/busybox:1.30"]);

  expectNotOk(outcome, {});
  expect(outcome.ok.manifest).toMatch(/^digest correct/);
  expect(outcome.ok.namespace).toBe("404 for ns=registry.invalid");
  expect(outcome.ok).not.toHaveProperty("bare-name");
});
