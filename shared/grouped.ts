/** 1234567 → "1,234,567", as messages spell sizes that are compared digit by digit. */
export function grouped(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}
