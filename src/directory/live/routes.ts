import { Type } from '../../base/schema.ts'
import { Reply, type Route, route } from '../http/route.ts'
import type { LiveStream } from './live-stream.ts'

export function liveRoutes({ liveStream }: { readonly liveStream: Pick<LiveStream, 'open'> }): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/live',
      operationId: 'getLive',
      action: 'view',
      summary:
        'What happens, as server-sent events: the summary at once and as it changes, new events, stops as they change',
      response: Type.String({
        description: 'messages summary, events and stops, each with one JSON document as its data',
      }),
      contentType: 'text/event-stream',
      async answer({ principal, principalNow }) {
        const body = await liveStream.open({ principal, principalNow })
        // Proxies such as nginx would otherwise keep messages until a buffer is full.
        return new Reply({
          status: 200,
          headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
          body,
        })
      },
    }),
  ]
}
