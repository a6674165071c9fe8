import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { ApiClient } from '../../../src/admin/connection/api-client.ts'
import { runCommands } from '../../../src/admin/run-commands.ts'
import { SuretyError } from '../../../src/base/errors.ts'
import {
  camelCased,
  commandOf,
  dashed,
  listCommandOf,
  listMemberOf,
  type Noun,
  usualQuery,
} from '../../../src/protocol/noun/noun.ts'
import { ALL_NOUNS } from '../../../src/protocol/nouns/all-nouns.ts'
import { DANGEROUS } from '../../support/directory/run-commands.ts'
import { valueOfSchema } from '../../support/protocol/value-of-schema.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

let profile: string
const folder = temporaryFolder()
beforeAll(() => {
  profile = join(folder.path, 'administrator.json')
  const token = `surety_adm_${'A'.repeat(43)}`
  writeFileSync(profile, JSON.stringify({ url: 'https://127.0.0.1:1', ca: 'x', token }), { mode: 0o600 })
})
afterAll(() => folder[Symbol.dispose]())

/** Every noun by its declaration alone, against an API that answers what a test wants. */

const HOSTILE = '=1\u001b[31m\u202e\r\n\tx'

function itemOf(noun: Noun, number: number) {
  const item = { ...Object(valueOfSchema(noun.item, HOSTILE)) }
  if (item.id === undefined) return { ...item, userId: `${number}` }
  if (typeof item.id === 'number') return { ...item, id: number }
  return { ...item, id: `${item.id}`.replace(/_[^_]{5}/, `_${String(number).padStart(5, 'A')}`) }
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly body: object | undefined
}

interface ApiInit {
  readonly asked?: Asked[]
  /** It counts its items. */
  readonly counts?: boolean
}

function apiWith(noun: Noun, items: readonly object[], { asked = [], counts = true }: ApiInit = {}): ApiClient {
  return {
    async ask(method, path, answer, body) {
      asked.push({ method, path, body })
      const url = new URL(path, 'https://x')
      if (method !== 'GET') throw new SuretyError('NOT_PERMITTED', 'this API only answers')
      if (url.pathname === `${noun.path}/${url.pathname.split('/')[2]}`) return answer.read(items[0])
      // What belongs to an item, such as the members of a group.
      if (url.pathname !== noun.path) return answer.read({ items: [] })
      const start = Number(url.searchParams.get('cursor') ?? 0)
      const end = start + Number(url.searchParams.get('limit'))
      const next = end < items.length ? { next: `${end}` } : {}
      return answer.read({
        items: items.slice(start, end),
        ...next,
        ...(counts && start === 0 ? { total: items.length } : {}),
      })
    },
  }
}

async function run(api: ApiClient, args: readonly string[], columns?: number) {
  const said = { out: '', err: '' }
  const exitCode = await runCommands(
    {
      out: (text: string) => {
        said.out += text
      },
      err: (text: string) => {
        said.err += text
      },
      now: () => 1_000,
      terminal: { columns, colour: false },
      apiOf: () => api,
      client: {},
      loadConfig: () => {
        throw new SuretyError('CONFIG_INVALID', 'not here')
      },
      // What these commands have no use for is absent.
    } as never,
    [...args, '--profile', profile],
  )
  return { exitCode, ...said }
}

