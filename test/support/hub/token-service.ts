import { bodyResponse, errorResponse } from "./responses.ts";

/** The service that Docker Hub's tokens are for. */
export const SERVICE = "registry.docker.io";

/** Accounts of the token service, and the form of its tokens. */
export interface TokenServiceOptions {
  /** The registry's host, which its tokens name. */
  readonly issuer: string;
  /** The only service that it knows; null accepts every one. */
  readonly service: string | null;
  /** User to password. */
  readonly accounts: Readonly<Record<string, string>>;
  /** Repository to the accounts that may pull it; a repository that is absent is public. */
  readonly privateRepositories: Readonly<Record<string, readonly string[]>>;
  readonly tokenSeconds: number;
  /** Whether a token is a JWT whose claims anybody can read. */
  readonly hasAccessClaims: boolean;
  /** Whether it answers 403 to a wrong password, and to a scope that it does not grant. */
  readonly forbids: boolean;
  readonly exists: (repository: string) => boolean;
  readonly now: () => number;
}

/** The account of a valid bearer, or the reason why it is not valid. */
export type Check =
  | { readonly ok: true; readonly account: string | null }
  | { readonly ok: false; readonly error: "invalid_token" | "insufficient_scope" | null };

/** The token service of the stand-in. */
export interface TokenService {
  answer(request: Request): Response;
  /** Does this `Authorization` allow a pull from the repository, or a ping if it is null? */
  check(authorization: string | null, repository: string | null): Check;
  /** As `check`, for a registry that demands HTTP Basic. */
  checkBasic(authorization: string | null, repository: string | null): Check;
  /** Ends all tokens now. */
  revoke(): void;
}

interface Token {
  readonly account: string | null;
  readonly repositories: readonly string[];
  readonly expiresAt: number;
}

/** Like Docker Hub's, it grants repositories that do not exist, and answers GET only. */
export function createTokenService(options: TokenServiceOptions): TokenService {
  const { accounts, now, service } = options;
  const tokens = new Map<string, Token>();
  let issued = 0;
  function issue(account: string | null, repositories: readonly string[]): Response {
    const { tokenSeconds, hasAccessClaims, exists, issuer } = options;
    const content = hasAccessClaims ? claimsOf(repositories.filter(exists)) : crypto.randomUUID();
    issued += 1;
    const token = `stand-in.${content}.${issuer}-${issued}`;
    tokens.set(token, { account, repositories, expiresAt: now() + tokenSeconds * 1000 });
    return json(200, {
      token,
      access_token: token,
      expires_in: tokenSeconds,
      issued_at: new Date(now()).toISOString(),
    });
  }
  return {
    answer(request) {
      if (request.method !== "GET") return json(405, { details: "method not allowed" });
      const query = new URL(request.url).searchParams;
      if (service !== null && query.get("service") !== service) {
        return json(400, { details: "unknown service" });
      }
      const account = accountOf(request.headers.get("authorization"), accounts);
      if (account === undefined && options.forbids) return denied();
      if (account === undefined) return json(401, { details: "incorrect username or password" });
      const wanted = query.getAll("scope").flatMap(repositoriesIn);
      const granted = wanted.filter((name) => mayPull(options, account, name));
      if (options.forbids && !wanted.every((name) => granted.includes(name))) return denied();
      return issue(account, granted);
    },
    check(authorization, repository) {
      if (authorization === null) return { ok: false, error: null };
      const token = tokens.get(authorization.replace(/^Bearer /i, ""));
      if (token === undefined || token.expiresAt <= now()) {
        return { ok: false, error: "invalid_token" };
      }
      if (repository === null || token.repositories.includes(repository)) {
        return { ok: true, account: token.account };
      }
      return { ok: false, error: "insufficient_scope" };
    },
    checkBasic(authorization, repository) {
      const account = accountOf(authorization, accounts);
      if (typeof account !== "string") return { ok: false, error: null };
      const isAllowed = repository === null || mayPull(options, account, repository);
      return isAllowed ? { ok: true, account } : { ok: false, error: null };
    },
    revoke: () => tokens.clear(),
  };
}

function claimsOf(repositories: readonly string[]): string {
  const actions = ["pull"];
  const access = repositories.map((name) => ({ type: "repository", name, actions }));
  const encoded = btoa(JSON.stringify({ access }));
  return encoded.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The account that Basic credentials prove, null without any, undefined if they are wrong. */
function accountOf(
  authorization: string | null,
  accounts: Readonly<Record<string, string>>,
): string | null | undefined {
  if (authorization === null) return null;
  const [scheme = "", encoded = ""] = authorization.split(" ");
  if (scheme.toLowerCase() !== "basic") return undefined;
  const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  const [user = "", ...password] = new TextDecoder().decode(bytes).split(":");
  const isKnown = Object.hasOwn(accounts, user) && accounts[user] === password.join(":");
  return isKnown ? user : undefined;
}

function mayPull(options: TokenServiceOptions, account: string | null, name: string): boolean {
  if (options.forbids && !options.exists(name)) return false;
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

function denied(): Response {
  return errorResponse("GET", 403, "DENIED", "requested access to the resource is denied");
}
