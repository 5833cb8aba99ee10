import { describe, expect, it } from "vitest";
import { imageOf, OCI_MANIFEST } from "../support/contents.ts";
import { breakAfter, once, truncate, when } from "../support/hub/faults.ts";
import type { HubFilter } from "../support/hub.ts";
import { type Mirror, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const BY_DIGEST = `/v2/busybox/manifests/${OCI_MANIFEST.digest}`;

function createStocked(): Mirror {
  const mirror = createMirror();
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

const KINDS: [string, string, HubFilter][] = [
  ["a manifest", BY_DIGEST, { method: "GET", path: /manifests/ }],
  ["a list of tags", "/v2/busybox/tags/list", { path: /tags/ }],
  ["a list of referrers", `/v2/busybox/referrers/${OCI_MANIFEST.digest}`, { path: /referrers/ }],
  ["a token", BY_DIGEST, { host: "auth" }],
];

const CUTS = [
  ["whose connection breaks", breakAfter],
  ["that ends early", truncate],
] as const;

describe.each(CUTS)("a body %s", (_, cut) => {
  it.each(KINDS)("[18b] of %s is requested once more", async (_, path, filter) => {
    const mirror = createStocked();
    const expected = await createStocked().get(path);
    mirror.hub.intercept(once(filter, async (next) => cut(await next(), 20)));
    const answer = await mirror.get(path);
    expect([answer.status, answer.text]).toEqual([200, expected.text]);
    expect(mirror.hub.count(filter)).toBe(2);
  });

  it.each(KINDS)("[18b] [37] of %s is UNAVAILABLE the second time", async (_, path, filter) => {
    const mirror = createStocked();
    mirror.hub.intercept(when(filter, async (next) => cut(await next(), 20)));
    const answer = await mirror.get(path);
    expect([answer.status, answer.error?.code]).toEqual([502, "UNAVAILABLE"]);
    expect(answer.error?.message).toContain("truncated");
    expect(mirror.hub.count(filter)).toBe(2);
    expect(mirror.kv.written()).not.toContain("manifest");
    mirror.hub.intercept(null);
    expect((await mirror.get(path)).status).toBe(200);
  });
});
