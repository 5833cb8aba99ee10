import type { Browser, ElementFactory, PageElement, ScriptData } from "./browser.ts";
import type {
  describeManifest,
  FetchFromMirror,
  LoosePlatform,
  MirrorResponse,
  Success,
} from "./mirror-client.ts";
import type { LocatedImage, locateImage, parseImage } from "./parse-image.ts";

/** The functions that the box calls. */
export interface ImageBoxParts {
  readonly fetchFromMirror: FetchFromMirror;
  readonly parseImage: typeof parseImage;
  readonly locateImage: typeof locateImage;
  readonly describeManifest: typeof describeManifest;
}

/**
 * Starts the box for any image: its commands as it is typed, and on request its digest, platforms
 * and sizes. Runs in the browser: it must not use anything outside of itself and its parameters.
 *
 * @returns a function that puts an image into the box.
 */
export function startImageBox(
  browser: Browser,
  data: ScriptData,
  elements: ElementFactory,
  { fetchFromMirror, parseImage, locateImage, describeManifest }: ImageBoxParts,
): (image: string) => void {
  const manifestTypes =
    "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json";
  const { texts, names, language } = data;
  const find = (id: string) => browser.document.getElementById(id);
  const [input, button, status] = [find("image-text"), find("image-button"), find("image-status")];
  let located: LocatedImage | null = null;
  input.addEventListener("input", show);
  find("image-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (located !== null) lookUp(located);
  });
  show();
  return (image) => {
    input.value = image;
    show();
    input.focus();
  };

  function show(): void {
    const result = locate(input.value);
    located = typeof result === "string" ? null : result;
    status.replaceChildren(typeof result === "string" ? result : "");
    find("image-commands").replaceChildren(...(located === null ? [] : commandsFor(located)));
    find("image-facts").replaceChildren();
    button.disabled = located === null;
  }

  /** @returns the image, or the problem with the text; empty for an empty text. */
  function locate(text: string): LocatedImage | string {
    const image = parseImage(text, data.own);
    if (image === null) return "";
    if ("problem" in image) return texts.problems[image.problem];
    const result = locateImage(image, names);
    if (!("elsewhere" in result)) return result;
    const served = [...names.registry.slice(0, 1), ...names.others].join(", ");
    return texts.elsewhere.replace("{registry}", result.elsewhere).replace("{served}", served);
  }

  function commandsFor({ here, usual }: LocatedImage): PageElement[] {
    const pull = elements.createCode(texts.pull, `docker pull ${here}`);
    if (usual === null) return [pull];
    return [pull, elements.createCode(texts.tag, `docker tag ${here} ${usual}`)];
  }

  async function lookUp(image: LocatedImage): Promise<void> {
    status.replaceChildren(texts.asking);
    const response = await fetchPart(image, `manifests/${image.reference}`);
    const facts = response.error === null ? await createFacts(image, response) : [];
    // The text may have changed during the request.
    if (image !== located) return;
    status.replaceChildren(response.error === null ? texts.found : elements.createError(response));
    find("image-facts").replaceChildren(...facts);
  }

  /** @param path below the image's name, e.g. `blobs/sha256:…`. */
  function fetchPart({ name }: LocatedImage, path: string): Promise<MirrorResponse> {
    return fetchFromMirror(`${data.api}${name}/${path}`, manifestTypes);
  }

  /** Each size takes a manifest, which is one pull: sizes are shown for one platform at a time. */
  async function createFacts(image: LocatedImage, response: Success): Promise<PageElement[]> {
    const { digest, json } = response;
    const head = digest === null ? [] : [elements.createCode(texts.digest, digest)];
    const summary = describeManifest(json as object);
    if (summary === null) return head;
    if (summary.kind === "image") {
      const platform = await fetchPlatform(image, summary.config);
      return [...head, createList([[platform, sizeOf(response)]])];
    }
    const rows = summary.platforms.map((part): [string, PageElement] => {
      const cell = elements.create("span");
      cell.append(
        elements.createButton(texts.showSize, part.platform, async () => {
          cell.replaceChildren(sizeOf(await fetchPart(image, `manifests/${part.digest}`)));
        }),
      );
      return [part.platform, cell];
    });
    return [...head, createList(rows)];
  }

  async function fetchPlatform(image: LocatedImage, config: string | null): Promise<string> {
    const response = config === null ? null : await fetchPart(image, `blobs/${config}`);
    if (response === null || response.error !== null) return texts.anyPlatform;
    const { os, architecture, variant } = response.json as LoosePlatform;
    return [os, architecture, variant].filter(Boolean).join("/") || texts.anyPlatform;
  }

  function sizeOf(response: MirrorResponse): PageElement | string {
    if (response.error !== null) return elements.createError(response);
    const summary = describeManifest(response.json as object);
    if (summary?.kind !== "image") return texts.anyPlatform;
    const [unit, unitBytes] = summary.bytes < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
    const format = { style: "unit", unit, maximumFractionDigits: 1 } as const;
    return (summary.bytes / unitBytes).toLocaleString(language, format);
  }

  function createList(rows: readonly (readonly [string, PageElement | string])[]): PageElement {
    const list = elements.create("dl");
    for (const [platform, size] of rows) {
      const item = elements.create("dd");
      item.append(size);
      list.append(elements.create("dt", platform), item);
    }
    return list;
  }
}
