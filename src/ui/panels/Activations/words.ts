/** Numbers of tensors in words: few decimals, a real minus sign, what is not finite by its name. */
import { formatNumber } from "../../../client/format";

export function valueWords(value: number): string {
  if (value === -Infinity) return "−∞";
  if (value === Infinity) return "∞";
  return Number.isNaN(value) ? "not a number" : formatNumber(value, 4);
}

/** Of a table: whole numbers are counts. */
export function tableWords(value: string | number | undefined): string {
  if (typeof value !== "number") return value ?? "";
  return Number.isInteger(value) ? value.toLocaleString("en").replace("-", "−") : valueWords(value);
}
