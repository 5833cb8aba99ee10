import { addressOf, DOCKER_HUB, type HomeFacts, prefixOf, sampleOf, titleOf } from "../facts.ts";
import type { Texts } from "../texts/en.ts";
import { file, folded, type Guide, present, type Step, shell, step } from "./guide.ts";

/** dockerd and Docker Desktop, and the commands that need no setup. */
export function dockerGuide(facts: HomeFacts, t: Texts): Guide {
  const steps = [...daemonSteps(facts, t), ...pullSteps(facts, t)];
  return { title: "Docker", hint: "daemon.json", steps };
}

/** A NAS with its own Docker. */
export function nasGuide(facts: HomeFacts, t: Texts): Guide {
  const { title, url, files, unraid, catalogue } = t.nas;
  // The Docker of a NAS is often too old for a path, and then fails to start.
  const isMirror = isDaemonMirror(facts) && facts.lock.kind !== "path";
  const address = addressOf(facts);
  const image = `${prefixOf(facts)}/${sampleOf(facts)}`;
  const option = `DOCKER_OPTS="--registry-mirror=${address}"`;
  const paragraphs = (text: string) => text.split("\n").map((line) => step(line));
  const mirrorSteps = [
    ...paragraphs(url),
    step("", file("URL", address)),
    ...paragraphs(files),
    step(unraid, file("/boot/config/docker.cfg", option)),
  ];
  const steps = [
    ...(isMirror ? mirrorSteps : []),
    step(catalogue, file("compose.yaml", `image: ${image}`)),
    step("", shell(`sudo docker pull ${image}`)),
  ];
  return { title, hint: "DSM, fnOS, QNAP, Unraid, 1Panel", steps };
}

/** Whether `registry-mirrors` can name this mirror. */
export function isDaemonMirror({ registry, lock }: HomeFacts): boolean {
  return registry.name === DOCKER_HUB && lock.kind !== "login";
}

type Setting = readonly [key: string, value: string];

function daemonSettings(facts: HomeFacts): Setting[] {
  return present<Setting>(
    isDaemonMirror(facts) && ["registry-mirrors", addressOf(facts)],
    facts.scheme === "http" && ["insecure-registries", facts.host],
  );
}

function daemonSteps(facts: HomeFacts, { docker, guides }: Texts): Step[] {
  const settings = daemonSettings(facts);
  if (settings.length === 0) return [];
  return present(
    // A path is too new for Docker 24.
    facts.lock.kind === "path" && isDaemonMirror(facts) && step(docker.old),
    step(docker.linux),
    step(docker.desktop, file("daemon.json", settingsJson(settings))),
    folded(guides.script, docker.merge, shell(mergeCommand(settings))),
    isDaemonMirror(facts) && step(docker.plain, shell(`docker pull ${sampleOf(facts)}`)),
  );
}

function pullSteps(facts: HomeFacts, t: Texts): Step[] {
  const { docker, guides } = t;
  const { lock, host, registry, otherRegistries, hasUpstreamLogin } = facts;
  const pull = (image: string) => `docker pull ${prefixOf(facts)}/${image}`;
  const login = `docker login ${host}`;
  const others = otherRegistries.map(({ name }) => pull(`${name}/owner/image`));
  return present(
    lock.kind === "login" && step(`${t.status.login}:`, shell(login)),
    step(guides.byName, shell(pull(sampleOf(facts)))),
    others.length > 0 && step(guides.othersByName, shell(...others)),
    // With a path secret, `docker login` finds no registry at the root of the host.
    hasUpstreamLogin &&
      lock.kind !== "path" &&
      step(docker.ownLogin(titleOf(registry.name)), shell(login)),
  );
}

function settingsJson(settings: readonly Setting[]): string {
  return JSON.stringify(
    Object.fromEntries(settings.map(([key, value]) => [key, [value]])),
    null,
    2,
  );
}

/** The command writes only after it parsed the whole old file, and only if something changes. */
function mergeCommand(settings: readonly Setting[]): string {
  const wanted = Object.fromEntries(settings);
  return `sudo python3 - <<'EOF' && sudo systemctl reload docker
import json, pathlib
path = pathlib.Path("/etc/docker/daemon.json")
old = path.read_bytes() if path.exists() else b""
try:
    config = json.loads(old.strip() or b"{}")
    for key, value in ${JSON.stringify(wanted)}.items():
        urls = [] if config.get(key) is None else config[key]
        if value not in [url.rstrip("/") for url in urls]:
            config[key] = [value] + urls
except (ValueError, TypeError, AttributeError):
    raise SystemExit(f"{path} is not valid: nothing was changed.")
if config != json.loads(old.strip() or b"{}"):
    path.parent.mkdir(exist_ok=True)
    if old:
        path.with_name("daemon.json.old").write_bytes(old)
    path.write_text(json.dumps(config, indent=2) + "\\n")
EOF`;
}
