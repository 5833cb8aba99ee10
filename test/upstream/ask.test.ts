import { describe, expect, test } from "vitest";
import type { Name } from "../../src/protocol/name.ts";
import { ask } from "../../src/upstream/ask.ts";
import type { Credential, Credentials } from "../../src/upstream/upstream.ts";
import { type Answer, answer, createUpstream, failureFrom, inTurn } from "./network.ts";

const REGISTRY = "https://registry-1.docker.io";
const QUESTION = {
  name: "library/busybox" as Name,
  path: "blobs/x",
  method: "GET",
  headers: { range: "bytes=0-0" },
} as const;

function redirect(location: string, status = 307): Response {
  return answer(status, { location });
}

async function follow(respond: Answer, options: Parameters<typeof createUpstream>[1] = {}) {
  const created = createUpstream(respond, options);
  const outcome = await ask(created.upstream, QUESTION).catch((error: unknown) => error);
  const sent = created.seen.map(({ url, headers }) => [url, headers.get("authorization")]);
  return { ...created, outcome, sent };
}

test("the registry is asked with a credential, and the headers of the question", async () => {
  const { outcome, sent, seen } = await follow(() => answer(200));
  expect(sent).toEqual([[`${REGISTRY}/v2/library/busybox/blobs/x`, "Bearer cached"]]);
  expect(seen[0]?.headers.get("range")).toBe("bytes=0-0");
  expect(outcome).toMatchObject({ isRegistry: true, response: { status: 200 } });
});

test("an open registry is asked without one", async () => {
  const { sent } = await follow(() => answer(200), {
    credential: { header: null, isFresh: false },
  });
  expect(sent[0]?.[1]).toBeNull();
});

describe("a redirect", () => {
  test.each([301, 302, 303, 307, 308])("%i is followed without the credential", async (status) => {
    const { outcome, sent, seen } = await follow(
      inTurn(redirect("https://cdn.example/x?sig=y", status), answer(200)),
    );
    expect(sent[1]).toEqual(["https://cdn.example/x?sig=y", null]);
    expect(seen[1]?.headers.get("range")).toBe("bytes=0-0");
    expect(outcome).toMatchObject({ isRegistry: false, response: { status: 200 } });
  });

  test.each([
    ["another port of the registry's host", `${REGISTRY}:8443/x`],
    ["another host of the same owner", "https://cdn.docker.io/x"],
    ["the registry's name in front", "https://registry-1.docker.io.cdn.example/x"],
  ])("to %s goes without the credential", async (_, location) => {
    const { sent } = await follow(inTurn(redirect(location), answer(200)));
    expect(sent[1]?.[1]).toBeNull();
  });

  test("within the registry keeps it, relative or not, and so does the way back", async () => {
    const { sent } = await follow(
      inTurn(
        redirect("../y"),
        redirect("https://cdn.example/x"),
        redirect("/z"),
        redirect(`${REGISTRY}/w`),
        answer(200),
      ),
    );
    expect(sent.slice(1)).toEqual([
      [`${REGISTRY}/v2/library/busybox/y`, "Bearer cached"],
      ["https://cdn.example/x", null],
      ["https://cdn.example/z", null],
      [`${REGISTRY}/w`, "Bearer cached"],
    ]);
  });

  test("is followed five times, not six", async () => {
    const five = Array.from({ length: 5 }, (_, hop) => redirect(`https://cdn.example/${hop}`));
    expect((await follow(inTurn(...five, answer(200)))).seen.length).toBe(6);
    const { outcome, seen } = await follow(() => redirect("https://cdn.example/x"));
    expect(outcome).toMatchObject({ code: "UNAVAILABLE", status: 502 });
    expect(seen.length).toBe(6);
  });

  test.each([
    ["http", "http://cdn.example/x"],
    ["the registry over http", "http://registry-1.docker.io/x"],
    ["this machine", "https://127.0.0.1/x"],
    ["the inside of a cloud", "https://169.254.169.254/latest"],
    ["an IPv6 address", "https://[::1]/x"],
    ["another protocol", "ftp://cdn.example/x"],
    ["data", "data:text/plain,x"],
    ["no URL at all", "https://"],
    ["a name with a user", "https://user@cdn.example/x"],
    ["the registry with a password", "https://:secret@registry-1.docker.io/x"],
    ["a port that is none", "https://cdn.example:99999/x"],
  ])("to %s is not followed", async (_, location) => {
    const { outcome, seen } = await follow(inTurn(redirect(location), answer(200)));
    expect(outcome).toMatchObject({ code: "UNAVAILABLE", status: 502 });
    expect(seen.length).toBe(1);
  });

  test("without a Location is not followed, and no error tells where one led", async () => {
    expect((await follow(() => answer(302))).outcome).toMatchObject({ code: "UNAVAILABLE" });
    const { outcome } = await follow(() => redirect("http://cdn.example/x?sig=secret"));
    expect(JSON.stringify([outcome, (outcome as Error).message])).not.toContain("secret");
  });
});

test.each([200, 206, 304, 404, 416, 429, 500])("%i is given back as it is", async (status) => {
  const { outcome, seen, renewals } = await follow(() => answer(status));
  expect(outcome).toMatchObject({ response: { status } });
  expect([seen.length, renewals.length]).toEqual([1, 0]);
});

