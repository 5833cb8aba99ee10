import type { Page } from "playwright-core";
import { describe, expect, onTestFinished, test } from "vitest";
import { lookUp, useBrowser, useSite, writeClipboard } from "./browser.ts";

const visit = useBrowser();
const site = useSite({ vars: { SEARCH: "on" } });

async function type(page: Page, text: string): Promise<void> {
  await page.locator("#image-text").fill(text);
}

function commandsOn(page: Page): Promise<string[]> {
  return page.locator("#image-commands pre").allInnerTexts();
}

test("a typed image has a command to pull it here and one to restore its usual name", async () => {
  const { origin, host } = site();
  const page = await visit(`${origin}/`);
  for (const [typed, here, usual] of [
    ["nginx", "nginx", "nginx"],
    ["FROM node:22 AS build", "node:22", "node:22"],
    ["https://hub.docker.com/r/grafana/grafana", "grafana/grafana", "grafana/grafana"],
    ["docker.io/library/nginx:1", "library/nginx:1", "docker.io/library/nginx:1"],
    [`docker pull ${host}/nginx`, "nginx", "nginx"],
  ] as const) {
    await type(page, typed);
    expect(await commandsOn(page)).toEqual([
      `docker pull ${host}/${here}`,
      `docker tag ${host}/${here} ${usual}`,
    ]);
  }
});

describe("a pasted text", () => {
  test.each([
    ["a compose file", "services:\n  db:\n    image: postgres:17\n    ports: []\n", "postgres:17"],
    [
      "a Dockerfile",
      "# syntax=docker/dockerfile:1\nARG X=1\nFROM node:22 AS x\nRUN true\n",
      "node:22",
    ],
    ["a command on several lines", "docker run -d \\\n  -p 80:80 \\\n  caddy:2\n", "caddy:2"],
  ])("may be %s", async (_, text, image) => {
    const { origin, host } = site();
    const permissions = ["clipboard-read", "clipboard-write"];
    const page = await visit(`${origin}/`, { permissions });
    await writeClipboard(page, text);
    await page.locator("#image-text").focus();
    await page.keyboard.press("Control+V");
    expect((await commandsOn(page))[0]).toBe(`docker pull ${host}/${image}`);
  });
});

test("an image with a digest has no command for its usual name", async () => {
  const { origin, host, nginx } = site();
  const page = await visit(`${origin}/`);
  await type(page, `docker.io/library/nginx@${nginx.tagDigest}`);
  expect(await commandsOn(page)).toEqual([`docker pull ${host}/library/nginx@${nginx.tagDigest}`]);
});

test("an image that cannot be pulled here has a reason, and cannot be looked up", async () => {
  const page = await visit(`${site().origin}/`);
  const status = page.locator("#image-status");
  for (const [typed, problem] of [
    ["ghcr.io/x/y:z", "This mirror does not serve ghcr.io; it serves docker.io."],
    ["Nginx", "Image names have no capital letters."],
    ["FROM scratch", "scratch is the empty image; there is nothing to pull."],
    ["image: $IMAGE", "It contains a variable: fill in its value."],
    ["nginx@sha256:12", "The part after the @ is not a valid digest."],
    ["<script>alert(1)</script>", "That is not an image name or tag."],
    ["docker compose pull", "That is not an image name or tag."],
    ["", ""],
  ] as const) {
    await type(page, typed);
    await page.locator("#image-text").press("Enter");
    expect(await status.textContent()).toBe(problem);
    expect(await commandsOn(page)).toEqual([]);
    expect(await page.locator("#image-button").isDisabled()).toBe(true);
  }
});

