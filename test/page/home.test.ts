import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type HomeFacts, isPlainHost } from "../../src/page/facts.ts";
import { renderHome } from "../../src/page/home.ts";
import { html, prose } from "../../src/page/markup.ts";
import { LOCAL, MANY, OPEN, QUAY, registry, SECRET, SECRET_PATH, USERS } from "./fixtures.ts";

const MAX_PAGE_BYTES = 20 * 1024;
const FULL: HomeFacts = {
  ...SECRET_PATH,
  otherRegistries: MANY.otherRegistries,
  hasUsers: true,
  hasUpstreamLogin: true,
  hasAccount: false,
  search: `/${SECRET}/v1/search`,
  hasKv: false,
  quota: { limit: 200, remaining: 87 },
  isUpstreamUp: false,
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

test("the page declares its language", async () => {
  const page = await pageOf(OPEN);
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  const chinese = await pageOf({ ...OPEN, language: "zh" });
  expect(chinese).toContain('<html lang="zh-Hans">');
  expect(chinese).toContain('<a href="?lang=en" lang="en">English</a>');
});

test.each([
  ["en", "not made or endorsed by Docker, Inc."],
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
      prefix: hostile,
      registry: registry(hostile, hostile, hostile),
      otherRegistries: [{ ...registry(hostile), ownHosts: [hostile] }],
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
    api: `/${SECRET}/v2/`,
    search: `/${SECRET}/v1/search`,
    language: "en",
  });
});

describe("the status line", () => {
  test.each([
    [{ isUpstreamUp: true }, "● Docker Hub · open to everyone"],
    [{ isUpstreamUp: null }, "○ Docker Hub · open to everyone"],
    [{ isUpstreamUp: false }, "▲ Docker Hub not responding · open to everyone"],
    [{ isUpstreamUp: false }, "Images that were pulled before are still served."],
    [{ hasAccount: false }, "○ Docker Hub · no account · open to everyone"],
    [{ quota: { limit: 1200, remaining: 87 } }, "Docker Hub · 87 of 1,200 pulls left · open"],
    [{ quota: { limit: 100, remaining: 0 } }, "Docker Hub · 0 of 100 pulls left · open"],
    [{ lock: SECRET_PATH.lock }, "Docker Hub · locked"],
    [{ lock: SECRET_PATH.lock }, "This page and its address contain the secret"],
    [{ lock: "network" }, "Docker Hub · locked"],
    [{ lock: USERS.lock }, "Docker Hub · login required"],
    [{ version: "9.8.7" }, "Sampan 9.8.7"],
  ] as const)("shows %j as %j", async (change, words) => {
    expect(await textOf({ ...OPEN, ...change })).toContain(words);
  });

  test("is in Chinese on a Chinese page", async () => {
    const quota = { limit: 1200, remaining: 87 };
    expect(await textOf({ ...SECRET_PATH, language: "zh", quota })).toContain(
      "Docker Hub · 剩余拉取额度 87 / 1,200 · 已启用访问控制",
    );
  });
});

describe("the notice of what is not set up", () => {
  const COMPLETE: HomeFacts = { ...SECRET_PATH, hasAccount: true, hasKv: true };

  test.each([
    [{ hasKv: false }, "No cache (KV)"],
    [{ hasAccount: false }, "No account"],
    [{ lock: OPEN.lock }, "No lock"],
  ])("is there for %j, with its place in the dashboard", async (change, words) => {
    const [, notice = ""] =
      /<aside>(.*?)<\/aside>/s.exec(await pageOf({ ...COMPLETE, ...change })) ?? [];
    expect([...notice.matchAll(/<li>/g)]).toHaveLength(1);
    expect(notice).toContain(`<li>${words}`);
    expect(notice).toContain("Workers &amp; Pages → this Worker → Settings");
  });

  test("is not there if nothing is missing, or on this machine", async () => {
    expect(await pageOf(COMPLETE)).not.toContain("<aside>");
    expect(await pageOf({ ...LOCAL, hasKv: false, hasAccount: false })).not.toContain("<aside>");
  });

  test("mentions no account for another registry than Docker Hub", async () => {
    const quay = { ...COMPLETE, registry: QUAY.registry, hasAccount: false };
    expect(await pageOf(quay)).not.toContain("<aside>");
  });
});

test("other registries are listed, with their own hosts", async () => {
  expect(await textOf(MANY)).toContain(
    "Registries served here: Docker Hub, ghcr.io, quay.io (quay.example.com).",
  );
  expect(await textOf(OPEN)).not.toContain("Registries served here");
});

test("whether the mirror is used is seen in docker info, if Docker can use it, and in the log", async () => {
  expect(await textOf(OPEN)).toMatch(/docker info lists this mirror .* npm run logs/);
  const quay = await textOf(QUAY);
  expect(quay).not.toContain("docker info");
  expect(quay).toContain("npm run logs");
});

test("the page for users has only Docker's guide", async () => {
  const text = await textOf(USERS);
  expect(text).toContain("docker login mirror.example.com");
  expect(text).toContain("docker pull mirror.example.com/nginx");
  expect(text).not.toMatch(/registry-mirrors|hosts\.toml|registries/);
});

test("only the first guide is open, and the box is hidden without the script", async () => {
  const page = await pageOf(OPEN);
  expect([...page.matchAll(/<details open>/g)]).toHaveLength(1);
  expect([...page.matchAll(/<summary><h3>(.*?)</g)].map(([, title]) => title)).toEqual([
    "Docker",
    "Synology and other NAS",
    "containerd",
    "Kubernetes",
    "Podman, Buildah, skopeo, CRI-O",
    "BuildKit, buildx",
  ]);
  expect(page).toMatch(/<form id="image-form" hidden>/);
  // Without the script there is one command to copy by hand.
  expect(page).toContain('<div id="image-commands"><div class="code">');
});

test("the box mentions searches if they are on", async () => {
  expect(await textOf(OPEN)).not.toContain("search word");
  expect(await textOf({ ...OPEN, search: "/v1/search" })).toContain("search word");
});
