import { describe, expect, it } from "vitest";
import { createLinuxServer } from "../support/quirks/linuxserver.ts";
import { LAYER, OCI_MANIFEST } from "./support/images.ts";
import { BLOB, BY_DIGEST, SCOPE, stockOf, TAG, useWorlds } from "./support/worlds.ts";

const createWorld = useWorlds();
const TOKEN = `ghcr.io GET /token?service=ghcr.io&${SCOPE}`;
const BASIC = "Basic c2FtcGFuOmh1bnRlcjI=";

describe("lscr.io", () => {
  it("[32] [28] has the token service of ghcr.io, and redirects to it", async () => {
    const { mirror, world } = createWorld("lscr.io", createLinuxServer(stockOf()));
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(world.calls()).toEqual([
      "lscr.io GET /v2/",
      TOKEN,
      `lscr.io HEAD ${TAG}`,
      `ghcr.io HEAD ${TAG}`,
      TOKEN,
      `ghcr.io HEAD ${TAG}`,
      `lscr.io GET ${BY_DIGEST}`,
      `ghcr.io GET ${BY_DIGEST}`,
    ]);
    expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    expect(world.calls()).toEqual([
      `lscr.io GET ${BLOB}`,
      `ghcr.io GET ${BLOB}`,
      `pkg-containers.githubusercontent.com GET /ghcr1/blobs/${LAYER.digest}?sig=Signature=x`,
    ]);
  });

  it("[31] shows its account to its token service, and gets no token with it elsewhere", async () => {
    const env = {
      UPSTREAM_USERNAME: "sampan",
      UPSTREAM_PASSWORD: "hunter2",
      PRIVATE_IMAGES: "public-only-account",
    };
    const hosts = createLinuxServer(stockOf(), { account: BASIC });
    const { mirror, world } = createWorld("lscr.io", hosts, env);
    expect((await mirror.get(TAG)).status).toBe(200);
    const tokens = world.calls().map((call, index) => [call, world.sent("authorization")[index]]);
    expect(tokens.filter(([call]) => call === TOKEN)).toEqual([
      [TOKEN, BASIC],
      [TOKEN, null],
    ]);
  });

  it("[A6] has public images, although another registry has them", async () => {
    const env = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" };
    const hosts = createLinuxServer(stockOf(), { account: BASIC });
    const { mirror } = createWorld("lscr.io", hosts, env);
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect((await mirror.get("/v2/owner/none/manifests/1")).error?.code).toBe("NAME_UNKNOWN");
  });

  it.each(["https://auth.docker.io/token", "https://ghcr.io.example/token", "https://io/token"])(
    "[32] may name no other realm: %s",
    async (realm) => {
      const gateway = {
        answer: () =>
          new Response(null, {
            status: 401,
            headers: { "www-authenticate": `Bearer realm="${realm}"` },
          }),
      };
      const { mirror, world } = createWorld("lscr.io", { "lscr.io": gateway });
      const answer = await mirror.get(TAG);
      expect([answer.status, answer.error?.code]).toEqual([502, "UNAVAILABLE"]);
      expect(world.calls()).toEqual(["lscr.io GET /v2/"]);
    },
  );

  it("[32] has a realm on ghcr.io; other registries have not", async () => {
    const { "lscr.io": gateway, ...ghcr } = createLinuxServer(stockOf());
    const hosts = { ...ghcr, ...(gateway ? { "evil.example": gateway } : {}) };
    const { mirror, world } = createWorld("evil.example", hosts);
    expect((await mirror.get(TAG)).status).toBe(502);
    expect(world.calls()).toEqual(["evil.example GET /v2/"]);
  });
});
