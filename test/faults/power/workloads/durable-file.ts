/** Replaces two small files again and again; variants leave out one of the syncs. */
import { open, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { utf8 } from '../../../../src/base/bytes.ts'
import { writeDurably } from '../../../../src/system/files/own/durable-file.ts'
import { sealed } from '../checks/durable-file.ts'
import { say } from '../said.ts'
import { seededRandom } from '../seeded-random.ts'

const [folder = '', seed = '', variant] = process.argv.slice(2)
const random = seededRandom(Number(seed))

const WRITERS: Readonly<Record<string, (path: string, bytes: Uint8Array) => Promise<void>>> = {
  real: (path, bytes) => writeDurably(path, bytes, { mode: 0o600 }),
  async 'without-folder-sync'(path, bytes) {
    await using file = await open(`${path}.tmp`, 'w', 0o600)
    await file.writeFile(bytes)
    await file.sync()
    await rename(`${path}.tmp`, path)
  },
  async 'without-file-sync'(path, bytes) {
    await writeFile(`${path}.tmp`, bytes, { mode: 0o600 })
    await rename(`${path}.tmp`, path)
    await using parent = await open(folder)
    await parent.sync()
  },
}

const write = WRITERS[variant ?? '']
if (write === undefined) throw new TypeError(`no such variant: ${variant}`)
for (let number = 1; number <= 12; number++) {
  const name = random.happens(0.5) ? 'one' : 'two'
  const text = sealed({ number, filling: random.text(random.below(9_000)) })
  say('will', name, { text })
  await write(join(folder, name), utf8(text))
  say('did', name, { text })
}
