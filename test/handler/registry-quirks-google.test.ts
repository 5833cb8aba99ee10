import { describe, expect, it } from "vitest";
import { createGoogle } from "../support/quirks/google.ts";
import { LAYER, OCI_MANIFEST } from "./support/images.ts";
import { BLOB, BY_DIGEST, expectPull, SCOPE, stockOf, TAG, useWorlds } from "./support/worlds.ts";

const createWorld = useWorlds();
const DOWNLOAD = `/artifacts-downloads/namespaces/x/downloads/${LAYER.digest}`;

describe.each(["gcr.io", "europe-west3-docker.pkg.dev"])("%s", (host) => {
  const token = `${host} GET /v2/token?service=${host}&${SCOPE}`;

  it("[28] [19] redirects to itself, by a path alone", async () => {
    const { mirror, world } = createWorld(host, createGoogle(host, stockOf()).hosts);
    await expectPull(mirror);
    expect(world.calls()).toEqual([
      `${host} GET /v2/`,
      token,
      `${host} HEAD ${TAG}`,
      `${host} GET ${BY_DIGEST}`,
      `${host} GET ${BLOB}`,
      `${host} GET ${DOWNLOAD}`,
    ]);
  });

  it("[28] refuses a token without a challenge: the realm that is known gives another", async () => {
    const { hosts, tokens } = createGoogle(host, stockOf());
    const { mirror, world } = createWorld(host, hosts, { TAG_TTL_SECONDS: 0 });
    await mirror.get(TAG);
    world.calls();
    tokens.end();
    expect((await mirror.get(TAG)).status).toBe(200);
    expect(world.calls()).toEqual([`${host} HEAD ${TAG}`, token, `${host} HEAD ${TAG}`]);
  });

  it("[28] that was open once is asked for its challenge when it refuses without one", async () => {
    const { hosts } = createGoogle(host, stockOf());
    const real = hosts[host];
    let isOpen = true;
    const pretending = {
      ...real,
      answer: (request: Request) =>
        isOpen ? new Response("{}") : (real?.answer(request) ?? Response.error()),
    };
    const { mirror, world } = createWorld(host, { [host]: pretending });
    await mirror.get(TAG);
    isOpen = false;
    world.calls();
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(world.calls()).toEqual([
      `${host} HEAD ${TAG}`,
      `${host} GET /v2/`,
      token,
      `${host} HEAD ${TAG}`,
      `${host} GET ${BY_DIGEST}`,
    ]);
  });

  it("[30] denies what is not there, and says so", async () => {
    const { mirror, world } = createWorld(host, createGoogle(host, stockOf()).hosts);
    const answer = await mirror.get("/v2/owner/none/manifests/1");
    expect([answer.status, answer.error]).toMatchObject([
      403,
      {
        code: "DENIED",
        message: "owner/none:1: the upstream denies access, or does not have it",
      },
    ]);
    expect(world.calls().length).toBe(3);
  });

  it("[22] refuses several ranges with 400: so does the mirror, and keeps its token", async () => {
    const { mirror, world } = createWorld(host, createGoogle(host, stockOf()).hosts);
    await mirror.get(TAG);
    world.calls();
    const answer = await mirror.get(BLOB, { range: "bytes=0-1,4-5" });
    expect([answer.status, answer.error?.code]).toEqual([400, "RANGE_INVALID"]);
    expect(world.calls()).toEqual([`${host} GET ${BLOB}`, `${host} GET ${DOWNLOAD}`]);
    expect((await mirror.get(BLOB, { range: "bytes=4-5" })).text).toBe("on");
    expect(world.calls()).toEqual([`${host} GET ${BLOB}`, `${host} GET ${DOWNLOAD}`]);
  });
});
