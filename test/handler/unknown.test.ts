import { describe, expect, it } from "vitest";
import { imageOf, LAYER, OCI_MANIFEST, OCI_NEXT } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import {
  HANDSHAKE,
  type Mirror,
  type MirrorOptions,
  useMirrors,
} from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const TAG = "/v2/busybox/manifests/1.36";
const HEAD_TAG = "registry HEAD /v2/library/busybox/manifests/1.36";
const BY_DIGEST = `/v2/busybox/manifests/${OCI_NEXT.digest}`;

function createStocked(options: MirrorOptions = {}): Mirror {
  const mirror = createMirror({ hub: { tokenSeconds: 86_400 }, ...options });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

describe("a missing manifest", () => {
  it("[20] is MANIFEST_UNKNOWN, by tag and by digest", async () => {
    const mirror = createStocked();
    for (const path of ["/v2/busybox/manifests/none", BY_DIGEST]) {
      const answer = await mirror.get(path);
      expect(answer.status).toBe(404);
      expect(answer.error?.code).toBe("MANIFEST_UNKNOWN");
      expect((await mirror.head(path)).status).toBe(404);
    }
    expect(mirror.hub.pulls()).toBe(0);
  });

  it("[20] is remembered for 60 seconds", async () => {
    const mirror = createStocked();
    const path = "/v2/busybox/manifests/1.37";
    await mirror.get(path);
    mirror.hub.push("library/busybox", "1.37", imageOf(OCI_NEXT));
    mirror.clock.advance(59);
    expect((await mirror.get(path)).status).toBe(404);
    expect((await mirror.head(path)).status).toBe(404);
    expect(mirror.calls()).toEqual([
      ...HANDSHAKE,
      "registry HEAD /v2/library/busybox/manifests/1.37",
    ]);
    mirror.clock.advance(1);
    expect((await mirror.get(path)).text).toBe(OCI_NEXT.text);
  });

  it.each([
    ["30", 30],
    ["3600", 60],
  ])("[20] is remembered for TAG_TTL_SECONDS: %s", async (TAG_TTL_SECONDS, seconds) => {
    const mirror = createStocked({ env: { TAG_TTL_SECONDS } });
    await mirror.get("/v2/busybox/manifests/1.37");
    mirror.hub.push("library/busybox", "1.37", imageOf(OCI_NEXT));
    mirror.clock.advance(seconds - 0.1);
    expect((await mirror.get("/v2/busybox/manifests/1.37")).status).toBe(404);
    mirror.clock.advance(0.2);
    expect((await mirror.get("/v2/busybox/manifests/1.37")).status).toBe(200);
  });

  it("[20] is requested every time with TAG_TTL_SECONDS = 0", async () => {
    const mirror = createStocked({ env: { TAG_TTL_SECONDS: 0 } });
    await mirror.get("/v2/busybox/manifests/1.37");
    mirror.hub.push("library/busybox", "1.37", imageOf(OCI_NEXT));
    expect((await mirror.get("/v2/busybox/manifests/1.37")).status).toBe(200);
  });

  it("[20] is remembered for its tag and repository only", async () => {
    const mirror = createStocked();
    mirror.hub.push("grafana/grafana", "1.37", imageOf(OCI_MANIFEST));
    expect((await mirror.get("/v2/busybox/manifests/1.37")).status).toBe(404);
    expect((await mirror.get(TAG)).status).toBe(200);
    expect((await mirror.get("/v2/grafana/grafana/manifests/1.37")).status).toBe(200);
  });

  it("[20] deletes its tag, which is not used as a stale answer any more", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.hub.untag("library/busybox", "1.36");
    mirror.clock.advance(60);
    expect((await mirror.get(TAG)).error?.code).toBe("MANIFEST_UNKNOWN");
    expect(mirror.calls()).toEqual([HEAD_TAG]);
    mirror.hub.become("gone");
    for (const where of ["here", "elsewhere"] as const) {
      mirror.restart(where);
      expect((await mirror.get(TAG)).status).toBe(502);
    }
    expect((await mirror.get(`/v2/busybox/manifests/${OCI_MANIFEST.digest}`)).status).toBe(200);
  });

  it("[20] drops its tag if it is missing by digest", async () => {
    const mirror = createStocked({ env: { TAG_TTL_SECONDS: 3600 }, hub: { tokenSeconds: 86_400 } });
    await mirror.head(TAG);
    mirror.hub.push("library/busybox", "1.36", imageOf(OCI_NEXT));
    const deleted = new RegExp(OCI_MANIFEST.digest);
    mirror.hub.intercept(when({ path: deleted }, () => status(404)));
    expect((await mirror.get(TAG)).status).toBe(404);
    mirror.clock.advance(60);
    expect((await mirror.get(TAG)).text).toBe(OCI_NEXT.text);
  });

  it("[20] may be answered 410", async () => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ path: /\/manifests\// }, () => status(410)));
    expect((await mirror.get(TAG)).error?.code).toBe("MANIFEST_UNKNOWN");
  });
});

