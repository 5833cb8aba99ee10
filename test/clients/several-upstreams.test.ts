import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildImage } from "../support/image.ts";
import { type Mirror, startMirror } from "../support/mirror.ts";
import { type ServedHub, serveHub } from "../support/serve.ts";
import { imageName } from "./client.ts";
import { CLIENTS, describeClients, type Entry, expectCopy, expectPulls } from "./clients.ts";
import { configOf, PLATFORM, type Subject } from "./images.ts";
import { createHome } from "./setup.ts";
import { openTool } from "./tools.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

const PULLERS = CLIENTS.filter(({ tool }) => tool === null || tool.program === "crane");
const TIMEOUT_SECONDS = 4;
/** Each upstream has its own account. */
const FIRST = { username: "first", password: "password-of-the-first" };
const SECOND = { username: "second", password: "password-of-the-second" };

const FAILURES: Readonly<Record<string, (first: ServedHub) => void | Promise<void>>> = {
  "answers 429": ({ hub }) => hub.become("limited"),
  hangs: ({ hub }) => hub.intercept(() => "hang"),
  "refuses connections": ({ hub }) => hub.become("gone"),
  "is gone": (first) => first.goAway(),
};

describeClients("with two upstreams, of which the second is docker-registry,", () => {
  const opened = new AsyncDisposableStack();
  const images = new Map<Entry, Subject>();
  let directory: string;
  let second: Upstream;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "sampan-upstreams-"));
    opened.defer(() => rm(directory, { recursive: true, maxRetries: 5, retryDelay: 200 }));
    second = await startUpstream(directory);
    opened.defer(second.close);
    for (const [index, entry] of PULLERS.entries()) {
      images.set(entry, await publishFor(`library/image-${index}`));
    }
  });
  afterAll(() => opened.disposeAsync());

  /** An image of its own for each client, so that each pull is cold. */
  async function publishFor(repository: string): Promise<Subject> {
    const files = { "etc/name": repository };
    const image = await buildImage({ platforms: [PLATFORM], layers: 2, files });
    await second.push(repository, image, ["1"]);
    return { repository, tag: "1", image, digest: image.tagDigest, config: configOf(image) };
  }

  describe.each(Object.entries(FAILURES))("while the first %s,", (_, fail) => {
    let first: ServedHub;
    let mirror: Mirror;
    let host: string;
    beforeAll(async () => {
      first = await serveHub({ accounts: { [FIRST.username]: FIRST.password } });
      const origins = [first.origins.registry, second.origin];
      const [ofFirst = "", ofSecond = ""] = origins.map((origin) => new URL(origin).host);
      const vars = {
        UPSTREAM: origins.join(", "),
        NAMESPACE: "library",
        REGISTRY_ACCOUNTS: JSON.stringify({ [ofFirst]: FIRST, [ofSecond]: SECOND }),
        PRIVATE_IMAGES: "public-only-account",
        UPSTREAM_TIMEOUT_SECONDS: TIMEOUT_SECONDS,
      };
      mirror = await startMirror({ vars });
      host = `localhost:${new URL(mirror.origin).port}`;
      await fail(first);
    });
    afterAll(async () => {
      await mirror?.close();
      await first?.close();
    });

    for (const entry of PULLERS) {
      test.skipIf(entry.obstacle !== null)(`${entry.title} pulls a new image`, () => pull(entry));
    }

    async function pull(entry: Entry): Promise<void> {
      const subject = images.get(entry) as Subject;
      const place = { home: await createHome(directory, host), host, route: "by name" } as const;
      if (entry.client !== null) {
        const session = await entry.client.open(place);
        await expectPulls(session, [subject]).finally(session.close);
        return;
      }
      const name = ({ repository, tag }: Subject) => imageName(place, repository, tag);
      const repository = (one: Subject) => name(one).slice(0, -one.tag.length - 1);
      const run = await openTool(entry.tool, place);
      await expectCopy(entry.tool, { home: place.home, run, name, repository }, subject);
    }

    test("the log has the second for every answer, and marks its tags", () => {
      const lines = mirror.log().match(/^\{"event":"request".*$/gm) ?? [];
      const entries = lines.map((line) => JSON.parse(line)).filter(({ image }) => image !== null);
      const asked = entries.filter(({ upstreamRequests }) => upstreamRequests > 0);
      expect(new Set(asked.map(({ upstream }) => upstream))).toEqual(
        new Set([new URL(second.origin).host]),
      );
      const tags = entries.filter(({ reference }) => reference === "1");
      expect(tags.length).toBeGreaterThanOrEqual(PULLERS.length);
      expect(tags.filter(({ cache }) => !cache.endsWith("; detail=fallback"))).toEqual([]);
      expect(entries.filter(({ status }) => status >= 400)).toEqual([]);
    });

    test("no credential of one reached the other", () => {
      const basicOf = ({ username, password }: typeof FIRST) => btoa(`${username}:${password}`);
      const sentTo = ({ requests }: Pick<Upstream, "requests">) =>
        new Set(requests.flatMap(({ headers }) => headers.get("authorization") ?? []));
      expect([...sentTo(first.hub)].filter((value) => value !== `Basic ${basicOf(FIRST)}`)).toEqual(
        [],
      );
      const basic = [...sentTo(second)].filter((value) => !value.startsWith("Bearer "));
      expect(basic).toEqual([`Basic ${basicOf(SECOND)}`]);
      expect([...first.hub.leaks, ...second.leaks]).toEqual([]);
    });
  });
});
