import { describe, expect, test } from "vitest";
import type { Browser } from "../../../src/page/script/browser.ts";
import { fetchFromMirror } from "../../../src/page/script/mirror-client.ts";
import { isolated } from "../fixtures.ts";

const URL = "/v2/nginx/manifests/latest";

interface SentRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Requests JSON from a mirror with these responses, in this order. */
function send(...responses: readonly (Response | Error)[]) {
  return sendWith(false, ...responses);
}

async function sendWith(isCacheOnly: boolean, ...responses: readonly (Response | Error)[]) {
  const requests: SentRequest[] = [];
  const left = [...responses];
  const fetch: Browser["fetch"] = async (url, init) => {
    requests.push({ url, headers: init?.headers ?? {} });
    const response = left.shift();
    if (response instanceof Response) return response;
    throw response;
  };
  const texts = {
    errors: { TOOMANYREQUESTS: "Zu viele." },
    unreadable: "Status {status}.",
    unreachable: "No connection.",
  };
  const result = await isolated(fetchFromMirror)({ fetch }, texts, URL, isCacheOnly);
  return { result, requests };
}

test("a response is returned as JSON with its digest", async () => {
  const headers = { "docker-content-digest": "sha256:a" };
  const { result, requests } = await send(Response.json({ layers: [] }, { headers }));
  expect(result).toEqual({
    json: { layers: [] },
    digest: "sha256:a",
    isComplete: true,
  });
  expect(requests).toEqual([{ url: URL, headers: {} }]);
});

test("a list with a further page is not complete", async () => {
  const headers = { link: '</v2/nginx/tags/list?last=x>; rel="next"' };
  const { result } = await send(Response.json({ tags: [] }, { headers }));
  expect(result).toMatchObject({ isComplete: false });
});

test("what could cost a pull is requested from the caches only", async () => {
  const { requests } = await sendWith(true, Response.json({}));
  expect(requests[0]?.headers).toEqual({ "cache-control": "only-if-cached" });
});

describe("a failure is reported", () => {
  test("by its code, with the mirror's message", async () => {
    const errors = [{ code: "TOOMANYREQUESTS", message: "nginx: too many pulls" }];
    const { result } = await send(Response.json({ errors }, { status: 429 }));
    expect(result).toEqual({ error: "Zu viele.", detail: "nginx: too many pulls", status: 429 });
  });

  test("with its status if the code is unknown", async () => {
    const errors = [{ code: "NEW", message: "something new" }];
    const { result } = await send(Response.json({ errors }, { status: 418 }));
    expect(result).toEqual({ error: "Status 418.", detail: "something new", status: 418 });
  });

  test.each(["<html>", "", "{}", '{"errors":[]}', "null"])(
    "with its status if there is no message: %s",
    async (text) => {
      const { result } = await send(new Response(text, { status: 502 }));
      expect(result).toEqual({ error: "Status 502.", detail: "", status: 502 });
    },
  );

  test("with its status if a success is not JSON", async () => {
    const { result } = await send(new Response("<html>"));
    expect(result).toEqual({ error: "Status 200.", detail: "", status: 200 });
  });

  test("if there is no connection", async () => {
    const { result } = await send(new TypeError("Failed to fetch"));
    expect(result).toEqual({ error: "No connection.", detail: "", status: 0 });
  });
});

describe("a mirror that requires a token", () => {
  const realm = "https://mirror.example.com/token";
  const challenge = { "www-authenticate": `Bearer realm="${realm}",service="mirror.example.com"` };

  test("gets a second request with an anonymous token", async () => {
    const { result, requests } = await send(
      new Response("{}", { status: 401, headers: challenge }),
      Response.json({ token: "abc" }),
      Response.json({ layers: [] }),
    );
    expect(result).toMatchObject({ json: { layers: [] } });
    expect(requests).toEqual([
      { url: URL, headers: {} },
      { url: realm, headers: {} },
      { url: URL, headers: { authorization: "Bearer abc" } },
    ]);
  });

  test("gets no third request", async () => {
    const { result, requests } = await send(
      new Response("{}", { status: 401, headers: challenge }),
      Response.json({ token: "abc" }),
      Response.json({ errors: [{ message: "log in" }] }, { status: 401 }),
    );
    expect(result).toEqual({ error: "Status 401.", detail: "log in", status: 401 });
    expect(requests).toHaveLength(3);
  });

  test("and issues none is not asked again", async () => {
    const { result } = await send(
      Response.json({ errors: [{ message: "log in" }] }, { status: 401, headers: challenge }),
      Response.json({}),
    );
    expect(result).toEqual({ error: "Status 401.", detail: "log in", status: 401 });
  });

  test("is not one that requires a password", async () => {
    const headers = { "www-authenticate": 'Basic realm="mirror"' };
    const { requests } = await send(new Response("{}", { status: 401, headers }));
    expect(requests).toHaveLength(1);
  });
});
