import { jsonLines } from './json-lines.ts'

/** `docs/openapi.json`: what the directory serves at `/api/v1/openapi.json`, with the paths in the order of their names. */
export function openApiFile(document: { readonly paths: object }): string {
  const paths = Object.entries(document.paths).sort(([a], [b]) => (a < b ? -1 : 1))
  return jsonLines({ ...document, paths: Object.fromEntries(paths) })
}
