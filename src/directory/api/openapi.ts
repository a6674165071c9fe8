import swagger from '@fastify/swagger'
import type { FastifyInstance, RawServerBase } from 'fastify'

/** Lets the OpenAPI document be made from the routes that are registered after this. */
export async function describeApi<S extends RawServerBase>(app: FastifyInstance<S>, version: string): Promise<void> {
  await app.register(swagger, {
    convertConstToEnum: false,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Surety directory',
        version,
        description:
          'Every refusal is {"error":{"code","message"}}: branch on the code. Times are milliseconds since 1970. ' +
          'Text that devices sent (names, labels, details) is foreign: show it as text, never as markup. ' +
          'A request without a valid token is answered with 401, and with 429 and Retry-After (seconds) once its address ' +
          'has failed too often. docs/protocol.md lists the status of each code.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      security: [{ administrator: [] }],
      components: {
        securitySchemes: {
          administrator: { type: 'http', scheme: 'bearer', description: 'an administrator token, surety_adm_…' },
        },
      },
    },
  })
}
