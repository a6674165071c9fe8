import { SeenEndpoints } from '../../../src/discovery/running/endpoints.ts'
import { findAgents } from '../../support/processes/find-agents.ts'
import { CLAUDE, processRecord } from '../../support/processes/process-record.ts'

const end = (address: string, port: number, loopback = false) => ({ address, port, loopback })
const claude = processRecord(100, CLAUDE, ['claude'], { environmentNames: ['PATH', 'ANTHROPIC_BASE_URL'] })
const plain = processRecord(100, CLAUDE, ['claude'])
const AWAY = { connected: [end('192.0.2.7', 443), end('2001:db8::1', 443)], listening: [] }

test('a running agent tells its base address by name, and where it is connected', () => {
  const near = {
    connected: [end('127.0.0.1', 11434, true), end('127.0.0.1', 5432, true)],
    listening: [end('0.0.0.0', 80)],
  }
  const [found] = findAgents([claude], {
    details: { sockets: () => new Map([[100, { ...near, connected: [...near.connected, ...AWAY.connected] }]]) },
  })
  expect(found?.endpoints).toEqual([
    { by: 'environment', name: 'ANTHROPIC_BASE_URL' },
    { by: 'socket', address: '127.0.0.1:11434' },
    { by: 'socket', address: '192.0.2.7:443' },
    { by: 'socket', address: '[2001:db8::1]:443' },
  ])
})

test('sockets are looked for now and then, and what was seen stays', () => {
  const seen = new SeenEndpoints()
  let looks = 0
  const look = (nowMs: number, connected = AWAY.connected) => {
    const sockets = () => {
      looks++
      return new Map([[100, { connected, listening: [] }]])
    }
    return findAgents([plain], { nowMs, seen, details: { sockets } })[0]?.endpoints?.length
  }
  expect([look(0), look(9_999), looks]).toEqual([2, 2, 1])
  expect([look(10_000, []), looks]).toEqual([2, 2])
})

test('what has ended is forgotten', () => {
  const seen = new SeenEndpoints()
  const sockets = () => new Map([[100, AWAY]])
  findAgents([plain], { seen, details: { sockets } })
  findAgents([], { seen, details: { sockets } })
  expect(findAgents([plain], { seen })[0]?.endpoints).toBeUndefined()
})

test('reports eight addresses', () => {
  const connected = Array.from({ length: 50 }, (_, at) => end(`192.0.2.${at}`, 443))
  const [found] = findAgents([plain], { details: { sockets: () => new Map([[100, { connected, listening: [] }]]) } })
  expect(found?.endpoints?.length).toBe(8)
})
