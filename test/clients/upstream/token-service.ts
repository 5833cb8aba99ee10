import { execFileSync } from "node:child_process";
import { sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bodyResponse } from "../../support/hub/responses.ts";

/** What names the token service in a challenge and in its tokens. */
export const SERVICE = "sampan-test";
const TOKEN_SECONDS = 300;

/** The token service that docker-registry trusts. */
export interface TokenService {
  /** The certificate of the signing key, in a file. */
  readonly certificate: string;
  /** A token for one repository. */
  mint(repository: string, actions: readonly string[]): string;
  /** Answers anyone, with the right to pull what is asked for. */
  answer(request: Request): Response;
}

/** Makes a key and its certificate in `directory`. */
export function createTokenService(directory: string): TokenService {
  const key = join(directory, "token.key");
  const certificate = join(directory, "token.crt");
  const subject = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${SERVICE}`];
  const files = ["-keyout", key, "-out", certificate];
  execFileSync("openssl", ["req", "-x509", ...subject, ...files], { stdio: "ignore" });
  const privateKey = readFileSync(key, "utf8");
  const der = readFileSync(certificate, "utf8").replace(/-----[^-]+-----|\s/g, "");
  const header = encode({ typ: "JWT", alg: "RS256", x5c: [der] });

  function mint(repository: string, actions: readonly string[]): string {
    const signed = `${header}.${encode(claims(repository, actions))}`;
    return `${signed}.${sign("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
  }

  return {
    certificate,
    mint,
    answer(request) {
      const scope = new URL(request.url).searchParams.get("scope") ?? "";
      const [, repository = ""] = /^repository:([^:]+):pull$/.exec(scope) ?? [];
      const token = mint(repository, ["pull"]);
      const issuedAt = new Date().toISOString();
      const body = { token, access_token: token, expires_in: TOKEN_SECONDS, issued_at: issuedAt };
      const json = { "content-type": "application/json" };
      return bodyResponse(request.method, 200, JSON.stringify(body), json);
    },
  };
}

function claims(name: string, actions: readonly string[]): object {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: SERVICE,
    aud: SERVICE,
    sub: "",
    jti: crypto.randomUUID(),
    iat: now,
    nbf: now - 10,
    exp: now + TOKEN_SECONDS,
    access: [{ type: "repository", name, actions }],
  };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
