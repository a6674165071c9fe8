import type { Sighting, SourceReport } from '../../../src/protocol/sighting.ts'
import { sampleAgent } from '../../support/daemon/running-daemon.ts'

export const idOf = (number: number) => number.toString(16).padStart(32, '0')
export const running = (number: number, name = 'Claude Code'): Sighting => ({ ...sampleAgent, id: idOf(number), name })
export const installed = (number: number): Sighting => ({ ...sampleAgent, id: idOf(number), state: 'installed' })
export const source = (name: string, durationMs = 1): SourceReport => ({
  source: name,
  state: 'parsed',
  items: 1,
  durationMs,
})
export const ada = { id: '1000', name: 'ada' }
export const READ = [
  source('processes'),
  source('users'),
  source('installed-agents'),
  { ...source('installed-agents'), user: ada },
]
