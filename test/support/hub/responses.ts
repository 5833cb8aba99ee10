/** An error as distribution writes it. A HEAD error has the same headers and no body. */
export function errorResponse(
  method: string,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
  detail: unknown = null,
): Response {
  const body = JSON.stringify({ errors: [{ code, message, detail }] });
  return bodyResponse(method, status, body, { "content-type": "application/json", ...headers });
}

/** A response with its exact length, and without its body for a HEAD. */
export function bodyResponse(
  method: string,
  status: number,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
): Response {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return new Response(method === "HEAD" ? null : bytes, {
    status,
    headers: { ...headers, "content-length": String(bytes.length) },
  });
}

/** The same response with changed headers; null removes one. */
export function withHeaders(
  response: Response,
  changes: Readonly<Record<string, string | null>>,
): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) headers.delete(name);
    else headers.set(name, value);
  }
  return new Response(response.body, { status: response.status, headers });
}

/** A response without a body. */
export function status(code: number, headers: Record<string, string> = {}): Response {
  return new Response(null, { status: code, headers });
}

export function redirect(location: string, code = 307): Response {
  return status(code, { location });
}

/** 401 with this challenge. */
export function unauthorized(method: string, challenge: string, detail: unknown = null): Response {
  const headers = { "www-authenticate": challenge };
  return errorResponse(method, 401, "UNAUTHORIZED", "authentication required", headers, detail);
}
