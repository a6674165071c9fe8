import { everyCommand, optionNamed, pathOf, reached } from '../../src/command-line/command-tree.ts'
import { directoryTree, helpPage, leaves, suretyTree } from './programs.ts'

/** Every help page of both programs: generated over the trees, so that a new command is held to it too. */

const PROGRAMS = [
  ['surety', suretyTree],
  ['surety-directory', directoryTree],
] as const

const PAGES = PROGRAMS.flatMap(([name, tree]) =>
  leaves(tree()).map((command) => [`${name} ${pathOf(command).join(' ')}`, tree, command] as const),
)

test('there are pages of both programs', () => {
  expect(PAGES.filter(([title]) => title.startsWith('surety ')).length).toBeGreaterThan(15)
  expect(PAGES.filter(([title]) => title.startsWith('surety-directory ')).length).toBeGreaterThan(35)
})

/** The words of an example up to a pipe or redirection, without quotes. */
function wordsOf(example: string): readonly string[] {
  const [line = ''] = example.split(/ (?:\||<|>|2>|&&) /)
  return (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^"(.*)"$/, '$1'))
}

function examplesOf(page: string): readonly string[] {
  const [, after = ''] = page.split('\nExamples:\n')
  return after
    .split('\n')
    .map((line) => line.trim().replace(/^\$ /, ''))
    .filter((line) => line !== '' && /\bsurety(-directory)?\b/.test(line))
}

describe.each(PAGES)('%s', (title, tree, command) => {
  const page = helpPage(tree, pathOf(command))

  test('has two examples, and they are command lines of this command', () => {
    const examples = examplesOf(page)
    expect(examples.length).toBeGreaterThanOrEqual(2)
    const own = examples.filter((example) => example.includes(title))
    expect(own.length).toBeGreaterThanOrEqual(1)
    for (const example of own) {
      const [program = '', ...words] = wordsOf(example.slice(example.indexOf(title)).replace(/\).*$/, ''))
      const { command: found, operands, open } = reached(tree(), words)
      expect([program, ...pathOf(found)].join(' ')).toBe(title)
      expect({ example, open }).toEqual({ example, open: undefined })
      const unknown = words.filter((word) => word.startsWith('--') && optionNamed(found, word) === undefined)
      expect({ example, unknown }).toEqual({ example, unknown: [] })
      const needed = found.registeredArguments.filter((one) => one.required).length
      const most = found.registeredArguments.some((one) => one.variadic) ? 99 : found.registeredArguments.length
      expect({ example, fits: operands.length >= needed && operands.length <= most }).toEqual({ example, fits: true })
      const missing = found.options.filter(
        ({ mandatory, long, short }) =>
          mandatory && !words.some((word) => word.split('=')[0] === long || word === short),
      )
      expect({ example, missing: missing.map(({ flags }) => flags) }).toEqual({ example, missing: [] })
    }
  })

  test('shows required options as required, and each default', () => {
    const usage = page.split('\n')[0] ?? ''
    for (const option of command.options) {
      if (option.mandatory) expect(usage).toContain(`${option.flags} `)
      if (option.defaultValue !== undefined && option.description !== '' && option.long !== '--socket') {
        expect(page.replace(/\s+/g, ' ')).toContain(`default: ${JSON.stringify(option.defaultValue)}`)
      }
    }
    expect(page.split('(required)').length - 1).toBe(command.options.filter(({ mandatory }) => mandatory).length)
  })
})

test('a setting of the server shows its default and what it may be', () => {
  const page = helpPage(directoryTree, ['serve']).replace(/\s+/g, ' ')
  expect(page).toMatch(
    /--devices-port <value> port for devices; 0: any free port; a whole number from 0 to 65535 \[7443\]/,
  )
  expect(page).toMatch(/--log-level <value> minimum log level; one of error, warn, info, debug \[info\]/)
})

test.each(PROGRAMS)('%s help: the page of each command, of groups and commands alike', async (_, tree) => {
  const paths = everyCommand(tree())
    .map(pathOf)
    .filter((path) => !path.includes('help') && !path.includes('__complete'))
  expect(paths.some((path) => path.length === 2)).toBe(true)
  for (const path of paths) {
    const printed = { out: '' }
    await tree(printed).parseAsync(['help', ...path], { from: 'user' })
    expect(printed.out).toBe(helpPage(tree, path))
  }
})

test('help of a group works in its group too, and names what is unknown', async () => {
  const printed = { out: '' }
  await directoryTree(printed).parseAsync(['devices', 'help', 'retire'], { from: 'user' })
  expect(printed.out).toBe(helpPage(directoryTree, ['devices', 'retire']))
  for (const words of [
    ['help', 'nosuch'],
    ['help', 'devices', 'nosuch'],
    ['devices', 'help', 'nosuch'],
  ]) {
    await expect(directoryTree().parseAsync(words, { from: 'user' })).rejects.toMatchObject({
      code: 'USAGE_INVALID',
      message: expect.stringMatching(/^unknown command "nosuch": the commands are .*show|token/),
    })
  }
})
