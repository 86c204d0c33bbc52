// The update rules of torch.optim, one element at a time in plain float64 (Lion: Chen et al. 2023).

/** One parameter with whatever its rule keeps. */
export interface Element {
  p: number
  a: number
  b: number
  c: number
}

/** Moves one element. t counts from 1. */
export type Reference = (e: Element, g: number, t: number) => void

const sign = (x: number) => (x > 0 ? 1 : x < 0 ? -1 : 0)
const power = (base: number, t: number) => base ** t

interface Moments {
  rate: number
  betas?: readonly [number, number]
  epsilon?: number
  decay?: number
  decoupled?: boolean
}

function moments(
  { rate, betas: [b1, b2] = [0.9, 0.999], decay = 0, decoupled = false }: Moments,
  move: (e: Element, g: number, t: number, b1: number, b2: number) => void,
): Reference {
  return (e, gradient, t) => {
    const g = decoupled ? gradient : gradient + decay * e.p
    if (decoupled) e.p *= 1 - rate * decay
    e.a += (1 - b1) * (g - e.a)
    move(e, g, t, b1, b2)
  }
}

export const references = {
  sgd:
    (rate: number, { momentum = 0, dampening = 0, nesterov = false, decay = 0, l1 = 0 } = {}): Reference =>
    (e, gradient, t) => {
      let g = gradient + decay * e.p + l1 * sign(e.p)
      if (momentum !== 0) {
        e.a = t === 1 ? g : momentum * e.a + (1 - dampening) * g
        g = nesterov ? g + momentum * e.a : e.a
      }
      e.p -= rate * g
    },

  adam: (options: Moments & { amsgrad?: boolean }): Reference =>
    moments(options, (e, g, t, b1, b2) => {
      e.b = b2 * e.b + (1 - b2) * g * g
      e.c = Math.max(e.c, e.b)
      const root = Math.sqrt(options.amsgrad ? e.c : e.b) / Math.sqrt(1 - power(b2, t)) + (options.epsilon ?? 1e-8)
      e.p -= ((options.rate / (1 - power(b1, t))) * e.a) / root
    }),

  nadam: (options: Moments & { psi?: number }): Reference =>
    moments(options, (e, g, t, b1, b2) => {
      const mu = (i: number) => b1 * (1 - 0.5 * 0.96 ** (i * (options.psi ?? 4e-3)))
      let product = 1
      for (let i = 1; i <= t; i++) product *= mu(i)
      e.b = b2 * e.b + (1 - b2) * g * g
      const root = Math.sqrt(e.b / (1 - power(b2, t))) + (options.epsilon ?? 1e-8)
      e.p -= (options.rate * (((1 - mu(t)) / (1 - product)) * g)) / root
      e.p -= (options.rate * ((mu(t + 1) / (1 - product * mu(t + 1))) * e.a)) / root
    }),

  radam: (options: Moments): Reference =>
    moments(options, (e, g, t, b1, b2) => {
      e.b = b2 * e.b + (1 - b2) * g * g
      const [c1, c2] = [1 - power(b1, t), 1 - power(b2, t)]
      const most = 2 / (1 - b2) - 1
      const length = most - (2 * t * power(b2, t)) / c2
      const rectified = Math.sqrt(((length - 4) * (length - 2) * most) / ((most - 4) * (most - 2) * length))
      const factor = length > 5 ? (rectified * Math.sqrt(c2)) / (Math.sqrt(e.b) + (options.epsilon ?? 1e-8)) : 1
      e.p -= (options.rate * e.a * factor) / c1
    }),

  adamax: (options: Moments): Reference =>
    moments(options, (e, g, t, b1, b2) => {
      e.b = Math.max(b2 * e.b, Math.abs(g) + (options.epsilon ?? 1e-8))
      e.p -= ((options.rate / (1 - power(b1, t))) * e.a) / e.b
    }),

  rmsprop:
    (rate: number, { alpha = 0.99, epsilon = 1e-8, momentum = 0, centered = false, decay = 0 } = {}): Reference =>
    (e, gradient) => {
      const g = gradient + decay * e.p
      e.a = alpha * e.a + (1 - alpha) * g * g
      e.b += (1 - alpha) * (g - e.b)
      const step = g / (Math.sqrt(centered ? e.a - e.b * e.b : e.a) + epsilon)
      e.c = momentum * e.c + step
      e.p -= rate * e.c
    },

  /** `a` starts at the initial accumulator. */
  adagrad:
    (rate: number, { rateDecay = 0, epsilon = 1e-10, decay = 0, start = 0 } = {}): Reference =>
    (e, gradient, t) => {
      const g = gradient + decay * e.p
      if (t === 1) e.a = start
      e.a += g * g
      e.p -= ((rate / (1 + (t - 1) * rateDecay)) * g) / (Math.sqrt(e.a) + epsilon)
    },

  adadelta:
    (rate: number, { rho = 0.9, epsilon = 1e-6, decay = 0 } = {}): Reference =>
    (e, gradient) => {
      const g = gradient + decay * e.p
      e.a = rho * e.a + (1 - rho) * g * g
      const step = (Math.sqrt(e.b + epsilon) / Math.sqrt(e.a + epsilon)) * g
      e.b = rho * e.b + (1 - rho) * step * step
      e.p -= rate * step
    },

  rprop:
    (rate: number, [less, more] = [0.5, 1.2], [least, most] = [1e-6, 50]): Reference =>
    (e, gradient, t) => {
      if (t === 1) e.b = rate
      const turned = sign(gradient * e.a)
      e.b = Math.min(Math.max(e.b * (turned > 0 ? more! : turned < 0 ? less! : 1), least!), most!)
      e.a = turned < 0 ? 0 : gradient
      e.p -= sign(e.a) * e.b
    },

  lion:
    (rate: number, { betas: [b1, b2] = [0.9, 0.99], decay = 0 } = {}): Reference =>
    (e, g) => {
      e.p -= rate * decay * e.p
      e.p -= rate * sign(b1! * e.a + (1 - b1!) * g)
      e.a = b2! * e.a + (1 - b2!) * g
    },
}
