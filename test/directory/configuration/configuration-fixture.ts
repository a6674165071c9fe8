import type {
  Configuration,
  ConfigurationPlan,
  ConfigurationRequest,
} from '../../../src/protocol/nouns/directory/configuration.ts'
import type { TestDirectory } from '../../support/directory/directory-api.ts'
import { ask } from '../http/documented-answers.ts'

export type Documents = readonly object[]

export const person = (name: string, spec: object = {}) => ({ kind: 'person', name, spec })
export const group = (name: string, members: readonly string[]) => ({ kind: 'group', name, spec: { members } })
export const registration = (name: string, spec: object = {}) => ({
  kind: 'registration',
  name,
  spec: { purpose: 'reviews', criteria: { products: ['codex'] }, ...spec },
})
export const policy = (text: string) => ({ kind: 'policy', name: 'policy', spec: { text } })

export async function exported(directory: TestDirectory): Promise<Configuration> {
  return (await ask(directory, 'GET', 'exportConfiguration', '/configuration')).json as Configuration
}

type Options = Partial<Omit<ConfigurationRequest, 'documents'>> & { readonly token?: string }

/** @returns the answer, which may be a refusal. */
export async function request(directory: TestDirectory, documents: Documents, { token, ...options }: Options = {}) {
  const body = { documents, plan: false, ...options }
  return directory.ask('POST', '/api/v1/configuration', { body, ...(token === undefined ? {} : { token }) })
}

/** @returns what is answered, which must be a plan as it is documented. */
export async function planned(directory: TestDirectory, documents: Documents, options: Options = {}) {
  const { token: _, ...rest } = options
  const body = { documents, plan: true, ...rest }
  return (await ask(directory, 'POST', 'applyConfiguration', '/configuration', body)).json as ConfigurationPlan
}

export const applied = (directory: TestDirectory, documents: Documents, options: Options = {}) =>
  planned(directory, documents, { ...options, plan: false })

/** What was recorded, oldest first, as `kind subject`. */
export function acts(directory: TestDirectory): readonly string[] {
  return directory.store.events
    .list({ limit: 500 })
    .map(({ kind }) => kind)
    .toReversed()
}
