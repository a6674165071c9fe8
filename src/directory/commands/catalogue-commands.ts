import type { Command } from 'commander'
import { fromUtf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { type CatalogueView, catalogueViewReader } from '../../protocol/api-administration.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { readIfPresent } from '../../system/durable-file.ts'
import { answer, type CommandComponents, type CommonOptions, openApi, withApiOptions } from './command-line.ts'
import { timeOf } from './words.ts'

/** Indented it is larger than it will be sent. */
const FILE_MAX_BYTES = 4 * LIMITS.catalogueBytes

export function addCatalogueCommands(program: Command, components: CommandComponents): void {
  const catalogue = program.command('catalogue').description('the catalogue of agents that devices use')
  withApiOptions(catalogue.command('set').description('hand out a catalogue from now on').argument('<file>')).action(
    async (file: string, options: CommonOptions) => {
      const bytes = await readIfPresent(file, { maxBytes: FILE_MAX_BYTES })
      if (bytes === undefined) throw new SuretyError('NOT_FOUND', `there is no file ${file}`)
      const api = await openApi(components, options)
      const set = await api.ask('POST', '/catalogue', catalogueViewReader, { catalogue: fromUtf8(bytes) })
      tell(components, options, set)
    },
  )
  withApiOptions(catalogue.command('show').description('which one is handed out')).action(
    async (options: CommonOptions) => {
      const api = await openApi(components, options)
      tell(components, options, await api.ask('GET', '/catalogue', catalogueViewReader))
    },
  )
}

function tell(components: CommandComponents, options: CommonOptions, catalogue: CatalogueView): void {
  answer(components, options, { schema: 'surety-directory/catalogue@1', catalogue }, () => [
    catalogue.refused === undefined
      ? `catalogue ${catalogue.version} is handed out since ${timeOf(catalogue.setAt)}: devices take it with their next attestation`
      : `catalogue ${catalogue.version} is not handed out: ${catalogue.refused}`,
  ])
}
