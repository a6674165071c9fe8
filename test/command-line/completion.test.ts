import type { Command } from 'commander'
import type { CommandComponents } from '../../src/admin/command/command-line.ts'
import { COMPLETED_PLACES, completeValues } from '../../src/admin/complete-values.ts'
import { everyCommand, pathOf } from '../../src/command-line/command-tree.ts'
import { type Candidate, candidatesFor, type ValuesOf } from '../../src/command-line/completion.ts'
import { completionScript, SHELLS } from '../../src/command-line/completion-commands.ts'
import { readClientEnvironment } from '../../src/config/client.ts'
import { VERDICTS } from '../../src/protocol/messages/attestation-result.ts'
import { run as runSurety } from '../cli/surety-runs.ts'
import { startTestDirectory, type TestDirectory } from '../support/directory/directory-api.ts'
import { runCommand } from '../support/directory/run-commands.ts'
import { HOSTILE_NAME, seedDevice } from '../support/directory/seeded-directory.ts'
import { directoryTree, suretyTree } from './programs.ts'

const NONE: ValuesOf = async () => []
const wordsOf = (found: readonly Candidate[]) => found.map(({ word }) => word)
const complete = async (program: Command, line: string, valuesOf = NONE) =>
  wordsOf(await candidatesFor(program, line.split(' '), valuesOf))

test('commands, by what was typed', async () => {
  expect(await complete(directoryTree(), 'dev')).toEqual(['devices'])
  expect(await complete(directoryTree(), 'devices ')).toEqual(expect.arrayContaining(['list', 'show', 'retire']))
  expect(await complete(directoryTree(), 'devices ret')).toEqual(['retire'])
  expect(await complete(directoryTree(), 'help devices ret')).toEqual(['retire'])
  expect(await complete(directoryTree(), '--json devices ret')).toEqual(['retire'])
  expect(await complete(directoryTree(), '--data /x devices ret')).toEqual(['retire'])
  expect(await complete(suretyTree(), 'agents ')).toEqual(['show', 'claim', 'claims'])
  expect(await complete(directoryTree(), '')).not.toContain('__complete')
})

test('options of the command, and words of choices', async () => {
  const options = await complete(directoryTree(), 'devices list --')
  expect(options).toEqual(expect.arrayContaining(['--json', '--verdict', '--context', '--help']))
  expect(options).not.toContain('--reason')
  expect(await complete(directoryTree(), 'events export --format ')).toEqual(['jsonl', 'syslog'])
  expect(await complete(directoryTree(), 'events export --format=sys')).toEqual(['--format=syslog'])
  expect(await complete(directoryTree(), 'completion z')).toEqual(['zsh'])
  const verdicts: ValuesOf = async ({ name }) => (name === 'verdict' ? VERDICTS.map((word) => ({ word })) : [])
  expect(await complete(directoryTree(), 'devices list --verdict ', verdicts)).toEqual(VERDICTS)
  expect(await complete(directoryTree(), 'devices list --verdict=not', verdicts)).toEqual(['--verdict=not-compliant'])
})

test('every place that has values is in the tree of commands', () => {
  const places = everyCommand(directoryTree()).flatMap((command) => {
    const path = pathOf(command).join(' ')
    const names = [
      ...command.registeredArguments.map((argument) => argument.name()),
      ...command.options.flatMap(({ flags }) => /[<[]([^>\]]+)[>\]]/.exec(flags)?.[1] ?? []),
    ]
    const options = command.options.flatMap(({ long }) => long ?? [])
    return [...names.flatMap((name) => [`${path} <${name}>`, `<${name}>`]), ...options]
  })
  expect(COMPLETED_PLACES.length).toBeGreaterThan(15)
  expect(COMPLETED_PLACES.filter((place) => !places.includes(place))).toEqual([])
})

test('a value is asked for by its place', async () => {
  const asked: string[] = []
  const record: ValuesOf = async ({ path, option, name }) => {
    asked.push(`${path}|${option ?? ''}|${name}`)
    return [{ word: 'x' }]
  }
  for (const line of [
    'devices show ',
    'devices order d ',
    'mcp list --device ',
    'anchors add a ',
    'devices show -- ',
    'devices show d ',
  ]) {
    await complete(directoryTree(), line, record)
  }
  expect(asked).toEqual([
    'devices show||device',
    'devices order||kind',
    'mcp list|--device|device',
    'anchors add||file',
    'devices show||device',
  ])
})

test('every word that is offered is taken by its option or argument', async () => {
  const components = { client: readClientEnvironment({ HOME: '/nonexistent' }) } as CommandComponents
  const values = completeValues(components)
  const offered: string[] = []
  for (const command of everyCommand(directoryTree())) {
    const path = pathOf(command).join(' ')
    const places = [
      ...command.options.map((one) => ({ takes: one.parseArg, option: one.long ?? undefined, text: one.flags })),
      ...command.registeredArguments.map((one) => ({
        takes: one.parseArg,
        option: undefined,
        text: `<${one.name()}>`,
      })),
    ]
    for (const { takes, option, text } of places) {
      const name = /[<[]([^>\]]+)[>\]]/.exec(text)?.[1]
      // Ids need a directory: there is none.
      const found = name === undefined ? [] : await values({ path, option, name }, []).catch(() => [])
      for (const { word } of found) {
        offered.push(word)
        expect(() => takes?.(word, undefined)).not.toThrow()
      }
    }
  }
  expect(offered).toEqual(expect.arrayContaining(['compliant', 'tpm-attested', 'attest', 'viewer', 'decide', 'debug']))
})

