import type { Image } from "../../support/image.ts";

/** Pushes an image as the distribution specification has it: blobs, manifests, then the tag. */
export async function push(
  repositoryUrl: string,
  token: string,
  image: Image,
  tags: readonly string[],
): Promise<void> {
  const send: Send = async (method, url, body, type) => {
    const headers = { authorization: `Bearer ${token}`, ...(type && { "content-type": type }) };
    const response = await fetch(url, { method, headers, body: body ?? null });
    if (response.ok) return response;
    throw new Error(`${method} ${url} answers ${response.status}: ${await response.text()}`);
  };
  for (const [digest, bytes] of image.blobs) {
    const { headers } = await send("POST", `${repositoryUrl}/blobs/uploads/`);
    const upload = new URL(headers.get("location") ?? "", repositoryUrl);
    upload.searchParams.set("digest", digest);
    await send("PUT", upload.href, bytes, "application/octet-stream");
  }
  for (const [digest, { bytes, mediaType }] of image.manifests) {
    const references = digest === image.tagDigest ? [digest, ...tags] : [digest];
    for (const reference of references) {
      await send("PUT", `${repositoryUrl}/manifests/${reference}`, bytes, mediaType);
    }
  }
}

type Send = (
  method: string,
  url: string,
  body?: Uint8Array<ArrayBuffer>,
  type?: string,
) => Promise<Response>;
