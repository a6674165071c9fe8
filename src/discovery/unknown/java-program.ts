import { baseName } from '../matching/agent-index.ts'

/** Options of java(1) whose value is the next argument. Module options name the program. */
const WITH_VALUE = new Set(
  '-cp -classpath --class-path -p --module-path --upgrade-module-path --add-modules --add-reads --add-exports --add-opens --patch-module --limit-modules --source --enable-native-access'.split(
    ' ',
  ),
)
const MODULE = new Set(['-m', '--module'])

/**
 * Returns the archive or main class that Java runs; undefined if `executable` is not Java or its arguments do not name
 * one.
 */
export function javaProgramOf(executable: string, argv: readonly string[]): string | undefined {
  if (baseName(executable) !== 'java') return undefined
  for (let at = 1; at < argv.length; at++) {
    const part = argv[at] ?? ''
    const next = argv[at + 1] || undefined
    if (part === '-jar') return next
    if (MODULE.has(part)) return next?.slice(next.indexOf('/') + 1)
    if (WITH_VALUE.has(part)) at++
    else if (!part.startsWith('-') && !part.startsWith('@')) return part || undefined
  }
  return undefined
}
