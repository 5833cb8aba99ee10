import { createHub, type Hub, type HubOptions } from "../hub.ts";
import { docker, oci } from "../image/media-types.ts";
import { buildImage } from "../image.ts";

export const REGISTRY = "https://registry-1.docker.io";
export const ACCEPT_ALL = [docker.index, docker.manifest, oci.index, oci.manifest].join(", ");

/** An `Authorization` for one repository, anonymous unless another one is given. */
export async function token(hub: Hub, repository: string, authorization?: string): Promise<string> {
  const scope = `repository:${repository}:pull`;
  const url = `https://auth.docker.io/token?service=registry.docker.io&scope=${scope}`;
  const answer = await hub.fetch(url, authorization ? { headers: { authorization } } : {});
  return `Bearer ${(await answer.json<{ token: string }>()).token}`;
}

/** A hub with the image `library/hello:1` for two platforms, and a client that may pull it. */
export async function ready(options: HubOptions = {}, mediaTypes: "docker" | "oci" = "docker") {
  const hub = createHub(options);
  const image = await buildImage({ platforms: ["linux/amd64", "linux/arm64"], mediaTypes });
  hub.push("library/hello", "1", image);
  const authorization = await token(hub, "library/hello");
  const ask = (path: string, init: { method?: string; headers?: Record<string, string> } = {}) =>
    hub.fetch(`${REGISTRY}/v2/library/hello/${path}`, {
      ...init,
      redirect: "manual",
      headers: { authorization, accept: ACCEPT_ALL, ...init.headers },
    });
  return { hub, image, ask };
}
