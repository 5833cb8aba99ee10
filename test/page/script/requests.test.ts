import { describe, expect, test } from "vitest";
import type { Browser, ElementFactory, PageElement } from "../../../src/page/script/browser.ts";
import {
  describeManifest,
  type FetchFromMirror,
  fetchFromMirror,
} from "../../../src/page/script/mirror-client.ts";
import { startSearch } from "../../../src/page/script/search.ts";
import { en } from "../../../src/page/texts/en.ts";
import { isolated } from "../fixtures.ts";

const URL = "/v2/nginx/manifests/latest";

interface SentRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Requests JSON from a mirror with these responses, in this order. */
async function send(...responses: readonly (Response | Error)[]) {
  const requests: SentRequest[] = [];
  const left = [...responses];
  const fetch: Browser["fetch"] = async (url, init) => {
    requests.push({ url, headers: init?.headers ?? {} });
    const response = left.shift();
    if (response instanceof Response) return response;
    throw response;
  };
  const data = {
    texts: { unreadable: "Status {status}.", unreachable: "No connection." },
    language: "xx",
  };
  const browser = { fetch } as Browser;
  const result = await isolated(fetchFromMirror)(browser, data, URL, "application/json");
  return { result, requests };
}

test("a response is returned as JSON with its digest", async () => {
  const headers = { "docker-content-digest": "sha256:a" };
  const { result, requests } = await send(Response.json({ layers: [] }, { headers }));
  expect(result).toEqual({ json: { layers: [] }, digest: "sha256:a", error: null });
  expect(requests).toEqual([{ url: URL, headers: { accept: "application/json" } }]);
});

describe("a failure is reported", () => {
  test("with the mirror's message", async () => {
    const errors = [{ code: "TOOMANYREQUESTS", message: "nginx: too many pulls" }];
    const { result } = await send(Response.json({ errors }, { status: 429 }));
    expect(result).toEqual({ error: "nginx: too many pulls", lang: "en" });
  });

  test.each(["<html>", "", "{}", '{"errors":[]}', "null"])(
    "with its status if there is no message: %s",
    async (text) => {
      const { result } = await send(new Response(text, { status: 502 }));
      expect(result).toEqual({ error: "Status 502.", lang: "xx" });
    },
  );

  test("with its status if a success is not JSON", async () => {
    const { result } = await send(new Response("<html>"));
    expect(result).toEqual({ error: "Status 200.", lang: "xx" });
  });

  test("if there is no connection", async () => {
    const { result } = await send(new TypeError("Failed to fetch"));
    expect(result).toEqual({ error: "No connection.", lang: "xx" });
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
    expect(result).toMatchObject({ json: { layers: [] }, error: null });
    expect(requests).toEqual([
      { url: URL, headers: { accept: "application/json" } },
      { url: realm, headers: {} },
      { url: URL, headers: { accept: "application/json", authorization: "Bearer abc" } },
    ]);
  });

  test("gets no third request", async () => {
    const { result, requests } = await send(
      new Response("{}", { status: 401, headers: challenge }),
      Response.json({ token: "abc" }),
      Response.json({ errors: [{ message: "log in" }] }, { status: 401 }),
    );
    expect(result).toEqual({ error: "log in", lang: "en" });
    expect(requests).toHaveLength(3);
  });

  test("and issues none is not asked again", async () => {
    const { result } = await send(
      Response.json({ errors: [{ message: "log in" }] }, { status: 401, headers: challenge }),
      Response.json({}),
    );
    expect(result).toEqual({ error: "log in", lang: "en" });
  });

  test("is not one that requires a password", async () => {
    const headers = { "www-authenticate": 'Basic realm="mirror"' };
    const { requests } = await send(new Response("{}", { status: 401, headers }));
    expect(requests).toHaveLength(1);
  });
});

test("a search sends its text encoded, without surrounding spaces", () => {
  const urls: string[] = [];
  const fetchUrl: FetchFromMirror = async (url) => {
    urls.push(url);
    return { json: { results: [] }, digest: null, error: null };
  };
  let submit = () => {};
  const element = {
    value: " a&b=c #1/2?x+y%20 é$ ",
    replaceChildren: () => {},
    addEventListener: (_, listener) => {
      submit = () => listener({ preventDefault: () => {} });
    },
  } as Partial<PageElement> as PageElement;
  const browser = { document: { getElementById: () => element } } as unknown as Browser;
  const data = { texts: { ...en.script, copy: en.copy }, language: "en" };
  const elements = {} as ElementFactory;
  isolated(startSearch)(browser, "/v1/search", data, elements, fetchUrl, () => {});
  submit();
  expect(urls).toEqual(["/v1/search?q=a%26b%3Dc%20%231%2F2%3Fx%2By%2520%20%C3%A9%24"]);
});

describe("a manifest", () => {
  const summarize = isolated(describeManifest);

  test("that is an index has its platforms, without attestations", () => {
    const manifests = [
      { digest: "sha256:a", platform: { os: "linux", architecture: "amd64" } },
      { digest: "sha256:b", platform: { os: "linux", architecture: "arm", variant: "v7" } },
      {
        digest: "sha256:c",
        platform: { os: "windows", architecture: "amd64", "os.version": "10.0.17763.1" },
      },
      { digest: "sha256:d", platform: { os: "unknown", architecture: "unknown" } },
    ];
    expect(summarize({ manifests })).toEqual({
      kind: "index",
      platforms: [
        { platform: "linux/amd64", digest: "sha256:a" },
        { platform: "linux/arm/v7", digest: "sha256:b" },
        { platform: "windows/amd64 10.0.17763.1", digest: "sha256:c" },
      ],
    });
  });

  test("that is an image has the size of its layers and configuration", () => {
    const config = { digest: "sha256:c", size: 10 };
    expect(summarize({ config, layers: [{ size: 1000 }, { size: 2000 }, {}] })).toEqual({
      kind: "image",
      bytes: 3010,
      config: "sha256:c",
    });
    expect(summarize({ layers: [] })).toEqual({ kind: "image", bytes: 0, config: null });
  });

  test("that is neither has no summary", () => {
    expect(summarize({})).toBeNull();
  });
});
