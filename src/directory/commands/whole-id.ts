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
    const shown = JSON.stringify(typed.slice(0, 64))
    const message = `${shown} is not a complete id. List them with: surety-directory ${list}`
    throw new SuretyError('INPUT_MALFORMED', message, { cause })
  }
  return typed
}