describe("a redirect to another registry", () => {
  const ELSEWHERE = "https://ghcr.io/v2/owner/app/blobs/x";
  const guests = (renewed: Credential | null): Credentials => ({
    get: async (name) => ({ header: `Bearer of ${name}`, isFresh: false }),
    renew: async () => renewed,
    at: (url) => {
      throw new Error(`it was sent on to ${url.host}`);
    },
  });

  test("is followed with what that one gives to anybody, for its own repository", async () => {
    const { outcome, sent, elsewhere } = await follow(inTurn(redirect(ELSEWHERE), answer(200)), {
      elsewhere: guests(null),
    });
    expect(sent[1]).toEqual([ELSEWHERE, "Bearer of owner/app"]);
    expect(elsewhere).toEqual(["https://ghcr.io"]);
    expect(outcome).toMatchObject({ isRegistry: true, response: { status: 200 } });
  });

  test.each([401, 400])("that refuses with %i is asked once more", async (status) => {
    const fresh = { header: "Bearer fresh there", isFresh: true };
    const answers = inTurn(redirect(ELSEWHERE), answer(status), answer(200));
    const { sent, renewals } = await follow(answers, { elsewhere: guests(fresh) });
    expect(sent.slice(1)).toEqual([
      [ELSEWHERE, "Bearer of owner/app"],
      [ELSEWHERE, "Bearer fresh there"],
    ]);
    expect(renewals).toEqual([]);
  });

  test("says nothing of the quota here", async () => {
    const told = { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "1;w=21600" };
    const { upstream, outcome } = await follow(inTurn(redirect(ELSEWHERE), answer(200, told)));
    expect(outcome).toMatchObject({ isRegistry: true });
    expect([upstream.quota.seen, upstream.trace.rateLimit]).toEqual([null, null]);
  });

  test.each([
    "https://ghcr.io/v2/",
    "https://ghcr.io/v2/owner/app",
    "https://ghcr.io/v2/Owner/app/blobs/x",
    "https://ghcr.io/x/v2/owner/app/blobs/x",
    "https://ghcr.io/v2/owner%2Fapp/blobs/x",
  ])("is one to its own API: %s is a storage", async (location) => {
    const { outcome, sent, elsewhere } = await follow(inTurn(redirect(location), answer(401)));
    expect([sent.length, sent[1]?.[1], elsewhere]).toEqual([2, null, []]);
    expect(outcome).toMatchObject({ isRegistry: false });
  });
});

describe("the pull quota", () => {
  test("is noted, until another answer of the registry tells a newer", async () => {
    const told = { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "99;w=21600" };
    const answers = inTurn(answer(200, told), answer(200));
    const { upstream } = await follow(answers);
    await ask(upstream, QUESTION);
    expect(upstream.trace.rateLimit).toEqual({ limit: "100;w=21600", remaining: "99;w=21600" });
    expect(upstream.quota.seen).toMatchObject({ limit: 100, remaining: 99 });
  });

  test("of an answer that refuses is passed on, but spares nobody else the question", async () => {
    const told = { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "0;w=21600" };
    const { upstream } = await follow(() => answer(429, told));
    expect(upstream.trace.rateLimit).toEqual({ limit: "100;w=21600", remaining: "0;w=21600" });
    expect(upstream.quota.seen).toBeNull();
  });
});

describe("a credential that is refused", () => {
  test.each([401, 400])("with %i is renewed once, from the challenge that came", async (status) => {
    const refused = answer(status, { "www-authenticate": "Bearer x" });
    const { outcome, sent, renewals } = await follow(inTurn(refused, answer(200)));
    expect(sent.map(([, header]) => header)).toEqual(["Bearer cached", "Bearer fresh"]);
    expect(renewals).toEqual(["Bearer x"]);
    expect(outcome).toMatchObject({ response: { status: 200 } });
  });

  test("and refused again is given back", async () => {
    const { outcome, seen, renewals } = await follow(() => answer(401));
    expect(outcome).toMatchObject({ response: { status: 401 } });
    expect([seen.length, renewals.length]).toEqual([2, 1]);
  });

  test("and cannot be renewed leaves the answer as it is", async () => {
    const { outcome, seen } = await follow(() => answer(401), { renewed: null });
    expect(outcome).toMatchObject({ response: { status: 401 } });
    expect(seen.length).toBe(1);
  });

  test("with 400 although it is fresh was not the reason", async () => {
    const { seen, renewals } = await follow(() => answer(400), {
      credential: { header: "Bearer fresh", isFresh: true },
    });
    expect([seen.length, renewals.length]).toEqual([1, 0]);
  });

  test("with a status that is not said to be a refusal was not the reason", async () => {
    const { upstream, renewals } = createUpstream(() => answer(400));
    await ask(upstream, { ...QUESTION, refusals: [401] });
    await ask(upstream, { ...QUESTION, refusals: [] });
    expect(renewals).toEqual([]);
  });

  test("with 400 although there is none was not the reason", async () => {
    const { renewals } = await follow(() => answer(400), {
      credential: { header: null, isFresh: false },
    });
    expect(renewals).toEqual([]);
  });

  test("after a redirect within the registry is renewed there", async () => {
    const { sent } = await follow(inTurn(redirect("/z"), answer(401), answer(200)));
    expect(sent).toEqual([
      [`${REGISTRY}/v2/library/busybox/blobs/x`, "Bearer cached"],
      [`${REGISTRY}/z`, "Bearer cached"],
      [`${REGISTRY}/z`, "Bearer fresh"],
    ]);
  });

  test.each([401, 400])("is not what a storage's %i is about", async (status) => {
    const { renewals, seen } = await follow(
      inTurn(redirect("https://cdn.example/x"), answer(status, { "www-authenticate": "Basic" })),
    );
    expect([renewals.length, seen.length]).toEqual([0, 2]);
  });
});

test("a credential that cannot be got fails as it failed", async () => {
  const { upstream, seen } = createUpstream(() => answer(200));
  const get = () => Promise.reject(new Error("no token"));
  const credentials = { ...upstream.credentials, get };
  const error = await failureFrom(ask({ ...upstream, credentials }, QUESTION));
  expect(error.message).toBe("no token");
  expect(seen).toEqual([]);
});
