import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { HomeFacts } from "../../src/page/facts.ts";
import { renderHome } from "../../src/page/home.ts";
import { LOCAL, MANY, OPEN, QUAY, SECRET, SECRET_PATH, USERS } from "./facts-for-test.ts";

const MAX_PAGE_BYTES = 20 * 1024;
const FULL: HomeFacts = {
  ...MANY,
  ...SECRET_PATH,
  otherRegistries: MANY.otherRegistries,
  hasUsers: true,
  hasUpstreamLogin: true,
  hasAccount: false,
  search: `/${SECRET}/v1/search`,
  quota: { limit: 200, remaining: 87, windowSeconds: 21600 },
  isUpstreamUp: true,
};
const KINDS: readonly (readonly [string, HomeFacts])[] = [
  ["open", OPEN],
  ["below a path secret", SECRET_PATH],
  ["for users", USERS],
  ["on this machine", LOCAL],
  ["of several registries", MANY],
  ["of another registry", QUAY],
  ["with all there is", FULL],
];
const LANGUAGES = ["en", "zh"] as const;

async function pageOf(facts: HomeFacts): Promise<string> {
  return (await renderHome(facts)).html;
}

/** @returns what people read, without markup. */
async function textOf(facts: HomeFacts): Promise<string> {
  const [, main = ""] = /<body>(.*)<script type/s.exec(await pageOf(facts)) ?? [];
  return main.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
}

describe.each(KINDS)("the page of a mirror %s", (_, facts) => {
  test.each(LANGUAGES)("has no gap, and is small, in %s", async (language) => {
    const page = await pageOf({ ...facts, language });
    const [shown = ""] = /<body>.*<\/script>\n/s.exec(page) ?? [];
    expect(shown).toContain(facts.host);
    expect(shown).not.toMatch(/\bundefined\b|\[object|\bNaN\b|>null</);
    expect(gzipSync(page).length).toBeLessThan(MAX_PAGE_BYTES);
  });

  test("asks for nothing to be shown, and sends nobody anywhere else", async () => {
    const page = await pageOf(facts);
    expect(page).not.toMatch(/<(?:img|iframe|object|embed|form action|base|meta http-equiv)\b/);
    expect(page).not.toMatch(/\bsrc=|@import|url\(|\bon[a-z]+="|style="/);
    const links = [...page.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
    expect(links).toEqual(["data:,", "?lang=zh"]);
  });

  test("allows just its own style and script, and requests to itself", async () => {
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

test("the page is not for search engines, and says which language it is in", async () => {
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
] as const)("it says in %s that it is nobody's but its owner's", async (language, words) => {
  expect(await textOf({ ...OPEN, language })).toContain(words);
});

test("every value is escaped, in the page and in what the script is told", async () => {
  const hostile = `"'><script>alert(1)</script><!--`;
  const page = await pageOf({
    ...FULL,
    host: hostile,
    version: hostile,
    api: hostile,
    search: hostile,
    lock: { kind: "path", secret: hostile },
    registry: { name: hostile, host: hostile, namespace: hostile },
    otherRegistries: [{ name: hostile, host: hostile, ownHosts: [hostile] }],
  });
  expect(page).not.toContain("<script>alert");
  expect(page).not.toContain("<!--");
  const [shown = ""] = /<body>.*(?=<script type)/s.exec(page) ?? [];
  expect(shown).toContain("&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;!--");
  expect(shown).not.toMatch(/"'|'>|\(1\)</);
  const [, data = ""] =
    /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page) ?? [];
  expect(JSON.parse(data).api).toBe(hostile);
});

test("the script is told how this mirror calls its images", async () => {
  const page = await pageOf(FULL);
  const [, data = ""] =
    /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page) ?? [];
  expect(JSON.parse(data)).toMatchObject({
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

describe("the state of the mirror", () => {
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
  ])("%j is told", async (change, words) => {
    const text = (await textOf({ ...OPEN, ...change })).replaceAll("&#39;", "'");
    expect(text).toContain(words);
  });

  test("has its numbers as Chinese has them", async () => {
    const quota = { limit: 200, remaining: 87, windowSeconds: 21600 };
    expect(await textOf({ ...OPEN, language: "zh", quota })).toContain(
      "每 6 小时 200 次，还剩 87 次",
    );
  });
});

test("registries beside the default one are named, with the hosts of their own", async () => {
  const text = await textOf(MANY);
  expect(text).toContain("Registries served here: Docker Hub, ghcr.io, quay.io.");
  expect(text).toContain("quay.io also has a host of its own: quay.example.com.");
  expect(await textOf(OPEN)).not.toContain("Registries served here");
});

test("there is a search box only where there is a search", async () => {
  expect(await pageOf(OPEN)).not.toContain('id="search-form"');
  expect(await pageOf({ ...OPEN, search: "/v1/search" })).toContain('id="search-form"');
});

test("how to see that it is used fits the lock, and is left out where a login is needed", async () => {
  expect(await textOf(OPEN)).toContain(
    "curl -sI https://mirror.example.com/v2/nginx/manifests/latest | grep -i cache-status",
  );
  expect(await textOf(SECRET_PATH)).toContain(
    `curl -sI https://mirror.example.com/${SECRET}/v2/nginx`,
  );
  expect(await textOf(USERS)).not.toContain("curl");
  expect(await textOf({ ...OPEN, hasUpstreamLogin: true })).not.toContain("curl");
});

test("where users alone get in, the page has what Docker needs, and no more", async () => {
  const text = await textOf(USERS);
  expect(text).toContain("docker login mirror.example.com");
  expect(text).toContain("docker pull mirror.example.com/nginx");
  expect(text).not.toMatch(/registry-mirrors|hosts\.toml|registries/);
});

test("only the first guide is open, and what needs the script is hidden", async () => {
  const page = await pageOf({ ...OPEN, search: "/v1/search" });
  expect([...page.matchAll(/<details open>/g)]).toHaveLength(1);
  expect([...page.matchAll(/<details>/g)]).toHaveLength(9);
  expect([...page.matchAll(/<section hidden>/g)]).toHaveLength(2);
});

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
