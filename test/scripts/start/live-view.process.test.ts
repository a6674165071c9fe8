import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { liveView } from '../../../scripts/start/live-view.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { openTerminal, terminalMissing } from './terminal-window.ts'

const missing = terminalMissing()
if (missing !== undefined) test.skip(`in a terminal: ${missing}`, () => undefined)
const inTerminal = missing === undefined ? test : test.skip

const MODULE = pathToFileURL(resolve(import.meta.dirname, '../../../scripts/start/live-view.ts')).href
const BEFORE = Array.from({ length: 60 }, (_, at) => `before ${at + 1}`)
const drawing = (name: string, count: number) => Array.from({ length: count }, (_, at) => `${name} ${at + 1}`)

/** The scrollback and screen of a terminal with 40 columns and 20 rows after these drawings, which began below 60 lines. */
async function after(drawings: readonly (readonly string[])[]): Promise<readonly string[]> {
  using folder = temporaryFolder()
  const script = `
    const { liveView } = await import(${JSON.stringify(MODULE)})
    console.log(${JSON.stringify(BEFORE.join('\n'))})
    const draw = liveView(process.stdout)
    for (const lines of ${JSON.stringify(drawings)}) draw(lines)
    console.log('over')`
  const command = [process.execPath, '--input-type=module', '-e', script]
  using window = openTerminal({ folder: folder.path, columns: 40, rows: 20 }, command)
  const lines = await waitFor('the end', () => window.lines(), { until: (all) => all.includes('ended with 0') })
  return lines.slice(0, lines.indexOf('over'))
}

inTerminal.each<[string, readonly (readonly string[])[], readonly string[]]>([
  ['is drawn once', [drawing('a', 5)], drawing('a', 5)],
  ['is redrawn', [drawing('a', 5), drawing('b', 5)], drawing('b', 5)],
  ['grows', [drawing('a', 5), drawing('b', 12)], drawing('b', 12)],
  ['shrinks', [drawing('a', 12), drawing('b', 5)], drawing('b', 5)],
  ['grows beyond the screen', [drawing('a', 5), drawing('b', 30)], drawing('b', 30)],
  [
    'does not fit, and is redrawn',
    [drawing('a', 30), drawing('b', 30)],
    [...drawing('a', 11), ...drawing('b', 30).slice(11)],
  ],
  [
    'has folded lines',
    [
      [`a ${'x'.repeat(100)}`, 'a 2'],
      ['b 1', `b ${'y'.repeat(50)}`],
    ],
    ['b 1', `b ${'y'.repeat(50)}`],
  ],
  ['has colours and wide letters', [[`\u001b[31m${'a'.repeat(40)}\u001b[39m`, '日'.repeat(30)], ['b 1']], ['b 1']],
])('keeps what was there before above a summary that %s', async (_, drawings, left) => {
  expect(await after(drawings)).toEqual([...BEFORE, ...left])
})

test('never clears the screen or the scrollback', () => {
  let said = ''
  const draw = liveView({ columns: 40, rows: 10, write: (text) => (said += text) })
  for (const count of [3, 30, 30, 1]) draw(drawing('a', count))
  const escapes = said.split('\u001b').map((text) => /^\[[0-9;?]*[A-Za-z]/.exec(text)?.[0])
  expect(new Set(escapes.slice(1))).toEqual(new Set(['[3A', '[2K', '[9A']))
})

test.each([{}, { columns: 0, rows: 0 }])('assumes the usual size for a terminal of unknown size (%j)', (size) => {
  let said = ''
  const draw = liveView({ ...size, write: (text) => (said += text) })
  for (const count of [100, 100]) draw(drawing('a', count))
  expect(said).toContain('\u001b[23A')
})