test('nothing that a shell could take for its own words', async () => {
  const hostile: ValuesOf = async () =>
    ['$(reboot)', '`x`', 'a b', "a'b", 'a;b', 'a\nb', '\u001b[2J', 'x'.repeat(300), '', 'lap-1', 'lap-1'].map(
      (word) => ({ word }),
    )
  expect(await complete(directoryTree(), 'devices show ', hostile)).toEqual(['lap-1'])
})

test.each([
  [''],
  ['nosuch '],
  ['devices nosuch '],
  ['--nosuch '],
  ['devices list --nosuch='],
  ['-'],
  ['--'],
  ['-- -- '],
  ['help help '],
  ['= '],
  ['constructor '],
])('%j never fails', async (line) => {
  for (const tree of [directoryTree(), suretyTree()]) {
    expect(Array.isArray(await candidatesFor(tree, line.split(' '), NONE))).toBe(true)
  }
  expect(await candidatesFor(directoryTree(), [], NONE)).not.toEqual([])
})

describe('with ids', () => {
  let directory: TestDirectory
  let device = ''
  beforeAll(async () => {
    directory = await startTestDirectory()
    device = (await seedDevice(directory)).device
  })
  afterAll(() => directory[Symbol.asyncDispose]())
  const printed = async (...words: readonly string[]) => {
    const { exitCode, out, err } = await runCommand(directory, ['__complete', '--', ...words])
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    return out.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')[0]]))
  }

  test('devices of the directory that the line names', async () => {
    const from = ['--data', directory.folder]
    expect(await printed('devices', 'show', ...from, '')).toContain(device)
    expect(await printed('devices', 'retire', ...from, device.slice(0, 9))).toEqual([device])
    expect(await printed('devices', 'show', `--profile=${directory.profileFile}`, 'dev_')).toEqual([device])
    expect(await printed('policy', 'rollback', ...from, '')).toEqual(expect.any(Array))
    expect(await printed('token', 'revoke', ...from, 'tok_')).toEqual([])
    const name = JSON.stringify(HOSTILE_NAME)
    expect((await printed('devices', 'show', ...from, '')).join('')).not.toContain(name)
  })

  test.each(['show', 'release', 'confirm'])('ids of stops, also by their beginning: stops %s', async (verb) => {
    const body = { kind: 'freeze', selector: { product: `for-${verb}` }, reason: `incident ${verb}` }
    const { json } = await directory.ask('POST', '/api/v1/stops', { body })
    const { id } = Object(json).stop
    const from = ['--data', directory.folder]
    for (const typed of ['', 's', 'stop_', id.slice(0, 8), id.slice(0, 12), id])
      expect({ typed, found: await printed('stops', verb, ...from, typed) }).toEqual({
        typed,
        found: expect.arrayContaining([id]),
      })
    expect(await printed('stops', verb, ...from, 'stop_AAAAAAAA')).toEqual([])
  })

  test.each([
    ['no directory', ['devices', 'show', '--data', '/nowhere', '']],
    ['no context', ['devices', 'show', '--context', 'nosuch', '']],
    ['a profile that is none', ['devices', 'show', '--profile', '/etc/passwd', '']],
  ])('with %s nothing is printed', async (_, words) => expect(await printed(...words)).toEqual([]))

  test('completes words beside flags of the program', async () => {
    expect(await printed('devices', 'list', '--json', '--verdict', 'comp')).toEqual(['compliant'])
    expect(await printed('serve', '--log-level', '')).toEqual(['error', 'warn', 'info', 'debug'])
    expect(await printed('--profile')).toEqual(['--profile'])
  })
})

test('surety: sightings of the daemon, checks, codes and documents', async () => {
  const printed = async (...words: readonly string[]) =>
    (await runSurety(['__complete', '--', ...words])).out.split('\n').map((line) => line.split('\t')[0])
  expect(await printed('explain', 'disk.root')).toEqual(['disk.root-encrypted', ''])
  expect(await printed('explain', 'TIER')).toEqual(['TIER_TOO_LOW', ''])
  expect(await printed('schema', 'surety/stat')).toEqual(['surety/status@1', ''])
  expect(await printed('status', '--lang', '')).toEqual(['en', 'de', ''])
  expect((await printed('agents', 'show', '')).length).toBeGreaterThan(1)
})

test('surety: without a daemon nothing is printed', async () => {
  const rejects = () => Promise.reject(new Error('gone'))
  const daemon = {
    status: rejects,
    sightings: rejects,
    config: rejects,
    refresh: rejects,
    remove: rejects,
    check: rejects,
    lastBatch: rejects,
    actions: rejects,
    freeze: rejects,
    release: rejects,
    claim: rejects,
    claims: rejects,
  }
  expect(await runSurety(['__complete', '--', 'agents', 'show', ''], daemon)).toMatchObject({
    exitCode: 0,
    out: '',
    err: '',
  })
})

test.each(SHELLS)('the script for %s names its program alone', (shell) => {
  const script = completionScript(shell, 'surety-directory')
  expect(script).toContain('_surety_directory')
  expect(script).toContain('__complete --')
  expect(script).not.toMatch(/undefined|compgen/)
})

test('both programs print scripts', async () => {
  expect((await runSurety('completion bash')).out).toBe(completionScript('bash', 'surety'))
  const printed = { out: '' }
  await directoryTree(printed).parseAsync(['completion', 'fish'], { from: 'user' })
  expect(printed.out).toBe(completionScript('fish', 'surety-directory'))
})
