import {
  messages as declared,
  messagePreferenceRequestSchema,
  messagePreferenceSchema,
} from '../../protocol/nouns/directory/messages.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import { type Route, route } from '../http/route.ts'
import type { Messages } from './messages.ts'

interface MessageRoutesComponents {
  readonly messages: Messages
}

const TEST_MS = 40_000

export function messageRoutes({ messages }: MessageRoutesComponents): readonly Route[] {
  const preference = { path: '/mine/messages', action: 'see-mine', response: messagePreferenceSchema } as const
  return [
    ...nounRoutes(
      declared,
      { list: (query) => messages.list(query) },
      {
        status: () => messages.status(),
        test: ({ body, principal }) => messages.test(body, principal, AbortSignal.timeout(TEST_MS)),
      },
    ),
    route({
      ...preference,
      method: 'GET',
      operationId: 'getMessagePreference',
      summary: 'Whether one gets mail about what waits for oneself, and where',
      answer: ({ principal }) => messages.preference(principal),
    }),
    route({
      ...preference,
      method: 'PUT',
      operationId: 'setMessagePreference',
      summary: 'Turn mail about what waits for oneself on or off',
      body: messagePreferenceRequestSchema,
      answer: ({ principal, body }) => messages.setPreference(principal, body),
    }),
  ]
}
