import { describe, expect, it } from "vitest";
import { LAYER, OCI_MANIFEST } from "../support/contents.ts";
import { when } from "../support/hub/faults.ts";
import { status } from "../support/hub/responses.ts";
import {
  ACCOUNT,
  BY_DIGEST,
  TAG,
  useOtherRegistries,
  usePrivateMirrors,
  WEEK_SECONDS,
} from "../support/mirror/scenarios.ts";

const createStocked = usePrivateMirrors();
const createOther = useOtherRegistries();
const LOGIN_PAGE = "https://production.cloudfront.docker.com/login";
const PATH = `/v2/grafana/grafana/manifests/${OCI_MANIFEST.digest}`;

/** A token that claims the right to pull. */
function claimOf(name: string): Response {
  const access = [{ type: "repository", name, actions: ["pull"] }];
  const payload = new TextEncoder().encode(JSON.stringify({ access }));
  const token = `e30.${payload.toBase64({ alphabet: "base64url", omitPadding: true })}.e30`;
  return Response.json({ token, expires_in: 300 });
}

describe("the claims of an anonymous token", () => {
  it("[A6e] decide at Docker Hub", async () => {
    const { mirror } = createStocked();
    await mirror.warm("/v2/grafana/grafana/manifests/1");
    mirror.clock.advance(WEEK_SECONDS);
    mirror.hub.intercept(when({ host: "auth" }, () => claimOf("grafana/grafana")));
    expect((await mirror.get(PATH)).status).toBe(200);
    expect(mirror.hub.count({ path: /manifests/, method: "HEAD" })).toBe(1);
  });

  it("[A6e] prove nothing elsewhere: an anonymous HEAD decides", async () => {
    const accounts = JSON.stringify({ "quay.io": { username: "sampan", password: "hunter2" } });
    const hub = {
      accounts: { sampan: "hunter2" },
      privateRepositories: { "owner/app": ["sampan"] },
    };
    const mirror = createOther("quay.io", { REGISTRY_ACCOUNTS: accounts }, { hub });
    mirror.hub.intercept((request, next) => {
      const isAnonymous = request.host === "auth" && !request.headers.has("authorization");
      return isAnonymous ? claimOf("owner/app") : next();
    });
    for (const path of [TAG, BY_DIGEST]) {
      const answer = await mirror.get(path);
      expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
    }
    expect(mirror.hub.pulls()).toBe(0);
  });
});

describe("an image that was public", () => {
  it("[A6e] is served for STALE_TTL_SECONDS after its check while the upstream fails", async () => {
    const { mirror } = createStocked({ ...ACCOUNT, STALE_TTL_SECONDS: WEEK_SECONDS + 20 });
    await mirror.warm("/v2/grafana/grafana/manifests/1");
    mirror.hub.become("gone");
    mirror.clock.advance(WEEK_SECONDS + 10);
    expect((await mirror.get(PATH)).status).toBe(200);
    mirror.clock.advance(9);
    expect((await mirror.get(PATH)).status).toBe(200);
    mirror.clock.advance(1);
    const answer = await mirror.get(PATH);
    expect([answer.status, answer.error?.code]).toEqual([502, "UNAVAILABLE"]);
  });

  it.each(["here", "elsewhere"] as const)(
    "[A6e] and is private now is served for a week after its check, in an isolate %s",
    async (where) => {
      const { mirror, secrets } = createStocked();
      await mirror.warm("/v2/grafana/grafana/manifests/1");
      secrets["grafana/grafana"] = ["sampan"];
      mirror.restart(where);
      mirror.clock.advance(WEEK_SECONDS - 1);
      expect((await mirror.get(PATH)).status).toBe(200);
      mirror.clock.advance(1);
      expect((await mirror.get(PATH)).status).toBe(404);
      mirror.restart("back");
      expect((await mirror.get(PATH)).status).toBe(404);
    },
  );

  it("[A6e] is not served after a week if STALE_TTL_SECONDS is shorter", async () => {
    const { mirror } = createStocked({ ...ACCOUNT, STALE_TTL_SECONDS: 60 });
    await mirror.warm("/v2/grafana/grafana/manifests/1");
    mirror.hub.become("gone");
    mirror.clock.advance(WEEK_SECONDS);
    expect((await mirror.get(PATH)).status).toBe(502);
  });
});

describe("a page that the registry redirects anonymous clients to", () => {
  it("[A6] does not make a repository public, even if a blob was requested", async () => {
    const { mirror } = createStocked(ACCOUNT, false);
    mirror.hub.intercept(async ({ host, path }, next) => {
      if (path === "/login") return status(200, { "content-type": "text/html; charset=utf-8" });
      const answer = await next();
      const isRefused = host === "registry" && path !== "/v2/" && answer.status === 401;
      return isRefused ? status(302, { location: LOGIN_PAGE }) : answer;
    });
    for (const route of [`blobs/${LAYER.digest}`, "manifests/1"]) {
      const answer = await mirror.get(`/v2/sampan/secret/${route}`);
      expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
    }
    expect(mirror.hub.count({ path: /^\/login$/ })).toBeGreaterThan(0);
    expect(mirror.hub.pulls()).toBe(0);
  });
});
