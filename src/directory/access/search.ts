import { fromUtf8, toBase64Url, utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { closed, reader, type Static, Type } from '../../base/schema.ts'
import { hashOfText } from '../../crypto/hash.ts'
import type {
  actionSearchSchema,
  EvaluationRequest,
  foundActionsSchema,
  foundEntitiesSchema,
  resourceSearchSchema,
  subjectSearchSchema,
} from '../../protocol/nouns/directory/decisions.ts'
import { resourceName } from './cedar-request.ts'
import { decide, type EvaluationComponents } from './evaluation.ts'
import { kindOfSubject } from './facts.ts'

/** Searches of the Authorization API: candidates in order, each of them decided as an evaluation would. */

type SearchComponents = Pick<EvaluationComponents, 'store' | 'clock' | 'decider' | 'isConnected' | 'access'>
type FoundEntities = Static<typeof foundEntitiesSchema>

interface Candidate {
  readonly id: string
  /** What the next page begins after. */
  readonly place: string
}

const MAX_LIMIT = 200
const USUAL_LIMIT = 50
/** Candidates that one page looks at: some hundred milliseconds. */
const MAX_LOOKS = 400
const AT_ONCE = 100

export async function searchSubjects(
  components: SearchComponents,
  { page, ...asked }: Static<typeof subjectSearchSchema>,
): Promise<FoundEntities> {
  const { store, clock } = components
  const { type } = asked.subject
  const kind = kindOfSubject(type)
  const load = async (after: string) => {
    const from = { after: Number(after || 0), limit: AT_ONCE }
    const found =
      kind === 'person'
        ? await store.access.people(from)
        : kind === 'service'
          ? await store.access.serviceAccounts(from, clock.now())
          : []
    return found.map(({ name, number }) => ({ id: name, place: `${number}` }))
  }
  const found = await search(components, { page, asked }, load, ({ id }) => ({
    ...asked,
    subject: { ...asked.subject, id },
  }))
  return { ...found, results: found.results.map((id) => ({ type, id })) }
}

export async function searchResources(
  components: SearchComponents,
  { page, ...asked }: Static<typeof resourceSearchSchema>,
): Promise<FoundEntities> {
  const { type } = asked.resource
  const named = resourceName({ type, id: '' })
  const policy = await components.access.policy()
  const ofPolicy = policy.resources
    .filter((one) => one.type === named.type && one.id.startsWith(named.id))
    .map(({ id }) => id.slice(named.id.length))
  const member = named.type === 'Resource' ? undefined : SCOPE_MEMBERS[named.type]
  const load = async (after: string) => {
    const inScopes =
      member === undefined ? [] : await components.store.access.scopeNames(member, { after, limit: AT_ONCE })
    const ids = [...new Set([...ofPolicy.filter((id) => id > after), ...inScopes])].sort()
    return ids.slice(0, AT_ONCE).map((id) => ({ id, place: id }))
  }
  const found = await search(components, { page, asked }, load, ({ id }) => ({
    ...asked,
    resource: { ...asked.resource, id },
  }))
  return { ...found, results: found.results.map((id) => ({ type, id })) }
}

const SCOPE_MEMBERS = { Application: 'applications', DataSet: 'dataSets', Tool: 'tools' } as const

export async function searchActions(
  components: SearchComponents,
  { page, ...asked }: Static<typeof actionSearchSchema>,
): Promise<Static<typeof foundActionsSchema>> {
  const { actions } = await components.access.policy()
  const load = async (after: string) =>
    actions
      .filter((name) => name > after)
      .slice(0, AT_ONCE)
      .map((name) => ({ id: name, place: name }))
  const found = await search(components, { page, asked }, load, ({ id }) => ({ ...asked, action: { name: id } }))
  return { ...found, results: found.results.map((name) => ({ name })) }
}

interface SearchInit {
  readonly page: { readonly token?: string; readonly limit?: number } | undefined
  /** A token is of these questions only. */
  readonly asked: object
}

async function search(
  components: SearchComponents,
  { page: { token, limit = USUAL_LIMIT } = {}, asked }: SearchInit,
  load: (after: string) => Promise<readonly Candidate[]>,
  requestOf: (candidate: Candidate) => EvaluationRequest,
): Promise<{ page: { next_token: string; count: number }; results: string[] }> {
  const of = hashOfText(JSON.stringify(asked))
  const policy = await components.access.policy()
  const most = Math.min(limit, MAX_LIMIT)
  const results: string[] = []
  let after = token === undefined ? '' : placeIn(token, of)
  for (let looks = 0; ; ) {
    const candidates = await load(after)
    for (const candidate of candidates) {
      if (results.length >= most || looks >= MAX_LOOKS) {
        return { page: { next_token: tokenOf(after, of), count: results.length }, results }
      }
      looks++
      after = candidate.place
      if ((await decide(components, policy, requestOf(candidate))).isAllowed) results.push(candidate.id)
    }
    if (candidates.length < AT_ONCE) return { page: { next_token: '', count: results.length }, results }
  }
}

const tokenReader = reader(closed({ after: Type.String({ maxLength: 512 }), of: Type.String() }), {
  name: 'page token',
})

function tokenOf(after: string, of: string): string {
  return toBase64Url(utf8(JSON.stringify({ after, of })))
}

/** @throws `INPUT_MALFORMED` for a token of another search. */
function placeIn(token: string, of: string): string {
  try {
    const read = tokenReader.readJson(fromUtf8(new Uint8Array(Buffer.from(token, 'base64url'))))
    if (read.of === of) return read.after
  } catch {
    // As one of another search.
  }
  throw new SuretyError('INPUT_MALFORMED', 'page: the token is of another search: begin again without it')
}
