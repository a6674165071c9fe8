import type {
  Configuration,
  ConfigurationDocument,
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

export const accessPolicy = (text: string) => ({ kind: 'access-policy', name: 'access-policy', spec: { text } })

/** Adds what has a token or a secret, as its commands do, with a role or events that the documents may change. */
export async function addSecrets(directory: TestDirectory, documents: Documents): Promise<void> {
  for (const { kind, name, spec } of documents as readonly ConfigurationDocument[]) {
    const add = (path: string, body: object) => directory.ask('POST', path, { body })
    if (kind === 'administrator') await add('/api/v1/administrators', { name, role: 'viewer' })
    else if (kind === 'service') await add('/api/v1/services', { name, scope: spec.scope })
    else if (kind === 'webhook') await add('/api/v1/webhooks', { url: name, events: ['tamper-sign'] })
  }
}

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
export async function acts(directory: TestDirectory): Promise<readonly string[]> {
  return (await directory.store.events.list({ limit: 500 })).map(({ kind }) => kind).toReversed()
}
