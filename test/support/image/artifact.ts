import { oci } from "./media-types.ts";
import { addBlob, addManifest, type Descriptor, emptyParts, encode, type Image } from "./parts.ts";

/** An OCI artifact that says something about `subject`: a signature, a list of parts. */
export async function buildArtifact(
  subject: Descriptor,
  artifactType: string,
  text: string,
): Promise<Image> {
  const parts = emptyParts();
  const emptyType = "application/vnd.oci.empty.v1+json";
  const manifest = {
    schemaVersion: 2,
    mediaType: oci.manifest,
    artifactType,
    config: await addBlob(parts, emptyType, encode("{}")),
    layers: [await addBlob(parts, artifactType, encode(text))],
    subject,
  };
  return { ...parts, tagDigest: (await addManifest(parts, oci.manifest, manifest)).digest };
}
