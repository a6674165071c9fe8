import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setAside, sweepLeftovers } from '../../../../src/system/files/own/quarantine.ts'
import { sealJson, unsealJson } from '../../../../src/system/files/own/sealed-json.ts'
import { listenAt } from '../../../../src/system/socket/local-socket-path.ts'
import { openWitness } from '../../../../src/system/sqlite/commit-watermark.ts'
import { codeThrown } from '../../../support/code-thrown.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const LIMITS = { maxBytes: 1000, maxDepth: 4 }

test('deletes unfinished files, and all but the newest three of each damaged one', () => {
  using folder = temporaryFolder()
  using elsewhere = temporaryFolder()
  writeFileSync(join(elsewhere.path, 'precious'), 'x')
  const plain = ['identity.json', '.hidden.tmp', 'notes.damaged-by-me', '.a.0123456789abcdef.tmp.txt']
  const unfinished = ['.identity.json.0123456789abcdef.tmp', '.a.ffffffffffffffff.tmp']
  const damaged = [1, 2, 3, 4, 5].flatMap((time) => ['', '-wal'].map((suffix) => `spool.db.damaged-${time}${suffix}`))
  for (const name of [...plain, ...unfinished, ...damaged]) writeFileSync(join(folder.path, name), name)
  mkdirSync(join(folder.path, '.folder.0123456789abcdef.tmp'))
  symlinkSync(join(elsewhere.path, 'precious'), join(folder.path, '.link.0123456789abcdef.tmp'))
  expect(sweepLeftovers(folder.path)).toBe(7)
  expect(readdirSync(folder.path).sort()).toEqual(
    [
      ...plain,
      '.folder.0123456789abcdef.tmp',
      ...[3, 4, 5].flatMap((time) => [`spool.db.damaged-${time}`, `spool.db.damaged-${time}-wal`]),
    ].sort(),
  )
  expect(readFileSync(join(elsewhere.path, 'precious'), 'utf8')).toBe('x')
})

test('sets aside a file with its companions, and not where its folder is gone', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.db')
  for (const suffix of ['', '-wal']) writeFileSync(path + suffix, suffix)
  expect(setAside(path, { now: 7.9, companions: ['-wal', '-shm'] })).toBe(`${path}.damaged-7`)
  expect(readdirSync(folder.path)).toEqual(['a.db.damaged-7', 'a.db.damaged-7-wal'])
  writeFileSync(path, '')
  mkdirSync(join(folder.path, 'a.db.damaged-8'))
  expect(await codeThrown(() => setAside(path, { now: 8 }))).toBe('STORE_FAILED')
})

test('removes sockets of daemons killed before naming them, but not one that answers', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'control.sock')
  const listening = (at: string) =>
    new Promise<Server>((resolve) => {
      const server = createServer().listen(at, () => resolve(server))
    })
  const alive = await listening(`${path}.99999991`)
  const server = createServer()
  const dead = await listening(join(folder.path, 'dead'))
  renameSync(join(folder.path, 'dead'), `${path}.99999992`)
  await new Promise((resolve) => dead.close(resolve))
  writeFileSync(`${path}.99999993`, 'no socket')
  const remove = await listenAt(server, path, 0o600)
  expect(readdirSync(folder.path).sort()).toEqual(['control.sock', 'control.sock.99999991', 'control.sock.99999993'])
  remove()
  for (const one of [alive, server]) await new Promise((resolve) => one.close(resolve))
})

test('every flipped bit of a sealed document is found, or leaves its value as it was', () => {
  const value = { order: 7, open: [{ order: 'ord_A', number: 7 }] }
  const sealed = Buffer.from(sealJson(value))
  let found = 0
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const flipped = Buffer.from(sealed)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    try {
      const read = unsealJson(flipped.toString(), LIMITS)
      // The name of the digest itself: then it is one member too many for every schema.
      if (typeof read === 'object' && read !== null && Object.keys(read).length > 2) found++
      else expect(read).toEqual(value)
    } catch {
      found++
    }
  }
  expect(found).toBeGreaterThan(sealed.length * 6)
})

test('a witness says what was written last, or nothing', () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a-witness')
  using witness = openWitness(path)
  expect(witness.read()).toBeUndefined()
  witness.write('one')
  witness.write('another')
  expect(witness.read()).toBe('another')
  const bytes = readFileSync(path)
  for (const at of [0, 300, 511]) {
    const flipped = Buffer.from(bytes)
    flipped[at] = (flipped[at] ?? 0) ^ 4
    writeFileSync(path, flipped)
    expect(witness.read()).toBe(at === 511 ? 'another' : undefined)
  }
  writeFileSync(path, bytes.subarray(0, 511))
  expect(witness.read()).toBeUndefined()
  witness.remove()
  expect(readdirSync(folder.path)).toEqual([])
})
