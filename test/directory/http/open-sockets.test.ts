import { once } from 'node:events'
import { Agent } from 'node:https'
import { connect } from 'node:net'
import { ask, startTestDirectory } from '../../support/directory/directory-api.ts'

test('a crowd without a token keeps no administrator out, and no known one is closed', async () => {
  await using directory = await startTestDirectory()
  const { url, ca, token } = directory
  // One connection, over which an administrator has asked before.
  using kept = keptOpen()
  const summary = () => ask(url, ca, 'GET', '/api/v1/summary', { token, agent: kept.agent })
  expect((await summary()).status).toBe(200)
  const strangers = Array.from({ length: 520 }, () => connect({ host: '127.0.0.1', port: Number(new URL(url).port) }))
  for (const stranger of strangers) stranger.on('error', () => undefined)
  await Promise.all(strangers.map((stranger) => once(stranger, 'connect')))
  try {
    expect((await directory.ask('GET', '/api/v1/summary')).status).toBe(200)
    expect((await summary()).status).toBe(200)
    expect(kept.opened()).toBe(1)
  } finally {
    const gone = strangers.map((stranger) => (stranger.closed ? undefined : once(stranger, 'close')))
    for (const stranger of strangers) stranger.destroy()
    await Promise.all(gone)
  }
})

function keptOpen() {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let opened = 0
  const { createConnection } = agent
  agent.createConnection = function count(...args) {
    opened++
    return createConnection.apply(this, args)
  }
  return { agent, opened: () => opened, [Symbol.dispose]: () => agent.destroy() }
}
