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

/** @returns the line below the host name, as text. */
function statusOf({ text }: Answer): string {
  const [, status = ""] = /<p class="status">(.*?)<\/p>/s.exec(text) ?? [];
  return status.replace(/aria-label="([^"]*)">/g, ">[$1] ").replace(/<[^>]*>/g, "");
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
    const status = async () => statusOf(await mirror.ask("/"));
    expect(await status()).toBe(
      "[not contacted recently] ○ Docker Hub · no account · open to everyone",
    );
    await mirror.get("/v2/busybox/manifests/1.36");
    expect(await status()).toMatch(/^\[responding\] ● Docker Hub · /);
    mirror.clock.advance(2 * MINUTE_SECONDS);
    mirror.hub.become("gone");
    await mirror.get("/v2/busybox/manifests/1.36");
    expect(await status()).toMatch(/^▲ Docker Hub not responding · /);
    mirror.clock.advance(16 * MINUTE_SECONDS);
    expect(await status()).toMatch(/^\[not contacted recently\] ○ Docker Hub · /);
  });

  it("[P3] includes the remaining pulls until their window ends", async () => {
    const mirror = createStocked();
    const status = async () => statusOf(await mirror.ask("/"));
    expect(await status()).not.toContain("pulls");
    await mirror.get("/v2/busybox/manifests/1.36");
    expect(await status()).toContain("Docker Hub · 99 of 100 pulls left · ");
    mirror.clock.advance(361 * MINUTE_SECONDS);
    expect(await status()).not.toContain("pulls");
  });

  it("[P3] includes whether there is no account, and never its name", async () => {
    const account = { UPSTREAM_USERNAME: "somebody", UPSTREAM_PASSWORD: "hunter2-and-more" };
    const page = await createStocked(account).ask("/");
    expect(statusOf(page)).not.toContain("account");
    expect(page.text).not.toMatch(/somebody|hunter2/);
    expect(statusOf(await createStocked().ask("/"))).toContain("no account");
  });

  it("[P3] includes the registry of the host and the others", async () => {
    const REGISTRIES = '{"ghcr.io":"https://ghcr.io","quay.io":"https://quay.io"}';
    const HOSTS = '{"mirror.example.com":"quay.io","hub.example.com":"docker.io"}';
    const page = await createStocked({ REGISTRIES, HOSTS }).ask("/");
    expect(page.text).toContain(
      "Registries served here: quay.io, Docker Hub (hub.example.com), ghcr.io.",
    );
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
    expect(statusOf(await users.ask("/", { headers: { authorization } }))).toMatch(
      / · login required$/,
    );
    const secret = createStocked({ ACCESS_PATHS: `office=${SECRET}` });
    expect(statusOf(await secret.ask(`/${SECRET}`))).toMatch(/ · locked$/);
    const network = createMirror({ env: { ACCESS_NETWORKS: "192.0.2.0/24" } });
    const headers = { "cf-connecting-ip": "192.0.2.1" };
    expect(statusOf(await network.ask("/", { headers }))).toMatch(/ · locked$/);
  });
});

describe("the notice of what is not set up", () => {
  const whole = {
    UPSTREAM_USERNAME: "somebody",
    UPSTREAM_PASSWORD: "hunter2-and-more",
    ACCESS_PATHS: `office=${SECRET}`,
  };

  /** @returns the beginning of each entry. */
  function missingOn({ text }: Answer): string[] {
    return [...text.matchAll(/<li>(No [a-z]+)/g)].map(([, name = ""]) => name);
  }

  it("[P3a] names the account, the lock and the binding CACHE", async () => {
    expect(missingOn(await createStocked().ask("/"))).toEqual(["No account", "No lock"]);
    const unbound = createMirror({ bindings: { CACHE: undefined } });
    expect(missingOn(await unbound.ask("/"))).toEqual(["No cache", "No account", "No lock"]);
  });

  it("[P3a] is not there if everything is, or on a loopback host", async () => {
    const page = await createStocked(whole).ask(`/${SECRET}`);
    expect([missingOn(page), page.text.includes("<aside>")]).toEqual([[], false]);
    const local = await createStocked().ask("http://localhost:8787/");
    expect([missingOn(local), local.text.includes("<aside>")]).toEqual([[], false]);
  });

  it("[P3a] mentions no account for another registry than Docker Hub", async () => {
    expect(missingOn(await createStocked({ UPSTREAM: "https://quay.io" }).ask("/"))).toEqual([
      "No lock",
    ]);
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
