// Cells of CSV as this library writes them; its readers take them back unchanged.

/** A cell: quoted where it must be; dates as ISO 8601, what is missing as nothing. */
export function csvField(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = value instanceof Date ? value.toISOString() : String(value)
  return /[",\n\r]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text
}
