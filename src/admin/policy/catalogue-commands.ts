import type { Command } from 'commander'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import { printable } from '../../base/text/printable.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { type CatalogueView, catalogueViewReader } from '../../protocol/nouns/agents/catalogues.ts'
import { answer, type CommandComponents, type CommonOptions, openApi, withApiOptions } from '../command/command-line.ts'
import { timeOf } from '../command/format.ts'
import { readTextFile } from '../command/read-text-file.ts'

/** Indented it is larger than it will be sent. */
const FILE_MAX_BYTES = 4 * LIMITS.catalogueBytes
const MAX_DEPTH = 32

export function addCatalogueCommands(program: Command, components: CommandComponents): void {
  const catalogue = program.command('catalogue').description('the catalogue of agents that devices use')
  withApiOptions(
    catalogue.command('set').description('distribute a catalogue to devices from now on').argument('<file>'),
  ).action(async (file: string, options: CommonOptions) => {
    const text = await readTextFile(file, { maxBytes: FILE_MAX_BYTES })
    requireJson(text, file)
    const api = await openApi(components, options)
    const set = await api.ask('POST', '/catalogue', catalogueViewReader, { catalogue: text })
    tell(components, options, set)
  })
  withApiOptions(catalogue.command('show').description('show the catalogue in distribution')).action(
    async (options: CommonOptions) => {
      const api = await openApi(components, options)
      const set = await api.ask('GET', '/catalogue', catalogueViewReader).catch((error: unknown) => {
        if (codeOf(error) === 'NOT_FOUND') return null
        throw error
      })
      tell(components, options, set)
    },
  )
}

/** The directory checks the rest. @throws `INPUT_MALFORMED`, `INPUT_TOO_*`. */
function requireJson(text: string, file: string): void {
  try {
    parseJson(text, { maxBytes: FILE_MAX_BYTES, maxDepth: MAX_DEPTH })
  } catch (cause) {
    const wanted = 'expected JSON with "schema": "surety/catalogue@1"'
    throw new SuretyError(codeOf(cause) ?? 'INPUT_MALFORMED', `${file} is not a catalogue: ${wanted}`, { cause })
  }
}

function tell(components: CommandComponents, options: CommonOptions, catalogue: CatalogueView | null): void {
  answer(components, options, { schema: 'surety-directory/catalogue@1', catalogue }, () => [wordsOf(catalogue)])
}

function wordsOf(catalogue: CatalogueView | null): string {
  if (catalogue === null) return 'none is handed out: devices use their own'
  const { version, setAt, builtIn = 0, refused } = catalogue
  if (refused !== undefined) return `catalogue ${version} is not handed out: ${printable(refused)}`
  return version > builtIn
    ? `catalogue ${version} is handed out since ${timeOf(setAt)}: devices take it with their next attestation`
    : `catalogue ${version} is handed out since ${timeOf(setAt)}, but devices of this release bring ${builtIn} along and take only what is above it`
}
