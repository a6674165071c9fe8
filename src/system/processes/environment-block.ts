import { Buffer } from 'node:buffer'

/** What /proc/PID/environ holds: names for all, values for the few variables that name a session. */
export interface EnvironmentBlock {
  readonly names: readonly string[]
  readonly markers: Readonly<Record<string, string>>
}

const MAX_NAMES = 4096
const MAX_NAME_LENGTH = 256
/** An identifier: nothing that somebody could have put a sentence, or most keys, into. */
const MARKER = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}$/
const NO_MARKERS: Readonly<Record<string, string>> = Object.freeze({})

/** As /proc/PID/environ has it: every name has a value. */
export function readEnvironmentBlock(text: string, variables: ReadonlySet<string>): EnvironmentBlock {
  const names = new Set<string>()
  const markers: Record<string, string> = {}
  let marked = false
  for (const line of text.split('\0', MAX_NAMES)) {
    const end = line.indexOf('=')
    if (end <= 0 || end > MAX_NAME_LENGTH) continue
    const name = copyOf(line.slice(0, end))
    // The first one counts, as it does for getenv(3).
    if (names.has(name)) continue
    names.add(name)
    if (!variables.has(name)) continue
    const value = line.slice(end + 1)
    if (!MARKER.test(value)) continue
    markers[name] = copyOf(value)
    marked = true
  }
  return { names: [...names], markers: marked ? markers : NO_MARKERS }
}

/** As the addon leaves it: `NAME`, and `NAME=value` for the variables that were asked for. */
export function readEnvironmentNames(text: string): EnvironmentBlock {
  const lines = text.split('\0', MAX_NAMES)
  lines.pop()
  if (!text.includes('=')) return { names: lines, markers: NO_MARKERS }
  const markers: Record<string, string> = {}
  const names = lines.map((line) => {
    const end = line.indexOf('=')
    if (end < 0) return line
    const [name, value] = [line.slice(0, end), line.slice(end + 1)]
    if (MARKER.test(value)) markers[name] ??= copyOf(value)
    return name
  })
  return { names, markers }
}

/** Names only: values are dropped here and go no further. */
export function environmentNamesIn(text: string): readonly string[] {
  return readEnvironmentBlock(text, NO_VARIABLES).names
}

const NO_VARIABLES: ReadonlySet<string> = new Set()

/** A part of a string keeps the whole of it in memory, values and all. */
function copyOf(part: string): string {
  return Buffer.from(part, 'utf8').toString('utf8')
}
