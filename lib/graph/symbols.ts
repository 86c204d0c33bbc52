// How pictures write gates: a symbol for the circle, and a formula for text.
import { numberText } from '../draw/numbers.js'
import { type Gate, gateName } from '../gates/gate.js'

/** How a gate is written. */
export interface Written {
  /** What stands in its circle. */
  readonly symbol: string
  /** Its formula; `x`, `y` are its inputs. */
  formula(inputs: readonly string[]): string
  /** Whether its inputs may be exchanged. */
  readonly symmetric: boolean
}

// Gate: its symbol, and its formula if that is not `symbol(x, y)`. `%` is the gate's constant.
const gates: Readonly<Record<string, readonly [symbol: string, formula?: string]>> = {
  Add: ['+', 'x + y'],
  Subtract: ['−', 'x − y'],
  Multiply: ['×', 'x × y'],
  Divide: ['÷', 'x / y'],
  Maximum: ['max'],
  Minimum: ['min'],
  Pow: ['xʸ', 'x ^ y'],
  Negate: ['×−1', '−x'],
  Scale: ['×%', '% × x'],
  AddConstant: ['+%', 'x + %'],
  Exp: ['exp'],
  Log: ['log'],
  Reciprocal: ['1/x', '1 / x'],
  Sqrt: ['√', '√x'],
  Square: ['x²', 'x²'],
  Power: ['x^%', 'x ^ %'],
  Abs: ['|x|', '|x|'],
  Sin: ['sin'],
  Cos: ['cos'],
  MatMul: ['•', 'x · y'],
  Transpose: ['xᵀ', 'xᵀ'],
  Sum: ['Σ', 'sum(x)'],
  Mean: ['mean'],
  SquaredNorm: ['‖x‖²', '‖x‖²'],
  Sigmoid: ['σ', 'σ(x)'],
  Tanh: ['tanh'],
  ReLU: ['ReLU', 'relu(x)'],
  LogSigmoid: ['log σ', 'log σ(x)'],
  Softmax: ['softmax'],
  LogSoftmax: ['log softmax'],
  SoftmaxCrossEntropy: ['softmax cross-entropy'],
}
const symmetric = new Set(['Add', 'Multiply', 'Maximum', 'Minimum'])
const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** How a gate is written; gates that the table does not know by their names. */
export function written(gate: Gate): Written {
  const name = gateName(gate)
  const [symbol, formula] = (Object.hasOwn(gates, name) ? gates[name] : undefined) ?? [name]
  const [constant = 0] = (gate as { constants?: readonly number[] }).constants ?? []
  return {
    symbol: filled(symbol, constant),
    symmetric: symmetric.has(name),
    formula: (inputs) => {
      if (!formula || inputs.length > 2) return `${filled(symbol, constant)}(${inputs.join(', ')})`
      const whole = filled(formula, constant)
      const bare = inputs.map((input) => (/[ +−×/^]/.test(input) && !input.startsWith('[') ? `(${input})` : input))
      return whole.replace(/\b[xy]\b|x(?=[²ᵀ])/g, (letter) => bare[letter === 'x' ? 0 : 1] ?? letter)
    },
  }
}

// The template with the constant in it: `+−3` is written `−3`, a small whole exponent as a superscript.
function filled(template: string, constant: number): string {
  if (!template.includes('%')) return template
  if (template === 'x^%' && Number.isInteger(constant) && Math.abs(constant) < 100) {
    const digits = Array.from(String(Math.abs(constant)), (digit) => superscripts[Number(digit)]!).join('')
    return `x${constant < 0 ? '⁻' : ''}${digits}`
  }
  const shown = numberText(constant, 3)
  return template.replace('%', shown).replace('+−', '−').replace('+ −', '− ')
}
