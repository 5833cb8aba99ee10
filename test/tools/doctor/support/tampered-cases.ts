import type { Tamper } from "./front.ts";
import {
  flipped,
  gzipped,
  isBlob,
  isManifest,
  replaced,
  setting,
  where,
  without,
} from "./tamper.ts";

/** Something between a mirror and its clients that does harm, and what the doctor says of it. */
export interface Case {
  readonly what: string;
  readonly tamper: Tamper;
  /** The one check that is not ok. */
  readonly check: string;
  readonly level?: "warning";
  readonly evidence: RegExp;
  readonly remedy: RegExp;
}

export const CASES: readonly Case[] = [
  {
    what: "HEAD without a length",
    tamper: where(
      (asked) => isManifest(asked) && asked.method === "HEAD",
      without("content-length"),
    ),
    check: "manifest-head",
    evidence: /^Content-Length is missing/,
    remedy: /Docker 29, containerd and BuildKit/,
  },
  {
    what: "HEAD with a length of 0",
    tamper: where(
      (asked) => isManifest(asked) && asked.method === "HEAD",
      setting("content-length", "0"),
    ),
    check: "manifest-head",
    evidence: /^Content-Length is 0/,
    remedy: /changes headers/,
  },
  {
    what: "a manifest of another type",
    tamper: where(
      (asked) => isManifest(asked) && asked.method === "HEAD",
      setting("content-type", "text/plain"),
    ),
    check: "manifest-head",
    evidence: /^Content-Type is text\/plain/,
    remedy: /changes headers/,
  },
  {
    what: "a manifest with other bytes",
    tamper: where((asked) => isManifest(asked) && asked.method === "GET", flipped),
    check: "manifest",
    evidence: /^the manifest is sha256:\w{12}…, not sha256:\w{12}…/,
    remedy: /changes or cuts bytes/,
  },
  {
    what: "a config or layer with other bytes",
    tamper: where((asked) => isBlob(asked) && !asked.headers.has("range"), flipped),
    check: "blobs",
    evidence: /^a blob is sha256:\w{12}…, not sha256:\w{12}…/,
    remedy: /changes or cuts bytes/,
  },
  {
    what: "compressed blobs",
    tamper: where((asked) => isBlob(asked) && !asked.headers.has("range"), gzipped),
    check: "compression",
    evidence: /^blobs come compressed \(gzip\)/,
    remedy: /no-transform/,
  },
  {
    what: "compressed manifests",
    tamper: where((asked) => isManifest(asked) && asked.method === "GET", gzipped),
    check: "compression",
    evidence: /^manifests come compressed \(gzip\)/,
    remedy: /no-transform/,
  },
  {
    what: "blobs of unknown length",
    tamper: where(isBlob, without("content-length")),
    check: "compression",
    evidence: /^blobs come with Content-Length missing/,
    remedy: /no-transform/,
  },
  {
    what: "Range not heeded",
    tamper: where(
      (asked) => asked.headers.has("range"),
      (answer) => {
        answer.status = 200;
      },
    ),
    check: "range",
    evidence: /^a range is answered 200, not 206/,
    remedy: /takes Range away/,
  },
  {
    what: "a range of unknown total",
    tamper: where(
      (asked) => asked.headers.has("range"),
      ({ headers }) => {
        headers.set("content-range", (headers.get("content-range") ?? "").replace(/\/\d+$/, "/*"));
      },
    ),
    check: "range",
    evidence: /^Content-Range is bytes \d+-\d+\/\*, not bytes \d+-\d+\/\d+/,
    remedy: /never arrives/,
  },
  {
    what: "the wrong part of a blob",
    tamper: where((asked) => asked.headers.has("range"), flipped),
    check: "range",
    evidence: /bytes of a range are not those/,
    remedy: /Range/,
  },
  {
    what: "an end that is not one",
    tamper: where(
      ({ headers }) => /^bytes=\d+-$/.test(headers.get("range") ?? ""),
      (answer) => {
        if (answer.status === 416) answer.status = 200;
      },
    ),
    check: "range",
    evidence: /^a range beyond the end is answered 200, not 416/,
    remedy: /Range/,
  },
  {
    what: "a bare name that is redirected",
    tamper: where(
      ({ path }) => path.startsWith("/v2/busybox/"),
      (answer, { path }) => {
        replaced(301, "", { location: path.replace("/v2/", "/v2/library/") })(answer);
      },
    ),
    check: "bare-name",
    evidence: /^301: a bare name is redirected to library\//,
    remedy: /cloudflare-docker-proxy/,
  },
  {
    what: "a bare name that is not known",
    tamper: where(({ path }) => path.startsWith("/v2/busybox/"), replaced(404, "")),
    check: "bare-name",
    evidence: /^busybox is answered 404/,
    remedy: /NAMESPACE = "library"/,
  },
  {
    what: "a redirect to storage handed out",
    tamper: where(
      isBlob,
      replaced(307, "", { location: "https://production.cloudfront.docker.com/x?Signature=y" }),
    ),
    check: "redirects",
    evidence: /^307: the client is sent on to production\.cloudfront\.docker\.com$/,
    remedy: /cannot reach that host/,
  },
  {
    what: "storage that was shown the registry's credential",
    tamper: where(
      isBlob,
      replaced(
        400,
        '<?xml version="1.0"?><Error><Code>InvalidArgument</Code><Message>Missing x-amz-content-sha256</Message></Error>',
        { "content-type": "application/xml" },
      ),
    ),
    check: "blobs",
    evidence: /^400 the blob storage's own error is passed on/,
    remedy: /credential was sent on to the storage/,
  },
  {
    what: "an upload that is taken",
    tamper: where(
      ({ method }) => method === "POST",
      replaced(202, "", { location: "/v2/x/blobs/uploads/1" }),
    ),
    check: "writes",
    evidence: /^an upload is answered 202: this takes pushes/,
    remedy: /another registry/,
  },
  {
    what: "a next page elsewhere",
    tamper: where(
      ({ path }) => path.includes("/tags/list"),
      ({ headers }) => {
        if (headers.has("link"))
          headers.set(
            "link",
            '<https://registry-1.docker.io/v2/library/busybox/tags/list?n=1&last=1.30>; rel="next"',
          );
      },
    ),
    check: "tags",
    evidence: /^the next page is not on the mirror: .*registry-1\.docker\.io/,
    remedy: /changes Link/,
  },
  {
    what: "a list without end",
    tamper: where(
      ({ path }) => path.includes("/tags/list"),
      (answer) => {
        answer.bytes = Buffer.from('{"name":"library/busybox","tags":["1.30"]}');
        answer.headers.delete("content-encoding");
        answer.headers.delete("content-length");
      },
    ),
    check: "tags",
    evidence: /^the next page begins with the same tag, 1\.30/,
    remedy: /for ever/,
  },
  {
    what: "a list that is not paged",
    tamper: where(
      ({ path }) => path.includes("/tags/list"),
      (answer) => {
        answer.bytes = Buffer.from('{"name":"library/busybox","tags":["1.30","1.31"]}');
        answer.headers.delete("content-encoding");
        answer.headers.delete("content-length");
      },
    ),
    check: "tags",
    level: "warning",
    evidence: /^n=1 is answered with 2 tags/,
    remedy: /queries away/,
  },
  {
    what: "referrers that oras stops at",
    tamper: where(
      ({ path }) => path.includes("/referrers/"),
      replaced(404, '{"errors":[{"code":"NAME_UNKNOWN","message":"x"}]}', {
        "content-type": "application/json",
      }),
    ),
    check: "referrers",
    evidence: /^404 NAME_UNKNOWN: oras and helm stop/,
    remedy: /MANIFEST_UNKNOWN/,
  },
  {
    what: "any registry by ns",
    tamper: where(({ path }) => path.endsWith("ns=registry.invalid"), replaced(200, "")),
    check: "namespace",
    evidence: /^ns=registry\.invalid is answered 200, not 404/,
    remedy: /open proxy/,
  },
  {
    what: "ns=docker.io not known",
    tamper: where(({ path }) => path.endsWith("ns=docker.io"), replaced(404, "")),
    check: "namespace",
    evidence: /^ns=docker\.io is answered 404/,
    remedy: /containerd and Docker 29/,
  },
  {
    what: "nothing kept",
    tamper: where(isManifest, setting("cache-status", "sampan; fwd=miss")),
    check: "cache",
    level: "warning",
    evidence: /^the manifest is not kept: sampan; fwd=miss/,
    remedy: /1,000 writes a day/,
  },
  {
    what: "tags looked up every time",
    tamper: where(
      ({ path }) => path.includes("/manifests/1.30"),
      setting("cache-status", "sampan; fwd=stale"),
    ),
    check: "cache",
    level: "warning",
    evidence: /^the manifest is kept, the tag is looked up every time/,
    remedy: /TAG_TTL_SECONDS = 0/,
  },
  {
    what: "Cache-Status taken away",
    tamper: where(isManifest, without("cache-status")),
    check: "cache",
    evidence: /^no Cache-Status/,
    remedy: /takes headers away/,
  },
  {
    what: "a cache before the mirror",
    tamper: where(isManifest, setting("cf-cache-status", "HIT")),
    check: "freshness",
    evidence: /^a cache before the mirror answers \(CF-Cache-Status: HIT, Age: 0\)/,
    remedy: /Cache Rule/,
  },
  {
    what: "a caching proxy before the mirror",
    tamper: where(isManifest, setting("age", "120")),
    check: "freshness",
    evidence: /Age: 120/,
    remedy: /caching proxy/,
  },
  {
    what: "tags that may be kept",
    tamper: where(isManifest, setting("cache-control", "public, max-age=14400")),
    check: "freshness",
    evidence: /^Cache-Control of a tag is public, max-age=14400/,
    remedy: /Browser Cache TTL/,
  },
  {
    what: "an old answer, for an upstream that fails",
    tamper: where(isManifest, ({ headers }) => {
      headers.set("cache-status", "sampan; hit; detail=stale");
      headers.set("warning", '299 - "registry-1.docker.io cannot be reached; try again"');
    }),
    check: "upstream",
    level: "warning",
    evidence: /^an old answer stands in: registry-1\.docker\.io cannot be reached/,
    remedy: /dockerstatus/,
  },
  {
    what: "an old answer, for a quota that is nearly used up",
    tamper: where(isManifest, setting("cache-status", "sampan; hit; detail=quota")),
    check: "upstream",
    level: "warning",
    evidence: /the mirror does not say why/,
    remedy: /saves its last pulls/,
  },
  {
    what: "few pulls left",
    tamper: where(isManifest, ({ headers }) => {
      headers.set("ratelimit-limit", "200;w=21600");
      headers.set("ratelimit-remaining", "7;w=21600");
    }),
    check: "quota",
    level: "warning",
    evidence: /^7 of 200 pulls left in 6 h$/,
    remedy: /soon answer 429/,
  },
  {
    what: "a search that is a web page",
    tamper: where(
      ({ path }) => path.startsWith("/v1/"),
      replaced(200, "<html>Docker Hub</html>", { "content-type": "text/html" }),
    ),
    check: "search",
    evidence: /^200, but no JSON/,
    remedy: /phishing/,
  },
  {
    what: "a clock that is behind",
    tamper: where(
      ({ path }) => path === "/v2/",
      ({ headers }) => {
        headers.set("date", new Date(Date.now() + 600_000).toUTCString());
      },
    ),
    check: "clock",
    level: "warning",
    evidence: /^this machine's clock is (?:599|600) s behind the mirror's/,
    remedy: /timedatectl/,
  },
  {
    what: "errors that come as pages",
    tamper: where(
      ({ path }) => path.endsWith("sha256:0"),
      replaced(400, "<html>Bad Request</html>", { "content-type": "text/html", server: "nginx" }),
    ),
    check: "identity",
    evidence: /^an error arrives changed: 400 a web page: a web server \(nginx\)/,
    remedy: /deploy Sampan at this host/,
  },
  {
    what: "a redirect of /v2/ to https",
    tamper: where(
      ({ path }) => path === "/v2/",
      replaced(301, "", { location: "https://127.0.0.1/v2/" }),
    ),
    check: "ping",
    evidence: /^301: plain HTTP is sent on to https/,
    remedy: /use https:\/\/127\.0\.0\.1/,
  },
];
