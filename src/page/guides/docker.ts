import { addressOf, DOCKER_HUB, type HomeFacts, prefixOf, sampleOf, titleOf } from "../facts.ts";
import type { Texts } from "../texts/en.ts";
import { type Guide, present, type Step } from "./guide.ts";

/** How dockerd on Linux is set up, and what every Docker can do without being set up. */
export function dockerGuide(facts: HomeFacts, t: Texts): Guide {
  const steps = [...daemonSteps(facts, t), ...pullSteps(facts, t)];
  return { id: "docker", title: t.docker.title, hint: t.docker.hint, steps };
}

/** @returns null where nothing has to be set. */
export function desktopGuide(facts: HomeFacts, t: Texts): Guide | null {
  const settings = daemonSettings(facts);
  if (settings.length === 0) return null;
  const { title, hint, merge } = t.desktop;
  const code = { title: "JSON", text: settingsJson(settings) };
  const steps = present<Step>(isOldRefused(facts) && { text: t.docker.old }, { text: merge, code });
  return { id: "desktop", title, hint, steps };
}

/** Whether `registry-mirrors` can name this mirror. */
export function canBeDaemonMirror({ registry, lock }: HomeFacts): boolean {
  return registry.name === DOCKER_HUB && lock.kind !== "login";
}

type Setting = readonly [key: string, value: string];

function daemonSettings(facts: HomeFacts): Setting[] {
  return present<Setting>(
    canBeDaemonMirror(facts) && ["registry-mirrors", addressOf(facts)],
    facts.scheme === "http" && ["insecure-registries", facts.host],
  );
}

function isOldRefused(facts: HomeFacts): boolean {
  return canBeDaemonMirror(facts) && facts.lock.kind === "path";
}

function daemonSteps(facts: HomeFacts, t: Texts): Step[] {
  const settings = daemonSettings(facts);
  if (settings.length === 0) return [];
  const byHand = { title: "/etc/docker/daemon.json", text: settingsJson(settings) };
  const plain = { title: t.shell, text: `docker pull ${sampleOf(facts)}` };
  return present<Step>(
    isOldRefused(facts) && { text: t.docker.old },
    { text: t.docker.merge, code: { title: t.shell, text: mergeCommand(settings) } },
    { text: t.docker.byHand, code: byHand },
    canBeDaemonMirror(facts) && { text: t.docker.plain, code: plain },
  );
}

function pullSteps(facts: HomeFacts, t: Texts): Step[] {
  const { docker, guides, shell } = t;
  const { lock, host, registry, otherRegistries, hasUpstreamLogin } = facts;
  const pull = (image: string) => `docker pull ${prefixOf(facts)}/${image}`;
  const login = { title: shell, text: `docker login ${host}` };
  const isHub = registry.name === DOCKER_HUB;
  const needsContainerd = hasUpstreamLogin && lock.kind === "path";
  const direct = needsContainerd ? docker.directContainerd : docker.direct;
  const others = otherRegistries.map(({ name }) => pull(`${name}/owner/image`)).join("\n");
  const own = docker.ownLogin(titleOf(registry.name));
  return present<Step>(
    lock.kind === "login" && isHub && { text: docker.noLogin },
    lock.kind === "login" && { text: guides.loginFirst, code: login },
    {
      text: canBeDaemonMirror(facts) ? direct : isHub ? guides.byName : docker.hubOnly,
      code: { title: shell, text: pull(sampleOf(facts)) },
    },
    others !== "" && { text: guides.othersByName, code: { title: shell, text: others } },
    hasUpstreamLogin && lock.kind !== "path" && { text: own, code: login },
  );
}

function settingsJson(settings: readonly Setting[]): string {
  return JSON.stringify(
    Object.fromEntries(settings.map(([key, value]) => [key, [value]])),
    null,
    2,
  );
}

/** Nothing is written before all that is there was understood, nor if nothing would change. */
function mergeCommand(settings: readonly Setting[]): string {
  const wanted = settings.map(([key, value]) => `    "${key}": "${value}",`);
  return `sudo python3 - <<'EOF' && sudo systemctl reload docker
import json, pathlib
wanted = {
${wanted.join("\n")}
}
path = pathlib.Path("/etc/docker/daemon.json")
old = path.read_bytes() if path.exists() else b""
config = json.loads(old) if old.strip() else {}
before = json.dumps(config)
for key, value in wanted.items():
    values = config.setdefault(key, [])
    if value not in values:
        values.insert(0, value)
if json.dumps(config) != before:
    path.parent.mkdir(parents=True, exist_ok=True)
    if old:
        path.with_name("daemon.json.old").write_bytes(old)
    path.write_text(json.dumps(config, indent=2) + "\\n")
EOF`;
}
