import type { ProcessRecord } from '../../../../src/discovery/matching/process-record.ts'
import { findAgents, partsIn } from '../../../support/processes/find-agents.ts'
import { detached, NODE, processRecord } from '../../../support/processes/process-record.ts'

/** Trees that were observed and could not be captured: these agents keep no terminal, or overwrite their command line. */

const OPENCLAW = '/x/node_modules/openclaw'
const tool = (pid: number, parentPid: number, more: Partial<ProcessRecord> = {}) =>
  processRecord(pid, '/usr/bin/bash', ['bash', '-c', 'x'], detached(pid, parentPid, more))
const broker = (parentPid: number, more: Partial<ProcessRecord> = {}) =>
  processRecord(101, NODE, ['node', `${OPENCLAW}/dist/process/spawn-broker/worker.js`], detached(101, parentPid, more))

describe('OpenClaw', () => {
  const gateway = processRecord(
    100,
    NODE,
    ['openclaw-gateway', '', ''],
    detached(100, 1, { environmentNames: ['PATH'] }),
  )
  const whole = { installed: (id: string) => id === 'openclaw' }

  test('its gateway is one agent with the broker that starts its tools, and unattended', () => {
    const [found, ...others] = findAgents([gateway, broker(100), tool(102, 101), tool(103, 100)], whole)
    expect([found?.catalogueId, others]).toEqual(['openclaw', []])
    expect(partsIn(found)).toEqual(['agent 100', 'helper 101', 'tool 102', 'tool 103'])
    expect(found?.autonomy?.level).toBe('autonomous')
    expect(found?.attribution?.how).toBe('none')
  })

  test('its broker that is left over leads what it has started', () => {
    const left = findAgents([broker(1), tool(102, 101)], whole)
    expect(left.map((each) => [each.catalogueId, partsIn(each)])).toEqual([['openclaw', ['helper 101', 'tool 102']]])
  })

  test('a gateway that was started again takes the broker over', () => {
    const left = broker(1, { startTicks: 900 })
    expect(findAgents([gateway, left, tool(102, 101)], whole).map(partsIn)).toEqual([
      ['agent 100', 'helper 101', 'tool 102'],
    ])
  })

  test('a script of that name elsewhere is no broker', () => {
    const other = processRecord(101, NODE, ['node', '/home/alice/worker.js'], detached(101, 1))
    expect(findAgents([gateway, other], whole).map(partsIn)).toEqual([['agent 100']])
  })
})

describe('pi', () => {
  const pi = processRecord(100, NODE, ['pi', '', '', ''])
  const marked = { environmentNames: ['PATH', 'PI_CODING_AGENT'] }

  test('it is known by the variable of its tools, though its command line is overwritten', () => {
    const [found] = findAgents([pi, tool(101, 100, marked)])
    expect([found?.catalogueId, partsIn(found)]).toEqual(['pi', ['agent 100', 'tool 101']])
  })

  test('a tool that it left behind is its own again while it runs', () => {
    const found = findAgents([pi, tool(101, 1, marked)], { installed: () => true })
    expect(found.map(partsIn)).toEqual([['agent 100', 'tool 101']])
  })

  test('once it has ended its tool is no agent', () => {
    expect(findAgents([tool(101, 1, marked)], { installed: () => true })).toEqual([])
  })
})
