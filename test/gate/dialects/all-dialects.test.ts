import { dialectOf } from '../../../src/gate/dialects/all-dialects.ts'
import { HOOK_CLIENTS } from '../../../src/protocol/gate/hook-clients.ts'

test('each dialect is that of its client', () => {
  for (const client of HOOK_CLIENTS) expect([undefined, client]).toContain(dialectOf(client)?.client)
  expect(dialectOf('claude-code')?.client).toBe('claude-code')
})
