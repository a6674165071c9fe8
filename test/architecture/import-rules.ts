import { posix } from 'node:path'
import { DOORS, MAY_IMPORT } from './import-table.ts'

/** Folders that stand on web standards alone. */
const NO_NODE = ['base', 'protocol', 'view', 'console']
/** `process.env` is read here and nowhere else. */
const ENVIRONMENT = /^(config\/|main-[a-z]+\.ts$)/
/** The file that tests which system this is, and the one that does so for our own files before there is a platform. */
const PLATFORM_CHOICE = 'system/platform/this-platform.ts'
const RIGHTS_CHOICE = 'system/files/this-system.ts'
/** `process.platform`, also taken from `process` by name, and `platform` of `node:os` and `node:process`. */
const TESTS_PLATFORM =
  /\bprocess\??\.platform\b|\{[^{}]*\bplatform\b[^{}]*\}\s*(?:=\s*process\b|from\s*'node:(?:os|process)')|\bos\.(?:platform|type)\b/
/** Programs, and the files that put a program together: they may choose from everywhere. */
const COMPOSITION_ROOT = /^(main-[a-z-]+|directory\/directory)\.ts$/

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g

/** The modules that `text` imports, as it spells them. */
export function importsIn(text: string): readonly string[] {
  return [...text.matchAll(IMPORT)].map(([, name = '']) => name)
}

/** One line per import that breaks a rule. @param file relative to `src/`, with forward slashes. */
export function violations(file: string, text: string): readonly string[] {
  const from = posix.dirname(file)
  if (from !== '.' && MAY_IMPORT[from] === undefined) return [`${file}: folder is not in MAY_IMPORT`]
  const lines = importsIn(text).flatMap((name) => importViolation(file, name) ?? [])
  if (/\bprocess\.env\b/.test(text) && !ENVIRONMENT.test(file)) lines.push(`${file}: process.env is read in config/`)
  if (TESTS_PLATFORM.test(text) && file !== PLATFORM_CHOICE && file !== RIGHTS_CHOICE) {
    lines.push(`${file}: the operating system is chosen in ${PLATFORM_CHOICE}`)
  }
  return lines
}

function importViolation(file: string, name: string): string | undefined {
  return name.startsWith('.') ? ownViolation(file, name) : moduleViolation(file, name)
}

function moduleViolation(file: string, name: string): string | undefined {
  const doors = DOORS[name]
  const [top = ''] = file.split('/')
  if (doors?.some((door) => (door.endsWith('/') ? file.startsWith(door) : file === door)) === false) {
    return `${file} -> ${name}: use ${doors.join(', ')}`
  }
  if (!name.startsWith('node:')) return undefined
  if (NO_NODE.includes(top)) return `${file} -> ${name}: ${top} knows no Node`
  return top === 'crypto' && name !== 'node:crypto' ? `${file} -> ${name}: crypto does no I/O` : undefined
}

function ownViolation(file: string, name: string): string | undefined {
  if (COMPOSITION_ROOT.test(file)) return undefined
  const from = posix.dirname(file)
  const to = posix.dirname(posix.join(from, name))
  const allowed = MAY_IMPORT[from] ?? []
  if (to === '.' || to === from || allowed.some((one) => to === one || to.startsWith(`${one}/`))) return undefined
  return `${file} -> ${to}: ${from} may import ${allowed.join(', ') || 'nothing'}`
}

/**
 * The circles in a graph of imports: groups of nodes that reach each other (Tarjan).
 *
 * @param edges by node, the nodes that it imports.
 */
export function circles(edges: ReadonlyMap<string, ReadonlySet<string>>): readonly (readonly string[])[] {
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const found: string[][] = []
  const visit = (node: string): number => {
    const own = index.size
    index.set(node, own)
    low.set(node, own)
    stack.push(node)
    for (const next of edges.get(node) ?? []) {
      const reached = index.has(next) ? (stack.includes(next) ? (index.get(next) ?? own) : own) : visit(next)
      low.set(node, Math.min(low.get(node) ?? own, reached))
    }
    if (low.get(node) === own) {
      const group = stack.splice(stack.indexOf(node))
      if (group.length > 1) found.push(group.sort())
    }
    return low.get(node) ?? own
  }
  for (const node of edges.keys()) if (!index.has(node)) visit(node)
  return found
}

/** The graph of files, or of their folders. @param sources by path relative to `src/`, their texts. */
export function importGraph(
  sources: ReadonlyMap<string, string>,
  nodeOf: (file: string) => string,
): ReadonlyMap<string, ReadonlySet<string>> {
  const edges = new Map<string, Set<string>>()
  for (const [file, text] of sources) {
    const from = nodeOf(file)
    const own = edges.get(from) ?? new Set()
    edges.set(from, own)
    for (const name of importsIn(text).filter((each) => each.startsWith('.'))) {
      const to = nodeOf(posix.join(posix.dirname(file), name))
      if (to !== from) own.add(to)
    }
  }
  return edges
}