describe("looking up", () => {
  test("an image for several platforms shows its digest, and each size on request", async () => {
    const { origin, nginx, stack } = site();
    const page = await visit(`${origin}/`);
    expect(await lookUp(page, "nginx:1.27")).toBe("The image exists.");
    const facts = page.locator("#image-facts");
    expect(await facts.locator("pre").innerText()).toBe(nginx.tagDigest);
    expect(await facts.locator("dt").allInnerTexts()).toEqual([...nginx.platforms.keys()]);
    stack.hub.reset();

    await page.getByRole("button", { name: "Show size: linux/arm64/v8" }).click();
    const size = facts.locator("dd").nth(1);
    await size.getByText("MB").waitFor();

    expect(await size.innerText()).toBe("1.2 MB");
    expect(await facts.getByRole("button", { name: "Show size" }).count()).toBe(2);
    expect(stack.hub.pulls()).toBe(1);
  });

  test("an image for one platform shows its platform and size, for one pull", async () => {
    const { origin, grafana, stack } = site();
    stack.hub.reset();
    const page = await visit(`${origin}/`);
    expect(await lookUp(page, "grafana/grafana:8.3.1")).toBe("The image exists.");
    const facts = page.locator("#image-facts");
    expect(await facts.locator("pre").innerText()).toBe(grafana.tagDigest);
    expect(await facts.locator("dt").allInnerTexts()).toEqual(["linux/amd64"]);
    expect(await facts.locator("dd").innerText()).toMatch(/^2\d\.\d kB$/);
    expect(stack.hub.pulls()).toBe(1);
  });

  test("an image by digest shows its platforms", async () => {
    const { origin, nginx } = site();
    const page = await visit(`${origin}/`);
    expect(await lookUp(page, `nginx@${nginx.tagDigest}`)).toBe("The image exists.");
    expect(await page.locator("#image-facts dt").count()).toBe(3);
  });

  test("a missing image shows the mirror's error message", async () => {
    const { origin } = site();
    const page = await visit(`${origin}/`, { expectedErrors: /404/ });
    const response = await fetch(`${origin}/v2/nothing/here/manifests/latest`);
    const { errors } = (await response.json()) as { errors: { message: string }[] };
    expect(await lookUp(page, "nothing/here")).toBe(errors[0]?.message);
    expect(await page.locator("#image-status").getByText("nothing").getAttribute("lang")).toBe(
      "en",
    );
    expect(errors[0]?.message).toContain("nothing/here");
    expect(await page.locator("#image-facts").innerText()).toBe("");
  });

  test("a late response is not shown for another image", async () => {
    const { origin, stack } = site();
    const page = await visit(`${origin}/`, { expectedErrors: /404/ });
    const { promise, resolve } = Promise.withResolvers<undefined>();
    stack.hub.intercept((request) => (request.path.includes("/late/") ? promise : undefined));
    const received = stack.hub.waitFor({ path: /late/ });
    await type(page, "late/image");
    await page.locator("#image-button").click();
    await received;
    await type(page, "nginx");
    const late = page.waitForResponse(/late/);
    resolve(undefined);
    await (await late).finished();
    expect(await page.locator("#image-status").textContent()).toBe("");
    expect(await page.locator("#image-facts").textContent()).toBe("");
    stack.hub.intercept(null);
  });

  test("an unreachable mirror is reported", async () => {
    const page = await visit(`${site().origin}/`, { expectedErrors: /ERR_/ });
    await page.context().setOffline(true);
    expect(await lookUp(page, "nginx:1.27")).toBe("The mirror could not be reached.");
  });

  test("is in Chinese on a Chinese page", async () => {
    const page = await visit(`${site().origin}/`, { locale: "zh-CN" });
    await type(page, "quay.io/x/y");
    expect(await page.locator("#image-status").innerText()).toBe(
      "本站不提供 quay.io，只提供 docker.io。",
    );
    expect(await lookUp(page, "nginx:1.27")).toBe("镜像存在。");
    expect(await page.locator("#image-facts dt").count()).toBe(3);
  });

  test("marks the mirror's English messages on a Chinese page", async () => {
    const options = { locale: "zh-CN", expectedErrors: /404|ERR_/ };
    const page = await visit(`${site().origin}/`, options);
    const words = page.locator("#image-status span");
    expect(await lookUp(page, "nothing/here")).toContain("nothing/here");
    expect(await words.getAttribute("lang")).toBe("en");
    await page.context().setOffline(true);
    expect(await lookUp(page, "nginx:1.27")).toBe("无法连接本站。");
    expect(await words.getAttribute("lang")).toBe("zh-Hans");
  });
});

