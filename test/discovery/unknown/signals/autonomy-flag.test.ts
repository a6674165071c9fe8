import { autonomyFlagOf } from '../../../../src/discovery/unknown/signals.ts'
import { NODE, processRecord } from '../../../support/processes/process-record.ts'

const flagOf = (...args: string[]) => autonomyFlagOf(processRecord(100, NODE, ['node', '/opt/robo/main.js', ...args]))

test.each<[string[], string]>([
  [['--yolo'], '--yolo'],
  [['--auto-approve=true'], '--auto-approve'],
  [['--auto-approve', 'true'], '--auto-approve'],
  [['--no-confirm=1'], '--no-confirm'],
  [['--auto-approve=false', '--yolo'], '--yolo'],
])('%j is said to act without asking', (args, flag) => expect(flagOf(...args)).toBe(flag))

test.each<[string[]]>([
  [[]],
  [['--auto-approve=false']],
  [['--auto-approve', 'false']],
  [['--', '--yolo']],
  [['x--yolo', '--yolog', 'yolo']],
])('%j is not', (args) => expect(flagOf(...args)).toBeUndefined())
