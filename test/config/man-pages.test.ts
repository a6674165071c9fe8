import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CommandComponents } from '../../src/admin/command/command-line.ts'
import { runCommands } from '../../src/admin/run-commands.ts'
import { VERSION } from '../../src/base/version.ts'
import type { CliComponents } from '../../src/cli/command/cli-components.ts'
import { runCli } from '../../src/cli/surety.ts'
import { daemonSettings } from '../../src/config/daemon.ts'
import { directorySettings } from '../../src/config/directory.ts'
import { flagName } from '../../src/config/settings.ts'

/** The text of a page, with roff's escaped hyphens as hyphens. */
const page = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../docs/man', name), 'utf8').replaceAll('\\-', '-')

test.each([
  ['suretyd.8', daemonSettings],
  ['surety-directory.8', directorySettings],
])('%s lists every setting with its flag, and no other', (name, settings) => {
  const written = [...page(name).matchAll(/^\.BR (\S+) ", " (\S+)$/gm)].map(([, key, flag]) => `${key} ${flag}`)
  expect(written).toEqual(Object.keys(settings).map((key) => `${key} ${flagName(key)}`))
})

test.each(['surety.1', 'suretyd.8', 'surety-directory.8'])('%s has this version', (name) => {
  expect(page(name)).toContain(`surety ${VERSION}`)
})

interface Usage {
  readonly commands: readonly string[]
  readonly options: readonly string[]
}

type Help = (argv: readonly string[]) => Promise<string>

/** Help needs only the output. */
const said = async (run: (components: { out: (text: string) => void }) => Promise<unknown>) => {
  let text = ''
  await run({
    out: (more) => {
      text += more
    },
  })
  return text
}
const HELP_OF_SURETY: Help = (argv) =>
  said((components) =>
    runCli({ ...components, fixes: {} } as CliComponents, { argv, socket: '/s', terminal: TERMINAL }),
  )
const HELP_OF_DIRECTORY: Help = (argv) => said((components) => runCommands(components as CommandComponents, argv))
const TERMINAL = { columns: undefined, colour: false }

/** A command and its subcommands, from `--help`. */
async function usageOf(help: Help, path: readonly string[] = []): Promise<Usage> {
  const [page = ''] = (await help([...path, '--help'])).split('\nExamples:\n')
  const [own = '', below = ''] = page.split('\nCommands:\n')
  const names = [...below.matchAll(/^ {2}([a-z][^\s|]*)/gm)].flatMap(([, name = '']) => (name === 'help' ? [] : [name]))
  if (names.length === 0) {
    const options = [...own.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gm)].map(([, name = '']) => `--${name}`)
    return { commands: [path.join(' ')], options }
  }
  const usages = await Promise.all(names.map((name) => usageOf(help, [...path, name])))
  return {
    commands: usages.flatMap(({ commands }) => commands),
    options: usages.flatMap(({ options }) => options),
  }
}

test.each([
  ['surety.1', HELP_OF_SURETY, 'agents show'],
  ['surety-directory.8', HELP_OF_DIRECTORY, 'catalogue set'],
] as const)('%s describes every command and option', async (name, help, known) => {
  const { commands, options } = await usageOf(help)
  expect(commands).toContain(known)
  const described = [...page(name).matchAll(/^\.B[IR]? .*$/gm)].map(([line]) =>
    line.replaceAll('\\fR, \\fP', ' ').replaceAll(/[",]/g, ' ').replaceAll(/\s+/g, ' '),
  )
  const has = (words: string) => described.some((line) => `${line} `.includes(` ${words} `))
  expect(commands.filter((each) => !has(each))).toEqual([])
  expect([...new Set(options)].filter((each) => each !== '--help' && !page(name).includes(each))).toEqual([])
})
