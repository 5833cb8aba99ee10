import { describe, expect, it } from "vitest";
import { createKubernetes, REGION } from "../support/quirks/kubernetes.ts";
import { LAYER, OCI_MANIFEST } from "./support/images.ts";
import { BLOB, BY_DIGEST, stockOf, TAG, useWorlds } from "./support/worlds.ts";

const createWorld = useWorlds();
const HOST = "registry.k8s.io";
const THERE = "/v2/k8s-artifacts-prod/images/owner/app";
const TOKEN = `${REGION} GET /v2/token?service=${REGION}&scope=repository:k8s-artifacts-prod/images/owner/app:pull`;

describe("registry.k8s.io", () => {
  it("[19] [G6] redirects everything to a region, which is followed", async () => {
    const { mirror, world } = createWorld(HOST, createKubernetes(stockOf()).hosts);
    const answer = await mirror.get(TAG);
    expect([answer.status, answer.text]).toEqual([200, OCI_MANIFEST.text]);
    expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    expect(world.calls()).toEqual([
      `${HOST} GET /v2/`,
      `${HOST} HEAD ${TAG}`,
      `${REGION} HEAD ${THERE}/manifests/1`,
      `${HOST} GET ${BY_DIGEST}`,
      `${REGION} GET ${THERE}/manifests/${OCI_MANIFEST.digest}`,
      `${HOST} GET ${BLOB}`,
      `prod-registry-k8s-io-us-west-1.s3.dualstack.us-west-1.amazonaws.com GET /containers/images/${encodeURIComponent(LAYER.digest)}`,
    ]);
  });

  it("[28] that is sent to a region that wants a token gets an anonymous one there", async () => {
    const { hosts } = createKubernetes(stockOf(), { isChallenging: true, hasStorage: false });
    const { mirror, world } = createWorld(HOST, hosts);
    expect((await mirror.get(TAG)).text).toBe(OCI_MANIFEST.text);
    expect(world.calls()).toEqual([
      `${HOST} GET /v2/`,
      `${HOST} HEAD ${TAG}`,
      `${REGION} HEAD ${THERE}/manifests/1`,
      TOKEN,
      `${REGION} HEAD ${THERE}/manifests/1`,
      `${HOST} GET ${BY_DIGEST}`,
      `${REGION} GET ${THERE}/manifests/${OCI_MANIFEST.digest}`,
    ]);
    expect((await mirror.get(BLOB)).text).toBe(LAYER.text);
    expect(world.calls()).toEqual([
      `${HOST} GET ${BLOB}`,
      `${REGION} GET ${THERE}/blobs/${LAYER.digest}`,
    ]);
  });

  it("[28] keeps that token for other isolates too, under the region's name", async () => {
    const { hosts } = createKubernetes(stockOf(), { isChallenging: true });
    const { mirror, world } = createWorld(HOST, hosts, { TAG_TTL_SECONDS: 0 });
    await mirror.get(TAG);
    const keys = await mirror.kv.keys();
    expect(keys.filter((key) => key.startsWith("v1/token/"))).toEqual([
      expect.stringMatching(
        /^v1\/token\/us-west1-docker\.pkg\.dev\/[0-9a-f]{32}\/repository:k8s-artifacts-prod\/images\/owner\/app:pull$/,
      ),
    ]);
    world.calls();
    mirror.kv.reset();
    mirror.restart();
    expect((await mirror.get(TAG)).status).toBe(200);
    expect(world.calls()).toEqual([
      `${HOST} HEAD ${TAG}`,
      `${REGION} HEAD ${THERE}/manifests/1`,
      `${REGION} HEAD ${THERE}/manifests/1`,
    ]);
    expect(mirror.kv.written()).toEqual([]);
  });

  it("[28] that a region refuses a token of is given a fresh one, once", async () => {
    const { hosts, tokens } = createKubernetes(stockOf(), { isChallenging: true });
    const { mirror, world } = createWorld(HOST, hosts, { TAG_TTL_SECONDS: 0 });
    await mirror.get(TAG);
    world.calls();
    tokens.end();
    expect((await mirror.get(TAG)).status).toBe(200);
    const asked = `${REGION} HEAD ${THERE}/manifests/1`;
    expect(world.calls()).toEqual([`${HOST} HEAD ${TAG}`, asked, TOKEN, asked]);
  });

  it.each([
    "https://registry.k8s.io/token",
    "https://auth.example/token",
    "https://us-west1-docker.pkg.dev.example/token",
    "https://127.0.0.1/token",
    "http://us-west1-docker.pkg.dev/v2/token",
  ])("[32] is not asked for a token at another realm than the region's: %s", async (realm) => {
    const { hosts } = createKubernetes(stockOf(), { isChallenging: true, realm });
    const { mirror, world } = createWorld(HOST, hosts);
    const answer = await mirror.get(TAG);
    expect([answer.status, answer.error?.code]).toEqual([502, "UNAVAILABLE"]);
    expect(answer.error?.message).toContain(`${REGION} names a token service`);
    expect(world.calls()).toEqual([
      `${HOST} GET /v2/`,
      `${HOST} HEAD ${TAG}`,
      `${REGION} HEAD ${THERE}/manifests/1`,
    ]);
  });

  it("[31] gets no account at the region, whatever the mirror has for the registry", async () => {
    const { hosts } = createKubernetes(stockOf(), { isChallenging: true });
    const account = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" };
    const { mirror, world } = createWorld(HOST, hosts, account);
    expect((await mirror.get(TAG)).status).toBe(200);
    expect(world.sent("authorization").filter((sent) => sent?.startsWith("Basic "))).toEqual([]);
  });

  it("[37] drops the query: it is there again when the region is asked, for every page", async () => {
    const { mirror, world } = createWorld(HOST, createKubernetes(stockOf()).hosts);
    const first = await mirror.get("/v2/owner/app/tags/list?n=1");
    const next = "/v2/owner/app/tags/list?n=1&last=3.9";
    expect(first.headers.get("link")).toBe(`<${next}>; rel="next"`);
    expect((await mirror.get(next)).headers.get("link")).toBeNull();
    expect(world.calls().slice(1)).toEqual([
      `${HOST} GET /v2/owner/app/tags/list?n=1`,
      `${REGION} GET ${THERE}/tags/list?n=1`,
      `${HOST} GET ${next}`,
      `${REGION} GET ${THERE}/tags/list?n=1&last=3.9`,
    ]);
  });

  it("[26] does not have what the region does not have", async () => {
    const { mirror } = createWorld(HOST, createKubernetes(stockOf()).hosts);
    const answer = await mirror.get("/v2/owner/app/manifests/2");
    expect([answer.status, answer.error?.code]).toEqual([404, "MANIFEST_UNKNOWN"]);
  });
});
