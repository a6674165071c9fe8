import { SuretyError } from '../../base/errors.ts'
import { reader, Type } from '../../base/schema.ts'
import {
  actionSearchSchema,
  decisionSchema,
  type EvaluationRequest,
  evaluationSchema,
  evaluationsAnswerSchema,
  evaluationsSchema,
  foundActionsSchema,
  foundEntitiesSchema,
  introspectionRequestSchema,
  introspectionSchema,
  resourceSearchSchema,
  subjectSearchSchema,
} from '../../protocol/nouns/directory/decisions.ts'
import { Reply, type Route, route } from '../http/route.ts'
import { type EvaluationComponents, evaluate } from './evaluation.ts'
import { type IntrospectionComponents, introspect } from './introspection.ts'
import { searchActions, searchResources, searchSubjects } from './search.ts'

/** A hundred questions with properties. */
const BODY_MAX_BYTES = 512 * 1024

/** The routes of the Authorization API, below `/access/v1`. */
export function evaluationRoutes(components: EvaluationComponents & IntrospectionComponents): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/evaluation',
      operationId: 'evaluate',
      action: 'ask-decision',
      summary: 'Whether a person or service account may do something, as of now, signed',
      body: evaluationSchema,
      changesNothing: true,
      response: decisionSchema,
      answer: ({ body }) => evaluate(components, body),
    }),
    route({
      method: 'POST',
      path: '/evaluations',
      operationId: 'evaluateSeveral',
      action: 'ask-decision',
      summary: 'Several evaluations in one request, in order',
      body: evaluationsSchema,
      bodyMaxBytes: BODY_MAX_BYTES,
      changesNothing: true,
      response: evaluationsAnswerSchema,
      async answer({ body: { evaluations = [], options = {}, ...defaults } }) {
        if (evaluations.length === 0) return evaluate(components, complete(defaults, ''))
        const requests = evaluations.map((one, at) => complete({ ...defaults, ...one }, `/evaluations/${at}`))
        const { evaluations_semantic: semantic = 'execute_all' } = options
        const answers = []
        for (const request of requests) {
          const answer = await evaluate(components, request)
          answers.push(answer)
          if (semantic === 'deny_on_first_deny' && !answer.decision) break
          if (semantic === 'permit_on_first_permit' && answer.decision) break
        }
        return { evaluations: answers }
      },
    }),
    route({
      method: 'GET',
      path: '/gate',
      operationId: 'askGate',
      action: 'ask-decision',
      summary: 'An evaluation for a proxy: its question is in headers, and the status is the answer',
      response: Type.String(),
      async answer({ headers: { surety } }) {
        const { decision, context } = await evaluate(components, questionIn(surety))
        const headers = { 'x-surety-decision': context.jws, 'content-type': 'text/plain; charset=utf-8' }
        if (decision) return new Reply({ status: 204, headers, body: undefined })
        const body = `${context.reasons.map(({ reason }) => reason).join('; ')}\n`
        return new Reply({ status: 403, headers, body })
      },
    }),
    route({
      method: 'POST',
      path: '/search/subject',
      operationId: 'searchSubjects',
      // It names people, whom a server that only decides does not learn of.
      action: 'view',
      summary: 'People or service accounts that would be allowed',
      body: subjectSearchSchema,
      changesNothing: true,
      response: foundEntitiesSchema,
      answer: ({ body }) => searchSubjects(components, body),
    }),
    route({
      method: 'POST',
      path: '/search/resource',
      operationId: 'searchResources',
      action: 'view',
      summary: 'Resources that would be allowed, of those that scopes and rules name',
      body: resourceSearchSchema,
      changesNothing: true,
      response: foundEntitiesSchema,
      answer: ({ body }) => searchResources(components, body),
    }),
    route({
      method: 'POST',
      path: '/search/action',
      operationId: 'searchActions',
      action: 'view',
      summary: 'Actions that would be allowed, of those that rules name',
      body: actionSearchSchema,
      changesNothing: true,
      response: foundActionsSchema,
      answer: ({ body }) => searchActions(components, body),
    }),
    route({
      method: 'POST',
      path: '/introspect',
      operationId: 'introspect',
      action: 'ask-decision',
      summary: 'Whether a device, an agent or a signed answer is good now (RFC 7662)',
      body: introspectionRequestSchema,
      changesNothing: true,
      response: introspectionSchema,
      answer: ({ body: { token } }) => introspect(components, token),
    }),
  ]
}

/** @throws `INPUT_MALFORMED` for a header that is missing. */
function questionIn(header: (name: string) => string | undefined): EvaluationRequest {
  const required = (name: string) => {
    const value = header(name)
    if (value === undefined) throw new SuretyError('INPUT_MALFORMED', `the header x-surety-${name} is missing`)
    return value
  }
  const [agent, device] = [header('agent'), header('device')]
  const request = {
    subject: { type: header('subject-type') ?? 'user', id: required('subject') },
    action: { name: required('action') },
    resource: { type: header('resource-type') ?? 'application', id: required('resource') },
    context: { ...(agent === undefined ? {} : { agent }), ...(device === undefined ? {} : { device }) },
  }
  return questionReader.read(request)
}

const questionReader = reader(evaluationSchema, { name: 'headers', forPeople: true })

/** @throws `INPUT_MALFORMED` for what neither the evaluation nor the defaults say. */
function complete({ subject, action, resource, context }: Partial<EvaluationRequest>, at: string): EvaluationRequest {
  if (subject === undefined || action === undefined || resource === undefined) {
    const [missing] = Object.entries({ subject, action, resource }).find(([, value]) => value === undefined) ?? []
    throw new SuretyError('INPUT_MALFORMED', `body: ${at}/${missing}: is missing`.replace('body: /', 'body: '))
  }
  return { subject, action, resource, ...(context === undefined ? {} : { context }) }
}
