import { describe, expect, it } from "vitest";
import { type Mirror, type MirrorOptions, useMirrors } from "../support/mirror/in-process.ts";

const createMirror = useMirrors();
const NGINX = {
  name: "nginx",
  description: "Official build of Nginx.",
  star_count: 20_000,
  is_official: true,
  is_automated: false,
};

/** A mirror with a stand-in for the index of its upstream. */
function createSearching(
  answer: (url: URL) => Response,
  options: MirrorOptions = {},
): { mirror: Mirror; asked: string[] } {
  const asked: string[] = [];
  const network = (hub: typeof fetch): typeof fetch =>
    async function send(input, init) {
      const url = new URL(String(input));
      if (url.hostname !== "index.docker.io") return hub(input, init);
      asked.push(url.href);
      expect(new Headers(init?.headers as HeadersInit).has("authorization")).toBe(false);
      return answer(url);
    };
  const env = { SEARCH: "on", ...options.env };
  return { mirror: createMirror({ ...options, network, env }), asked };
}

const found = () => Response.json({ results: [NGINX], num_results: 1 });

describe("a search", () => {
  it("[10] [S1] is UNSUPPORTED unless it is turned on", async () => {
    const mirror = createMirror();
    for (const path of ["/v1/_ping", "/v1/search?q=nginx"]) {
      expect((await mirror.get(path)).error?.code).toBe("UNSUPPORTED");
    }
    expect(mirror.calls()).toEqual([]);
  });

  it("[S1] is announced by a ping", async () => {
    const { mirror, asked } = createSearching(found);
    expect((await mirror.get("/v1/_ping")).status).toBe(200);
    expect((await mirror.head("/v1/_ping")).status).toBe(200);
    expect(asked).toEqual([]);
  });

  it("[S1] is answered from Docker Hub's index, without an account", async () => {
    const env = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "hunter2" };
    const { mirror, asked } = createSearching(found, { env });
    const answer = await mirror.get("/v1/search?q=NGINX&n=5");
    expect(JSON.parse(answer.text)).toEqual({
      query: "nginx",
      num_results: 1,
      num_pages: 1,
      page: 1,
      results: [NGINX],
    });
    expect(asked).toEqual(["https://index.docker.io/v1/search?q=nginx&n=5"]);
  });

  it("[S1] sends its text encoded", async () => {
    const { mirror, asked } = createSearching(found);
    await mirror.get(`/v1/search?q=${encodeURIComponent("a&n=99#b c+d/é?")}&n=7`);
    expect(asked).toHaveLength(1);
    const { searchParams, hash, pathname } = new URL(asked[0] ?? "");
    expect([...searchParams]).toEqual([
      ["q", "a&n=99#b c+d/é?"],
      ["n", "7"],
    ]);
    expect([pathname, hash]).toEqual(["/v1/search", ""]);
  });

  it("[S2] is cached for one limit", async () => {
    const { mirror, asked } = createSearching(found);
    for (const n of [5, 10, 5, 10]) await mirror.get(`/v1/search?q=nginx&n=${n}`);
    expect(asked.map((url) => new URL(url).searchParams.get("n"))).toEqual(["5", "10"]);
  });

  it("[S2] is cached for an hour, in all isolates of a data centre", async () => {
    const { mirror, asked } = createSearching(found);
    await mirror.get("/v1/search?q=nginx");
    mirror.restart();
    mirror.clock.advance(3_599);
    await mirror.get("/v1/search?q=nginx");
    expect(asked).toHaveLength(1);
    mirror.clock.advance(1);
    await mirror.get("/v1/search?q=nginx");
    expect(asked).toHaveLength(2);
    expect(mirror.kv.written()).toEqual([]);
  });

  it("[S2] is answered from the cache when the index fails", async () => {
    let answer = found;
    const { mirror } = createSearching(() => answer());
    await mirror.get("/v1/search?q=nginx");
    mirror.clock.advance(4_000);
    answer = () => new Response("<html>", { status: 503 });
    expect(JSON.parse((await mirror.get("/v1/search?q=nginx")).text).num_results).toBe(1);
    expect((await mirror.get("/v1/search?q=redis")).status).toBe(502);
  });

  it("[S3] has texts, numbers and marks only", async () => {
    const strange = { ...NGINX, description: 5, star_count: "many", token: "secret", links: [] };
    const results = [strange, { name: "" }, null, 7, { description: "no name" }];
    const { mirror } = createSearching(() => Response.json({ results }));
    expect(JSON.parse((await mirror.get("/v1/search?q=x")).text).results).toEqual([
      { ...NGINX, description: "", star_count: 0 },
    ]);
  });

  it.each([
    ["HTML", () => new Response("<html>sign in</html>")],
    ["a list in another form", () => Response.json([NGINX])],
    ["a redirect", () => new Response(null, { status: 302, headers: { location: "https://x/" } })],
  ])("[S3] with %s is UNAVAILABLE", async (_, answer) => {
    const { mirror } = createSearching(answer);
    const { status, error } = await mirror.get("/v1/search?q=x");
    expect([status, error?.code]).toEqual([502, "UNAVAILABLE"]);
  });

  it("[S3] with a 429 is TOOMANYREQUESTS with Retry-After", async () => {
    const limited = () => new Response("no", { status: 429, headers: { "retry-after": "7" } });
    const { mirror, asked } = createSearching(limited);
    for (let tries = 1; tries <= 5; tries++) {
      const answer = await mirror.get("/v1/search?q=x");
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "5"]);
      expect(answer.error?.message).not.toContain("account");
    }
    expect(asked).toHaveLength(1);
  });

  it.each(["", "?q=", "?q=%20", `?q=${"x".repeat(101)}`, "?q=x&n=0", "?q=x&n=-1", "?q=x&n=a"])(
    "[S3] without text or with an invalid number is 400: %s",
    async (query) => {
      const { mirror, asked } = createSearching(found);
      expect((await mirror.get(`/v1/search${query}`)).status).toBe(400);
      expect(asked).toEqual([]);
    },
  );

  it("[S4] counts for the rate limit, and is behind the lock", async () => {
    const keys: string[] = [];
    const limit = async ({ key }: { key: string }) => {
      keys.push(key);
      return { success: false };
    };
    const { mirror } = createSearching(found, { rateLimit: { limit } });
    const from = { "cf-connecting-ip": "198.51.100.7" };
    expect((await mirror.get("/v1/search?q=x", from)).status).toBe(429);
    expect(keys).toEqual(["client 198.51.100.7"]);
    const locked = createSearching(found, { env: { ACCESS_PATHS: "a=0123456789abcdef" } });
    expect((await locked.mirror.ask("/v1/search?q=x")).text).toBe("Not found.\n");
    expect((await locked.mirror.get("/0123456789abcdef/v1/search?q=x")).status).toBe(200);
  });
});
