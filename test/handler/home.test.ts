import { describe, expect, it } from "vitest";
import { version as VERSION, version } from "../../package.json";
import { imageOf, OCI_MANIFEST } from "../support/contents.ts";
import { type Answer, type Mirror, useMirrors, type Vars } from "../support/mirror/in-process.ts";
import { PLAIN_404, SECRET } from "../support/mirror/scenarios.ts";

const createMirror = useMirrors();
const MINUTE_SECONDS = 60;

function createStocked(env: Vars = {}): Mirror {
  const mirror = createMirror({ env });
  mirror.hub.push("library/busybox", "1.36", imageOf(OCI_MANIFEST));
  return mirror;
}

/** @returns what the page says under a title of its state. */
function stateOf({ text }: Answer, title: string): string {
  const [, state = ""] = new RegExp(`<dt>${title}</dt><dd[^>]*>(.*?)</dd>`).exec(text) ?? [];
  return state;
}

function dataOf({ text }: Answer) {
  const [, data = "null"] = /<script type="application\/json" id="data">(.*?)</.exec(text) ?? [];
  return JSON.parse(data);
}

describe("the page", () => {
  it("[P1] has the commands for this host, and may not be cached", async () => {
    const mirror = createStocked();
    const { status, headers, text } = await mirror.ask("/");
    expect([status, Object.fromEntries(headers)]).toEqual([
      200,
      {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": expect.stringMatching(
          /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; connect-src 'self'; /,
        ),
        "cache-control": "private, no-store",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "strict-transport-security": "max-age=31536000",
        vary: "accept-language",
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex",
      },
    ]);
    expect(text).toContain("docker pull mirror.example.com/nginx");
    expect(text).toContain("https://mirror.example.com");
    expect(mirror.calls()).toEqual([]);
  });

  it("[P1] has the same headers for HEAD", async () => {
    const mirror = createStocked();
    const [get, head] = [await mirror.ask("/"), await mirror.ask("/", { method: "HEAD" })];
    expect([head.status, head.text]).toEqual([200, ""]);
    expect(Object.fromEntries(head.headers)).toEqual(Object.fromEntries(get.headers));
  });

  it("[P1] has the path secret in its commands, and the log does not", async () => {
    const mirror = createStocked({ ACCESS_PATHS: `office=${SECRET}` });
    for (const path of [`/${SECRET}`, `/${SECRET}/`]) {
      const { status, text } = await mirror.ask(path);
      expect(status).toBe(200);
      expect(text).toContain(`docker pull mirror.example.com/${SECRET}/nginx`);
    }
    expect(dataOf(await mirror.ask(`/${SECRET}`)).api).toBe(`/${SECRET}/v2/`);
    expect((await mirror.ask("/")).text).toBe(PLAIN_404.text);
    expect(JSON.stringify(mirror.log)).not.toContain(SECRET);
  });

  it("[P1] has the version of this mirror", async () => {
    expect(VERSION).toBe(version);
    expect((await createStocked().ask("/")).text).toContain(`Sampan ${version}`);
  });
});

describe("the language of the page", () => {
  it.each([
    ["/", "zh-CN,zh;q=0.9", "zh-Hans"],
    ["/", "en-GB", "en"],
    ["/?lang=en", "zh-CN", "en"],
    ["/?lang=zh", "en", "zh-Hans"],
  ])("[P2] of %s for %s is %s", async (path, language, tag) => {
    const headers = { "accept-language": language };
    const { text } = await createStocked().ask(path, { headers });
    expect(text).toContain(`<html lang="${tag}">`);
  });
});

