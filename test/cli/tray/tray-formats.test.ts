import type { TrayDocument, TrayItem } from '../../../src/cli/tray/tray-document.ts'
import { TRAY_FORMATS, type TrayFormat, trayText } from '../../../src/cli/tray/tray-formats.ts'

function documentWith(items: readonly TrayItem[], changes: Partial<TrayDocument> = {}): TrayDocument {
  return {
    schema: 'surety/tray@1',
    state: 'attention',
    title: 'Surety: 2 to fix',
    tooltip: 'tip',
    visible: true,
    notices: [],
    items,
    ...changes,
  }
}

const MENU: readonly TrayItem[] = [
  { type: 'text', text: 'Surety: 2 to fix' },
  { type: 'separator' },
  {
    type: 'menu',
    text: 'The firewall is off',
    items: [
      { type: 'text', text: '1. Turn it on' },
      { type: 'separator' },
      { type: 'menu', text: 'Deep', items: [{ type: 'text', text: 'Deeper' }] },
    ],
  },
  { type: 'action', text: 'Check again', arguments: ['check'] },
  { type: 'link', text: 'Help', url: 'https://example.org/help?a="|b' },
]

const text = (format: TrayFormat, items = MENU, changes: Partial<TrayDocument> = {}) =>
  trayText(documentWith(items, changes), format, { watch: false })

test('json: one line, the document itself', () => {
  expect(text('json').indexOf('\n')).toBe(text('json').length - 1)
  expect(JSON.parse(text('json'))).toEqual(documentWith(MENU))
})

test('lines: one line for the hosts on Windows and macOS', () => {
  expect(text('lines').split('\t')).toEqual([
    ...['surety/tray-line@1', 'attention', 'visible', 'Surety: 2 to fix', 'tip', '5'],
    ...['text', 'Surety: 2 to fix', 'separator', 'menu', 'The firewall is off', '3'],
    ...['text', '1. Turn it on', 'separator', 'menu', 'Deep', '1', 'text', 'Deeper'],
    ...['action', 'Check again', '1', 'check', 'link', 'Help', 'https://example.org/help?a="|b', '0\n'],
  ])
})

test('text: indented, with what to type', () => {
  expect(text('text').split('\n')).toEqual([
    ...['Surety: 2 to fix', '', 'The firewall is off', '    1. Turn it on', '', '    Deep', '        Deeper'],
    ...['Check again: surety check', 'Help: https://example.org/help?a="|b', ''],
  ])
})

test('bars of one line', () => {
  expect(text('polybar', [], { title: '%{A1:reboot:}x' })).toBe('! % {A1:reboot:}x\n')
  expect(text('tmux', [], { title: '#(reboot)' })).toBe('! ##(reboot)\n')
})

test('hidden: the empty answer that each program takes for nothing', () => {
  const hidden = TRAY_FORMATS.map((format) => [format, text(format as TrayFormat, MENU, { visible: false })])
  expect(Object.fromEntries(hidden)).toEqual({
    json: expect.stringContaining('"visible":false'),
    lines: expect.stringContaining('\thidden\t'),
    text: expect.stringContaining('Surety: 2 to fix'),
    polybar: '\n',
    tmux: '\n',
  })
})

test('every state has a sign besides its colour', () => {
  const states = ['ok', 'attention', 'stopped', 'not-enrolled', 'pending', 'unreachable'] as const
  const signs = states.map((state) => text('polybar', [], { state, title: '' }).trim())
  expect(signs).toEqual(['✓', '!', '‖', '?', '?', '?'])
})
