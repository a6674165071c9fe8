import type { TrayDocument, TrayItem } from '../../../src/cli/tray/tray-document.ts'
import { TRAY_FORMATS, type TrayFormat, trayText } from '../../../src/cli/tray/tray-formats.ts'

const INIT = { program: ['/usr/lib/surety/bin/node', "/o'pt/the surety.mjs"], watch: false }

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

const text = (format: TrayFormat, items = MENU, changes: Partial<TrayDocument> = {}, init = INIT) =>
  trayText(documentWith(items, changes), format, init)
const lines = (format: TrayFormat, ...rest: readonly TrayItem[]) =>
  text(format, rest.length > 0 ? rest : MENU).split('\n')

test('json: one line, the document itself', () => {
  expect(text('json').indexOf('\n')).toBe(text('json').length - 1)
  expect(JSON.parse(text('json'))).toEqual(documentWith(MENU))
})

test('text: indented, with what to type', () => {
  expect(lines('text')).toEqual([
    ...['Surety: 2 to fix', '', 'The firewall is off', '    1. Turn it on', '', '    Deep', '        Deeper'],
    ...['Check again: surety check', 'Help: https://example.org/help?a="|b', ''],
  ])
})

const ACTION = `bash="${INIT.program[0]}" param1="${INIT.program[1]}" param2="check" terminal=false refresh=true`

test('xbar: two dashes a level, a command with parameters', () => {
  const bare = lines('xbar').map((line) => line.replace(/ ?trim=.*$/, ''))
  expect(bare).toEqual([
    ...[
      '! Surety: 2 to fix |',
      '---',
      'Surety: 2 to fix |',
      '---',
      'The firewall is off |',
      '--1. Turn it on |',
      '-----',
    ],
    ...['--Deep |', '----Deeper |', `Check again | ${ACTION}`],
    ...['Help | href="https://example.org/help?a=%22%7Cb"', ''],
  ])
})

test('argos: no separators in submenus, and a command that a shell takes as one word', () => {
  const all = text('argos')
  expect(all).not.toContain('-----')
  expect(all).toContain(`bash="'${INIT.program[0]}'" param1=`)
  expect(all).toContain('useMarkup=false')
})

test('swiftbar: an image by name; with --watch a mark before each menu', () => {
  expect(lines('swiftbar')[0]).toMatch(/^Surety: 2 to fix \| sfimage=exclamationmark\.shield /)
  expect(text('swiftbar', MENU, {}, { ...INIT, watch: true })).toMatch(/^~~~\nSurety/)
})

test('waybar: one line of JSON, its texts as markup', () => {
  const shown = JSON.parse(text('waybar', [{ type: 'text', text: '<b>&' }, { type: 'separator' }], { title: '<i>' }))
  expect(shown).toEqual({ text: '! &lt;i&gt;', alt: 'attention', class: 'attention', tooltip: '&lt;b&gt;&amp;' })
})

test('bars of one line', () => {
  expect(text('polybar', [], { title: '%{A1:reboot:}x' })).toBe('! % {A1:reboot:}x\n')
  expect(text('tmux', [], { title: '#(reboot)' })).toBe('! ##(reboot)\n')
  expect(text('i3blocks')).toBe('! Surety: 2 to fix\n! Surety\n#d98200\n')
  expect(text('i3blocks', MENU, {}, { ...INIT, watch: true })).toBe('! Surety: 2 to fix\n')
})

test.each([
  ['ends the text of a line', 'a | bash=/bin/sh terminal=false', 'a ¦ bash=/bin/sh terminal=false'],
  ['makes a submenu', '--x', '–x'],
  ['makes a separator', '---', '–'],
  ['makes a new line', 'a\\nb', 'a\\ nb'],
])('foreign text in menus: what %s is shown', (_, foreign, shown) => {
  for (const format of ['xbar', 'swiftbar', 'argos'] as const) {
    const [, , line = ''] = lines(format, { type: 'text', text: foreign })
    expect(line.slice(0, line.indexOf(' | '))).toBe(shown)
  }
})

test('hidden: the empty answer that each program takes for nothing', () => {
  const hidden = TRAY_FORMATS.map((format) => [format, text(format as TrayFormat, MENU, { visible: false })])
  expect(Object.fromEntries(hidden)).toEqual({
    json: expect.stringContaining('"visible":false'),
    text: expect.stringContaining('Surety: 2 to fix'),
    xbar: '',
    swiftbar: '',
    argos: '',
    polybar: '\n',
    i3blocks: '\n',
    tmux: '\n',
    waybar: '{"text":"","alt":"attention","class":"attention","tooltip":""}\n',
  })
})

test('every state has a sign besides its colour', () => {
  const states = ['ok', 'attention', 'stopped', 'not-enrolled', 'pending', 'unreachable'] as const
  const signs = states.map((state) => text('polybar', [], { state, title: '' }).trim())
  expect(signs).toEqual(['✓', '!', '‖', '?', '?', '?'])
})
