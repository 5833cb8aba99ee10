import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { HubRequest } from "../support/hub.ts";
import { oci } from "../support/image.ts";
import { pull } from "../support/pull.ts";
import { digestsIn } from "./client.ts";
import {
  CLIENTS,
  describeClients,
  describeEach,
  expectCopy,
  expectPulls,
  openToolIn,
} from "./clients.ts";
import { forky } from "./machine.ts";
import { openSetup, type Setup } from "./setup.ts";
import type { Answerer } from "./upstream.ts";

const ACCOUNT = { UPSTREAM_USERNAME: "sampan", UPSTREAM_PASSWORD: "dckr-pat-of-the-mirror" };

describeClients("with a mirror whose upstream rejects it", () => {
  let setup: Setup;
  let challenge: string;
  beforeAll(async () => {
    setup = await openSetup(false, ACCOUNT);
    const { mirror, upstream, images } = setup;
    challenge = (await fetch(`${upstream.origin}/v2/`)).headers.get("www-authenticate") ?? "";
    for (const { repository, tag, image } of images.small) {
      for (const platform of image.platforms.keys()) {
        await pull({ registry: mirror.origin, image: `${repository}:${tag}`, platform });
      }
    }
  });
  afterAll(() => setup?.close());

  const rejections: [string, Answerer][] = [
    ["every token at the registry", ({ host }) => (host === "registry" ? reject() : null)],
    // The registry accepts no old token, so that a new one is requested.
    ["the account at the token service", (request) => (isOfAccount(request) ? reject() : null)],
  ];

  describe.each(rejections)("%s", (_, answer) => {
    test("a cached image is answered with a warning", async () => {
      await setup.upstream.whileAnswering(answer, async () => {
        const url = `${setup.mirror.origin}/v2/library/alpine/manifests/3.20`;
        const { status, headers } = await fetch(url, { method: "HEAD" });
        expect([status, headers.get("warning")]).toEqual([200, expect.stringMatching(/^299 - "/)]);
      });
    });

    describeEach(({ client, tool }) => {
      test("pulls cached images into an empty store", async () => {
        const { host, images, upstream } = setup;
        await upstream.whileAnswering(answer, async () => {
          if (client !== null) {
            const place = { home: await setup.home(), host, route: "for docker.io" } as const;
            const session = await client.open(place);
            await expectPulls(session, images.small).finally(session.close);
          } else {
            const opened = await openToolIn(setup, tool, "by name");
            for (const subject of images.small) await expectCopy(tool, opened, subject);
          }
        });
      });
    });
  });

  test("only the token service received the account", () => {
    const { count, leaks } = setup.upstream;
    expect(count({ host: "auth" })).toBeGreaterThan(0);
    expect(leaks).toEqual([]);
  });

  function isOfAccount({ host, headers }: HubRequest): boolean {
    return host === "registry" || (host === "auth" && headers.has("authorization"));
  }

  function reject(): Response {
    const errors = [{ code: "UNAUTHORIZED", message: "authentication required", detail: null }];
    return Response.json({ errors }, { status: 401, headers: { "www-authenticate": challenge } });
  }
});

const PAGE = "<!doctype html><title>Sign in</title>";
const HTML = { "content-type": "text/html; charset=utf-8" };
const NULL = { schemaVersion: 2, manifests: null };

/** The largest page of tags. */
const MOST = 100;
const TAGS = Array.from({ length: 2500 }, (_, index) => `v${String(index).padStart(4, "0")}`);

describeClients("with a registry that has no referrers and small pages of tags", () => {
  let setup: Setup;
  beforeAll(async () => {
    setup = await openSetup();
  });
  afterAll(() => setup?.close());

  for (const { obstacle, title, tool } of CLIENTS) {
    if (tool?.machine !== forky) continue;

    test.skipIf(obstacle !== null)(`${title} lists all tags`, async () => {
      const { images, upstream } = setup;
      const opened = await openToolIn(setup, tool, "by name");
      const before = upstream.requests.length;
      await upstream.whileAnswering(limitPages, async () => {
        const printed = await opened.run(...tool.tagsOf(opened.repository(images.large)));
        expect(printed.match(/\bv\d{4}\b/g)).toEqual(TAGS);
      });
      const sizes = upstream.requests.slice(before).flatMap(({ query }) => query.get("n") ?? []);
      expect([...new Set(sizes)]).toEqual(tool.program === "crane" ? ["1000", "100"] : ["100"]);
    });

    if (tool.program !== "oras") continue;
    const testOras = test.skipIf(obstacle !== null);
    testOras.each([
      ["a redirect to a page", () => Response.redirect(`${setup.upstream.origin}/login`), true],
      ["a page", () => new Response(PAGE, { headers: HTML }), true],
      // oras takes it as an empty list, and does not look for a tag.
      ["null", () => Response.json(NULL, { headers: { "content-type": oci.index } }), false],
    ])("oras finds the referrers that it finds at the registry: %s", async (...each) => {
      const [, answer, finds] = each;
      const { host, images, upstream } = setup;
      const { large, signature } = images;
      const opened = await openToolIn(setup, tool, "by name");
      const discover = async (at: string) => {
        const name = `${at}/${large.repository}@${large.digest}`;
        const printed = await opened.run("discover", "--plain-http", "--format", "json", name);
        return digestsIn(printed).filter((digest) => digest !== large.digest);
      };
      const instead: Answerer = ({ path }) => {
        if (path === "/login") return new Response(PAGE, { headers: HTML });
        return path.endsWith(`/referrers/${large.digest}`) ? answer() : null;
      };
      await upstream.whileAnswering(instead, async () => {
        const direct = await discover(new URL(upstream.origin).host);
        expect(direct).toEqual(finds ? [signature] : []);
        expect(await discover(host)).toEqual(direct);
      });
    });
  }
});

function limitPages({ path, query }: HubRequest): Response | null {
  if (!path.endsWith("/tags/list")) return null;
  const size = Number(query.get("n") ?? MOST);
  if (size > MOST) {
    const errors = [{ code: "PAGINATION_NUMBER_INVALID", message: "invalid number of results" }];
    return Response.json({ errors }, { status: 400 });
  }
  const rest = TAGS.filter((tag) => tag > (query.get("last") ?? ""));
  const page = rest.slice(0, size);
  const link = `<${path}?last=${page.at(-1)}&n=${size}>; rel="next"`;
  const headers = rest.length > size ? { link } : undefined;
  return Response.json({ name: "library/nginx", tags: page }, { headers: headers ?? {} });
}
