import { type Failing, type Fresh, playFailing, playFresh } from "./acts.ts";
import { type Claim, claimsOfFailing, claimsOfFresh } from "./claims.ts";
import { reportClaims, reportSteps, reportUpstream } from "./report.ts";
import type { Stage } from "./stage.ts";
import type { Style } from "./style.ts";
import { NAME, PLATFORMS, PULLED_PLATFORM, TAG } from "./subject.ts";

const LARGE_LAYERS = `
  Blobs up to 1 MiB are kept, as all of these are. Larger layers are streamed from
  Docker Hub's storage each time; that costs nothing off the quota.`;

/** Plays the demo and prints it. Resolves with the exit code: 0 if all was as claimed. */
export async function show(stage: Stage, style: Style): Promise<number> {
  const { hub, origins } = stage.served;
  print(style.bold("Sampan: pulling an image through the Worker"));
  print(`
  The Worker runs in workerd. Before it, in place of Docker Hub, is a stand-in
  that asks for tokens, counts pulls and signs URLs as Docker Hub does:
  ${origins.registry} (auth ${portOf(origins.auth)}, storage ${portOf(origins.storage)}).
  The image is library/${NAME}:${TAG} for ${PLATFORMS.join(" and ")};
  the client pulls ${PULLED_PLATFORM} and verifies every digest.`);

  const fresh = await playFresh(stage);
  const freshClaims = claimsOfFresh(fresh, stage.digest);
  section("1  Docker Hub is well", [fresh.cold, fresh.warm], freshClaims, style);

  const failing = await playFailing(stage);
  const failingClaims = claimsOfFailing(failing, stage.digest);
  const title = "2  The Worker is restarted, and Docker Hub refuses, then is gone";
  section(title, [failing.limited, failing.gone], failingClaims, style);

  const claims = [...freshClaims, ...failingClaims, leakClaim(hub.leaks)];
  print(style.dim(LARGE_LAYERS));
  print(`\n${reportClaims([leakClaim(hub.leaks)], style)}`);
  print(`\n${summary(claims, { ...fresh, ...failing }, style)}`);
  return claims.every(({ holds }) => holds) ? 0 : 1;
}

function section(
  title: string,
  scenes: Parameters<typeof reportSteps>[0],
  claims: readonly Claim[],
  style: Style,
): void {
  print(`\n${style.bold(title)}\n`);
  print(`${reportSteps(scenes, style)}\n`);
  print(`${reportUpstream(scenes, style)}\n`);
  print(reportClaims(claims, style));
}

function leakClaim(leaks: readonly string[]): Claim {
  const text = ["No credential reached a host it is not for", ...leaks].join("\n    ");
  return { text, holds: leaks.length === 0 };
}

function summary(claims: readonly Claim[], scenes: Fresh & Failing, style: Style): string {
  const { cold, warm, limited, gone } = scenes;
  const pulls = [cold, warm, limited, gone].reduce((total, scene) => total + scene.pulls, 0);
  const spent = `4 pulls of the image, ${pulls} of 100 off the quota of Docker Hub.`;
  const failed = claims.filter(({ holds }) => !holds).length;
  if (failed === 0) return style.good(`${spent} Everything was as claimed.`);
  return style.bad(`${spent} ${failed} of ${claims.length} claims do not hold.`);
}

function portOf(origin: string): string {
  return `:${new URL(origin).port}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
