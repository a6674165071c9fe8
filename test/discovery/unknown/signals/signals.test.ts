import fc from 'fast-check'
import { judge, type Reason, type SignalName } from '../../../../src/discovery/unknown/signals.ts'

const NAMES: readonly SignalName[] = [
  'tool-children',
  'paced-children',
  'child-markers',
  'model-endpoint',
  'asks-between',
  'mcp-children',
  'model-calls',
  'answered-commands',
  'shell-snapshots',
  'autonomy-flag',
  'session-files',
  'loopback-service',
]
const reason = (name: SignalName, weight: number): Reason => ({ name, weight, detail: name })

test.each<[boolean, readonly Reason[]]>([
  [true, [reason('tool-children', 30), reason('model-endpoint', 30)]],
  [true, [reason('child-markers', 40), reason('autonomy-flag', 20)]],
  [false, [reason('tool-children', 30), reason('model-endpoint', 29)]],
  // One family, however much it says.
  [false, [reason('tool-children', 60), reason('paced-children', 60)]],
  [false, [reason('child-markers', 100)]],
  // Nothing decisive.
  [
    false,
    [
      reason('model-endpoint', 30),
      reason('autonomy-flag', 25),
      reason('session-files', 25),
      reason('mcp-children', 20),
    ],
  ],
  // The same thing said often is said once.
  [false, [reason('tool-children', 30), reason('tool-children', 30), reason('loopback-service', 15)]],
  [true, [reason('answered-commands', 30), reason('model-calls', 30)]],
  [false, [reason('model-calls', 90), reason('loopback-service', 15)]],
  // What every server for developers does is none of the two.
  [false, [reason('tool-children', 30), reason('paced-children', 25), reason('loopback-service', 15)]],
  // Nor what makes enough of too little.
  [false, [reason('tool-children', 30), reason('child-markers', 20), reason('loopback-service', 15)]],
  [false, [reason('tool-children', 30), reason('model-endpoint', 20), reason('loopback-service', 90)]],
  [true, [reason('tool-children', 30), reason('child-markers', 20), reason('shell-snapshots', 20)]],
  [false, [reason('tool-children', 30), reason('shell-snapshots', 90)]],
  [true, [reason('tool-children', 30), reason('paced-children', 25), reason('asks-between', 15)]],
  [false, [reason('asks-between', 90), reason('loopback-service', 90)]],
  // Who hardly says anything is no second witness, and counts beside one.
  [false, [reason('tool-children', 30), reason('paced-children', 25), reason('model-endpoint', 5)]],
  [true, [reason('tool-children', 30), reason('session-files', 25), reason('model-endpoint', 5)]],
  [true, [reason('tool-children', 30), reason('paced-children', 25), reason('model-endpoint', 10)]],
  // What weighs nothing is no witness.
  [false, [reason('tool-children', 60), reason('fetched-program', 0), reason('credential-files', 0)]],
  [false, []],
])('%p for %j', (isAgent, reasons) => {
  expect(judge(reasons).isAgent).toBe(isAgent)
})

const anyReason = fc.record({
  name: fc.constantFrom(...NAMES),
  weight: fc.integer({ min: -50, max: 200 }),
  detail: fc.string(),
})

test('one reason more never makes less of an agent', () => {
  fc.assert(
    fc.property(fc.array(anyReason), anyReason, (reasons, more) => {
      const before = judge(reasons)
      const after = judge([...reasons, more])
      return after.score >= before.score && (!before.isAgent || after.isAgent)
    }),
  )
})

test('the score is the sum of the reported signals, each reported once', () => {
  fc.assert(
    fc.property(fc.array(anyReason), (reasons) => {
      const { score, signals } = judge(reasons)
      const told = signals.map(({ name }) => name)
      return score === signals.reduce((sum, { weight }) => sum + weight, 0) && new Set(told).size === told.length
    }),
  )
})
