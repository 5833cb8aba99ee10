import { createRequire } from "node:module";
import { convertV4MiniflareOptions, Miniflare, Response as MiniflareResponse } from "miniflare";
import { afterEach, beforeAll, expect, test } from "vitest";
import { build, fromFolder } from "../../tools/release/build.ts";
import { createHub } from "../support/hub.ts";
import { buildImage, type Image } from "../support/image.ts";
import { pull } from "../support/pull.ts";
import { readOwn } from "../support/repository.ts";

/** The newest one that the installed workerd knows: a new Worker gets that of its day. */
const { compatibilityDate } = createRequire(import.meta.url)("workerd");
const PAGE = "https://sampan.example.workers.dev";
const SECRET = "0123456789abcdef0123456789abcdef0123456789abcdef";
const TOKEN = "dckr_pat_never-to-be-seen";
const LOCK = { ACCESS_PATHS: `home=${SECRET}` };
const ACCOUNT = { UPSTREAM_USERNAME: "alice", UPSTREAM_PASSWORD: TOKEN };

/** worker.js as a release has it. */
let code: string;
let image: Image;
let hub = createHub();
let mirror: Miniflare | null = null;

beforeAll(async () => {
  code = build(fromFolder).code.toString();
  image = await buildImage();
});

afterEach(async () => {
  await mirror?.dispose();
  mirror = null;
  expect(hub.leaks).toEqual([]);
});

/**
 * Runs the file as the dashboard does: without wrangler.toml, with the newest compatibility date,
 * and with what was added there; Docker Hub is the hub, at its real address.
 *
 * @returns the mirror's origin over TCP.
 */
async function paste(bindings: Readonly<Record<string, string>>, namespaces: readonly string[]) {
  hub = createHub({ accounts: { alice: TOKEN } });
  hub.push("library/busybox", "1", image);
  mirror = new Miniflare(
    convertV4MiniflareOptions({
      ...{ host: "127.0.0.1", port: 0, cf: false, telemetry: { enabled: false } },
      handleStructuredLogs() {},
      workers: [
        {
          name: "sampan",
          modules: [{ type: "ESModule", path: "worker.js", contents: code }],
          compatibilityDate,
          bindings,
          kvNamespaces: Object.fromEntries(namespaces.map((name) => [name, name])),
          outboundService: async ({ url, method, headers }) => {
            const sent = new Request(url, { method, headers: [...headers], redirect: "manual" });
            const { status, body, headers: received } = await hub.fetch(sent);
            return new MiniflareResponse(body, { status, headers: [...received] });
          },
        },
      ],
    }),
  );
  return (await mirror.ready).origin;
}

async function page(path: string) {
  const response = await mirror?.dispatchFetch(`${PAGE}${path}`);
  return { status: response?.status, text: (await response?.text()) ?? "" };
}

/** The steps of the guide, each with the names that it tells to add. */
const STEPS = [
  [],
  ["ACCESS_PATHS"],
  ["UPSTREAM_USERNAME", "UPSTREAM_PASSWORD", "PRIVATE_IMAGES"],
  ["CACHE"],
];

test.each(["docs/deploy.md", "docs/deploy.zh-CN.md"])(
  "%s adds in each step what is added here",
  (file) => {
    const [, section = ""] = /^!\[.*dashboard\.svg\)\n([\s\S]*?)^## /m.exec(readOwn(file)) ?? [];
    const steps = section.split(/^### .*\n/m).slice(1);
    const names = steps.map((step) => [...new Set(step.match(/(?<=`)[A-Z]+(?:_[A-Z]+)*(?=`)/g))]);
    expect(names.slice(0, STEPS.length)).toEqual(STEPS);
  },
);

test("step 1: worker.js as it is shows its page and pulls", async () => {
  const origin = await paste({}, []);
  const { status, text } = await page("/");
  expect(status).toBe(200);
  expect(text).toContain("sampan.example.workers.dev");
  const { digest } = await pull({ registry: origin, image: "busybox:1" });
  expect(digest).toBe(image.tagDigest);
  // From memory and the edge cache.
  const pulls = hub.pulls();
  await pull({ registry: origin, image: "busybox:1" });
  expect(hub.pulls()).toBe(pulls);
});

test("step 2: with ACCESS_PATHS, only the address with the secret answers", async () => {
  const origin = await paste(LOCK, []);
  expect((await page("/")).status).toBe(404);
  expect((await page("/v2/")).status).toBe(404);
  expect((await page(`/${SECRET}`)).status).toBe(200);
  await expect(pull({ registry: origin, image: "busybox:1" })).rejects.toThrow(/404/);
  const { digest } = await pull({ registry: origin, image: `${SECRET}/busybox:1` });
  expect(digest).toBe(image.tagDigest);
});

test("step 3: with the account, pulls count for it", async () => {
  const origin = await paste({ ...LOCK, ...ACCOUNT, PRIVATE_IMAGES: "public-only-account" }, []);
  await pull({ registry: origin, image: `${SECRET}/busybox:1` });
  const basic = `Basic ${btoa(`alice:${TOKEN}`)}`;
  const logins = hub.requests.filter(({ host }) => host === "auth");
  expect(logins.length).toBeGreaterThan(0);
  expect(logins.filter(({ headers }) => headers.get("authorization") !== basic)).toEqual([]);
});

test("step 4: with the KV binding CACHE, tags and manifests are stored", async () => {
  const bindings = { ...LOCK, ...ACCOUNT, PRIVATE_IMAGES: "public-only-account" };
  const origin = await paste(bindings, ["CACHE"]);
  await pull({ registry: origin, image: `${SECRET}/busybox:1` });
  const kv = await mirror?.getKVNamespace("CACHE");
  const stored = async () => (await kv?.list())?.keys.map(({ name }) => name.split("/")[1]) ?? [];
  await expect.poll(stored).toContain("manifest");
  expect((await page(`/${SECRET}`)).status).toBe(200);
});
