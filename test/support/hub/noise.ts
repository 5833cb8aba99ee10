import type { Host } from "./types.ts";

/** What the real hosts say besides; none of it is a client's business. */
const NOISE: Readonly<Record<Host, Readonly<Record<string, string>>>> = {
  registry: {
    "docker-distribution-api-version": "registry/2.0",
    server: "nginx",
    "set-cookie": "registry-session=stand-in; path=/; secure; HttpOnly",
    "strict-transport-security": "max-age=31536000",
    "x-trace-id": "stand-in-registry",
  },
  auth: {
    server: "cloudflare",
    "set-cookie": "auth-session=stand-in; path=/; secure; HttpOnly",
    "strict-transport-security": "max-age=31536000",
    "x-trace-id": "stand-in-auth",
  },
  storage: {
    server: "AmazonS3",
    "set-cookie": "storage-session=stand-in; path=/; secure; HttpOnly",
    "x-amz-id-2": "c3RhbmQtaW4=",
    "x-amz-request-id": "STANDIN0000000",
    "x-amz-version-id": "null",
    "x-cache": "Miss from cloudfront",
  },
};

/** The same response with the headers each host adds to everything. */
export function withNoise(host: Host, response: Response): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(NOISE[host])) headers.set(name, value);
  return new Response(response.body, { status: response.status, headers });
}
