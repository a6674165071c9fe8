import type { ActionKind } from '../../protocol/gate/action.ts'
import {
  argument,
  checkedHost,
  checkedPath,
  type Given,
  hostOf,
  MOST_COMMAND_CHARACTERS,
  malformed,
  pathArgument,
  textArgument,
} from './arguments.ts'

/** What a tool call is, and what its arguments name. */
export interface Targets {
  readonly kind: ActionKind
  readonly server?: string | undefined
  readonly command?: string | undefined
  readonly paths?: readonly string[] | undefined
  readonly hosts?: readonly string[] | undefined
}

/** @throws `INPUT_MALFORMED`: arguments that cannot be judged are refused. */
export type ToolReader = (given: Given) => Targets
/** The tools of a client by name. Those that it lacks are `other`. */
export type ToolTable = ReadonlyMap<string, ToolReader>

const MOST_TARGETS = 256
const MOST_SERVER_CHARACTERS = 256

export function toolTable(...rows: readonly (readonly [reader: ToolReader, ...names: string[]])[]): ToolTable {
  return new Map(rows.flatMap(([reader, ...names]) => names.map((name) => [name, reader] as const)))
}

export function plain(kind: ActionKind): ToolReader {
  return () => ({ kind })
}

export function shell(member: string): ToolReader {
  return (given) => ({ kind: 'shell', command: textArgument(given, member, MOST_COMMAND_CHARACTERS) })
}

/** @param members where a client may name the file. All that are there count. */
export function files(kind: 'read' | 'write', ...members: readonly [string, ...string[]]): ToolReader {
  return (given) => {
    const paths = members.flatMap((member) => pathArgument(given, member) ?? [])
    if (paths.length === 0) throw malformed(given, members[0], 'is missing')
    return { kind, paths }
  }
}

/** @param member of each item of the list. Absent: the items are paths. */
export function fileList(kind: 'read' | 'write', list: string, member?: string): ToolReader {
  return (given) => {
    const paths = listArgument(given, list).map((item) =>
      member === undefined
        ? checkedPath(item, given, list)
        : checkedPath(argument({ value: item, place: given.place }, member), given, `${list}.${member}`),
    )
    return { kind, paths: [...new Set(paths)] }
  }
}

/**
 * Without a path it searches the folder. A pattern may lead out of the path.
 *
 * @param members where a client may name the path. All that are there count.
 */
export function search(members: readonly string[], pattern?: string): ToolReader {
  return (given) => {
    const named = members.flatMap((member) => pathArgument(given, member) ?? [])
    const bases = named.length === 0 ? ['.'] : named
    const names = pattern === undefined ? undefined : pathArgument(given, pattern)
    if (pattern === undefined || names === undefined) return { kind: 'read', paths: bases }
    return { kind: 'read', paths: bases.map((base) => startOfPattern(base, names, given, pattern)) }
  }
}

/** Patterns of files to read. */
export function patterns(list: string): ToolReader {
  return (given) => {
    const starts = listArgument(given, list).map((item) =>
      startOfPattern('.', checkedPath(item, given, list), given, list),
    )
    return { kind: 'read', paths: [...new Set(starts)] }
  }
}

const PATCH_HEADS = ['*** Add File: ', '*** Update File: ', '*** Delete File: ', '*** Move to: ']

/**
 * The files of a patch of `apply_patch` (codex-rs/apply-patch, 0.171.0). Its parser takes heads with blanks around them, which
 * unchanged lines of a file also have: a line that only looks like a head counts too.
 *
 * @param members where a client may put the patch. All that are there count.
 */
export function patch(...members: readonly [string, ...string[]]): ToolReader {
  return ({ value, place }) => {
    const [member] = members
    // A tool that takes free text has no members.
    const given = typeof value === 'string' ? { value: { [member]: value }, place } : { value, place }
    const present = members.filter((one) => argument(given, one) !== undefined)
    const texts = present.map((one) => textArgument(given, one, MOST_COMMAND_CHARACTERS))
    const paths = new Set<string>()
    for (const line of texts.flatMap((text) => text.split('\n'))) {
      const trimmed = line.trim()
      const head = PATCH_HEADS.find((one) => trimmed.startsWith(one))
      if (head !== undefined) paths.add(checkedPath(trimmed.slice(head.length).trim(), given, member))
    }
    if (paths.size === 0) throw malformed(given, member, 'must be a patch that names a file')
    if (paths.size > MOST_TARGETS) throw tooMany(given, member)
    return { kind: 'write', paths: [...paths] }
  }
}

/** @param member an address, or a list of addresses. */
export function fetched(member: string): ToolReader {
  return (given) => {
    const isList = Array.isArray(argument(given, member))
    const urls = isList ? listArgument(given, member) : [argument(given, member)]
    return { kind: 'network', hosts: [...new Set(urls.map((url) => checkedHost(url, given, member)))] }
  }
}

/** The addresses among the words of texts. All members that are there count. */
export function fetchedWords(...members: readonly [string, ...string[]]): ToolReader {
  return (given) => {
    const texts = members
      .filter((member) => argument(given, member) !== undefined)
      .map((member) => textArgument(given, member, MOST_COMMAND_CHARACTERS))
    const words = texts.flatMap((one) => one.split(/\s+/)).filter((word) => word.includes('://'))
    if (words.length > MOST_TARGETS) throw tooMany(given, members[0])
    const hosts = new Set(words.flatMap((word) => hostOf(word) ?? []))
    if (hosts.size === 0) throw malformed(given, members[0], 'must name an address')
    return { kind: 'network', hosts: [...hosts] }
  }
}

/** A tool of the client for the resources of MCP servers. */
export function mcpServer(member: string): ToolReader {
  return (given) => {
    if (argument(given, member) === undefined) return { kind: 'mcp' }
    return { kind: 'mcp', server: textArgument(given, member, MOST_SERVER_CHARACTERS) }
  }
}

/** `mcp__server__tool`. Claude Code also takes all up to the second `__` for the server. */
export function mcpTool(name: string): Targets | undefined {
  if (!name.startsWith('mcp__')) return undefined
  const server = name.split('__', 2)[1]
  return server === undefined || server === '' ? { kind: 'mcp' } : { kind: 'mcp', server }
}

/** A tool of two forms, told by a member. */
export function either(member: string, first: ToolReader, second: ToolReader): ToolReader {
  return (given) => (argument(given, member) === undefined ? second : first)(given)
}

function listArgument(given: Given, member: string): readonly unknown[] {
  const value = argument(given, member)
  if (!Array.isArray(value) || value.length === 0) throw malformed(given, member, 'must be a list with items')
  if (value.length > MOST_TARGETS) throw tooMany(given, member)
  return value
}

function tooMany(given: Given, member: string): Error {
  return malformed(given, member, `names more than ${MOST_TARGETS} targets; let the agent do this in smaller steps`)
}

const WILDCARD = /[*?[{!(]/

/** The folder or file where a pattern starts: `src` of `src/*.ts`. */
function startOfPattern(base: string, pattern: string, given: Given, member: string): string {
  const parts = pattern.split('/')
  const wildcard = parts.findIndex((part) => WILDCARD.test(part))
  const fixed = wildcard === -1 ? parts : parts.slice(0, wildcard)
  if (parts.slice(fixed.length).includes('..')) throw malformed(given, member, 'must not go up behind a wildcard')
  const start = fixed.join('/')
  if (start === '') return pattern.startsWith('/') ? '/' : base
  return base === '.' || /^(?:[/~\\]|[A-Za-z]:)/.test(start) ? start : `${base}/${start}`
}