describe.each(ALL_NOUNS.map((noun) => [noun.many, noun] as const))('%s', (_, noun) => {
  const { none = `no ${noun.spoken.many}` } = noun.list
  const items = [1, 2, 3].map((number) => itemOf(noun, number))
  const shown = noun.many === 'events' ? items.toReversed() : items
  const list = (...options: string[]) => run(apiWith(noun, items), [...listCommandOf(noun).split(' '), ...options], 200)

  test.each(['table', 'wide', 'csv', 'tsv', 'json', 'jsonl', 'yaml'])(
    'hostile text moves no cursor in %s',
    async (format) => {
      const { exitCode, out, err } = await list('-o', format)
      expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
      expect(out.replaceAll('\r\n', '\n').replaceAll('\t', ' ')).not.toMatch(DANGEROUS)
    },
  )

  test('JSON, YAML and lines of JSON have the same items', async () => {
    const [json, yaml, lines] = [await list('--json'), await list('-o', 'yaml'), await list('-o', 'jsonl')]
    const document = { schema: `surety-directory/${dashed(noun.many)}@1`, [listMemberOf(noun)]: shown, total: 3 }
    expect(JSON.parse(json.out)).toEqual(document)
    expect(parse(yaml.out)).toEqual(document)
    expect(
      lines.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(shown)
  })

  test('a table ends with how many there are, and of how many', async () => {
    expect((await list()).out.trimEnd().split('\n').at(-1)).toBe(`3 ${noun.spoken.many}`)
    expect((await list('--limit', '2')).out.trimEnd().split('\n').at(-1)).toBe(`2 of 3 ${noun.spoken.many}`)
    expect((await run(apiWith(noun, []), [...listCommandOf(noun).split(' ')], 80)).out).toBe(`${none}\n`)
  })

  test('a directory that does not count has more, or has all that came', async () => {
    const api = apiWith(noun, items, { counts: false })
    const listed = (...options: string[]) => run(api, [...listCommandOf(noun).split(' '), ...options], 200)
    expect((await listed('--limit', '2')).out.trimEnd().split('\n').at(-1)).toBe(`2 ${noun.spoken.many}, and more`)
    expect(JSON.parse((await listed('--limit', '2', '--json')).out)).toMatchObject({ more: true })
    expect(JSON.parse((await listed('--json')).out)).toMatchObject({ total: 3 })
  })

  test('a pipe gets tabs with a heading, also where there is none', async () => {
    const full = await run(apiWith(noun, items), [...listCommandOf(noun).split(' ')])
    const empty = await run(apiWith(noun, []), [...listCommandOf(noun).split(' ')])
    const [heading = ''] = full.out.split('\n')
    expect(heading.split('\t')).toHaveLength(noun.list.columns.length)
    expect(empty).toEqual({ exitCode: 0, out: `${heading}\n`, err: `${none}\n` })
  })

  test('chooses columns by name, and names all of them in a refusal', async () => {
    const [first, second] = noun.list.columns.map(({ heading }) => heading.toLowerCase())
    const { out } = await list('-o', 'csv', '--columns', `${second},${first}`)
    expect(out.split('\r\n')[0]).toBe(`${second},${first}`.replaceAll(' ', '_'))
    expect(await list('--columns', 'xyzzy')).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining(`name some of ${first?.replaceAll(' ', '_')}`),
    })
    expect(await list('--columns', `${first}`, '--json')).toMatchObject({ exitCode: 2, out: '' })
  })

  test('the list asks for what its options say', async () => {
    const asked: Asked[] = []
    const { sorts: [sort] = [], search } = noun.list
    await run(apiWith(noun, items, { asked }), [
      ...[...listCommandOf(noun).split(' '), '--limit', '2'],
      ...(sort === undefined ? [] : ['--sort', sort, '--reverse']),
      ...(search === undefined ? [] : ['--search', 'pay roll']),
    ])
    expect(Object.fromEntries(new URL(asked[0]?.path ?? '', 'https://x').searchParams)).toEqual({
      ...usualQuery(noun),
      limit: '2',
      ...(sort === undefined ? {} : { sort, order: 'descending' }),
      ...(search === undefined ? {} : { search: 'pay roll' }),
    })
  })

  test.each([
    [['--limit', '0'], 'a whole number'],
    [['--limit', 'many'], 'a whole number'],
    [['-o', 'xml'], 'a format is one of'],
    [['--sort', 'nonsense'], 'sort'],
    [['more'], 'too many arguments'],
  ])('%j is refused', async (options, said) => {
    const { exitCode, out, err } = await list(...options)
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
    expect(err).toContain(said)
  })

  test('an item is found by its id, and a name of two is refused with both', async () => {
    if (noun.show === undefined) return
    const [one, two] = items
    const single = await run(apiWith(noun, [one ?? {}]), [commandOf(noun), 'show', `${one?.id}`, '--json'])
    expect(JSON.parse(single.out)).toMatchObject({ [camelCased(noun.one)]: { id: one?.id } })
    const both = await run(apiWith(noun, [one ?? {}, two ?? {}]), [commandOf(noun), 'show', 'name'])
    expect(both).toMatchObject({
      exitCode: 1,
      out: '',
      err: expect.stringMatching(/may be .*: give its id.*\[NOT_FOUND\]/),
    })
    const none = await run(apiWith(noun, []), [commandOf(noun), 'show', 'name'])
    expect(none.err).toContain(`List them with: surety-directory ${listCommandOf(noun)}`)
  })
})
