// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are pieces of source.
import type { Mutant } from "../mutant.ts";

/** Methods, paths, lists and searches. */
export const PATH_MUTANTS: readonly Mutant[] = [
  {
    name: "takes a push for a pull",
    file: "mirror/dispatch.ts",
    from: 'if (method !== "GET" && method !== "HEAD") throw readOnly(method);',
    to: "",
    tests: ["handler/routing"],
  },
  {
    name: "answers 405 to HEAD",
    file: "mirror/dispatch.ts",
    from: 'method !== "GET" && method !== "HEAD"',
    to: 'method !== "GET"',
    tests: ["handler/routing"],
  },
  {
    name: "takes a digest that is none for a tag that is none",
    file: "protocol/route.ts",
    from: 'if (text.includes(":")) throw invalidDigest(image, text);',
    to: "",
    tests: ["handler/routing"],
  },
  {
    name: "takes an encoded slash in a name for a slash",
    file: "protocol/route.ts",
    from: 'segments.some((segment) => segment.includes("/")) ? null : parseImageName(asked)',
    to: "parseImageName(asked)",
    tests: ["handler/routing"],
  },
  {
    name: "forwards ns",
    file: "mirror/request.ts",
    from: 'forwarded.delete("ns");',
    to: "",
    tests: ["handler/namespace"],
  },
  {
    name: "takes n=0 for everything",
    file: "mirror/tag-list.ts",
    from: "n !== null && Number(n) === 0",
    to: "n !== null && Number(n) < 0",
    tests: ["handler/tags"],
  },
  {
    name: "forwards an n that is no number",
    file: "mirror/tag-list.ts",
    from: "if (n !== null && !/^\\d+$/.test(n)) throw invalidNumber(image, n);",
    to: "",
    tests: ["handler/tags"],
  },
  {
    name: "fails on tags that are null",
    file: "upstream/list.ts",
    from: "list?.tags ?? []",
    to: "list?.tags",
    tests: ["handler/tags"],
  },
  {
    name: "sends an absolute Link",
    file: "protocol/link.ts",
    from: '`<${path}?${query}>; rel="next"`',
    to: '`<https://registry-1.docker.io${path}?${query}>; rel="next"`',
    tests: ["handler/tags"],
  },
  {
    name: "names the repository in Link as the upstream does",
    file: "mirror/tag-list.ts",
    from: "`${base}${image.asked}/tags/list`",
    to: "`${base}${image.name}/tags/list`",
    tests: ["handler/tags"],
  },
  {
    name: "calls an image unknown that has no referrers",
    file: "upstream/list.ts",
    from: '"MANIFEST_UNKNOWN", `${name}@${digest}',
    to: '"NAME_UNKNOWN", `${name}@${digest}',
    tests: ["handler/referrers"],
  },
  {
    name: "loses OCI-Filters-Applied",
    file: "mirror/respond.ts",
    from: 'if (options.filtersApplied) headers["oci-filters-applied"] = options.filtersApplied;',
    to: "",
    tests: ["handler/referrers"],
  },
  {
    name: "lets a search go around the limit",
    file: "mirror/search.ts",
    from: "await checkClientLimit(context.isWithinLimit, request);",
    to: "",
    tests: ["handler/search"],
  },
];
