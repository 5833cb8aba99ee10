import { bodyResponse } from "./respond.ts";

/** The one service the tokens are for. */
export const SERVICE = "registry.docker.io";

/** Whom the token service knows, and what it hands out. */
export interface TokenServiceOptions {
  readonly accounts: Readonly<Record<string, string>>;
  /** Repository to the accounts that may pull it; a repository that is absent is public. */
  readonly privateRepositories: Readonly<Record<string, readonly string[]>>;
  readonly tokenSeconds: number;
  /** Whether a token is a JWT, as far as anybody but the registry reads it. */
  readonly hasAccessClaims: boolean;
  readonly exists: (repository: string) => boolean;
  readonly now: () => number;
}

/** What a bearer allows: an account, or why not. */
export type Verdict =
  | { readonly ok: true; readonly account: string | null }
  | { readonly ok: false; readonly error: "invalid_token" | "insufficient_scope" | null };

/** The token service of the stand-in. */
export interface TokenService {
  answer(request: Request): Response;
  /** Does this `Authorization` allow a pull from the repository, or just a ping when null? */
  check(authorization: string | null, repository: string | null): Verdict;
}

interface Token {
  readonly account: string | null;
  readonly repositories: readonly string[];
  readonly expiresAt: number;
}

/** Like Docker Hub's: it knows nothing of which repositories exist, and answers GET only. */
export function createTokenService(options: TokenServiceOptions): TokenService {
  const tokens = new Map<string, Token>();

  return {
    answer(request) {
      if (request.method !== "GET") return json(405, { details: "method not allowed" });
      const query = new URL(request.url).searchParams;
      if (query.get("service") !== SERVICE) return json(400, { details: "unknown service" });
      const account = accountOf(request.headers.get("authorization"), options.accounts);
      if (account === undefined) return json(401, { details: "incorrect username or password" });
      const asked = query.getAll("scope").flatMap(repositoriesIn);
      const repositories = asked.filter((name) => mayPull(options, account, name));
      return issue(tokens, account, repositories, options);
    },
    check(authorization, repository) {
      if (authorization === null) return { ok: false, error: null };
      const token = tokens.get(authorization.replace(/^Bearer /i, ""));
      if (token === undefined || token.expiresAt <= options.now()) {
        return { ok: false, error: "invalid_token" };
      }
      if (repository === null || token.repositories.includes(repository)) {
        return { ok: true, account: token.account };
      }
      return { ok: false, error: "insufficient_scope" };
    },
  };
}

function issue(
  tokens: Map<string, Token>,
  account: string | null,
  repositories: string[],
  { now, tokenSeconds, hasAccessClaims, exists }: TokenServiceOptions,
): Response {
  const issuedAt = now();
  const content = hasAccessClaims ? claimsOf(repositories.filter(exists)) : crypto.randomUUID();
  const token = `stand-in.${content}.${tokens.size}`;
  tokens.set(token, { account, repositories, expiresAt: issuedAt + tokenSeconds * 1000 });
  return json(200, {
    token,
    access_token: token,
    expires_in: tokenSeconds,
    issued_at: new Date(issuedAt).toISOString(),
  });
}

function claimsOf(repositories: readonly string[]): string {
  const actions = ["pull"];
  const access = repositories.map((name) => ({ type: "repository", name, actions }));
  return btoa(JSON.stringify({ access }))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** The account that Basic credentials prove, null without any, undefined when they are wrong. */
function accountOf(
  authorization: string | null,
  accounts: Readonly<Record<string, string>>,
): string | null | undefined {
  if (authorization === null) return null;
  const [scheme = "", encoded = ""] = authorization.split(" ");
  if (scheme.toLowerCase() !== "basic") return undefined;
  const [user = "", ...password] = fromBase64(encoded).split(":");
  const known = Object.hasOwn(accounts, user) && accounts[user] === password.join(":");
  return known ? user : undefined;
}

function fromBase64(encoded: string): string {
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}

function mayPull(options: TokenServiceOptions, account: string | null, name: string): boolean {
  const allowed = options.privateRepositories[name];
  return allowed === undefined || (account !== null && allowed.includes(account));
}

/** `repository:library/alpine:pull,push` names one repository; scopes may be joined by spaces. */
function repositoriesIn(scope: string): string[] {
  return scope.split(" ").flatMap((part) => {
    const [type, name = "", actions = ""] = part.split(":");
    return type === "repository" && actions.split(",").includes("pull") ? [name] : [];
  });
}

function json(status: number, body: object): Response {
  return bodyResponse("GET", status, JSON.stringify(body), { "content-type": "application/json" });
}
