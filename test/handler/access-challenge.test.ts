import { describe, expect, it } from "vitest";
import { ORIGIN } from "../support/mirror/in-process.ts";
import {
  ALICE,
  basic,
  logIn,
  looks,
  PLAIN_404,
  SECRET,
  useLoginMirrors,
  withAuthorization,
} from "../support/mirror/scenarios.ts";

const createMirror = useLoginMirrors();
const TAG = "/v2/alice/secret/manifests/1";

describe("the challenge", () => {
  it.each([
    ["/v2/", ""],
    ["/v2/busybox/manifests/1", ',scope="repository:library/busybox:pull"'],
    [TAG, ',scope="repository:alice/secret:pull"'],
    ["/v2/alice/secret/tags/list", ',scope="repository:alice/secret:pull"'],
  ])("[A7] of %s names this mirror's own realm", async (path, scope) => {
    const mirror = createMirror();
    for (const method of ["GET", "HEAD"]) {
      const answer = await mirror.ask(path, { method });
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe(
        `Bearer realm="${ORIGIN}/token",service="mirror.example.com"${scope}`,
      );
    }
    expect(mirror.calls()).toEqual([]);
  });

  it.each(["a%0Ab.c", 'a".c', "%E4%B8%AD.c", "ghcr.io"])(
    "[A7] names no registry that this mirror does not have: %s",
    async (host) => {
      const answer = await createMirror().ask(`/v2/${host}/x/y/manifests/1`);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe(
        `Bearer realm="${ORIGIN}/token",service="mirror.example.com"`,
      );
    },
  );

  it("[A7] is there for Basic too, which is for the realm alone", async () => {
    const mirror = createMirror();
    expect((await mirror.ask(TAG, withAuthorization(basic(...ALICE)))).status).toBe(401);
    expect(mirror.calls()).toEqual([]);
  });

  it("[A7] has the path secret in it where there is one", async () => {
    const mirror = createMirror({ ACCESS_PATHS: `office=${SECRET}` });
    expect(await looks(mirror, "/token")).toEqual(PLAIN_404);
    expect(await looks(mirror, "/v2/")).toEqual(PLAIN_404);
    for (const path of [`/${SECRET}/v2/`, `/v2/${SECRET}/alice/secret/manifests/1`]) {
      const header = (await mirror.ask(path)).headers.get("www-authenticate");
      expect(header).toContain(`realm="${ORIGIN}/${SECRET}/token"`);
      expect(header).not.toContain(`:${SECRET}`);
    }
    const token = await logIn(mirror, ALICE, [`${SECRET}/alice/secret`], `/${SECRET}/token`);
    const scopes = mirror.hub.requests.at(-1)?.query.getAll("scope");
    expect(scopes).toEqual(["repository:alice/secret:pull"]);
    for (const path of [`/${SECRET}${TAG}`, TAG.replace("/v2", `/v2/${SECRET}`)]) {
      expect((await mirror.ask(path, withAuthorization(token))).status).toBe(200);
    }
    expect(await looks(mirror, TAG, withAuthorization(token))).toEqual(PLAIN_404);
    expect(JSON.stringify(mirror.log)).not.toContain(SECRET);
  });
});
