import type { Page } from "playwright-core";
import { describe, expect, onTestFinished, test } from "vitest";
import { lookUp, useBrowser, useSite, writeClipboard } from "./browser.ts";

const visit = useBrowser();
const site = useSite({ vars: { SEARCH: "on" } });

/** Searches answer with these names; without them with none. */
function answerSearches(...names: readonly string[]): void {
  const { hub } = site().stack;
  const results = names.map((name) => ({ name, description: "", star_count: 1 }));
  hub.intercept(({ path }) => (path === "/v1/search" ? Response.json({ results }) : undefined));
  onTestFinished(() => hub.intercept(null));
}

async function type(page: Page, text: string): Promise<void> {
  await page.locator("#image-text").fill(text);
}

function commandsOn(page: Page): Promise<string[]> {
  return page.locator("#image-commands pre").allInnerTexts();
}

function chipsOn(page: Page, heading: string) {
  return page.locator(`h2:text-is("${heading}") + .chips button`);
}

test("a typed image has a command to pull it here and one to restore its usual name", async () => {
  const { origin, host } = site();
  const page = await visit(`${origin}/`);
  for (const [typed, here, usual] of [
    ["nginx", "nginx", "nginx"],
    ["https://hub.docker.com/r/grafana/grafana", "grafana/grafana", "grafana/grafana"],
    ["docker.io/library/nginx:1", "library/nginx:1", "docker.io/library/nginx:1"],
    [`docker pull ${host}/nginx`, "nginx", "nginx"],
    ["docker.1ms.run/nginx", "nginx", "docker.io/nginx"],
  ] as const) {
    await type(page, typed);
    expect(await commandsOn(page)).toEqual([
      `docker pull ${host}/${here}`,
      `docker tag ${host}/${here} ${usual}`,
    ]);
  }
  await type(page, "");
  expect(await commandsOn(page)).toEqual([`docker pull ${host}/nginx`]);
});

test("a pasted file is rewritten as a whole, and what is left has a reason", async () => {
  const { origin, host } = site();
  const permissions = ["clipboard-read", "clipboard-write"];
  const page = await visit(`${origin}/`, { permissions });
  await writeClipboard(
    page,
    "services:\n  db:\n    image: postgres:17\n  web:\n    image: nginx\n  x:\n    image: ghcr.io/x/y\n",
  );
  await page.locator("#image-text").focus();
  await page.keyboard.press("Control+V");
  expect(await commandsOn(page)).toEqual([
    `services:\n  db:\n    image: ${host}/postgres:17\n  web:\n    image: ${host}/nginx\n  x:\n    image: ghcr.io/x/y`,
  ]);
  expect(await page.locator("#image-status").innerText()).toBe(
    "ghcr.io/x/y – ghcr.io is not served here.",
  );
  // The whole file is visible.
  expect(await page.locator("#image-text").getAttribute("rows")).toBe("8");
});

test("an image with a digest has no command for its usual name", async () => {
  const { origin, host, nginx } = site();
  const page = await visit(`${origin}/`);
  await type(page, `docker.io/library/nginx@${nginx.tagDigest}`);
  expect(await commandsOn(page)).toEqual([`docker pull ${host}/library/nginx@${nginx.tagDigest}`]);
});

test("an image that cannot be pulled here has a reason at once", async () => {
  const page = await visit(`${site().origin}/`);
  for (const [typed, problem] of [
    ["ghcr.io/x/y:z", "ghcr.io is not served here."],
    ["image: $IMAGE", "Not a valid image name, or one with a variable."],
    ["docker pull nginx@sha256:12", "Not a valid image name, or one with a variable."],
    ["docker compose pull", ""],
    ["", ""],
  ] as const) {
    await type(page, typed);
    expect(await page.locator("#image-status").textContent()).toBe(problem);
    expect(await commandsOn(page)).toHaveLength(typed === "" ? 1 : 0);
  }
});

