import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { dockerPull } from "../../../bench/client/docker-pull.ts";
import { SMALL_MULTI } from "../../../bench/client/image.ts";
import { pushNew, type Subject } from "../../../bench/client/subject.ts";
import { bundle } from "../../../bench/mirrors/bundle.ts";
import { type Mirror, startMirror } from "../../../bench/mirrors/mirror.ts";
import { tally } from "../../support/hub.ts";

let peer: Mirror;
let subject: Subject;

beforeAll(async () => {
  const code = await bundle("bench/peers/pass-through.ts");
  peer = await startMirror({ name: "pass-through", bundle: code, hasBlobs: false });
  subject = await pushNew([peer], SMALL_MULTI);
});

beforeEach(() => peer.upstream.hub.reset());

afterAll(() => peer.close());

test("each pull asks the upstream for everything anew", async () => {
  const { hub } = peer.upstream;
  const first = await upstreamRequests();
  const second = await upstreamRequests();
  expect(first).toEqual({
    // For the client's ping, and before its token.
    "registry GET challenge": 2,
    "auth GET token": 1,
    "registry HEAD manifest": 1,
    "registry GET manifest": 2,
    "registry GET blob": 3,
    "storage GET blob": 3,
  });
  expect(second).toEqual(first);
  // Nothing of the client's credentials went along with a redirect.
  expect(hub.leaks.filter((leak) => leak.includes("Authorization"))).toEqual([]);
});

test("a bare name is redirected to the official namespace", async () => {
  const answer = await fetch(`${peer.near.origin}/v2/busybox/manifests/1`, { redirect: "manual" });
  await answer.arrayBuffer();
  expect(answer.status).toBe(301);
  expect(answer.headers.get("location")).toBe(`${peer.near.origin}/v2/library/busybox/manifests/1`);
  expect(peer.upstream.hub.count()).toBe(0);
});

test("a challenge leads to the peer's own token service, which completes a bare name", async () => {
  const ping = await fetch(`${peer.near.origin}/v2/`);
  await ping.arrayBuffer();
  expect(ping.status).toBe(401);
  expect(ping.headers.get("www-authenticate")).toBe(
    `Bearer realm="${peer.near.origin}/v2/auth",service="pass-through"`,
  );
  const scope = "repository:busybox:pull";
  const answer = await fetch(`${peer.near.origin}/v2/auth?service=pass-through&scope=${scope}`);
  expect(await answer.json()).toMatchObject({ expires_in: 300 });
  const [asked] = peer.upstream.hub.requests.filter(({ host }) => host === "auth");
  expect(asked?.query.get("scope")).toBe("repository:library/busybox:pull");
  expect(asked?.query.get("service")).toBe("registry.docker.io");
});

async function upstreamRequests(): Promise<Record<string, number>> {
  const { hub } = peer.upstream;
  const before = hub.requests.length;
  await dockerPull(peer.near.origin, subject);
  return tally(hub.requests.slice(before));
}
