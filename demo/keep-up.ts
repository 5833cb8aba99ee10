import type { Stage } from "./stage.ts";
import type { Style } from "./style.ts";
import { NAME, TAG } from "./subject.ts";

/** Keeps a mirror up until `ended` resolves with the exit code, and prints what it sends upstream. */
export async function keepUp(stage: Stage, ended: Promise<number>, style: Style): Promise<number> {
  const { hub } = stage.served;
  const { origin } = await stage.startMirror();
  const image = `${new URL(origin).host}/library/${NAME}:${TAG}`;
  process.stdout.write(`${style.bold(`The mirror is up at ${origin}`)}

  docker pull ${image}
  podman pull --tls-verify=false ${image}
  crane pull --insecure ${image} ${NAME}.tar

  npm run doctor -- ${origin} --image library/${NAME}:${TAG}

It mirrors a stand-in for Docker Hub that has this one image. Ctrl-C ends both.

${style.dim("What goes upstream:")}
`);
  hub.intercept(({ host, method, path }) => {
    process.stdout.write(`  ${host.padEnd(8)}  ${method.padEnd(4)}  ${path}\n`);
    return undefined;
  });
  return ended;
}
