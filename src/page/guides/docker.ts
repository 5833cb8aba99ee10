import { addressOf, DOCKER_HUB, type HomeFacts, sampleOf, titleOf } from "../facts.ts";
import type { Markup } from "../markup.ts";
import type { Texts } from "../texts/en.ts";
import { file, folded, type Guide, present, shell, step } from "./guide.ts";

/** dockerd and Docker Desktop, and the commands that need no setup. */
export function dockerGuide(facts: HomeFacts, t: Texts): Guide {
  const steps = [...(isDaemonMirror(facts) ? daemonSteps(facts, t) : []), ...pullSteps(facts, t)];
  return { title: "Docker", hint: "daemon.json", steps };
}

/** A NAS with its own Docker. */
export function nasGuide(facts: HomeFacts, t: Texts): Guide {
  const { title, url, files } = t.nas;
  const address = addressOf(facts);
  const image = `${facts.prefix}/${sampleOf(facts)}`;
  const paragraphs = (text: string) => text.split("\n").map((line) => step(line));
  // The Docker of a NAS is often too old for a path, and then fails to start.
  const isMirror = isDaemonMirror(facts) && facts.lock !== "path";
  const mirrorSteps = [...paragraphs(url), file("URL", address), ...paragraphs(files)];
  const steps = [
    ...(isMirror ? mirrorSteps : []),
    step(t.guides.byName, file("compose.yaml", `image: ${image}`)),
    shell(`sudo docker pull ${image}`),
  ];
  return { title, hint: "DSM, fnOS, QNAP, Unraid, 1Panel", steps };
}

/** Whether `registry-mirrors` can name this mirror. */
export function isDaemonMirror({ registry, lock }: HomeFacts): boolean {
  return registry.name === DOCKER_HUB && lock !== "login";
}

function daemonSteps(facts: HomeFacts, { docker, guides }: Texts): Markup[] {
  const address = addressOf(facts);
  const json = JSON.stringify({ "registry-mirrors": [address] }, null, 2);
  return present(
    // A path is too new for Docker 24.
    facts.lock === "path" && step(docker.old),
    step(docker.linux),
    step(docker.desktop, file("daemon.json", json)),
    folded(guides.script, shell(createCommand(address))),
    step(docker.plain, shell(`docker pull ${sampleOf(facts)}`)),
  );
}

function pullSteps(facts: HomeFacts, t: Texts): Markup[] {
  const { lock, host, registry, otherRegistries, hasUpstreamLogin } = facts;
  const pull = (image: string) => `docker pull ${facts.prefix}/${image}`;
  const login = shell(`docker login ${host}`);
  return present(
    lock === "login" && step(`${t.status.login}:`, login),
    step(t.guides.byName, shell(pull(sampleOf(facts)))),
    otherRegistries.length > 0 &&
      shell(...otherRegistries.map(({ name }) => pull(`${name}/owner/image`))),
    // With a path secret, `docker login` finds no registry at the root of the host.
    hasUpstreamLogin && lock !== "path" && step(t.docker.ownLogin(titleOf(registry.name)), login),
  );
}

/** `-C`: the shell writes no file that exists. */
function createCommand(address: string): string {
  return `sudo sh -C <<'EOF' && sudo systemctl reload docker
mkdir -p /etc/docker
echo '{ "registry-mirrors": ["${address}"] }' > /etc/docker/daemon.json
EOF`;
}