describe("the state on the page", () => {
  it("[P3] includes the health of the upstream at its last request", async () => {
    const mirror = createStocked();
    const upstream = async () => stateOf(await mirror.ask("/"), "Upstream");
    expect(await upstream()).toBe("Docker Hub has not been contacted recently.");
    await mirror.get("/v2/busybox/manifests/1.36");
    expect(await upstream()).toBe("Docker Hub is responding.");
    mirror.clock.advance(2 * MINUTE_SECONDS);
    mirror.hub.become("gone");
    await mirror.get("/v2/busybox/manifests/1.36");
    expect(await upstream()).toMatch(/^Docker Hub is not responding right now\./);
    mirror.clock.advance(16 * MINUTE_SECONDS);
    expect(await upstream()).toBe("Docker Hub has not been contacted recently.");
  });

  it("[P3] includes the remaining pulls until their window ends", async () => {
    const mirror = createStocked();
    const left = async () => stateOf(await mirror.ask("/"), "Pulls left");
    expect(await left()).toMatch(/^Not known yet/);
    await mirror.get("/v2/busybox/manifests/1.36");
    expect(await left()).toBe("99 of 100 per 6 hours, as last seen.");
    mirror.clock.advance(361 * MINUTE_SECONDS);
    expect(await left()).toMatch(/^Not known yet/);
  });

  it("[P3] includes whether there is an account, and not its name", async () => {
    const account = { UPSTREAM_USERNAME: "somebody", UPSTREAM_PASSWORD: "hunter2-and-more" };
    const { text } = await createStocked(account).ask("/");
    expect(text).toContain("Pulls count only against that account&#39;s quota.");
    expect(text).not.toMatch(/somebody|hunter2/);
    expect((await createStocked().ask("/")).text).toContain("Not configured.");
  });

  it("[P3] includes the registry of the host and the others", async () => {
    const REGISTRIES = '{"ghcr.io":"https://ghcr.io","quay.io":"https://quay.io"}';
    const HOSTS = '{"mirror.example.com":"quay.io","hub.example.com":"docker.io"}';
    const page = await createStocked({ REGISTRIES, HOSTS }).ask("/");
    expect(page.text).toContain("Registries served here: quay.io, Docker Hub, ghcr.io.");
    expect(page.text).toContain("Docker Hub also has a host of its own: hub.example.com.");
    expect(dataOf(page).names).toEqual({
      prefix: "mirror.example.com",
      registry: ["quay.io"],
      others: ["docker.io", "ghcr.io"],
      hub: "docker.io",
    });
  });

  it("[P3] includes the lock that opened", async () => {
    const users = createStocked({ ACCESS_USERS: "alice=wonderland-and-more" });
    const authorization = `Basic ${btoa("alice:wonderland-and-more")}`;
    const page = await users.ask("/", { headers: { authorization } });
    expect(stateOf(page, "Access")).toBe("Protected by a login.");
    expect(stateOf(await createStocked().ask("/"), "Access")).toMatch(/^Open/);
  });
});

describe("the search box of the page", () => {
  it("[P4] exists if there is a search, below a path secret too", async () => {
    expect(dataOf(await createStocked().ask("/")).search).toBeNull();
    expect(dataOf(await createStocked({ SEARCH: "on" }).ask("/")).search).toBe("/v1/search");
    const locked = createStocked({ SEARCH: "on", ACCESS_PATHS: `office=${SECRET}` });
    expect(dataOf(await locked.ask(`/${SECRET}`)).search).toBe(`/${SECRET}/v1/search`);
  });

  it("[P4] does not exist on a host of another registry", async () => {
    const REGISTRIES = '{"quay.io":"https://quay.io"}';
    const HOSTS = '{"mirror.example.com":"quay.io"}';
    const mirror = createStocked({ SEARCH: "on", REGISTRIES, HOSTS });
    expect(dataOf(await mirror.ask("/")).search).toBeNull();
  });
});

it.each(['"', "'", "$x", "$(id)", "`id`", ";id"])(
  "[P5] a host name with %s has no page",
  async (part) => {
    // A path is appended to the mirror's origin, so this becomes a part of the host.
    const { status, headers, text } = await createStocked().ask(`.${part}/`);
    expect(status).toBe(400);
    expect(headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(text).toBe("This host name cannot be used in a command.\n");
  },
);

it("[P6] the page can be turned off, and no other path has it", async () => {
  const off = createStocked({ HOME_PAGE: "off" });
  const answers = [await off.ask("/"), await createStocked().ask("/index.html")];
  for (const { status, headers, text } of answers) {
    expect({ status, headers: Object.fromEntries(headers), text }).toEqual(PLAIN_404);
  }
});

it("[P6] the page accepts GET and HEAD only", async () => {
  const answer = await createStocked().ask("/", { method: "POST" });
  expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});
