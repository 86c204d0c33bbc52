// How each built-in gate is written down as ops of a plan; a gate without a rule makes the model run gate by gate.
import './rules/elements.js'
import './rules/layers.js'
import './rules/moves.js'
import './rules/networks.js'
import './rules/products.js'
import './rules/reductions.js'

export { lowerGate } from './rules/table.js'
