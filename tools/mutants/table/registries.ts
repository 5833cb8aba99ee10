// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are pieces of source.
import type { Mutant } from "../mutant.ts";

/** One registry is taken for another. */
export const REGISTRY_MUTANTS: readonly Mutant[] = [
  {
    name: "lets an unlisted registry through",
    file: "mirror/image.ts",
    from: "if (registry === null) throw elsewhere(image, alias, registries);",
    to: `if (registry === null) {
      const url = new URL(\`https://\${alias}\`);
      return { ...registries.primary, name: alias, url, account: null };
    }`,
    tests: ["handler/registries-unknown"],
  },
  {
    name: "takes a pattern for a host of the mirror",
    file: "config-registries.ts",
    from: " && HOST.test(url.host)",
    to: "",
    tests: ["config-registries"],
  },
  {
    name: "lets a registry in through letters that look alike",
    file: "mirror/registry.ts",
    from: "alias.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase())",
    to: "alias.toLowerCase()",
    tests: ["handler/registries-unknown"],
  },
  {
    name: "serves a request that names two registries",
    file: "mirror/image.ts",
    from: "if (found.every((registry) => registry === first)) return first;",
    to: "if (found.length > 0 || first) return first;",
    tests: ["handler/registries-unknown"],
  },
  {
    name: "has one cache entry for two registries",
    file: "cache/keys.ts",
    from: "return registry;",
    to: 'return "any";',
    tests: ["handler/registries-caches"],
  },
  {
    name: "has one token for two registries",
    file: "cache/keys.ts",
    from: "`v1/token/${registry}/",
    to: "`v1/token/",
    tests: ["handler/registries-realm"],
  },
  {
    name: "has one verdict on who may see for two registries",
    file: "cache/keys.ts",
    from: "`v1/public/${registry}/",
    to: "`v1/public/",
    tests: ["handler/registries-accounts"],
  },
  {
    name: "keeps the layers of two registries as one",
    file: "cache/blob-store.ts",
    from: "`${BLOBS}${registry}/${digest}`",
    to: "`${BLOBS}${digest}`",
    tests: ["handler/registries-caches", "cache/blob-store"],
  },
  {
    name: "has one pull quota for all registries",
    file: "wire.ts",
    from: '`${url.host} ${account?.username ?? ""}`',
    to: 'account?.username ?? ""',
    tests: ["handler/registries-caches"],
  },
  {
    name: "shows one registry's account to another",
    file: "config-registries.ts",
    from: "account: accounts.get(name) ?? null",
    to: "account: accounts.get(name) ?? [...accounts.values()][0] ?? null",
    tests: ["handler/registries-accounts"],
  },
  {
    name: "takes the account along to where a redirect leads",
    file: "mirror/credentials.ts",
    from: "url: new URL(origin), account: null };",
    to: "url: new URL(origin) };",
    tests: ["handler/registries-accounts"],
  },
  {
    name: "shows a login to another registry",
    file: "mirror/dispatch.ts",
    from: "ticket?.login?.registry === image.registry.name ? ticket.login : null",
    to: "ticket?.login ?? null",
    tests: ["handler/registries-logins"],
  },
  {
    name: "puts bare names of every registry into library/",
    file: "config-registries.ts",
    from: 'isHub || name === DOCKER_HUB ? DOCKER_HUB_NAMESPACE : ""',
    to: "DOCKER_HUB_NAMESPACE",
    tests: ["handler/registries-names"],
  },
  {
    name: "leads to another registry with Link",
    file: "mirror/request.ts",
    from: 'if (namespace !== null) next.set("ns", namespace);',
    to: "",
    tests: ["handler/registries-pages"],
  },
  {
    name: "takes an ns from the upstream's cursor",
    file: "mirror/request.ts",
    from: 'next.delete("ns");',
    to: "",
    tests: ["handler/registries-pages"],
  },
  {
    name: "applies a rule to the image of that name everywhere",
    file: "mirror/image-rules.ts",
    from: "rule.registry.name === registry.name && rule.matchesName(name)",
    to: "rule.matchesName(name)",
    tests: ["handler/registries-rules"],
  },
  {
    name: "asks a public upstream over http",
    file: "config-registries.ts",
    from: 'url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname))',
    to: 'url.protocol === "https:" || url.protocol === "http:"',
    tests: ["config-registries"],
  },
];
