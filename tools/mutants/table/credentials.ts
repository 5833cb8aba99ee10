// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are pieces of source.
import type { Mutant } from "../mutant.ts";

/** What a client or the mirror's owner has entrusted goes astray. */
export const CREDENTIAL_MUTANTS: readonly Mutant[] = [
  {
    name: "forwards Authorization to blob storage",
    file: "upstream/ask.ts",
    from: ": await send(upstream, question, url, null);",
    to: ": await send(upstream, question, url, await upstream.credentials.get(question.name));",
    tests: ["handler/redirect"],
  },
  {
    name: "forwards a client's Cookie",
    file: "handle.ts",
    from: "wire(outside, env, known.config, host);",
    to: forwarding("cookie"),
    tests: ["handler/secrets"],
  },
  {
    name: "forwards a login that nobody asked for",
    file: "handle.ts",
    from: "wire(outside, env, known.config, host);",
    to: forwarding("authorization"),
    tests: ["handler/access-stray"],
  },
  {
    name: "sends the account to a realm of another domain",
    file: "protocol/origin.ts",
    from: "return isSameSite(realm, registry) || TOKEN_SERVICES_ELSEWHERE[registry.host] === realm.host;",
    to: "return true;",
    tests: ["handler/challenge"],
  },
  {
    name: "asks for whatever scope a realm has in its query",
    file: "upstream/token.ts",
    from: 'url.searchParams.delete("scope");',
    to: "",
    tests: ["handler/challenge"],
  },
  {
    name: "gives up where the token service has the same token again",
    file: "mirror/credentials.ts",
    from: "credential.isFresh || credential.header !== refused.header",
    to: "credential.header !== refused.header",
    tests: ["handler/token"],
  },
  {
    name: "calls an image missing where the account for HTTP Basic is wrong",
    file: "upstream/account.ts",
    from: "if (response.status === 401) throw accountRejected(url);",
    to: "if (response.status === 402) throw accountRejected(url);",
    tests: ["handler/account"],
  },
  {
    name: "remembers a realm that is not to be trusted",
    file: "mirror/scheme.ts",
    from: "if (isTrusted(deps, scheme)) deps",
    to: "deps",
    tests: ["handler/challenge"],
  },
  {
    name: "goes on anonymously when the account is rejected",
    file: "upstream/token.ts",
    from: "if (!response.ok) throw",
    to: `if (response.status === 401 && upstream.account) {
    return requestToken({ ...upstream, account: null }, scheme, names);
  }
  if (!response.ok) throw`,
    tests: ["handler/account"],
  },
  {
    name: "takes a refused repository for a rejected account",
    file: "upstream/token.ts",
    from: "status === 403 && names.length > 0",
    to: "status === 403 && names.length > 1",
    tests: ["handler/account", "upstream/token"],
  },
  {
    name: "asks for the scope push",
    file: "protocol/token.ts",
    from: "return `repository:${name}:pull`;",
    to: "return `repository:${name}:pull,push`;",
    tests: ["handler/token"],
  },
  {
    name: "uses a token past its expiry",
    file: "cache/token.ts",
    from: "(token?.expiresAt ?? 0) > now()",
    to: "(token?.expiresAt ?? 0) > 0",
    tests: ["handler/token"],
  },
  {
    name: "takes 401 to a cached token for the last word",
    file: "upstream/ask.ts",
    from: "const REFUSALS = [401, 400];",
    to: "const REFUSALS = [400];",
    tests: ["handler/token"],
  },
  {
    name: "takes 400 to an expired token for the last word",
    file: "upstream/ask.ts",
    from: "const REFUSALS = [401, 400];",
    to: "const REFUSALS = [401];",
    tests: ["handler/token"],
  },
  {
    name: "keeps one token for all accounts",
    file: "cache/keys.ts",
    from: "JSON.stringify([username, realm, service])",
    to: "JSON.stringify([realm, service])",
    tests: ["handler/access-private", "cache/keys"],
  },
  {
    name: "names the account in a key of KV",
    file: "cache/keys.ts",
    from: "${account.slice(0, 32)}/${scope}",
    to: "${username}/${scope}",
    tests: ["handler/secrets", "cache/keys"],
  },
  {
    name: "splits a challenge at a comma within quotes",
    file: "protocol/challenge.ts",
    from: '"((?:[^"',
    to: '"((?:[^,"',
    tests: ["protocol/challenge"],
  },
  {
    name: "sends the account to a registry that has a token service",
    file: "mirror/scheme.ts",
    from: 'demanded.kind !== "bearer" || !isTrusted',
    to: 'demanded.kind === "open" || !isTrusted',
    tests: ["handler/challenge"],
  },
];

/** What sends a header of the client's along with every request upstream. */
function forwarding(header: string): string {
  return `wire(
    {
      ...outside,
      fetch: (input, init) => {
        const headers = new Headers(init?.headers);
        const told = request.headers.get("${header}");
        if (told !== null) headers.set("${header}", told);
        return outside.fetch(input, { ...init, headers });
      },
    },
    env,
    known.config,
    host,
  );`;
}
