import type { Command } from 'commander'
import { zipSync } from 'fflate'
import { describeError, SuretyError } from '../base/errors.ts'
import { printableJson } from '../base/text/printable.ts'
import { VERSION } from '../base/version.ts'
import { exampleLines } from '../command-line/program.ts'
import type { ConfigEntry } from '../protocol/messages/control.ts'
import { hanging, wrapped } from '../view/terminal.ts'
import { type CliComponents, type CommandInit, optionsOf } from './command/cli-components.ts'
import type { DaemonClient } from './command/daemon-client.ts'

/** `surety flare`: writes what support needs into one file, which a person reads before it leaves. Nothing is sent. */
export function addFlareCommand(components: CliComponents, init: CommandInit): void {
  const { out, daemonAt, now, saveNew } = components
  const { terminal, command } = init
  command('flare', 'write a bundle for support to a file; nothing is sent')
    .option('--out <file>', 'file to write (default: surety-flare-DATE.zip in this folder); never overwritten')
    .option('--list', 'only print the content')
    .addHelpText('after', exampleLines('surety flare', 'surety flare --out /tmp/flare.zip', 'surety flare --list'))
    .action(async (_, made: Command) => {
      const options = optionsOf(made)
      const own = made.opts<{ out?: string; list?: boolean }>()
      if (own.out === '') throw new SuretyError('CONFIG_INVALID', '--out needs the name of a file')
      const files = await flareFiles(components, daemonAt(options.socket))
      if (own.list === true) {
        const texts = [...files].map(([name, text]) => `=== ${name}\n${text}`)
        out(options.json === true ? `${printableJson(flareDocument(files), 2)}\n` : texts.join('\n'))
        return
      }
      const path = own.out ?? `surety-flare-${new Date(now()).toISOString().slice(0, 19).replaceAll(':', '-')}Z.zip`
      await saveNew(path, zipOf(files))
      if (options.json === true) {
        out(`${printableJson({ ...flareDocument(files), path }, 2)}\n`)
        return
      }
      const lines = [
        `Wrote ${path}:`,
        ...[...files].flatMap(([name, text]) => hanging(terminal, `  ${name}`, 22, `${Buffer.byteLength(text)} bytes`)),
        '',
        ...wrapped(terminal, 'Nothing was sent. Read it first (surety flare --list), then give it to your support.'),
      ]
      out(`${lines.join('\n')}\n`)
    })
}

function flareDocument(files: ReadonlyMap<string, string>) {
  return {
    schema: 'surety/flare@1',
    files: [...files].map(([name, text]) => ({ name, bytes: Buffer.byteLength(text) })),
  }
}

function zipOf(files: ReadonlyMap<string, string>): Uint8Array {
  const encoder = new TextEncoder()
  return zipSync(Object.fromEntries([...files].map(([name, text]) => [name, encoder.encode(text)])))
}

/** Keys whose value may say where secrets lie, or whom to ask: shown by name only. */
const HIDDEN = /pin|token|secret|password|enrolment/i

async function flareFiles(
  { readConfig }: Pick<CliComponents, 'readConfig'>,
  daemon: DaemonClient,
): Promise<ReadonlyMap<string, string>> {
  const status = await attempt(() => daemon.status())
  const config = await attempt(async () => {
    const entries = await daemon.config().then(
      (shown) => shown.entries,
      () => readConfig(),
    )
    return [...entries]
  })
  const files: readonly (readonly [string, object])[] = [
    ['version.json', { surety: VERSION, node: process.version }],
    ['status.json', status],
    ['config.json', Array.isArray(config) ? config.map(hidden) : config],
  ]
  return new Map([
    [
      'README.txt',
      'A bundle for the support of Surety. It has no keys, tokens or contents of files. Read it before you send it.\n',
    ],
    ...files.map(([name, value]): [string, string] => [name, `${printableJson(value, 2)}\n`]),
  ])
}

function hidden(entry: ConfigEntry): ConfigEntry {
  return HIDDEN.test(entry.key) ? { ...entry, value: '(hidden)' } : entry
}

/** A daemon that does not answer is what the bundle must show. */
async function attempt<T extends object>(ask: () => Promise<T>): Promise<T | { readonly error: string }> {
  try {
    return await ask()
  } catch (error) {
    return { error: describeError(error) }
  }
}
