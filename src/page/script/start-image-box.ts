import type { askMirror } from "./ask-mirror.ts";
import type { Browser, PageElement } from "./browser.ts";
import type { createImageFacts } from "./create-image-facts.ts";
import type { Kit } from "./create-kit.ts";
import type { describeManifest } from "./describe-manifest.ts";
import type { LocatedImage, locateImage } from "./locate-image.ts";
import type { parseImage } from "./parse-image.ts";
import type { ScriptData } from "./script-data.ts";

/** What the box is made with. */
export interface ImageBoxParts {
  readonly parseImage: typeof parseImage;
  readonly locateImage: typeof locateImage;
  readonly askMirror: typeof askMirror;
  readonly describeManifest: typeof describeManifest;
  readonly createImageFacts: typeof createImageFacts;
}

/**
 * Starts the box that any image can be typed into. It runs in the browser: all that it needs is
 * inside, or handed in.
 *
 * @returns what puts an image into the box.
 */
export function startImageBox(
  browser: Browser,
  data: ScriptData,
  kit: Kit,
  parts: ImageBoxParts,
): (image: string) => void {
  const find = (id: string) => browser.document.getElementById(id);
  const [input, button, status] = [find("image-text"), find("image-button"), find("image-status")];
  const { texts, names } = data;
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
    const read = locate(input.value);
    located = typeof read === "string" ? null : read;
    status.replaceChildren(typeof read === "string" ? read : "");
    find("image-commands").replaceChildren(...(located === null ? [] : commandsFor(located)));
    find("image-facts").replaceChildren();
    button.disabled = located === null;
  }

  /** @returns what is wrong with the text; empty if there is none yet. */
  function locate(text: string): LocatedImage | string {
    const image = parts.parseImage(text, data.own);
    if (image === null) return "";
    if ("problem" in image) return texts.problems[image.problem];
    const found = parts.locateImage(image, names);
    if (!("elsewhere" in found)) return found;
    const served = [...names.registry.slice(0, 1), ...names.others].join(", ");
    return texts.elsewhere.replace("{registry}", found.elsewhere).replace("{served}", served);
  }

  function commandsFor({ here, usual }: LocatedImage): PageElement[] {
    const pull = kit.createCode(texts.pull, `docker pull ${here}`);
    if (usual === null) return [pull];
    return [pull, kit.createCode(texts.tag, `docker tag ${here} ${usual}`)];
  }

  async function lookUp(image: LocatedImage): Promise<void> {
    status.replaceChildren(texts.asking);
    const ask = (path: string) =>
      parts.askMirror(browser, `${data.api}${image.name}/${path}`, data.manifestTypes, data);
    const answer = await ask(`manifests/${image.reference}`);
    const { createImageFacts, describeManifest } = parts;
    const facts =
      answer.error === null
        ? await createImageFacts(answer, { ...data, ask }, kit, describeManifest)
        : [];
    // Something else may have been typed while the mirror was asked.
    if (image !== located) return;
    status.replaceChildren(answer.error === null ? texts.found : kit.createError(answer));
    find("image-facts").replaceChildren(...facts);
  }
}