describe("looking up", () => {
  /** Opens the page after both images were pulled for amd64. */
  async function visitPulled(): Promise<Page> {
    const { origin, stack } = site();
    await stack.pull("nginx:1.27", { platform: "linux/amd64" });
    await stack.pull("grafana/grafana:8.3.1");
    stack.hub.reset();
    answerSearches();
    return visit(`${origin}/`, { expectedErrors: /504/ });
  }

  test("costs no pull, and shows what was pulled: platforms, size and configuration", async () => {
    const { host, nginx, stack } = site();
    const page = await visitPulled();
    expect(await lookUp(page, "nginx:1.27")).toBe("");
    expect(await chipsOn(page, "Tags").allInnerTexts()).toEqual(["1.27"]);
    expect(await chipsOn(page, "Platform").allInnerTexts()).toEqual([...nginx.platforms.keys()]);
    const output = page.locator("#image-output dl");
    expect(await output.innerText()).toMatch(/Size\s+1\.2 MB/);
    expect(await output.innerText()).toContain(nginx.tagDigest);

    await page.getByRole("button", { name: "linux/arm64/v8" }).click();
    await output.getByText("Not pulled through this mirror").waitFor();
    expect((await commandsOn(page))[0]).toBe(
      `docker pull --platform linux/arm64/v8 ${host}/nginx:1.27`,
    );
    await lookUp(page, "docker pull --platform linux/arm64 nginx:1.27");
    expect(await page.locator("[aria-pressed=true]").allInnerTexts()).toEqual([
      "1.27",
      "linux/arm64/v8",
    ]);
    expect(stack.hub.pulls()).toBe(0);
  });

  test("an image for one platform shows its platform and size", async () => {
    const { grafana, stack } = site();
    const page = await visitPulled();
    await lookUp(page, "grafana/grafana:8.3.1");
    const output = await page.locator("#image-output dl").innerText();
    expect(output).toMatch(/Platform\s+linux\/amd64/);
    expect(output).toMatch(/Size\s+2\d\.\d kB/);
    expect(output).toContain(grafana.tagDigest);
    expect(stack.hub.pulls()).toBe(0);
  });

  test("an image that was not pulled here shows its tags only", async () => {
    const { origin, host, stack } = site();
    stack.hub.reset();
    answerSearches();
    const page = await visit(`${origin}/`, { expectedErrors: /504/ });
    await lookUp(page, "library/unpulled");
    expect(await chipsOn(page, "Tags").allInnerTexts()).toEqual([
      "latest",
      "10.0",
      "2.1",
      "2.1-alpine",
      "2.0",
      "stable",
    ]);
    const output = page.locator("#image-output");
    expect(await output.innerText()).toContain("Not pulled through this mirror yet.");
    expect(await output.locator("dl").count()).toBe(0);
    await page.getByRole("button", { name: "10.0" }).click();
    await page.locator("[aria-pressed=true]:text-is('10.0')").waitFor();
    expect(await page.locator("#image-text").inputValue()).toBe("library/unpulled:10.0");
    expect((await commandsOn(page))[0]).toBe(`docker pull ${host}/library/unpulled:10.0`);
    await lookUp(page, "library/unpulled:3");
    expect(await output.innerText()).toContain("There is no tag 3.");
    expect(stack.hub.pulls()).toBe(0);
  });

  test("a missing image shows an error, with the mirror's message", async () => {
    const { origin } = site();
    answerSearches();
    const page = await visit(`${origin}/`, { expectedErrors: /404|504/ });
    await lookUp(page, "nothing/here");
    const error = page.locator("#image-output .error");
    expect(await error.locator("b").innerText()).toBe("There is no such image, or it is private.");
    expect(await error.locator("[lang=en]").innerText()).toContain("nothing/here");
  });

  test("a late response is not shown for another image", async () => {
    const { origin, stack } = site();
    const page = await visit(`${origin}/`, { expectedErrors: /404|504/ });
    const { promise, resolve } = Promise.withResolvers<undefined>();
    stack.hub.intercept(({ path }) =>
      path.includes("/late/")
        ? promise
        : path === "/v1/search"
          ? Response.json({ results: [] })
          : undefined,
    );
    const received = stack.hub.waitFor({ path: /late/ });
    await type(page, "late/image");
    await page.locator("#image-form button").click();
    await received;
    await type(page, "nginx");
    const late = page.waitForResponse(/late.*tags/);
    resolve(undefined);
    await (await late).finished();
    expect(await page.locator("#image-status").textContent()).toBe("");
    expect(await page.locator("#image-output").textContent()).toBe("");
    stack.hub.intercept(null);
  });

  test("an unreachable mirror is reported", async () => {
    const page = await visit(`${site().origin}/`, { expectedErrors: /ERR_/ });
    await page.context().setOffline(true);
    await lookUp(page, "nginx:1.27");
    expect(await page.locator("#image-output .error").innerText()).toBe(
      "The mirror could not be reached.",
    );
  });

  test("a text without an image says so, and Shift+Enter starts a new line", async () => {
    const { origin } = site();
    answerSearches();
    const page = await visit(`${origin}/`);
    await type(page, "docker compose pull");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("docker compose up");
    expect(await page.locator("#image-text").inputValue()).toBe(
      "docker compose pull\ndocker compose up",
    );
    await page.locator("#image-form button").click();
    expect(await page.locator("#image-status").textContent()).toBe("No image found.");
  });

  test("is in Chinese on a Chinese page, with the mirror's English message marked", async () => {
    answerSearches();
    const options = { locale: "zh-CN", expectedErrors: /404|504/ };
    const page = await visit(`${site().origin}/`, options);
    await type(page, "quay.io/x/y");
    expect(await page.locator("#image-status").innerText()).toBe("本站不提供 quay.io。");
    await lookUp(page, "nothing/here");
    const error = page.locator("#image-output .error");
    expect(await error.locator("b").innerText()).toBe("镜像不存在，或者是私有镜像。");
    expect(await error.locator("span").getAttribute("lang")).toBe("en");
  });
});

