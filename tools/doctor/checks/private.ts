import type { Check } from "../check.ts";
import { failure, ok, warning } from "../finding.ts";
import { ACCEPT_ALL } from "../samples.ts";

/** A repository that only the mirror's account may read is not given to everybody. */
export const privateImage: Check = {
  name: "private",
  async run({ ask, login, privateImage, target }) {
    if (privateImage === null) return null;
    const { name, reference } = privateImage;
    const path = `/v2/${name}/manifests/${reference}`;
    const authorization = await login.anonymous();
    const headers = authorization === null ? ACCEPT_ALL : { ...ACCEPT_ALL, authorization };
    const { status } = await ask(path, { method: "HEAD", headers });
    if (status === 404) return ok(`${name} is 404`);
    if (status !== 200) {
      return warning(
        `${name} is answered ${status}`,
        "it should be 404: try again when the upstream answers",
      );
    }
    const { kind } = await login.scheme();
    if (target.secret !== null || kind === "basic") {
      return warning(
        `${name} is given to all who get in`,
        'PRIVATE_IMAGES = "allow" has it so; with "check" nobody gets it',
      );
    }
    return failure(
      `${name} is given to everybody`,
      'set PRIVATE_IMAGES to "check", or use an access token that reads public images alone (docs/access.md)',
    );
  },
};
