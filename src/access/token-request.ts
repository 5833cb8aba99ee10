import { parseBasic, type UserPass } from "../protocol/basic.ts";
import { RegistryError } from "../protocol/errors.ts";
import { readUpTo } from "../upstream/http.ts";

/** A request to the mirror's token service. */
export interface TokenRequest {
  /** The account of the client; null for an anonymous request. */
  readonly account: UserPass | null;
  /** With the names that the client uses for repositories. */
  readonly scopes: readonly string[];
}

const MAX_FORM_BYTES = 64 * 1024;

/**
 * Reads a request of Docker's token authentication specification; POST is its OAuth2 form.
 *
 * @throws RegistryError UNAUTHORIZED for an unreadable login; UNSUPPORTED for other grants and methods,
 * and for a form that is too large.
 */
export async function readTokenRequest(request: Request): Promise<TokenRequest> {
  const { method, headers, url, body } = request;
  const isQuery = method === "GET" || method === "HEAD";
  const form = isQuery ? new URL(url).searchParams : await readForm(body);
  const scopes = form.getAll("scope").flatMap((scope) => scope.split(" "));
  if (isQuery) {
    const authorization = headers.get("authorization");
    const account = parseBasic(authorization);
    if (authorization === null || account !== null) return { account, scopes };
    throw new RegistryError("UNAUTHORIZED", "the login is not HTTP Basic");
  }
  const [username, password] = [form.get("username"), form.get("password")];
  if (form.get("grant_type") === "password" && username !== null && password !== null) {
    return { account: { username, password }, scopes };
  }
  throw new RegistryError(
    "UNSUPPORTED",
    "the token service supports GET, and POST with grant_type=password",
    { status: 405, headers: { allow: "GET, HEAD, POST" } },
  );
}

/** @returns an empty form if it is too large. */
async function readForm(body: ReadableStream | null): Promise<URLSearchParams> {
  const bytes = await readUpTo({ body, headers: new Headers() }, MAX_FORM_BYTES);
  return new URLSearchParams(new TextDecoder().decode(bytes ?? new Uint8Array()));
}
