// The public surface of the package, read from its own declarations: every exported function, class, method and object of
// functions, with parameters and the keys of options. What is protected or @internal does not belong to it.
import ts from 'typescript'
import { packageFile } from '../support.mjs'

/** @returns {{ path: string, kind: 'function' | 'constructor' | 'method', owner?: string, parameters: object[] }[]} */
export function surface() {
  const entry = packageFile('dist/esm/index.d.ts')
  const program = ts.createProgram([entry], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    types: ['node'],
  })
  const checker = program.getTypeChecker()
  const found = []
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)))
  for (const symbol of exported) visit(symbol, symbol.name, 0)
  return found

  function visit(alias, path, depth) {
    const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias
    if (isHidden(symbol)) return
    if (symbol.flags & ts.SymbolFlags.ValueModule) {
      for (const member of checker.getExportsOfModule(symbol)) visit(member, `${path}.${member.name}`, depth + 1)
      return
    }
    if (!(symbol.flags & ts.SymbolFlags.Value)) return
    const type = checker.getTypeOfSymbol(symbol)
    if (symbol.flags & ts.SymbolFlags.Class) return visitClass(symbol, type, path)
    if (type.getCallSignatures().length) found.push({ path, kind: 'function', ...entryOf(type.getCallSignatures()) })
    else if (type.getConstructSignatures().length) {
      found.push({ path, kind: 'constructor', ...entryOf(type.getConstructSignatures()) })
    } else if (depth < 2) for (const member of type.getProperties()) visit(member, `${path}.${member.name}`, depth + 1)
  }

  function visitClass(symbol, type, path) {
    const abstract = symbol.declarations.some((d) => ts.getCombinedModifierFlags(d) & ts.ModifierFlags.Abstract)
    const constructors = type
      .getConstructSignatures()
      .filter((s) => !s.declaration || !isHidden(s.declaration.symbol, s.declaration))
    if (!abstract && constructors.length) found.push({ path, kind: 'constructor', ...entryOf(constructors) })
    for (const member of checker.getDeclaredTypeOfSymbol(symbol).getProperties()) {
      const signatures = checker.getTypeOfSymbol(member).getCallSignatures()
      if (!signatures.length || isHidden(member) || !(member.flags & ts.SymbolFlags.Method)) continue
      found.push({ path: `${path}#${member.name}`, kind: 'method', owner: path, abstract, ...entryOf(signatures) })
    }
  }

  // The signature with the most parameters stands for all.
  function entryOf(signatures) {
    const longest = [...signatures].sort((a, b) => b.parameters.length - a.parameters.length)[0]
    return { parameters: longest.parameters.map((p) => parameterOf(p)) }
  }

  function parameterOf(symbol) {
    const declaration = symbol.valueDeclaration
    const type = checker.getNonNullableType(checker.getTypeOfSymbol(symbol))
    const text = checker.typeToString(type)
    return {
      name: symbol.name,
      rest: Boolean(declaration?.dotDotDotToken),
      type: text.slice(0, 80),
      keys: keysOf(type),
    }
  }

  // Keys of an options object: a type all of whose properties are plain (an interface of ours that ends with Options, or a literal).
  function keysOf(type) {
    const name = type.aliasSymbol?.name ?? type.symbol?.name ?? ''
    const intersection = type.isIntersection() ? type.types : [type]
    if (!/Options$|^__type$/.test(name) && !intersection.some((t) => /Options$/.test(t.symbol?.name ?? ''))) return []
    if (type.getCallSignatures().length) return []
    return type.getProperties().map((p) => p.name)
  }
}

function isHidden(symbol, declaration = symbol?.valueDeclaration) {
  if (!declaration) return false
  const flags = ts.getCombinedModifierFlags(declaration)
  if (flags & (ts.ModifierFlags.Protected | ts.ModifierFlags.Private)) return true
  return ts.getJSDocTags(declaration).some((tag) => tag.tagName.text === 'internal')
}
