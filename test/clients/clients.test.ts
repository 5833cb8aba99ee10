import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { containerd } from "./client/containerd.ts";
import { docker } from "./client/docker.ts";
import { podman } from "./client/podman.ts";
import { forky, here } from "./machine/machine.ts";
import { openStage, type Stage } from "./stage.ts";
import { describeClient } from "./suite/client.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());
for (const c of [docker(here,"graph"), docker(forky,"graph"), docker(forky,"containerd"), containerd(here,"ctr"), containerd(forky,"ctr"), containerd(forky,"transfer service"), podman(here), podman(forky)])
  describeClient(c, () => stage);
