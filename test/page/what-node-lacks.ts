/** Hex and Base64 of bytes: workerd and browsers have them, Node 24 does not. */
Object.assign(Uint8Array, {
  fromHex: (hex: string) => new Uint8Array(Buffer.from(hex, "hex")),
});
Object.assign(Uint8Array.prototype, {
  toHex(this: Uint8Array) {
    return Buffer.from(this).toString("hex");
  },
  toBase64(this: Uint8Array) {
    return Buffer.from(this).toString("base64");
  },
});
