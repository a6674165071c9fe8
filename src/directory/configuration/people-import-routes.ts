import { humanImportSchema, IMPORT_MAX_BYTES, importedHumansSchema } from '../../protocol/nouns/people/people-import.ts'
import { type Route, route } from '../http/route.ts'
import { importPeople } from './people-import.ts'

export function peopleImportRoutes(components: Parameters<typeof importPeople>[0]): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/humans/import',
      operationId: 'importHumans',
      action: 'identify',
      summary: 'Add people, and change those of the same user names, all or nothing. A dry run has every refusal',
      body: humanImportSchema,
      bodyMaxBytes: IMPORT_MAX_BYTES,
      response: importedHumansSchema,
      answer: ({ body, principal }) => importPeople(components, body, principal),
    }),
  ]
}
