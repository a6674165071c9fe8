import { SuretyError } from '../../base/errors.ts'
import { catalogueRequestBodySchema, catalogueViewSchema } from '../../protocol/api-administration.ts'
import type { ApiComponents } from './api-components.ts'
import { type Route, route } from './route.ts'

/** A catalogue in a string of JSON: every quote of it takes two. */
const BODY_MAX_BYTES = 2 * 1024 * 1024

/** The catalogue of agents that devices are to use instead of the one they brought along. */
export function catalogueRoutes({ actions }: ApiComponents): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/catalogue',
      operationId: 'setCatalogue',
      summary: 'Hand out a catalogue of agents from now on; its version must be above that of the one before',
      body: catalogueRequestBodySchema,
      bodyMaxBytes: BODY_MAX_BYTES,
      status: 201,
      response: catalogueViewSchema,
      answer: ({ body: { catalogue }, administrator }) => actions.setCatalogue(catalogue, administrator.id),
    }),
    route({
      method: 'GET',
      path: '/catalogue',
      operationId: 'catalogue',
      summary: 'Which catalogue of agents is handed out',
      response: catalogueViewSchema,
      async answer() {
        const set = await actions.catalogue()
        if (set === undefined) throw new SuretyError('NOT_FOUND', 'no catalogue is handed out')
        return set
      },
    }),
  ]
}
