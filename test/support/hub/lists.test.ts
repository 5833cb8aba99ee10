import { expect, test } from "vitest";
import { buildArtifact } from "../image/artifact.ts";
import { docker } from "../image/media-types.ts";
import { REGISTRY, ready } from "./ready.ts";

test("tags come in pages that link to the next", async () => {
  const { hub, image, ask } = await ready({ links: "absolute" });
  for (const tag of ["3", "2"]) hub.push("library/hello", tag, image);
  const first = await ask("tags/list?n=2");
  expect(await first.json()).toEqual({ name: "library/hello", tags: ["1", "2"] });
  expect(first.headers.get("link")).toBe(
    `<${REGISTRY}/v2/library/hello/tags/list?last=2&n=2>; rel="next"`,
  );
  const second = await ask("tags/list?last=2&n=2");
  expect(await second.json()).toEqual({ name: "library/hello", tags: ["3"] });
  expect(second.headers.has("link")).toBe(false);
});

test("referrers are an index of what has the subject, filtered when asked", async () => {
  const { hub, image, ask } = await ready();
  const subject = { mediaType: docker.index, digest: image.tagDigest, size: 1 };
  for (const type of ["application/x.one", "application/x.two"]) {
    hub.push("library/hello", null, await buildArtifact(subject, type, type));
  }
  const all = await ask(`referrers/${image.tagDigest}`);
  expect((await all.json<{ manifests: [] }>()).manifests).toHaveLength(2);
  const one = await ask(`referrers/${image.tagDigest}?artifactType=application/x.one`);
  expect((await one.json<{ manifests: [] }>()).manifests).toHaveLength(1);
  expect(one.headers.get("oci-filters-applied")).toBe("artifactType");
});
