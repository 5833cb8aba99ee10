import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type HomeFacts, isPlainHost } from "../../src/page/facts.ts";
import { renderHome } from "../../src/page/home.ts";
import { html, prose } from "../../src/page/markup.ts";
import { LOCAL, MANY, OPEN, QUAY, SECRET, SECRET_PATH, USERS } from "./fixtures.ts";

const MAX_PAGE_BYTES = 20 * 1024;
const FULL: HomeFacts = {
  ...SECRET_PATH,
  otherRegistries: MANY.otherRegistries,
  hasUsers: true,
  hasUpstreamLogin: true,
  hasAccount: false,
  search: `/${SECRET}/v1/search`,
  quota: { limit: 200, remaining: 87, windowSeconds: 21600 },
  isUpstreamUp: true,
};

async function pageOf(facts: HomeFacts): Promise<string> {
  return (await renderHome(facts)).html;
}

/** @returns the visible text, without markup. */
async function textOf(facts: HomeFacts): Promise<string> {
  const [, main = ""] = /<body>(.*)<script type/s.exec(await pageOf(facts)) ?? [];
  return main
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .replaceAll("&#39;", "'");
}

/** @returns the input of the page's script. */
async function scriptDataOf(facts: HomeFacts) {
  const pattern = /<script type="application\/json" id="data">(.*?)<\/script>/s;
  const [, data = ""] = pattern.exec(await pageOf(facts)) ?? [];
  return JSON.parse(data);
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

describe.each([
  ["open", OPEN],
  ["with a path secret", SECRET_PATH],
  ["for users", USERS],
  ["on this machine", LOCAL],
  ["of several registries", MANY],
  ["of another registry", QUAY],
  ["with every feature", FULL],
] as const)("the page of a mirror %s", (_, facts) => {
  test.each(["en", "zh"] as const)("is complete and small in %s", async (language) => {
    const page = await pageOf({ ...facts, language });
    const [shown = ""] = /<body>.*<\/script>\n/s.exec(page) ?? [];
    expect(shown).toContain(facts.host);
    expect(shown).not.toMatch(/\bundefined\b|\[object|\bNaN\b|>null</);
    expect(gzipSync(page).length).toBeLessThan(MAX_PAGE_BYTES);
  });

  test("loads no resource and links to no other site", async () => {
    const page = await pageOf(facts);
    expect(page).not.toMatch(/<(?:img|iframe|object|embed|form action|base|meta http-equiv)\b/);
    expect(page).not.toMatch(/\bsrc=|@import|url\(|\bon[a-z]+="|style="/);
    const links = [...page.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
    expect(links).toEqual(["data:,", "?lang=zh"]);
  });

  test("has a policy that allows its own style and script and requests to itself", async () => {
    const { html, csp } = await renderHome(facts);
    const [, style = ""] = /<style>(.*?)<\/style>/s.exec(html) ?? [];
    const [, script = ""] = /<script>(.*?)<\/script>/s.exec(html) ?? [];
    expect(csp.split("; ")).toEqual([
      "default-src 'none'",
      `style-src '${hashOf(style)}'`,
      `script-src '${hashOf(script)}'`,
      "connect-src 'self'",
      "img-src data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]);
  });
});

test("the page is hidden from search engines and declares its language", async () => {
  const page = await pageOf(OPEN);
  expect(page).toContain('<meta name="robots" content="noindex,nofollow">');
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  const chinese = await pageOf({ ...OPEN, language: "zh" });
  expect(chinese).toContain('<html lang="zh-Hans">');
  expect(chinese).toContain('<a href="?lang=en" lang="en" hreflang="en">English</a>');
});

test.each([
  ["en", "not made, run or endorsed by Docker, Inc."],
  ["zh", "并非由 Docker, Inc. 开发、运营或认可"],
] as const)("the page states in %s that it is independent of Docker", async (language, words) => {
  expect(await textOf({ ...OPEN, language })).toContain(words);
});

describe("escaping", () => {
  test("covers every value of the page and of the script's input", async () => {
    const hostile = `"'><script>alert(1)</script><!--`;
    const facts: HomeFacts = {
      ...FULL,
      host: hostile,
      version: hostile,
      api: hostile,
      search: hostile,
      lock: { kind: "path", secret: hostile },
      registry: { name: hostile, host: hostile, namespace: hostile },
      otherRegistries: [{ name: hostile, host: hostile, ownHosts: [hostile] }],
    };
    const page = await pageOf(facts);
    expect(page).not.toContain("<script>alert");
    expect(page).not.toContain("<!--");
    const [shown = ""] = /<body>.*(?=<script type)/s.exec(page) ?? [];
    expect(shown).toContain("&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;!--");
    expect(shown).not.toMatch(/"'|'>|\(1\)</);
    expect((await scriptDataOf(facts)).api).toBe(hostile);
  });

  test("leaves markup as it is, and precedes the code between backticks", () => {
    const items = [html`<li title="${'"&'}">a</li>`, html`<li>b</li>`];
    expect(html`<ul>${items}</ul>${null}${html`<p>${3}</p>`}`.html).toBe(
      '<ul><li title="&quot;&amp;">a</li><li>b</li></ul><p>3</p>',
    );
    expect(prose("Set `a<b`, then ` alone.").html).toBe("Set <code>a&lt;b</code>, then ` alone.");
  });
});

describe("a host name", () => {
  test.each(["mirror.example.com", "localhost:8787", "192.0.2.1", "[::1]:8787", "xn--fiq228c.cn"])(
    "%s can be part of a command",
    (host) => {
      expect(isPlainHost(host)).toBe(true);
    },
  );

  // A URL parser accepts most of these characters in a host.
  test.each([..."$\"'`;&|(){}<>!*~,=+%#?/\\ \n"])("with %j cannot", (character) => {
    expect(isPlainHost(`mirror${character}.example.com`)).toBe(false);
    expect(isPlainHost(`${character}:443`)).toBe(false);
    expect(isPlainHost(`mirror.example.com${character}`)).toBe(false);
    expect(isPlainHost(`[::1${character}]`)).toBe(false);
  });

  test("that is empty cannot", () => {
    expect(isPlainHost("")).toBe(false);
  });
});

test("the script's input names the registries and paths of this mirror", async () => {
  expect(await scriptDataOf(FULL)).toMatchObject({
    names: {
      prefix: `mirror.example.com/${SECRET}`,
      registry: ["docker.io", "registry-1.docker.io"],
      others: ["ghcr.io", "quay.io"],
      hub: "docker.io",
    },
    own: [`mirror.example.com/${SECRET}`, "mirror.example.com"],
    api: `/${SECRET}/v2/`,
    search: `/${SECRET}/v1/search`,
    language: "en",
  });
});

describe("the status section", () => {
  test.each([
    [{ isUpstreamUp: true }, "Docker Hub is responding."],
    [{ isUpstreamUp: false }, "Docker Hub is not responding right now."],
    [{ isUpstreamUp: null }, "Docker Hub has not been contacted recently."],
    [{ hasAccount: true }, "Pulls count only against that account's quota."],
    [{ hasAccount: false }, "Not configured. Anonymous pulls"],
    [{ quota: null }, "Not known yet"],
    [
      { quota: { limit: 1200, remaining: 87, windowSeconds: 21600 } },
      "87 of 1,200 per 6 hours, as last seen.",
    ],
    [{ quota: { limit: 100, remaining: 0, windowSeconds: null } }, "0 of 100, as last seen."],
    [{ lock: OPEN.lock }, "anyone who knows this address can pull"],
    [{ lock: SECRET_PATH.lock }, "Protected by the secret in this page's address."],
    [{ lock: USERS.lock }, "Protected by a login."],
    [{ version: "9.8.7" }, "Sampan 9.8.7"],
  ])("shows %j as %j", async (change, words) => {
    expect(await textOf({ ...OPEN, ...change })).toContain(words);
  });

  test("orders its numbers as Chinese does", async () => {
    const quota = { limit: 200, remaining: 87, windowSeconds: 21600 };
    expect(await textOf({ ...OPEN, language: "zh", quota })).toContain(
      "每 6 小时 200 次，还剩 87 次",
    );
  });
});

test("other registries are listed, with their own hosts", async () => {
  const text = await textOf(MANY);
  expect(text).toContain("Registries served here: Docker Hub, ghcr.io, quay.io.");
  expect(text).toContain("quay.io also has a host of its own: quay.example.com.");
  expect(await textOf(OPEN)).not.toContain("Registries served here");
});

test("the command that checks the mirror fits the lock, and is omitted if it needs a login", async () => {
  expect(await textOf(OPEN)).toContain(
    "curl -sI https://mirror.example.com/v2/nginx/manifests/latest | grep -i cache-status",
  );
  expect(await textOf(SECRET_PATH)).toContain(
    `curl -sI https://mirror.example.com/${SECRET}/v2/nginx`,
  );
  expect(await textOf(USERS)).not.toContain("curl");
  expect(await textOf({ ...OPEN, hasUpstreamLogin: true })).not.toContain("curl");
});

test("the page for users has only Docker's guide", async () => {
  const text = await textOf(USERS);
  expect(text).toContain("docker login mirror.example.com");
  expect(text).toContain("docker pull mirror.example.com/nginx");
  expect(text).not.toMatch(/registry-mirrors|hosts\.toml|registries/);
});

test("only the first guide is open, and the boxes are hidden without the script", async () => {
  const page = await pageOf({ ...OPEN, search: "/v1/search" });
  expect([...page.matchAll(/<details open>/g)]).toHaveLength(1);
  expect([...page.matchAll(/<details>/g)]).toHaveLength(9);
  expect([...page.matchAll(/<section hidden>/g)]).toHaveLength(2);
});

test("the search box is omitted if search is off", async () => {
  expect(await pageOf(OPEN)).not.toContain('id="search-form"');
  expect(await pageOf({ ...OPEN, search: "/v1/search" })).toContain('id="search-form"');
});
