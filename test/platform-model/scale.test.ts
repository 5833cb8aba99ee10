import { expect, it } from "vitest";
import { COUNTED_BLOB, imageOf, imageWithBlob, OCI_MANIFEST } from "../support/contents.ts";
import { usePlatformModels } from "../support/platform-model.ts";

const createModel = usePlatformModels();
const PLACES = 3;
const ISOLATES = 2;

/** So many clients of each isolate pull a new image at the same time. @returns what that costs. */
async function pullAtOnce(clients: number) {
  const model = createModel({ keepsBlobs: true });
  model.hub.push("library/busybox", "1", imageOf(OCI_MANIFEST));
  model.hub.push("library/busybox", null, imageWithBlob(COUNTED_BLOB));
  const isolates = Array.from({ length: PLACES }, () => model.createDataCentre()).flatMap(
    ({ createIsolate }) => Array.from({ length: ISOLATES }, createIsolate),
  );
  const pulls = isolates.flatMap((isolate) =>
    Array.from({ length: clients }, () => isolate.get("/v2/busybox/manifests/1")),
  );
  const statuses = new Set((await Promise.all(pulls)).map(({ status }) => status));
  return { statuses: [...statuses], upstream: model.sent.length, quota: model.hub.pulls() };
}

it("120 clients of a new image cause no more upstream requests than 6, one for each isolate", async () => {
  const few = await pullAtOnce(1);
  expect(few).toMatchObject({ statuses: [200], quota: PLACES * ISOLATES });
  expect(await pullAtOnce(20)).toEqual(few);
});