describe("searching", () => {
  /** Opens the page, and answers searches at the stand-in Docker Hub. */
  async function visitSearch(
    respond: (text: string | null) => Response | Promise<Response>,
    expectedErrors = /404|504/,
  ): Promise<Page> {
    const { origin, stack } = site();
    stack.hub.intercept(({ path, query }) =>
      path === "/v1/search" ? respond(query.get("q")) : undefined,
    );
    onTestFinished(() => stack.hub.intercept(null));
    return visit(`${origin}/`, { expectedErrors });
  }

  test("lists the results as text, and looks the chosen one up", async () => {
    const { host, stack } = site();
    const results = [{ name: "nginx" }, { name: "me/<b>nginx</b>" }];
    const page = await visitSearch(() => Response.json({ results }));
    const received = stack.hub.waitFor({ path: /search/ });
    await lookUp(page, " web & server+100%#1 ");
    expect((await received).query.get("q")).toBe("web & server+100%#1");
    const matches = chipsOn(page, "Search results");
    expect(await matches.allInnerTexts()).toEqual(["nginx", "me/<b>nginx</b>"]);
    await matches.first().click();
    expect(await page.locator("#image-text").inputValue()).toBe("nginx");
    expect((await commandsOn(page))[0]).toBe(`docker pull ${host}/nginx`);
    await chipsOn(page, "Tags").first().waitFor();
  });

  test("sends no request for an empty text, and reports that nothing was found", async () => {
    const page = await visitSearch(() => Response.json({ results: [] }));
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    await type(page, "  ");
    await page.locator("#image-form button").click();
    await lookUp(page, "no words");
    expect(await page.locator("#image-matches").innerText()).toBe("No image found.");
    expect(requests).toEqual([`${site().origin}/v1/search?q=no%20words`]);
  });

  test("shows the mirror's error", async () => {
    const page = await visitSearch(() => new Response(null, { status: 429 }), /429/);
    await lookUp(page, "busy words");
    const error = page.locator("#image-matches .error");
    expect(await error.locator("b").innerText()).toBe("Too many requests. Try again later.");
    expect(await error.locator("[lang=en]").innerText()).toMatch(/too many/);
  });
});
