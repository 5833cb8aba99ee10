import fc from "fast-check";
import { expect, test } from "vitest";
import { useMirrors } from "../../support/mirror/in-process.ts";
import { MAX_MS, WHOLE } from "../runs.ts";
import { clientHeaders, methods, paths } from "./paths.ts";
import { createWorld } from "./world.ts";

const createMirror = useMirrors();

const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const DIGEST = "(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})";
const TAG = "[A-Za-z0-9_][A-Za-z0-9._-]{0,127}";
const QUERY = "(?:\\?[A-Za-z0-9*._+%&=-]+)?";
const ROUTE = `(?:manifests/(?:${TAG}|${DIGEST})|blobs/${DIGEST}|tags/list${QUERY}|referrers/${DIGEST}${QUERY})`;
const HEX = "[0-9a-f]{64}";

/** All that a mirror of Docker Hub ever asks for. */
const CANONICAL = [
  "https://registry-1\\.docker\\.io/v2/",
  `https://registry-1\\.docker\\.io/v2/${COMPONENT}(?:/${COMPONENT})+/${ROUTE}`,
  `https://auth\\.docker\\.io/token\\?service=registry\\.docker\\.io&scope=repository%3A${COMPONENT}(?:%2F${COMPONENT})+%3Apull`,
  `https://production\\.cloudfront\\.docker\\.com/registry-v2/docker/registry/v2/blobs/sha256/[0-9a-f]{2}/${HEX}/data\\?Expires=\\d+&Signature=[^&]+&Key-Pair-Id=STANDIN`,
].map((pattern) => new RegExp(`^${pattern}$`));

test(
  "whatever a client asks, what is asked upstream is in its canonical form, of three hosts",
  async () => {
    let asked = 0;
    const check = async (path: string, method: string, headers: Record<string, string>) => {
      const { mirror, urls } = createWorld(createMirror);
      await mirror.ask(path, { method, headers }).catch(onlyBadUrl);
      asked += urls.length;
      for (const url of urls) {
        expect(
          CANONICAL.some((pattern) => pattern.test(url)),
          url,
        ).toBe(true);
      }
    };
    const numRuns = 4 * WHOLE.numRuns;
    await fc.assert(fc.asyncProperty(paths, methods, clientHeaders, check), { ...WHOLE, numRuns });
    expect(asked).toBeGreaterThan(numRuns / 5);
  },
  MAX_MS,
);

/** What is no URL is no request either. */
function onlyBadUrl(error: unknown): void {
  if (!(error instanceof TypeError && /Invalid URL/.test(error.message))) throw error;
}
