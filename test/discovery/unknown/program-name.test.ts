import { programName } from '../../../src/discovery/unknown/program-name.ts'
import { processRecord } from '../../support/processes/process-record.ts'

const named = (executable: string, ...args: string[]) => {
  const { name, path } = programName(processRecord(100, executable, [executable, ...args])) ?? {}
  return { name, path }
}

test.each([
  ['https://raw.example.com/acme/main/agent.ts?token=GHSAT0CANARY', 'agent', 'https://raw.example.com/…/agent.ts'],
  ['https://user:pw-canary@example.com/t0k3n-canary/agent.ts#canary', 'agent', 'https://example.com/…/agent.ts'],
  ['https://example.com', 'example.com', 'https://example.com'],
  ['https://example.com/ghp_abcdefghijklmnopqrstuvwxyz0123456789', 'example.com', 'https://example.com'],
  ['https://', 'https:', 'https:'],
  ['data:application/typescript;base64,Y2FuYXJ5', 'data:', 'data:'],
  ['blob:https://example.com/canary', 'blob:', 'blob:'],
  ['file:///home/alice/agent.ts?canary', 'agent', '/home/alice/agent.ts'],
  ['npm:@acme/agent@1.2.3', 'agent@1.2.3', 'npm:@acme/agent@1.2.3'],
  ['/home/alice/odd: name/agent.ts', 'agent', '/home/alice/odd: name/agent.ts'],
  ['C:\\agents\\agent.ts', 'agent', 'C:/agents/agent.ts'],
])('of the script %s, reports %s, %s', (script, name, path) => {
  expect(named('/usr/bin/deno', 'run', '-A', script)).toEqual({ name, path })
})
