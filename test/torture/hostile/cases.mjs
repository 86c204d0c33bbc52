// The cases: every parameter and every key of options of every public function, with the list of hostile values.
import { surface } from './surface.mjs'

// Errors are made by the library, and gates of one's own by whoever writes them: their constructors take what they get.
const left = /Error$/

/** The surface, with what constructors of methods' classes take. */
export function targets() {
  const all = surface().filter((entry) => !left.test(entry.path))
  const constructors = new Map(all.filter((e) => e.kind === 'constructor').map((e) => [e.path, e.parameters]))
  return all.map((entry) =>
    entry.kind === 'method' ? { ...entry, constructorParameters: constructors.get(entry.owner) } : entry,
  )
}

/** Places of an entry where a value can stand: [argument] or [argument, key]; a rest parameter counts as three. */
export function placesOf(entry) {
  const places = []
  for (const [i, parameter] of entry.parameters.entries()) {
    for (let k = 0; k < (parameter.rest ? 3 : 1); k++) places.push([i + k])
    for (const key of parameter.keys) places.push([i, key])
  }
  return places
}
