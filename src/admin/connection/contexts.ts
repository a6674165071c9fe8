import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fromUtf8, utf8 } from '../../base/bytes.ts'
import { describeError, SuretyError } from '../../base/errors.ts'
import { closed, faultOf, type Static, Type } from '../../base/schema.ts'
import { type AdministratorProfile, administratorProfileSchema } from '../../protocol/noun/answers.ts'
import { readIfPresent, writeDurably } from '../../system/files/own/durable-file.ts'

/** The directories that this user has logged in to, each with its token: one file of mode 0600. */

const MAX_BYTES = 256 * 1024
const MODE = 0o600
const SCHEMA = 'surety/contexts@1'
const NAME = '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'

const contextsSchema = closed({
  schema: Type.Literal(SCHEMA),
  current: Type.Optional(Type.String({ pattern: NAME })),
  contexts: Type.Record(Type.String({ pattern: NAME }), administratorProfileSchema, { additionalProperties: false }),
})

export interface Contexts {
  /** Used where no other is named. */
  readonly current: string | undefined
  readonly byName: ReadonlyMap<string, AdministratorProfile>
}

/** @throws `USAGE_INVALID`. */
export function requireContextName(name: string): string {
  if (new RegExp(NAME).test(name)) return name
  const rule = 'use letters, digits, dots, hyphens and underscores, 63 at most, and begin with a letter or digit'
  throw new SuretyError('USAGE_INVALID', `${JSON.stringify(name.slice(0, 64))} cannot name a context: ${rule}`)
}

/** Empty if there is no file. @throws `CONFIG_INVALID`; `NOT_PERMITTED` if others can read the file; `FILE_*`. */
export async function readContexts(path: string): Promise<Contexts> {
  const bytes = await readIfPresent(path, { maxBytes: MAX_BYTES, ownerOnly: true })
  if (bytes === undefined) return { current: undefined, byName: new Map() }
  try {
    return await parse(bytes)
  } catch (cause) {
    const hint = 'fix it, or remove it and log in again'
    throw new SuretyError('CONFIG_INVALID', `${JSON.stringify(path)}: ${describeError(cause)}; ${hint}`, { cause })
  }
}

async function parse(bytes: Uint8Array): Promise<Contexts> {
  // Loaded only by the users of contexts.
  const { readPlainYaml } = await import('../../directory/policy/policy-yaml.ts')
  const { value, lineOf } = readPlainYaml(fromUtf8(bytes), { name: 'file of contexts', maxBytes: MAX_BYTES })
  const fault = faultOf(contextsSchema, value)
  if (fault !== undefined) {
    throw new SuretyError(
      'CONFIG_INVALID',
      [`line ${lineOf(fault.place)}`, fault.place.slice(1), fault.wanted].filter((one) => one !== '').join(': '),
    )
  }
  const { current, contexts } = value as Static<typeof contextsSchema> // `faultOf` has checked it
  return { current, byName: new Map(Object.entries(contexts)) }
}

/** Replaces the file whole, and makes its folder. @throws `STORE_FAILED`; the old file is then unchanged. */
export async function writeContexts(path: string, { current, byName }: Contexts): Promise<void> {
  const { stringify } = await import('yaml')
  const document = {
    schema: SCHEMA,
    ...(current === undefined ? {} : { current }),
    contexts: Object.fromEntries([...byName].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  }
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new SuretyError('STORE_FAILED', `cannot make the folder ${JSON.stringify(dirname(path))}`, { cause })
  }
  await writeDurably(path, utf8(stringify(document, { lineWidth: 0 })), { mode: MODE })
}

/** @throws `NOT_FOUND` with the names that there are. */
export function contextNamed({ byName }: Contexts, name: string): AdministratorProfile {
  const profile = byName.get(name)
  if (profile !== undefined) return profile
  const names = [...byName.keys()]
  const hint =
    names.length === 0 ? 'make one with: surety-directory login' : `the contexts are ${names.toSorted().join(', ')}`
  throw new SuretyError('NOT_FOUND', `no context is named ${JSON.stringify(name.slice(0, 64))}; ${hint}`)
}
