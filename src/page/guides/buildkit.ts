import { type HomeFacts, prefixOf } from "../facts.ts";
import type { Texts } from "../texts/en.ts";
import { type Guide, present, shell, step } from "./guide.ts";

/** How a builder of buildx's own is set up. */
export function buildkitGuide(facts: HomeFacts, t: Texts): Guide {
  const steps = [step(t.buildkit.own, shell(createCommand(facts)))];
  return { title: "BuildKit, buildx", hint: "buildkitd.toml", steps };
}

/** BuildKit tells the mirror itself which registry is meant, by the query `ns`. */
function createCommand(facts: HomeFacts): string {
  const isHttp = facts.scheme === "http";
  const mirrors = [facts.registry, ...facts.otherRegistries].map(
    ({ name }) => `[registry."${name}"]\n  mirrors = ["${prefixOf(facts)}"]`,
  );
  return present(
    "cat >buildkitd.toml <<'EOF'",
    ...mirrors,
    isHttp && `[registry."${facts.host}"]\n  http = true`,
    "EOF",
    "docker buildx create --name mirrored --driver docker-container \\",
    // The builder is a container: this machine's loopback is not its own.
    isHttp && "  --driver-opt network=host \\",
    "  --buildkitd-config buildkitd.toml --use",
  ).join("\n");
}
