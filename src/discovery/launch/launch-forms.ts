import { createHmac } from 'node:crypto'
import { isAbsolutePath } from '../../base/absolute-path.ts'
import { closed, type Static, Type } from '../../base/schema.ts'
import { portableText } from '../../system/files/portable-text.ts'
import { programOf } from '../matching/script-argument.ts'
import { commandName } from './launchers.ts'
import { packageLaunch } from './package-launch.ts'
import { shellScript, unwrapCommand } from './unwrap-command.ts'

const form = Type.String({ pattern: '^[0-9a-f]{32}$' })

/**
 * Keyed hashes of a command, the strictest first. The command of a configuration and the command line of the process that it
 * becomes have one of them in common. They stay on the device.
 */
export const launchFormsSchema = closed({
  /** Program or package, and all arguments. */
  exact: form,
  /** Without folders and versions: a script that was named alone shows its path once it runs. */
  loose: form,
  /** Program or package alone, unless its name is an ordinary one. Arguments may hold variables that the client replaces. */
  program: Type.Optional(form),
})
export type LaunchForms = Static<typeof launchFormsSchema>

/** Names that programs of all kinds have. */
const ORDINARY =
  /^(index|main|server|app|cli|run|start|mcp|mcp[-_]server|node|bun|deno|python[\d.]*|sh|bash|java|docker|podman)(\.\w+)?$/

/**
 * The forms of a command. `npx -y pkg a`, `npm exec pkg a` (which npm writes over its command line) and `node …/npx -y pkg a`
 * have the same ones.
 *
 * @returns undefined when there is no command.
 */
export function launchForms(words: readonly string[], key: string): LaunchForms | undefined {
  const command = readCommand(words)
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

function readCommand(words: readonly string[], depth = 0): Command | undefined {
  const { commands } = unwrapCommand(withoutTitle(words))
  const [only] = commands.length === 1 ? commands : []
  // Which of several commands a process belongs to is not known, so the whole line has to fit.
  const [first = '', ...args] = only?.words ?? words
  if (first === '') return undefined
  const command = readWords(first, args, depth)
  if (command === undefined) return undefined
  if (only === undefined) return { exact: command.exact, loose: command.loose }
  if (!only.isOneOfSeveral) return command
  // A shell line of an agent may well end in the program of a server: all arguments have to fit.
  return sameForms(command.exact)
}

function readWords(first: string, args: readonly string[], depth: number): Command | undefined {
  const name = commandName(first)
  const script = programOf(name, [first, ...args]) ?? shellScript([first, ...args])
  if (script?.kind === 'script' && depth === 0) {
    const launched = readCommand([script.path, ...script.args], depth + 1)
    if (launched !== undefined) return launched
  }
  if (script?.kind === 'module') {
    return { ...sameForms(['-m', script.name, ...script.args]), program: `-m ${script.name}` }
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

function sameForms(words: readonly string[]): Pick<Command, 'exact' | 'loose'> {
  return { exact: words, loose: words }
}

/** npm and others write one line over their arguments and leave NULs behind it. */
function withoutTitle(words: readonly string[]): readonly string[] {
  const [first = '', ...rest] = words
  if (!first.includes(' ') || isAbsolutePath(portableText(first)) || rest.some((word) => word !== '')) return words
  return first.split(' ').filter((word) => word !== '')
}
