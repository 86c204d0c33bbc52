// How pictures write numbers.

/** Four digits, whole numbers in full, a true minus, powers of ten where a number is very large or small. */
export function numberText(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value).replace('-', '−').replace('Infinity', '∞')
  const size = Math.abs(value)
  if (Number.isInteger(value) && size < 1e6) return value.toLocaleString('en-US').replace('-', '−').replace(/^−0$/, '0')
  const far = size >= 1e6 || size < 1e-4
  const shown = far
    ? value
        .toExponential(Math.max(0, digits - 2))
        .replace(/(\.\d*?)0+e/, '$1e')
        .replace('.e', 'e')
        .replace('e+', 'e')
    : String(Number(value.toPrecision(digits)))
  return shown.replaceAll('-', '−')
}
