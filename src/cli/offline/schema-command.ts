import type { Command } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { printableJson } from '../../base/text/printable.ts'
import { type CliComponents, optionsOf } from '../command/cli-components.ts'
import { DOCUMENT_NAMES, documentSchema } from './document-schemas.ts'

const EXAMPLES = `
Examples:
  surety schema
  surety schema surety/status@1
`

/** `surety schema`: the JSON Schema of what `--json` prints. */
export function addSchemaCommand(program: Command, { out }: CliComponents): void {
  program
    .command('schema')
    .description('list the documents that --json prints, or print the JSON Schema of one')
    .argument('[name]', 'member "schema" of a document, such as surety/status@1')
    .option('--json', 'print one JSON document')
    .addHelpText('after', EXAMPLES)
    .action((name: string | undefined, _: object, made: Command) => {
      if (name !== undefined) out(`${printableJson(schemaNamed(name), 2)}\n`)
      else if (optionsOf(made).json === true) {
        out(`${printableJson({ schema: 'surety/schemas@1', schemas: DOCUMENT_NAMES }, 2)}\n`)
      } else out(`${DOCUMENT_NAMES.join('\n')}\n`)
    })
}

/** @throws `NOT_FOUND`. */
function schemaNamed(name: string): object {
  const schema = documentSchema(name) ?? documentSchema(`${name}@1`)
  if (schema === undefined) {
    throw new SuretyError('NOT_FOUND', `no document is called ${JSON.stringify(name)}. List them with: surety schema`)
  }
  return schema
}
