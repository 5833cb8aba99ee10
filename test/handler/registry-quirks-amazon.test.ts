import { describe, expect, it } from "vitest";
import { createAmazon } from "../support/quirks/amazon.ts";
import { LAYER, OCI_MANIFEST } from "./support/images.ts";
import { BLOB, BY_DIGEST, expectPull, SCOPE, stockOf, TAG, useWorlds } from "./support/worlds.ts";

const createWorld = useWorlds();
const HOST = "public.ecr.aws";
const TOKEN = `${HOST} GET /token/?service=public.ecr.aws&${SCOPE}`;
const STORED = `d5l0dvt14r5h8.cloudfront.net GET /docker/${encodeURIComponent(LAYER.digest)}?Signature=x`;

describe("public.ecr.aws", () => {
  it("[28] wants a token for everything", async () => {
    const { mirror, world } = createWorld(HOST, createAmazon(stockOf()).hosts);
    await expectPull(mirror);
    expect(world.calls()).toEqual([
      `${HOST} GET /v2/`,
      TOKEN,
      `${HOST} HEAD ${TAG}`,
      `${HOST} GET ${BY_DIGEST}`,
      `${HOST} GET ${BLOB}`,
      STORED,
    ]);
  });

  it("[24] refuses HEAD of a blob with 401: a GET of one byte tells, and the token stays", async () => {
    const { mirror, world } = createWorld(HOST, createAmazon(stockOf()).hosts);
    await mirror.get(TAG);
    world.calls();
    const answer = await mirror.head(BLOB);
    expect([answer.status, answer.headers.get("content-length")]).toEqual([200, "29"]);
    expect(world.calls()).toEqual([`${HOST} HEAD ${BLOB}`, `${HOST} GET ${BLOB}`, STORED]);
    expect(world.sent("range").at(-1)).toBe("bytes=0-0");
  });

  it("[28] answers 400 to a token that has ended: a fresh one is tried, once", async () => {
    const { hosts, tokens } = createAmazon(stockOf());
    const { mirror, world } = createWorld(HOST, hosts, { TAG_TTL_SECONDS: 0 });
    await mirror.get(TAG);
    world.calls();
    tokens.end();
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(world.calls()).toEqual([`${HOST} HEAD ${TAG}`, TOKEN, `${HOST} HEAD ${TAG}`]);
    tokens.end();
    expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    expect(world.calls()).toEqual([`${HOST} GET ${BLOB}`, TOKEN, `${HOST} GET ${BLOB}`, STORED]);
  });

  it("[28] [24] has a HEAD of a blob answered although its token has ended", async () => {
    const { hosts, tokens } = createAmazon(stockOf());
    const { mirror, world } = createWorld(HOST, hosts);
    await mirror.get(TAG);
    world.calls();
    tokens.end();
    expect((await mirror.head(BLOB)).headers.get("content-length")).toBe("29");
    expect(world.calls()).toEqual([
      `${HOST} HEAD ${BLOB}`,
      `${HOST} GET ${BLOB}`,
      TOKEN,
      `${HOST} GET ${BLOB}`,
      STORED,
    ]);
  });

  it("[35] that answers 400 to a fresh token too does not make the mirror forget a tag", async () => {
    const { hosts } = createAmazon(stockOf());
    const real = hosts[HOST];
    let isWell = true;
    const answer = (request: Request) => {
      const isToken = new URL(request.url).pathname === "/token/";
      if (isWell || isToken) return real?.answer(request) ?? Response.error();
      return new Response(null, { status: 400 });
    };
    const sick = { ...real, answer };
    const { mirror } = createWorld(HOST, { ...hosts, [HOST]: sick }, { TAG_TTL_SECONDS: 0 });
    await mirror.get(TAG);
    isWell = false;
    const old = await mirror.get(TAG);
    expect([old.status, old.text]).toEqual([200, OCI_MANIFEST.text]);
    expect(old.headers.get("warning")).toMatch(/^299 - "/);
  });

  it("[22] answers several ranges with the whole: so does the mirror", async () => {
    const { mirror } = createWorld(HOST, createAmazon(stockOf()).hosts);
    const answer = await mirror.get(BLOB, { range: "bytes=0-1,4-5" });
    expect([answer.status, answer.text]).toEqual([200, LAYER.text]);
  });

  it("[A6] [24] has public layers, although HEAD of them is refused", async () => {
    const account = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" };
    const { hosts } = createAmazon(stockOf());
    const { mirror, world } = createWorld(HOST, hosts, account);
    expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    expect(world.calls()).toEqual([
      `${HOST} GET /v2/`,
      TOKEN,
      `${HOST} GET ${BLOB}`,
      STORED,
      TOKEN,
      `${HOST} GET ${BLOB}`,
      STORED,
    ]);
    expect(world.sent("range")).toEqual([null, null, "bytes=0-0", "bytes=0-0", null, null, null]);
  });
});
