import { closed, type Static, type TSchema } from '../../base/schema.ts'
import {
  type BodyOf,
  commandOf,
  type Filters,
  type Item,
  type ListQuery,
  type Noun,
  type Single,
  type Verbs,
} from '../../protocol/noun/noun.ts'
import type { Listed } from './listed.ts'
import { type Reply, type Route, type RouteRequest, route } from './route.ts'

/** The routes of a noun, from its declaration: the compiler asks for the handler of each verb. */

type Answer<T> = T | Reply | Promise<T | Reply>

/** By whom. */
type Asked = Pick<RouteRequest<unknown, unknown, unknown>, 'principal'>

interface Reading<T, F extends Filters> {
  readonly list: (query: ListQuery<F>, asked: Asked) => Listed<T> | Promise<Listed<T>>
  /** @throws `NOT_FOUND`. A noun without `show` in its declaration needs none. */
  readonly show?: (id: string, asked: Asked) => T | Promise<T>
}

type Handlers<V extends Verbs> = {
  readonly [K in keyof V]: (
    request: RouteRequest<{ readonly id: string }, undefined, BodyOf<V[K]>>,
  ) => Answer<Static<V[K]['response']>>
}

/** @param handlers a verb of an item gets the id of the item, which has the right form and may be of none. */
export function nounRoutes<T extends Item, F extends Filters, V extends Verbs>(
  noun: Noun<T, F, V>,
  reading: Reading<NoInfer<T>, F>,
  handlers: Handlers<V>,
): readonly Route[] {
  const { path, id, item, page, query, list, show } = noun
  const params = closed({ id })
  const { operationId, action, summary } = list
  const listing = route({
    method: 'GET',
    path,
    operationId,
    action,
    summary,
    ...commandsOf(noun, list),
    query,
    response: page,
    // The query fits the schema of this noun.
    async answer(request) {
      const given = request.query as ListQuery<F>
      const sort = given.sort ?? (given.search === undefined ? undefined : list.foundBy)
      const { items, ...rest } = await reading.list(sort === undefined ? given : { ...given, sort }, request)
      return { items: [...items], ...rest }
    },
  })
  const { show: shown } = reading
  const showing =
    show === undefined || shown === undefined
      ? []
      : [
          route({
            method: 'GET',
            path: `${path}/{id}`,
            operationId: show.operationId,
            action: show.action,
            summary: show.summary,
            ...commandsOf(noun, show),
            params,
            response: item,
            answer: (request) => shown(idIn(request.params), request),
          }),
        ]
  return [listing, ...showing, ...verbRoutes(noun, handlers, params)]
}

/** @param params of the path of an item. */
export function verbRoutes<V extends Verbs>(
  noun: Single<V>,
  handlers: Handlers<V>,
  params?: TSchema,
): readonly Route[] {
  return Object.entries(noun.verbs).map(([name, { ofItem, path = '', command, ...verb }]) => {
    const handler = handlers[name]
    if (handler === undefined) throw new TypeError(`${noun.path} has no handler for ${name}`)
    return route({
      ...verb,
      ...(command === undefined ? {} : commandsOf(noun, command)),
      path: `${noun.path}${ofItem === true ? '/{id}' : ''}${path}`,
      ...(ofItem === true && params !== undefined ? { params } : {}),
      ...(verb.creates === true ? { status: 201 } : {}),
      answer: handler as Route['answer'], // of this verb, by the type of `handlers`
    })
  })
}

function commandsOf(noun: Single, { examples }: { readonly examples: readonly string[] }) {
  return { commands: examples.map((one) => `${commandOf(noun)} ${one}`) }
}

/** Of an item: the schema of the path has it. */
function idIn(params: unknown): string {
  return (params as { readonly id: string }).id // of this very schema
}
