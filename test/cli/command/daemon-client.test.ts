import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { daemonClient } from '../../../src/cli/command/daemon-client.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test.each([
  ['NOT_PERMITTED', 'NOT_PERMITTED'],
  ['SESSION_LIMIT', 'SESSION_LIMIT'],
  ['SESSION_TIMEOUT', 'SESSION_TIMEOUT'],
  ['STORE_FAILED', 'INPUT_MALFORMED'],
  ['NOT_FOUND', 'NOT_FOUND'],
  ['CONFLICT', 'CONFLICT'],
  ['QUOTA_EXCEEDED', 'QUOTA_EXCEEDED'],
])('turns the answer %s into an error with the code %s', async (code, thrown) => {
  using folder = temporaryFolder()
  const socket = join(folder.path, 'a.sock')
  const server = createServer((peer) => peer.resume().end(`${JSON.stringify({ error: { code, message: 'why' } })}\n`))
  server.listen(socket)
  await once(server, 'listening')
  expect(await codeThrown(() => daemonClient({ socket }).status())).toBe(thrown)
  server.close()
})
