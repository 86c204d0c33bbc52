// The normal distribution in float64: its cumulative distribution and the inverse of that.

const SQRT_2PI = Math.sqrt(2 * Math.PI)

/** P(Z ≤ z). Relative error below 1e-13, in the tails too. */
export function normalCdf(z: number): number {
  if (Number.isNaN(z)) return z
  if (z > 0) return 1 - normalCdf(-z)
  if (z < -38.6) return 0
  return z > -2 ? 0.5 + centre(z) : tail(-z)
}

// φ(z)·(z + z³/3 + z⁵/(3·5) + …)
function centre(z: number): number {
  let term = z
  let sum = z
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum) && k < 200; k += 2) {
    term *= (z * z) / k
    sum += term
  }
  return (sum * Math.exp((-z * z) / 2)) / SQRT_2PI
}

// φ(z)/(z + 1/(z + 2/(z + 3/(z + …)))), from the inside out.
function tail(z: number): number {
  let fraction = z
  for (let k = 150; k > 0; k--) fraction = z + k / fraction
  return Math.exp((-z * z) / 2) / SQRT_2PI / fraction
}

/** The z with P(Z ≤ z) = p; infinite for 0 and 1. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? Number.NEGATIVE_INFINITY : p === 1 ? Number.POSITIVE_INFINITY : Number.NaN
  if (p > 0.5) return -normalQuantile(1 - p)
  // Abramowitz & Stegun 26.2.23 (error below 5e-4), then Newton's steps on log P, which converge from either side.
  const t = Math.sqrt(-2 * Math.log(p))
  let z = -(t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))))
  for (let i = 0; i < 8; i++) {
    const c = normalCdf(z)
    const step = (c * Math.log(c / p) * SQRT_2PI) / Math.exp((-z * z) / 2)
    z -= step
    if (Math.abs(step) < 1e-15 * Math.max(1, Math.abs(z))) break
  }
  return z
}
