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
 * @throws RegistryError UNAUTHORIZED for an unreadable login, UNSUPPORTED for other grants and methods.
 */
export async function readTokenRequest(request: Request): Promise<TokenRequest> {
  const { method, headers, url, body } = request;
  if (method === "GET" || method === "HEAD") {
    const query = new URL(url).searchParams;
    const scopes = query.getAll("scope").flatMap((scope) => scope.split(" "));
    const authorization = headers.get("authorization");
    const account = parseBasic(authorization);
    if (authorization !== null && account === null) {
      throw new RegistryError("UNAUTHORIZED", "the login is unreadable; expected HTTP Basic");
    }
    return { account, scopes };
  }
  if (method !== "POST") throw unsupported(`${method} is not supported by the token service`);
  const form = await readForm(body);
  const [username, password] = [form.get("username"), form.get("password")];
  if (form.get("grant_type") !== "password" || username === null || password === null) {
    throw unsupported("this token service only supports grant_type=password");
  }
  return { account: { username, password }, scopes: (form.get("scope") ?? "").split(" ") };
}

async function readForm(body: ReadableStream | null): Promise<URLSearchParams> {
  const bytes = await readUpTo({ body, headers: new Headers() }, MAX_FORM_BYTES);
  if (bytes === null) throw unsupported(`the form is larger than ${MAX_FORM_BYTES} bytes`);
  return new URLSearchParams(new TextDecoder().decode(bytes));
}

function unsupported(message: string): RegistryError {
  return new RegistryError("UNSUPPORTED", message, {
    status: 405,
    headers: { allow: "GET, HEAD, POST" },
  });
}
