import { readableMs } from "../../logs/amounts.ts";
import type { Check } from "../check.ts";
import { ok } from "../finding.ts";

/** The name has an address, and something listens there. */
export const connection: Check = {
  name: "connection",
  isGate: true,
  async run(visit) {
    const { address, addresses, dnsMs, tcpMs } = await visit.connection();
    const others = addresses.length > 1 ? ` (of ${addresses.length})` : "";
    return ok(`${address}${others}; DNS ${readableMs(dnsMs)}, TCP ${readableMs(tcpMs)}`);
  },
};
