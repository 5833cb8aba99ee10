import type { Target } from "../arguments.ts";
import type { Diagnosis } from "../check.ts";
import type { ConnectionError, Part } from "../http/connection.ts";

/** A network that blocks workers.dev usually does not block the owner's own domain. */
const WORKERS_DEV_REMEDY =
  "some networks block workers.dev: put the mirror on your own domain (npm run setup, or Settings → Domains & Routes in the dashboard)";

/** By the code and message of Node or OpenSSL; the first that matches. */
const TLS_ERRORS: readonly (readonly [RegExp, evidence: string, remedy: string])[] = [
  [
    /^CERT_HAS_EXPIRED/,
    "the certificate has expired",
    "correct this machine's clock if it is wrong; otherwise renew the certificate: Cloudflare does so itself for a custom domain, see SSL/TLS → Edge Certificates",
  ],
  [
    /^CERT_NOT_YET_VALID/,
    "the certificate is not valid yet",
    "correct this machine's clock: it is probably behind",
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID/,
    "the certificate is for another host",
    "the name resolves to another server: compare its address with Cloudflare's, and query another resolver; if the address is right, add the host as a custom domain of the Worker",
  ],
  [
    /^\S*(?:SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET|CERT_UNTRUSTED)/,
    "the certificate is signed by an authority that this machine does not trust",
    "an intercepting proxy, or your own certificate: install its CA on every client (/etc/docker/certs.d/<host>/ca.crt), and for the doctor set NODE_EXTRA_CA_CERTS=ca.crt",
  ],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH/,
    "the server does not use TLS",
    "check the port, or use http://",
  ],
  [
    /handshake[ _]failure|unrecognized[ _]name/i,
    "the server has no certificate for this host name",
    "a new custom domain gets one within minutes; the free plan has none for a name two levels below the zone (a.b.example.com): use one level (b.example.com)",
  ],
  [
    /(?:)/,
    "the connection is closed during the TLS handshake",
    "a device on the network path closes it, as firewalls do by host name: try another network, or another host name",
  ],
];

/** @returns why there was no response, and what to do about it. */
export function diagnoseConnection(error: ConnectionError, target: Target): Diagnosis {
  const { stage, code, message } = error;
  const { evidence, remedy } = diagnoseStage(error, target);
  const isConnecting = stage === "dns" || stage === "tcp" || stage === "tls";
  const isWorkersDev = target.origin.hostname.endsWith(".workers.dev");
  return {
    evidence: `${evidence} (${code === "TIMEOUT" ? `${code}, ${message}` : code})`,
    remedy: isConnecting && isWorkersDev ? `${WORKERS_DEV_REMEDY}; or ${remedy}` : remedy,
  };
}

function diagnoseStage({ stage, code, message, part }: ConnectionError, target: Target): Diagnosis {
  switch (stage) {
    case "dns":
      return {
        evidence: `${target.origin.hostname} has no address`,
        remedy:
          "check the spelling; a new custom domain (npm run deploy, or Settings → Domains & Routes in the dashboard) takes some minutes; query another resolver (dig @1.1.1.1)",
      };
    case "tcp":
      return diagnoseTcp(code, target);
    case "tls": {
      const known = TLS_ERRORS.find(([pattern]) => pattern.test(`${code} ${message}`));
      const [, evidence = "", remedy = ""] = known ?? [];
      return { evidence, remedy };
    }
    case "request":
      return diagnoseRequest(code);
    case "body":
      return diagnoseBody(part);
  }
}

/** Only the log tells who broke off a body that the mirror passes on. */
function diagnoseBody(part: Part | null): Diagnosis {
  const announced = part?.headers.get("content-length") ?? "unknown";
  const evidence =
    part === null
      ? "the connection was closed, or stalled, before the end of the response"
      : `the connection was closed, or stalled, after ${part.received} of ${announced} bytes`;
  const network =
    "something between you and Cloudflare cuts long responses: try again, and try another network";
  const isPassedOn = /\bfwd=/.test(part?.headers.get("cache-status") ?? "");
  if (!isPassedOn) return { evidence, remedy: network };
  return {
    evidence,
    remedy: `if npm run logs has \`blob interrupted\` with “the upstream broke off”, the upstream's storage fails: try again later; otherwise ${network}`,
  };
}

function diagnoseTcp(code: string, { isLoopback, origin }: Target): Diagnosis {
  if (code !== "ECONNREFUSED") {
    return {
      evidence: `no connection to ${origin.host}`,
      remedy:
        "a firewall, or a blocked address: try another network; clients behind a proxy need HTTPS_PROXY, and the doctor itself connects directly",
    };
  }
  return {
    evidence: `nothing listens at ${origin.host}`,
    remedy: isLoopback
      ? "start the mirror (npm start), or check the port"
      : "Cloudflare always listens: the name resolves to another server, or a firewall answers; compare its address with the result of dig @1.1.1.1",
  };
}

function diagnoseRequest(code: string): Diagnosis {
  if (code === "TIMEOUT") {
    return {
      evidence: "the mirror accepts the request and does not answer",
      remedy:
        "clients wait as well, without trying Docker Hub: see npm run logs; lower UPSTREAM_TIMEOUT_SECONDS if the upstream hangs",
    };
  }
  if (code.startsWith("HPE_")) {
    return { evidence: "the server does not speak HTTP", remedy: "check the port" };
  }
  return {
    evidence: "the connection is closed before a response",
    remedy: "try again; if it persists, try another network: something on the path closes it",
  };
}
