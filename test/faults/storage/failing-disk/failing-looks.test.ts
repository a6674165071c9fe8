import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { faultyDisk, type Rule } from './faulty-disk.ts'
import { prepareFaultyDisks } from './faulty-disks.ts'

/** What is looked for on a disk that fails is unknown, never absent, and known again once the disk is well. */

const CHILD = join(import.meta.dirname, 'looking-child.ts')
const { folder, library, describeDisk } = prepareFaultyDisks()

let places = 0

/** A program that looks at `tree` when it is asked to, on a disk of its own. */
async function looker(what: 'apt' | 'runtimes', tree: Readonly<Record<string, string>>) {
  const own = join(folder, String(++places))
  const root = join(own, 'root')
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const disk = faultyDisk(library, own, '/root/')
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CHILD, what, root], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, ...disk.env },
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  await lines.next()
  return {
    async look(...rules: readonly Rule[]) {
      disk.set(...rules)
      child.stdin.write('look\n')
      return JSON.parse((await lines.next()).value ?? 'null')
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await once(child, 'close')
    },
  }
}

const LIST = '/var/lib/apt/lists/x_dists_trixie-security_InRelease'
const SOURCE = '/etc/apt/sources.list.d/debian.sources'
const APT = {
  [LIST]: `Date: ${new Date().toUTCString()}\n`,
  '/var/lib/dpkg/status': 'Package: a\n',
  [SOURCE]: 'Types: deb\n',
}

const MANIFESTS = '/.ollama/models/manifests/registry.ollama.ai/library/llama3.2'
const manifest = (sum: string) =>
  JSON.stringify({
    layers: [{ mediaType: 'application/vnd.ollama.image.model', digest: `sha256:${sum.repeat(64)}`, size: 1 }],
  })
const STORE = { [`${MANIFESTS}/1b`]: manifest('a'), [`${MANIFESTS}/3b`]: manifest('b') }

describeDisk('a look at a disk that fails', () => {
  test.each<[string, readonly Rule[]]>([
    ['the package list', [['read', LIST, 'EIO']]],
    ['the folder of package lists', [['list', '/var/lib/apt/lists', 'EIO']]],
    ['what is installed', [['look', '/var/lib/dpkg', 'EIO']]],
    ['the way to the package list', [['look', LIST, 'EIO']]],
  ])('reports updates as unknown when %s cannot be read, and keeps no such answer', async (_, rules) => {
    await using apt = await looker('apt', APT)
    const failing = await apt.look(...rules)
    expect(failing.finding).toMatchObject({
      state: 'unknown',
      reason: expect.stringMatching(/EIO.*FILE_UNREADABLE/),
    })
    const well = await apt.look()
    expect([well.finding.state, well.asked]).toEqual(['pass', ['targets', 'upgrade']])
    expect((await apt.look()).asked).toEqual([])
  })

  test('asks apt each time while one of its settings cannot be read by us', async () => {
    await using apt = await looker('apt', APT)
    await apt.look()
    const looks = [await apt.look(['look', SOURCE, 'EIO']), await apt.look(['look', SOURCE, 'EIO'])]
    expect(looks.map(({ finding, asked }) => [finding.state, asked])).toEqual(
      Array(2).fill(['pass', ['targets', 'upgrade']]),
    )
  })

  test.each<[string, readonly Rule[], { found: unknown; blobs: unknown }]>([
    [
      'a manifest',
      [['read', '/1b', 'EIO']],
      { found: [['ollama', ['llama3.2:1b', 'llama3.2:3b']]], blobs: ['llama3.2:3b'] },
    ],
    ['all manifests', [['read', MANIFESTS, 'EIO']], { found: [['ollama', ['llama3.2:1b', 'llama3.2:3b']]], blobs: [] }],
    ['the folder of models', [['list', '/library', 'EIO']], { found: [], blobs: [] }],
    ['the way there', [['look', '/.ollama', 'EIO']], { found: [], blobs: [] }],
  ])('says that it could not read %s of a model server, and what it could', async (_, rules, expected) => {
    await using runtimes = await looker('runtimes', STORE)
    const whole = await runtimes.look()
    expect(whole).toEqual({
      found: [['ollama', ['llama3.2:1b', 'llama3.2:3b']]],
      gone: [],
      states: ['parsed'],
      blobs: ['llama3.2:1b', 'llama3.2:3b'],
    })
    expect(await runtimes.look(...rules)).toEqual({ ...expected, gone: [], states: ['parsed', 'unreadable'] })
    expect(await runtimes.look()).toEqual(whole)
  })
})
