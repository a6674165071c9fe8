import { ALLOWED_COMMANDS } from '../../system/program/allowed-commands.ts'
import { STATE_QUERIES } from '../../system/program/query-commands.ts'
import type { ProcessRecord } from '../matching/process-record.ts'

const UNIT = /^[A-Za-z][A-Za-z0-9@_.-]{0,63}\.(service|timer|socket)$/
/** Allowed variables. Others can make a query do more than its arguments say (`APT_CONFIG`). */
const BARE: readonly string[] = ['LC_ALL', 'PATH']

const QUERIES = Object.entries(STATE_QUERIES).map(([name, [command, ...args]]) => {
  // With a merged /sbin the kernel reports the /bin path.
  const places: readonly string[] = ALLOWED_COMMANDS[command].flatMap((path) => [path, path.replace('/sbin/', '/bin/')])
  return { takesUnit: name === 'unit', places, args: args.map(String) }
})

/**
 * True for a query of system state exactly as our posture checks run it: a root-owned program path, the same arguments, and
 * no variables but LC_ALL and PATH. Such a query changes nothing, whichever program runs it.
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
