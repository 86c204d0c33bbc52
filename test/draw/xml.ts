// A strict reader of the XML that pictures are: it throws at whatever is not well-formed.

/** An element with its attributes, the text directly in it, and its children. */
export interface Element {
  readonly tag: string
  readonly attributes: Readonly<Record<string, string>>
  text: string
  readonly children: Element[]
}

const TAG = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/y
const TEXT = /[^<>]+/y

/** The root of a document. */
export function parseXml(source: string): Element {
  const root: Element = { tag: '', attributes: {}, text: '', children: [] }
  const open = [root]
  for (let at = 0; at < source.length; ) {
    TAG.lastIndex = TEXT.lastIndex = at
    const top = open.at(-1)!
    const tag = TAG.exec(source)
    const text = tag ? null : TEXT.exec(source)
    if (text) {
      top.text += decoded(text[0])
      at = TEXT.lastIndex
      continue
    }
    if (!tag) throw new Error(`no XML at ${at}: ${source.slice(at, at + 60)}`)
    at = TAG.lastIndex
    const [, closing, name, attributes, empty] = tag
    if (closing) {
      if (top.tag !== name) throw new Error(`</${name}> closes <${top.tag}>`)
      open.pop()
      continue
    }
    const element: Element = { tag: name!, attributes: attributesOf(attributes!), text: '', children: [] }
    top.children.push(element)
    if (!empty) open.push(element)
  }
  if (open.length !== 1 || root.children.length !== 1 || root.text.trim() !== '') throw new Error('not one root')
  return root.children[0]!
}

function attributesOf(source: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [, name, value] of source.matchAll(/([\w:-]+)="([^"]*)"/g)) {
    if (Object.hasOwn(found, name!)) throw new Error(`${name} twice`)
    found[name!] = decoded(value!)
  }
  return found
}

function decoded(source: string): string {
  if (/&(?!(?:#\d+|lt|gt|amp|quot|apos);)/.test(source)) throw new Error(`bare & in ${source}`)
  const bad = Array.from(source).find((c) => /\p{Cs}|\p{Cc}|[\ufffe\uffff]/u.test(c) && c !== '\n')
  if (bad !== undefined) throw new Error(`forbidden character ${bad.codePointAt(0)}`)
  return source.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
}

/** All elements of a tag, in order. */
export function all(root: Element, tag: string): Element[] {
  const found: Element[] = []
  const stack = [root]
  for (let element = stack.pop(); element; element = stack.pop()) {
    if (element.tag === tag) found.push(element)
    stack.push(...[...element.children].reverse())
  }
  return found
}

/** A picture read: well-formed, with no number in it that is none. */
export function readPicture(source: string): Element {
  if (/NaN|Infinity|undefined|null|\[object/.test(source.replace(/<text[\s\S]*?<\/text>|base64,[^"]*/g, ''))) {
    throw new Error('a number of the picture is none')
  }
  const root = parseXml(source)
  if (root.tag !== 'svg' || root.attributes.xmlns !== 'http://www.w3.org/2000/svg') throw new Error('not SVG')
  return root
}

/** The texts of a picture, in order. */
export function texts(source: string): string[] {
  const whole = (element: Element): string => element.text + element.children.map(whole).join('')
  return all(readPicture(source), 'text').map(whole)
}
