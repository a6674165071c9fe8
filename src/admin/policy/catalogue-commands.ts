import type { Command } from 'commander'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { catalogue, catalogueWords } from '../../protocol/nouns/agents/catalogues.ts'
import { answer, type CommandComponents } from '../command/command-line.ts'
import { readTextFile } from '../command/read-text-file.ts'
import { call } from '../nouns/call.ts'
import { addVerbCommands } from '../nouns/noun-commands.ts'

/** Indented it is larger than it will be sent. */
const FILE_MAX_BYTES = 4 * LIMITS.catalogueBytes
const MAX_DEPTH = 32

export function addCatalogueCommands(program: Command, components: CommandComponents): void {
  addVerbCommands(program.command(catalogue.one).description(catalogue.about), components, catalogue, {
    bodies: { set: async ({ words: [file = ''] }) => ({ catalogue: await readCatalogue(file) }) },
    verbs: {
      async show({ api, options }) {
        const shown = await call(api, catalogue, 'show').catch((error: unknown) => {
          if (codeOf(error) === 'NOT_FOUND') return null
          throw error
        })
        answer(components, options, { schema: 'surety-directory/catalogue@1', catalogue: shown }, () => [
          shown === null ? 'none is handed out: devices use their own' : catalogueWords(shown),
        ])
      },
    },
  })
}

/** The directory checks the rest. @throws `INPUT_MALFORMED`, `INPUT_TOO_*`, `FILE_*`. */
async function readCatalogue(file: string): Promise<string> {
  const text = await readTextFile(file, { maxBytes: FILE_MAX_BYTES })
  try {
    parseJson(text, { maxBytes: FILE_MAX_BYTES, maxDepth: MAX_DEPTH })
    return text
  } catch (cause) {
    const wanted = 'expected JSON with "schema": "surety/catalogue@1"'
    throw new SuretyError(codeOf(cause) ?? 'INPUT_MALFORMED', `${file} is not a catalogue: ${wanted}`, { cause })
  }
}
