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
