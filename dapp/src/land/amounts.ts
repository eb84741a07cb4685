/** A whole amount of smallest units from what a person typed; undefined when that is none, or has too many decimals. */
export function smallest(text: string, decimals: number): bigint | undefined {
  const plain = text.replace(/[\s\u00a0\u202f']/g, "").replace(",", ".");
  const parts = /^([0-9]{1,60})(?:\.([0-9]+))?$/.exec(plain);
  const [, whole = "", rest = ""] = parts ?? [];
  if (!parts || rest.length > decimals) return undefined;
  return BigInt(whole + rest.padEnd(decimals, "0"));
}
