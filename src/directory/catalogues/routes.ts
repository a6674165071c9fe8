import { SuretyError } from '../../base/errors.ts'
import { catalogueRequestBodySchema, catalogueViewSchema } from '../../protocol/nouns/agents/catalogues.ts'
import { type Route, route } from '../http/route.ts'
import type { Catalogues } from './catalogues.ts'

/** A catalogue inside a JSON string: each of its quotes takes two bytes. */
const BODY_MAX_BYTES = 2 * 1024 * 1024

export function catalogueRoutes({
  catalogues,
}: {
  readonly catalogues: Pick<Catalogues, 'current' | 'set'>
}): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/catalogue',
      operationId: 'setCatalogue',
      action: 'configure',
      summary: 'Distribute a catalogue of agents. Its version must be above the current one',
      body: catalogueRequestBodySchema,
      bodyMaxBytes: BODY_MAX_BYTES,
      status: 201,
      response: catalogueViewSchema,
      answer: ({ body: { catalogue }, principal }) => catalogues.set(catalogue, principal.id),
    }),
    route({
      method: 'GET',
      path: '/catalogue',
      operationId: 'catalogue',
      action: 'view',
      summary: 'The catalogue of agents that is distributed',
      response: catalogueViewSchema,
      answer() {
        const current = catalogues.current()
        if (current === undefined) throw new SuretyError('NOT_FOUND', 'no catalogue is distributed')
        return current
      },
    }),
  ]
}
