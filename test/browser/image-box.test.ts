import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { useBrowser } from "./browser.ts";
import { writeClipboard } from "./in-page.ts";
import { useStack } from "./stack.ts";

const visit = useBrowser();
const stocked = useStack();

async function type(page: Page, text: string): Promise<void> {
  await page.locator("#image-text").fill(text);
}

/** Looks an image up, and waits until the page says how it went. */
async function lookUp(page: Page, image: string): Promise<string> {
  await type(page, image);
  await page.locator("#image-button").click();
  const status = page.locator("#image-status");
  await status.getByText(/Asking the mirror|正在查询/).waitFor({ state: "hidden" });
  return status.innerText();
}

function commandsOn(page: Page): Promise<string[]> {
  return page.locator("#image-commands pre").allInnerTexts();
}

test("what is typed becomes what is pulled here, and gets its usual name back", async () => {
  const { origin, host } = stocked();
  const page = await visit(`${origin}/`);
  for (const [typed, here, usual] of [
    ["nginx", "nginx", "nginx"],
    ["docker pull redis:7", "redis:7", "redis:7"],
    ["FROM node:22 AS build", "node:22", "node:22"],
    ["image: foo/bar:1", "foo/bar:1", "foo/bar:1"],
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

describe("what is pasted", () => {
  test.each([
    ["a compose file", "services:\n  db:\n    image: postgres:17\n    ports: []\n", "postgres:17"],
    [
      "a Dockerfile",
      "# syntax=docker/dockerfile:1\nARG X=1\nFROM node:22 AS x\nRUN true\n",
      "node:22",
    ],
    ["a command on several lines", "docker run -d \\\n  -p 80:80 \\\n  caddy:2\n", "caddy:2"],
  ])("may be %s", async (_, text, image) => {
    const { origin, host } = stocked();
    const permissions = ["clipboard-read", "clipboard-write"];
    const page = await visit(`${origin}/`, { permissions });
    await writeClipboard(page, text);
    await page.locator("#image-text").focus();
    await page.keyboard.press("Control+V");
    expect((await commandsOn(page))[0]).toBe(`docker pull ${host}/${image}`);
  });
});

test("a digest is pulled here, and has no other name", async () => {
  const { origin, host, nginx } = stocked();
  const page = await visit(`${origin}/`);
  await type(page, `docker.io/library/nginx@${nginx.tagDigest}`);
  expect(await commandsOn(page)).toEqual([`docker pull ${host}/library/nginx@${nginx.tagDigest}`]);
});

test("what cannot be pulled here is told, and cannot be looked up", async () => {
  const page = await visit(`${stocked().origin}/`);
  const status = page.locator("#image-status");
  for (const [typed, problem] of [
    ["ghcr.io/x/y:z", "This mirror does not serve ghcr.io; it serves docker.io."],
    ["Nginx", "Image names have no capital letters."],
    ["FROM scratch", "scratch is the empty image; there is nothing to pull."],
    ["image: $IMAGE", "There is a variable in it: fill in its value."],
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
  test("an image for several platforms shows its digest, and each size when asked", async () => {
    const { origin, nginx, stack } = stocked();
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

  test("an image for one platform shows it with its size, for one pull", async () => {
    const { origin, grafana, stack } = stocked();
    stack.hub.reset();
    const page = await visit(`${origin}/`);
    expect(await lookUp(page, "grafana/grafana:8.3.1")).toBe("The image exists.");
    const facts = page.locator("#image-facts");
    expect(await facts.locator("pre").innerText()).toBe(grafana.tagDigest);
    expect(await facts.locator("dt").allInnerTexts()).toEqual(["linux/amd64"]);
    expect(await facts.locator("dd").innerText()).toMatch(/^2\d\.\d kB$/);
    expect(stack.hub.pulls()).toBe(1);
  });

  test("by digest works as well", async () => {
    const { origin, nginx } = stocked();
    const page = await visit(`${origin}/`);
    expect(await lookUp(page, `nginx@${nginx.tagDigest}`)).toBe("The image exists.");
    expect(await page.locator("#image-facts dt").count()).toBe(3);
  });

  test("what does not exist is told in the mirror's own words", async () => {
    const { origin } = stocked();
    const page = await visit(`${origin}/`, { expectedErrors: /404/ });
    const answer = await fetch(`${origin}/v2/nothing/here/manifests/latest`);
    const { errors } = (await answer.json()) as { errors: { message: string }[] };
    expect(await lookUp(page, "nothing/here")).toBe(errors[0]?.message);
    expect(await page.locator("#image-status").getByText("nothing").getAttribute("lang")).toBe(
      "en",
    );
    expect(errors[0]?.message).toContain("nothing/here");
    expect(await page.locator("#image-facts").innerText()).toBe("");
  });

  test("an answer that comes too late is not shown for another image", async () => {
    const { origin, stack } = stocked();
    const page = await visit(`${origin}/`, { expectedErrors: /404/ });
    const { promise, resolve } = Promise.withResolvers<undefined>();
    stack.hub.intercept((request) => (request.path.includes("/late/") ? promise : undefined));
    const asked = stack.hub.waitFor({ path: /late/ });
    await type(page, "late/image");
    await page.locator("#image-button").click();
    await asked;
    await type(page, "nginx");
    const late = page.waitForResponse(/late/);
    resolve(undefined);
    await (await late).finished();
    expect(await page.locator("#image-status").textContent()).toBe("");
    expect(await page.locator("#image-facts").textContent()).toBe("");
    stack.hub.intercept(null);
  });

  test("a mirror that is gone is told", async () => {
    const page = await visit(`${stocked().origin}/`, { expectedErrors: /ERR_/ });
    await page.context().setOffline(true);
    expect(await lookUp(page, "nginx:1.27")).toBe("The mirror could not be reached.");
  });

  test("speaks Chinese where the page does", async () => {
    const page = await visit(`${stocked().origin}/`, { locale: "zh-CN" });
    await type(page, "quay.io/x/y");
    expect(await page.locator("#image-status").innerText()).toBe(
      "本站不提供 quay.io，只提供 docker.io。",
    );
    expect(await lookUp(page, "nginx:1.27")).toBe("镜像存在。");
    expect(await page.locator("#image-facts dt").count()).toBe(3);
  });

  test("says on a Chinese page which words are English: the mirror's", async () => {
    const options = { locale: "zh-CN", expectedErrors: /404|ERR_/ };
    const page = await visit(`${stocked().origin}/`, options);
    const words = page.locator("#image-status span");
    expect(await lookUp(page, "nothing/here")).toContain("nothing/here");
    expect(await words.getAttribute("lang")).toBe("en");
    await page.context().setOffline(true);
    expect(await lookUp(page, "nginx:1.27")).toBe("无法连接本站。");
    expect(await words.getAttribute("lang")).toBe("zh-Hans");
  });
});
