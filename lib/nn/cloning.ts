// How a network gets its clone() from the list of gates, which knows how each is made and itself knows networks.
import type { Model } from './model.js'

/** Makes a copy of a network, with memory of its own. */
export type Cloner = <M extends Model>(model: M) => M

let cloner: Cloner | undefined

/** @internal */
export function useCloner(make: Cloner): void {
  cloner = make
}

/** @internal */
export function cloneOf<M extends Model>(model: M): M {
  return cloner!(model)
}
