// A source file with all its mutants in it: each changed expression or statement stands beside the original one, and
// `globalThis.mutant(k)` says at run time which of them is switched on.
import ts from 'typescript'

const { SyntaxKind: Kind } = ts

const operators = new Map([
  [Kind.PlusToken, '-'],
  [Kind.MinusToken, '+'],
  [Kind.AsteriskToken, '/'],
  [Kind.SlashToken, '*'],
  [Kind.PercentToken, '*'],
  [Kind.AsteriskAsteriskToken, '*'],
  [Kind.LessThanToken, '<='],
  [Kind.LessThanEqualsToken, '<'],
  [Kind.GreaterThanToken, '>='],
  [Kind.GreaterThanEqualsToken, '>'],
  [Kind.EqualsEqualsEqualsToken, '!=='],
  [Kind.ExclamationEqualsEqualsToken, '==='],
  [Kind.AmpersandAmpersandToken, '||'],
  [Kind.BarBarToken, '&&'],
  [Kind.AmpersandToken, '|'],
  [Kind.BarToken, '&'],
  [Kind.LessThanLessThanToken, '>>'],
  [Kind.GreaterThanGreaterThanToken, '<<'],
  [Kind.PlusEqualsToken, '-='],
  [Kind.MinusEqualsToken, '+='],
  [Kind.AsteriskEqualsToken, '/='],
  [Kind.SlashEqualsToken, '*='],
])
const functions = new Map(
  Object.entries({ min: 'max', max: 'min', floor: 'ceil', ceil: 'floor', sin: 'cos', cos: 'sin' }),
)

/**
 * @param {string} path
 * @param {string} source - TypeScript
 * @returns {{ code: string, mutants: { line: number, what: string }[] }} the source with mutants 1, 2, 3 …
 */
export function withMutants(path, source) {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.ES2022, true)
  const mutants = []
  const number = (node, what) => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart(file))
    return mutants.push({ line: line + 1, what })
  }
  const choice = (node, what, changed, original) =>
    `(globalThis.mutant(${number(node, what)}) ? ${changed} : ${original})`

  // The text of a node, its children with their mutants.
  function text(node) {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node))
      return node.getText(file)
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || isMessage(node)) return node.getText(file)
    return changedExpression(node) ?? changedStatement(node) ?? inside(node)
  }

  // The text of a node whose children are replaced where `others` has another text for them.
  function inside(node, others = new Map()) {
    let [out, at] = ['', node.getStart(file)]
    ts.forEachChild(node, (child) => {
      const start = child.getStart(file)
      out += source.slice(at, start) + (others.get(child) ?? text(child))
      at = child.getEnd()
    })
    return out + source.slice(at, node.getEnd())
  }

  function changedExpression(node) {
    if (ts.isBinaryExpression(node)) {
      const { left, right, operatorToken } = node
      const [a, b, sign] = [inner(left), text(right), operatorToken.getText(file)]
      if (operatorToken.kind === Kind.QuestionQuestionToken)
        return choice(node, '?? dropped', `(${a})`, `(${a} ?? ${b})`)
      const other = operators.get(operatorToken.kind)
      if (other === undefined || isText(left) || isText(right)) return `${a} ${sign} ${b}`
      return choice(node, `${sign} → ${other}`, `(${a} ${other} ${b})`, `(${a} ${sign} ${b})`)
    }
    if (ts.isPrefixUnaryExpression(node)) {
      const operand = text(node.operand)
      if (node.operator === Kind.ExclamationToken) return choice(node, '! dropped', `(${operand})`, `(!${operand})`)
      if (node.operator === Kind.MinusToken) return choice(node, '− dropped', `(${operand})`, `(-${operand})`)
    }
    if (ts.isConditionalExpression(node)) {
      const [c, a, b] = [node.condition, node.whenTrue, node.whenFalse].map(text)
      return `(${choice(node, '? : swapped', `!(${c})`, `(${c})`)} ? ${a} : ${b})`
    }
    if (ts.isNumericLiteral(node) && !isName(node)) {
      const value = Number(node.text)
      const other = value === 1 ? 0 : value + 1
      return choice(node, `${node.text} → ${other}`, String(other), node.getText(file))
    }
    if (node.kind === Kind.TrueKeyword || node.kind === Kind.FalseKeyword) {
      const other = node.kind === Kind.TrueKeyword ? 'false' : 'true'
      return choice(node, `${node.getText(file)} → ${other}`, other, node.getText(file))
    }
    const callee =
      ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) ? node.expression : undefined
    const other = callee?.expression.getText(file) === 'Math' ? functions.get(callee.name.text) : undefined
    if (other !== undefined) {
      const name = choice(node, `${callee.name.text} → ${other}`, `Math.${other}`, `Math.${callee.name.text}`)
      return inside(node, new Map([[callee, name]]))
    }
    return undefined
  }

  // What is assigned to stays what it is; an assignment in it has its own mutants.
  const inner = (left) =>
    ts.isBinaryExpression(left.parent) && isAssignment(left.parent) ? left.getText(file) : text(left)

  function changedStatement(node) {
    if (ts.isIfStatement(node)) {
      const { expression } = node
      const condition = text(expression)
      const test = choice(expression, 'if turned round', `!(${condition})`, `(${condition})`)
      return inside(node, new Map([[expression, test]]))
    }
    // Without its end a loop goes on for ever; without super() there is no object.
    const isCall = ts.isExpressionStatement(node) && node.expression.getText(file).startsWith('super(') === false
    if ((isCall || ts.isThrowStatement(node)) && !ts.isForStatement(node.parent)) {
      const k = number(node, `${ts.isThrowStatement(node) ? 'throw' : 'statement'} dropped`)
      const body = inside(node)
      return `{ if (!globalThis.mutant(${k})) { ${body.endsWith('\n') ? body : `${body}\n`} } }`
    }
    return undefined
  }

  function isText(node) {
    return ts.isStringLiteral(node) || ts.isTemplateExpression(node) || ts.isNoSubstitutionTemplateLiteral(node)
  }

  return { code: text(file), mutants }
}

function isAssignment({ operatorToken: { kind } }) {
  return kind >= Kind.FirstAssignment && kind <= Kind.LastAssignment
}

// Whether a number is the name of a property.
function isName(node) {
  const { parent } = node
  return ts.isEnumMember(parent) || (ts.isPropertyAssignment(parent) && parent.name === node)
}

// What errors say is not computed with: arguments of `new …Error(…)`.
function isMessage(node) {
  return ts.isNewExpression(node) && /Error$/.test(node.expression.getText())
}
