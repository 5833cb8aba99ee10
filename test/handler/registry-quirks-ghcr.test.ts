import { describe, expect, it } from "vitest";
import { createGhcr } from "../support/quirks/ghcr.ts";
import { LAYER, OCI_INDEX, OCI_MANIFEST } from "./support/images.ts";
import { BLOB, BY_DIGEST, expectPull, SCOPE, stockOf, TAG, useWorlds } from "./support/worlds.ts";

const createWorld = useWorlds();
const TOKEN = `ghcr.io GET /token?service=ghcr.io&${SCOPE}`;
const ACCOUNT = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" };
const BASIC = "Basic c2FtcGFuOmh1bnRlcjI=";
const DOCKER_TYPES =
  "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";

describe("ghcr.io", () => {
  it("[28] [19] is asked with an anonymous token, its storage without", async () => {
    const { mirror, world } = createWorld("ghcr.io", createGhcr(stockOf()));
    await expectPull(mirror);
    expect(world.calls()).toEqual([
      "ghcr.io GET /v2/",
      TOKEN,
      "ghcr.io HEAD /v2/owner/app/manifests/1",
      `ghcr.io GET ${BY_DIGEST}`,
      `ghcr.io GET ${BLOB}`,
      `pkg-containers.githubusercontent.com GET /ghcr1/blobs/${LAYER.digest}?sig=Signature=x`,
    ]);
    expect((await mirror.get(TAG)).headers.get("cache-status")).toBe("sampan; hit");
    expect(world.calls()).toEqual([]);
  });

  it("[28] does not tell how long a token lives: a minute, less a tenth", async () => {
    const { mirror, world } = createWorld("ghcr.io", createGhcr(stockOf()), { TAG_TTL_SECONDS: 0 });
    await mirror.get(TAG);
    mirror.clock.advance(53.9);
    world.calls();
    await mirror.get(TAG);
    expect(world.calls()).toEqual(["ghcr.io HEAD /v2/owner/app/manifests/1"]);
    mirror.clock.advance(0.2);
    await mirror.get(TAG);
    expect(world.calls()).toEqual([TOKEN, "ghcr.io HEAD /v2/owner/app/manifests/1"]);
  });

  it("[29] has no token for what is not there or private: 404", async () => {
    const { mirror, world } = createWorld("ghcr.io", createGhcr(stockOf()));
    const answer = await mirror.get("/v2/owner/none/manifests/1");
    expect([answer.status, answer.error]).toMatchObject([
      404,
      { code: "NAME_UNKNOWN", message: "owner/none does not exist or is private" },
    ]);
    expect(world.calls()).toEqual([
      "ghcr.io GET /v2/",
      "ghcr.io GET /token?service=ghcr.io&scope=repository:owner/none:pull",
    ]);
  });

  it("[29] [31] denies an account what it may not read: 404, and the account is not at fault", async () => {
    const { mirror, world } = createWorld("ghcr.io", createGhcr(stockOf(), { account: BASIC }), {
      ...ACCOUNT,
      PRIVATE_IMAGES: "public-only-account",
    });
    const answer = await mirror.get("/v2/owner/none/manifests/1");
    expect([answer.status, answer.error?.code]).toEqual([404, "NAME_UNKNOWN"]);
    expect(world.calls()).toEqual([
      "ghcr.io GET /v2/",
      "ghcr.io GET /token?service=ghcr.io&scope=repository:owner/none:pull",
      "ghcr.io GET /token?service=ghcr.io",
    ]);
    expect(world.sent("authorization")).toEqual([null, BASIC, BASIC]);
    expect((await mirror.get(TAG)).status).toBe(200);
  });

  it("[31] rejects a wrong password in the same way: 502, and nothing is asked without it", async () => {
    const hosts = createGhcr(stockOf(), { account: "Basic another" });
    const env = { ...ACCOUNT, PRIVATE_IMAGES: "public-only-account" };
    const { mirror, world } = createWorld("ghcr.io", hosts, env);
    const answer = await mirror.get(TAG);
    expect([answer.status, answer.error?.code]).toEqual([502, "UNAVAILABLE"]);
    expect(answer.error?.message).toContain("ghcr.io rejects the mirror's account");
    expect(world.sent("authorization")).toEqual([null, BASIC, BASIC]);
    expect(mirror.log.at(-1)?.fields).toMatchObject({ reason: "account rejected" });
  });

  it("[A6] has no anonymous token for a private image: the account does not open it", async () => {
    const hosts = createGhcr(stockOf(), { account: BASIC });
    const { mirror, world } = createWorld("ghcr.io", hosts, ACCOUNT);
    expect((await mirror.get("/v2/owner/none/manifests/1")).error?.code).toBe("NAME_UNKNOWN");
    expect(world.sent("authorization")).toEqual([null, null]);
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
  });

  it("[16] [26] has no index for who does not accept one; all others get it", async () => {
    const { mirror, world } = createWorld("ghcr.io", createGhcr(stockOf(OCI_INDEX)));
    const answer = await mirror.get(TAG, { accept: DOCKER_TYPES });
    expect([answer.status, answer.error?.code]).toEqual([404, "MANIFEST_UNKNOWN"]);
    world.calls();
    expect((await mirror.get(TAG, { accept: DOCKER_TYPES })).status).toBe(404);
    expect(world.calls()).toEqual([]);
    expect((await mirror.get(TAG)).text).toBe(OCI_INDEX.text);
    expect((await mirror.get(TAG, { accept: `${DOCKER_TYPES}, */*` })).text).toBe(OCI_INDEX.text);
  });
});