describe("a denial of the upstream", () => {
  it.each([
    `manifests/${OCI_MANIFEST.digest}`,
    "manifests/1.36",
    `blobs/${LAYER.digest}`,
    "tags/list",
  ])("[31] is DENIED: %s", async (path) => {
    const mirror = createStocked();
    mirror.hub.intercept(when({ host: "registry", path: /library/ }, () => status(403)));
    const answer = await mirror.get(`/v2/busybox/${path}`);
    expect(answer.status).toBe(403);
    expect(answer.error?.code).toBe("DENIED");
    expect(mirror.hub.count({ host: "registry", path: /library/ })).toBe(1);
  });

  it("[31] takes precedence over cached tags", async () => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.clock.advance(60);
    mirror.hub.intercept(when({ method: "HEAD" }, () => status(403)));
    expect((await mirror.get(TAG)).status).toBe(403);
    mirror.hub.intercept(null);
    expect((await mirror.get(TAG)).status).toBe(200);
  });
});

describe("a refusal of a known tag", () => {
  it.each([
    [401, 200],
    [403, 403],
  ])("[20] [30a] with %i does not delete it, and is answered with %i", async (code, expected) => {
    const mirror = createStocked();
    await mirror.warm(TAG);
    mirror.clock.advance(60);
    mirror.hub.intercept(when({ method: "HEAD" }, () => status(code)));
    expect((await mirror.get(TAG)).status).toBe(expected);
    mirror.hub.become("gone");
    for (const where of ["here", "elsewhere"] as const) {
      mirror.restart(where);
      const answer = await mirror.get(TAG);
      expect(answer.text).toBe(OCI_MANIFEST.text);
      expect(answer.headers.get("warning")).not.toBeNull();
    }
  });
});

describe("an error", () => {
  it("[G2] is JSON, is not stored, and names the image", async () => {
    const mirror = createStocked();
    const answer = await mirror.get("/v2/busybox/manifests/none");
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.headers.get("cache-control")).toMatch(/^no-store\b/);
    expect(JSON.parse(answer.text)).toEqual({
      errors: [
        {
          code: "MANIFEST_UNKNOWN",
          message: "library/busybox:none was not found upstream",
          detail: { path: "/v2/busybox/manifests/none" },
        },
      ],
    });
  });

  it.each([
    "/v2/busybox/manifests/none",
    "/v2/BAD/tags/list",
    "/v2/_catalog",
    "/v2/none/tags/list",
  ])("[G2] for HEAD %s is that of GET without its body", async (path) => {
    const mirror = createStocked();
    const [get, head] = [await mirror.get(path), await mirror.head(path)];
    expect(head.status).toBe(get.status);
    expect(head.text).toBe("");
    const own = (headers: Headers) => [...headers].filter(([name]) => !name.startsWith("ratel"));
    expect(own(head.headers)).toEqual(own(get.headers));
  });

  it("[G2] of an unexpected kind is 500 without details", async () => {
    const mirror = createStocked({
      env: { UPSTREAM_TIMEOUT_SECONDS: 5 },
      startTimer(ms) {
        // Only a request that waits for another one's work has more time than an upstream.
        if (ms <= 5_000) return () => {};
        throw new Error("a bug near https://user:hunter2@example.com/?Signature=abc");
      },
    });
    const [first, answer] = await Promise.all([mirror.get(TAG), mirror.get(TAG)]);
    expect([first.status, answer.status]).toEqual([200, 500]);
    expect(answer.error).toMatchObject({
      code: "UNKNOWN",
      message: "the mirror failed unexpectedly; see its log",
    });
    const reasons = mirror.log.map(({ fields }) => fields.reason);
    expect(reasons).toContain("Error: a bug near https://example.com/…");
  });

  it("[G2] does not contain the upstream's text", async () => {
    const mirror = createStocked();
    const page = new Response("<html>secret page</html>", { status: 500 });
    mirror.hub.intercept(when({ method: "HEAD" }, () => page));
    const answer = await mirror.get(TAG);
    expect(answer.text).not.toContain("secret page");
    expect(answer.error?.message).toBe(
      "library/busybox: registry-1.docker.io answered with status 500; try again",
    );
  });
});
