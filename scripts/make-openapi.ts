/** Writes `docs/openapi.json`: the description of the API, as a directory serves it. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { startTestDirectory } from '../test/support/directory/directory-api.ts'
import { openApiFile } from './open-api-file.ts'

await using directory = await startTestDirectory()
const { json } = await directory.ask('GET', '/api/v1/openapi.json', { token: null })
writeFileSync(resolve(import.meta.dirname, '../docs/openapi.json'), openApiFile(json as { paths: object })) // it has paths
console.log('docs/openapi.json: written')