describe("searching", () => {
  /** Opens the page, and answers searches at the stand-in Docker Hub. */
  async function visitSearch(
    respond: (text: string | null) => Response | Promise<Response>,
    expectedErrors?: RegExp,
  ): Promise<Page> {
    const { origin, stack } = site();
    stack.hub.intercept(({ path, query }) =>
      path === "/v1/search" ? respond(query.get("q")) : undefined,
    );
    onTestFinished(() => stack.hub.intercept(null));
    return visit(`${origin}/`, expectedErrors === undefined ? {} : { expectedErrors });
  }

  async function search(page: Page, text: string): Promise<void> {
    await page.locator("#search-text").fill(text);
    await page.locator("#search-form button").click();
  }

  test("lists the results as text, and puts the chosen one into the box", async () => {
    const { host, stack } = site();
    const results = [
      { name: "nginx", description: "A web server.", star_count: 21234, is_official: true },
      { name: "me/<b>nginx</b>", description: "<img src=x>", star_count: 0, is_official: false },
    ];
    const page = await visitSearch(() => Response.json({ results }));
    const received = stack.hub.waitFor({ path: /search/ });
    await page.getByLabel("Search Docker Hub").fill(" web & server+100%#1 ");
    await page.getByLabel("Search Docker Hub").press("Enter");
    await page.getByText("Found: 2").waitFor();
    expect((await received).query.get("q")).toBe("web & server+100%#1");
    expect(await page.locator("#search-list li").allInnerTexts()).toEqual([
      expect.stringMatching(/^nginx\s*★ 21,234 official\s*A web server\.$/),
      expect.stringMatching(/^me\/<b>nginx<\/b>\s*★ 0\s*<img src=x>$/),
    ]);
    await page.getByRole("button", { name: "nginx", exact: true }).click();
    expect(await page.locator("#image-text").inputValue()).toBe("nginx");
    expect((await commandsOn(page))[0]).toBe(`docker pull ${host}/nginx`);
  });

  test("sends no request for an empty text, and reports that nothing was found", async () => {
    const page = await visitSearch(() => Response.json({ results: [] }));
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    await search(page, "  ");
    await search(page, "nothing");
    await page.locator("#search-status").getByText("Found: 0").waitFor();
    expect(requests).toEqual([`${site().origin}/v1/search?q=nothing`]);
  });

  test("ignores a late response to an earlier search", async () => {
    const { promise: late, resolve } = Promise.withResolvers<Response>();
    const page = await visitSearch((text) =>
      text === "early" ? late : Response.json({ results: [{ name: "later" }] }),
    );
    await search(page, "early");
    await search(page, "later");
    await page.getByText("Found: 1").waitFor();
    const response = page.waitForResponse(/q=early/);
    resolve(Response.json({ results: [] }));
    await (await response).finished();
    expect(await page.locator("#search-status").textContent()).toBe("Found: 1");
    expect(await page.locator("#search-list button").allInnerTexts()).toEqual(["later"]);
  });

  test("shows the mirror's error message", async () => {
    const page = await visitSearch(() => new Response(null, { status: 429 }), /429/);
    const response = page.waitForResponse(/search/);
    await search(page, "busy");
    const { errors } = await (await response).json();
    const status = page.locator("#search-status span");
    await status.waitFor();
    expect(errors[0].message).toMatch(/too many/);
    expect(await status.textContent()).toBe(errors[0].message);
    expect(await status.getAttribute("lang")).toBe("en");
    expect(await page.locator("#search-list li").count()).toBe(0);
  });
});
