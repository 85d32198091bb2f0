/** Typed arrays as lists, for JSON. */
export function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value))
    return Array.from(value as Float32Array, (x) => (Number.isNaN(x) ? null : x));
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}
