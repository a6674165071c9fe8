import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A receiver of webhooks on this machine, which keeps what it got. */

export interface Got {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Answer = (response: ServerResponse, got: Got) => void

export async function startReceiver(init: { answer?: Answer } = {}) {
  const got: Got[] = []
  const receiver = { answer: init.answer ?? ((response: ServerResponse) => void response.writeHead(204).end()) }
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const one = { headers, body }
    got.push(one)
    receiver.answer(response, one)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has an address of this kind.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/surety?key=hidden`,
    port,
    got,
    answerWith(answer: Answer) {
      receiver.answer = answer
    },
    types: () => got.map(({ body }) => JSON.parse(body).type as string),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
export type Receiver = Awaited<ReturnType<typeof startReceiver>>
