import type { Command } from 'commander'
import { directoryProgram } from '../../src/admin/run-commands.ts'
import { suretyProgram } from '../../src/cli/surety.ts'
import { everyCommand } from '../../src/command-line/command-tree.ts'
import { readClientEnvironment } from '../../src/config/client.ts'
import { loadDirectoryConfig } from '../../src/config/directory.ts'
import { daemonWith, PLAIN } from '../cli/surety-runs.ts'
import { sampleStatus } from '../support/daemon/sample-status.ts'

/** The trees of commands of both programs, and what they print. */
export interface Printed {
  out: string
}

const notHere = () => Promise.reject(new TypeError('not here'))

export function directoryTree(printed: Printed = { out: '' }): Command {
  return directoryProgram({
    out: (text) => {
      printed.out += text
    },
    err: () => undefined,
    now: () => 0,
    terminal: PLAIN,
    untilInterrupted: () => new AbortController().signal,
    pause: () => Promise.resolve(),
    client: readClientEnvironment({ HOME: '/nonexistent' }),
    readSecret: notHere,
    loadConfig: (init) => loadDirectoryConfig({ ...init, environment: {}, policyFolder: '/nonexistent' }),
    apiOf: () => ({ ask: notHere }),
    serve: notHere,
    resetAdministrator: notHere,
    anchors: notHere,
    backups: notHere,
    setup: notHere,
    updates: notHere,
    demonstration: notHere,
  })
}

export function suretyTree(printed: Printed = { out: '' }): Command {
  return suretyProgram(
    {
      daemonAt: () => daemonWith(sampleStatus()),
      readConfig: () => [],
      now: () => 0,
      out: (text) => {
        printed.out += text
      },
      err: () => undefined,
      untilInterrupted: () => AbortSignal.abort(),
      whenResized: () => undefined,
      pause: () => Promise.resolve(),
      fixes: {},
      saveNew: notHere,
      saveNewFolder: notHere,
    },
    { argv: [], socket: '/nonexistent.sock', terminal: PLAIN },
    () => undefined,
  )
}

/** Commands that do something, without the hidden ones. */
export function leaves(program: Command): readonly Command[] {
  const visible = (command: Command): readonly Command[] =>
    command
      .createHelp()
      .visibleCommands(command)
      .flatMap((one) => [one, ...visible(one)])
  const shown = visible(program)
  return everyCommand(program).filter(
    (command) => shown.includes(command) && (command.commands.length === 0 || command.registeredArguments.length > 0),
  )
}

/** The whole help page, as it is printed. */
export function helpPage(tree: (printed: Printed) => Command, path: readonly string[]): string {
  const printed = { out: '' }
  let command = tree(printed)
  for (const word of path) {
    const next = command.commands.find((one) => one.name() === word || one.aliases().includes(word))
    if (next === undefined) throw new TypeError(`no command ${word}`)
    command = next
  }
  command.outputHelp()
  return printed.out
}
