import { ALLOWED_COMMANDS } from '../../system/program/allowed-commands.ts'
import { STATE_QUERIES } from '../../system/program/query-commands.ts'
import type { ProcessRecord } from '../matching/process-record.ts'

const UNIT = /^[A-Za-z][A-Za-z0-9@_.-]{0,63}\.(service|timer|socket)$/
/** Others may make one of these do more than its words say (`APT_CONFIG`). */
const BARE: readonly string[] = ['LC_ALL', 'PATH']

const QUERIES = Object.entries(STATE_QUERIES).map(([name, [command, ...args]]) => {
  // Where both folders are one, the kernel says the other.
  const places: readonly string[] = ALLOWED_COMMANDS[command].flatMap((path) => [path, path.replace('/sbin/', '/bin/')])
  return { takesUnit: name === 'unit', places, args: args.map(String) }
})

/**
 * Does it ask the system of its own state, as our posture checks do and in their very words: a program where only root can put
 * it, with all of its arguments and no variables but two? That is the same whoever runs it, and what it answers changes nothing.
 */
export function isStateQuery({ executable = '', argv, environmentNames }: ProcessRecord): boolean {
  if (environmentNames?.every((name) => BARE.includes(name)) !== true) return false
  const [, ...words] = argv
  return QUERIES.some(
    ({ places, args, takesUnit }) =>
      places.includes(executable) &&
      words.length === args.length + Number(takesUnit) &&
      args.every((arg, at) => words[at] === arg) &&
      (!takesUnit || UNIT.test(words.at(-1) ?? '')),
  )
}
