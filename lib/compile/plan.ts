// Makes native plans of networks.
import type { NativePlan, PlanDescription } from '../native/addon.js'
import { native, translated } from '../native/load.js'
import type { ParameterBlock } from '../nn/parameters.js'

/** The plan of a description over the parameters of a network. Throws ArgumentError where it does not fit into memory. */
export function buildPlan(operation: string, description: PlanDescription, block: ParameterBlock): NativePlan {
  try {
    return new (native().NativePlan)(description, block.values)
  } catch (error) {
    throw translated(operation, error)
  }
}
