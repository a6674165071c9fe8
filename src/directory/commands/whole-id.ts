import { SuretyError } from '../../base/errors.ts'
import { reader, type TSchema } from '../../base/schema.ts'

/**
 * An id as a person typed it, which is all of it.
 *
 * @param options.list the command that shows ids of this kind.
 * @throws `INPUT_MALFORMED`, saying where they are shown.
 */
export function wholeId(typed: string, schema: TSchema, { list }: { readonly list: string }): string {
  try {
    reader(schema, { name: 'id', code: 'INPUT_MALFORMED' }).read(typed)
  } catch (cause) {
    const message = `${JSON.stringify(typed)} is no whole id: surety-directory ${list} shows them`
    throw new SuretyError('INPUT_MALFORMED', message, { cause })
  }
  return typed
}
