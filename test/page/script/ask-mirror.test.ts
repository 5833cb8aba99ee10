import { describe, expect, test } from "vitest";
import { askMirror } from "../../../src/page/script/ask-mirror.ts";
import type { Browser } from "../../../src/page/script/browser.ts";
import { alone } from "./alone.ts";

const DATA = {
  texts: { unreadable: "Status {status}.", unreachable: "No connection." },
  language: "xx",
};
const URL = "/v2/nginx/manifests/latest";

interface Asked {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Asks a mirror that gives these answers, one after the other. */
async function ask(...answers: readonly (Response | Error)[]) {
  const asked: Asked[] = [];
  const left = [...answers];
  const fetch: Browser["fetch"] = async (url, init) => {
    asked.push({ url, headers: init?.headers ?? {} });
    const answer = left.shift();
    if (answer instanceof Response) return answer;
    throw answer;
  };
  const browser = { fetch } as Browser;
  return { reply: await alone(askMirror)(browser, URL, "application/json", DATA), asked };
}

test("an answer is read, with its digest", async () => {
  const headers = { "docker-content-digest": "sha256:a" };
  const { reply, asked } = await ask(Response.json({ layers: [] }, { headers }));
  expect(reply).toEqual({ json: { layers: [] }, digest: "sha256:a", error: null });
  expect(asked).toEqual([{ url: URL, headers: { accept: "application/json" } }]);
});

describe("a failure is told", () => {
  test("in the mirror's own words", async () => {
    const errors = [{ code: "TOOMANYREQUESTS", message: "nginx: too many pulls" }];
    const { reply } = await ask(Response.json({ errors }, { status: 429 }));
    expect(reply).toEqual({ error: "nginx: too many pulls", lang: "en" });
  });

  test.each(["<html>", "", "{}", '{"errors":[]}', "null"])(
    "by its status where there are none: %s",
    async (text) => {
      const { reply } = await ask(new Response(text, { status: 502 }));
      expect(reply).toEqual({ error: "Status 502.", lang: "xx" });
    },
  );

  test("by its status where a success makes no sense", async () => {
    const { reply } = await ask(new Response("<html>"));
    expect(reply).toEqual({ error: "Status 200.", lang: "xx" });
  });

  test("where there is no connection", async () => {
    const { reply } = await ask(new TypeError("Failed to fetch"));
    expect(reply).toEqual({ error: "No connection.", lang: "xx" });
  });
});

describe("a mirror that wants a token", () => {
  const realm = "https://mirror.example.com/token";
  const challenge = { "www-authenticate": `Bearer realm="${realm}",service="mirror.example.com"` };

  test("is asked again with one for everybody", async () => {
    const { reply, asked } = await ask(
      new Response("{}", { status: 401, headers: challenge }),
      Response.json({ token: "abc" }),
      Response.json({ layers: [] }),
    );
    expect(reply).toMatchObject({ json: { layers: [] }, error: null });
    expect(asked).toEqual([
      { url: URL, headers: { accept: "application/json" } },
      { url: realm, headers: {} },
      { url: URL, headers: { accept: "application/json", authorization: "Bearer abc" } },
    ]);
  });

  test("is not asked a third time", async () => {
    const denied = Response.json({ errors: [{ message: "log in" }] }, { status: 401 });
    const { reply, asked } = await ask(
      new Response("{}", { status: 401, headers: challenge }),
      Response.json({ token: "abc" }),
      denied,
    );
    expect(reply).toEqual({ error: "log in", lang: "en" });
    expect(asked).toHaveLength(3);
  });

  test("and gives none is taken at its word", async () => {
    const { reply } = await ask(
      Response.json({ errors: [{ message: "log in" }] }, { status: 401, headers: challenge }),
      Response.json({}),
    );
    expect(reply).toEqual({ error: "log in", lang: "en" });
  });

  test("that wants a password instead is not asked for a token", async () => {
    const basic = { "www-authenticate": 'Basic realm="mirror"' };
    const { asked } = await ask(new Response("{}", { status: 401, headers: basic }));
    expect(asked).toHaveLength(1);
  });
});
