// Sets of points in the plane, in two classes that no straight line tells apart. The same seed gives the same points.

/** Numbers that look random: uniform in [0, 1). */
export function generator(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Normally distributed numbers from uniform ones. */
export function normal(next) {
  return Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
}

/** A disc within a ring, of radius about 1. */
export function circle(count, seed, noise = 0.1) {
  return points(count, seed, noise, (label, next) => {
    const radius = label === 1 ? 0.55 * Math.sqrt(next()) : 0.75 + 0.3 * next()
    const angle = 2 * Math.PI * next()
    return [radius * Math.cos(angle), radius * Math.sin(angle)]
  })
}

/** Two half moons that reach into each other. */
export function moons(count, seed, noise = 0.15) {
  return points(count, seed, noise, (label, next) => {
    const angle = Math.PI * next()
    const [a, b] = label === 1 ? [1 - Math.cos(angle), 0.5 - Math.sin(angle)] : [Math.cos(angle), Math.sin(angle)]
    return [a - 0.5, b - 0.25]
  })
}

/** Two spirals that wind around each other `turns` times. */
export function spirals(count, seed, noise = 0.04, turns = 1) {
  return points(count, seed, noise, (label, next) => {
    const way = Math.sqrt(next())
    const angle = 2 * Math.PI * turns * way + Math.PI * label
    return [1.1 * way * Math.cos(angle), 1.1 * way * Math.sin(angle)]
  })
}

// Half of the points in each class, every coordinate with some normal noise.
function points(count, seed, noise, place) {
  const next = generator(seed)
  const y = Array.from({ length: count }, (_, i) => i % 2)
  const x = y.map((label) => place(label, next).map((v) => v + noise * normal(next)))
  return { x, y }
}
