import { createHmac } from 'node:crypto'
import { closed, type Static, Type } from '../../base/schema.ts'
import { programOf } from '../matching/script-argument.ts'
import { commandName } from './command-name.ts'
import { packageLaunch } from './package-launch.ts'
import { shellScript, whatStarts } from './unwrap-command.ts'

const form = Type.String({ pattern: '^[0-9a-f]{32}$' })

/**
 * What the command of a configuration and the command line of the process that it becomes have in common, keyed per device,
 * the strictest first. Never leaves the device: it is for comparing what runs with what was configured.
 */
export const launchFormsSchema = closed({
  /** The program or package and all its arguments. */
  exact: form,
  /** The same without folders and versions: an interpreter shows the path of a script that was named alone. */
  loose: form,
  /** The program or package alone, where it says enough: arguments may hold variables that the client fills in. */
  program: Type.Optional(form),
})
export type LaunchForms = Static<typeof launchFormsSchema>

/** Names that programs of all kinds bear. */
const ORDINARY =
  /^(index|main|server|app|cli|run|start|mcp|mcp[-_]server|node|bun|deno|python[\d.]*|sh|bash|java|docker|podman)(\.\w+)?$/

/**
 * Reads the words of a command: `npx -y pkg a`, what npm makes of it (`npm exec pkg a`, written over its command line) and
 * `node …/npx -y pkg a` are one.
 *
 * @returns undefined when there is no command.
 */
export function launchForms(words: readonly string[], key: string): LaunchForms | undefined {
  const command = commandIn(words)
  if (command === undefined) return undefined
  const { exact, loose, program } = command
  const keyed = (value: unknown) => createHmac('sha256', key).update(JSON.stringify(value)).digest('hex').slice(0, 32)
  return {
    exact: keyed(['exact', ...exact]),
    loose: keyed(['loose', ...loose]),
    ...(program === undefined ? {} : { program: keyed(['program', program]) }),
  }
}

interface Command {
  readonly exact: readonly string[]
  readonly loose: readonly string[]
  readonly program?: string
}

function commandIn(words: readonly string[], depth = 0): Command | undefined {
  const { commands, main } = whatStarts(untitled(words))
  // Of several nobody can tell which one a process of theirs is.
  const [first = '', ...args] = commands.length > 1 ? words : (main?.words ?? [])
  if (first === '') return undefined
  const command = commandOf(first, args, depth)
  if (commands.length === 1 && main?.inLine !== true) return command
  // What an agent has a shell do may well end in the program of a server: all of it has to fit.
  return command && both(command.exact)
}

function commandOf(first: string, args: readonly string[], depth: number): Command | undefined {
  const name = commandName(first)
  const script = programOf(name, [first, ...args]) ?? shellScript([first, ...args])
  if (script?.kind === 'script' && depth === 0) {
    const launched = commandIn([script.path, ...script.args], depth + 1)
    if (launched !== undefined) return launched
  }
  if (script?.kind === 'module') {
    return { ...both(['-m', script.name, ...script.args]), program: `-m ${script.name}` }
  }
  const launch = packageLaunch(name, args)
  if (launch?.spec !== undefined || launch?.target !== undefined) {
    const { spec, target = '', rest } = launch
    const program = spec === undefined ? target : `${spec.ecosystem} ${spec.name}`
    return { exact: [program, spec?.version ?? '', ...rest], loose: [program, ...rest], program }
  }
  const plain = { exact: [first, ...args], loose: [name, ...args] }
  return ORDINARY.test(name) ? plain : { ...plain, program: name }
}

function both(words: readonly string[]): Pick<Command, 'exact' | 'loose'> {
  return { exact: words, loose: words }
}

/** npm and others write one line over their arguments, and leave nothing but NULs behind it. */
function untitled(words: readonly string[]): readonly string[] {
  const [first = '', ...rest] = words
  if (!first.includes(' ') || first.startsWith('/') || rest.some((word) => word !== '')) return words
  return first.split(' ').filter((word) => word !== '')
}
