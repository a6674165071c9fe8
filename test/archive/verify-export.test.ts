import { verifyExport } from '../../src/archive/verify-export.ts'
import {
  exportOf,
  fileOf,
  hashOf,
  inChunks,
  MadeChain,
  newKey,
  ROOT_PIN,
  SIGNER,
  signed,
  spkiOf,
  ZEROS,
} from './made-export.ts'

const verify = (lines: readonly string[], root?: string) => verifyExport(inChunks(fileOf(lines)), { root })

async function chainOf(epoch: number, count: number): Promise<MadeChain> {
  const chain = new MadeChain(epoch)
  for (let i = 0; i < count; i++) await chain.batch()
  return chain
}

/** Batches 1, 2, 5 (with the record of 3 and 4), 6. */
async function gappy(epoch: number): Promise<MadeChain> {
  const chain = await chainOf(epoch, 2)
  const gap = await chain.drop(2)
  await chain.batch({ gap })
  await chain.batch()
  return chain
}

test('verifies two epochs, one with a gap, with the batches in any order', async () => {
  const chains = [await chainOf(1, 12), await gappy(2)]
  const [manifest = '', ...rest] = await exportOf(chains)
  for (const lines of [
    [manifest, ...rest],
    [manifest, ...rest.toReversed()],
  ]) {
    expect(await verify(lines, ROOT_PIN)).toEqual({
      ok: true,
      problems: [],
      problemCount: 0,
      device: 'dev_AAAAAAAAAAAAAAAAAAAAAA',
      forked: false,
      exportedAt: 1_795_608_005_000,
      root: { pin: ROOT_PIN, compared: true },
      epochs: [
        {
          epoch: 1,
          batches: 12,
          lastSequence: 12,
          unbroken: true,
          chained: 12,
          unplaced: 0,
          gaps: [],
          deviceClock: { from: 1_795_608_006, to: 1_795_608_017 },
        },
        {
          epoch: 2,
          batches: 4,
          lastSequence: 6,
          unbroken: true,
          chained: 4,
          unplaced: 0,
          gaps: [{ firstSequence: 3, lastSequence: 4, signedIn: 5 }],
          deviceClock: { from: 1_795_608_006, to: 1_795_608_011 },
        },
      ],
    })
  }
})

test('a device without evidence verifies', async () => {
  expect(await verify(await exportOf([new MadeChain(1)]))).toMatchObject({ ok: true, epochs: [{ batches: 0 }] })
})

test('the size of the chunks does not matter', async () => {
  const bytes = fileOf(await exportOf([await chainOf(1, 3)]))
  for (const size of [1, 7, 1000]) expect(await verifyExport(inChunks(bytes, size))).toMatchObject({ ok: true })
})

test('every changed byte of a small export is found', async () => {
  const bytes = fileOf(await exportOf([await gappy(1), await chainOf(2, 1)]))
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  expect((await verifyExport(inChunks(bytes))).ok).toBe(true)
  const passed: string[] = []
  for (const [at, byte] of bytes.entries()) {
    const next = alphabet.charCodeAt((alphabet.indexOf(String.fromCharCode(byte)) + 1) % alphabet.length)
    for (const other of new Set([byte ^ 1, byte ^ 0x80, 0x0a, next])) {
      if (other === byte) continue
      const changed = Buffer.from(bytes).fill(other, at, at + 1)
      if ((await verifyExport(inChunks(changed))).ok) passed.push(`${at}: ${byte} -> ${other}`)
    }
  }
  expect(passed).toEqual([])
}, 600_000)

test('every cut of a small export is found, and so is every line left out or doubled', async () => {
  const lines = await exportOf([await gappy(1)])
  const bytes = fileOf(lines)
  const passed: string[] = []
  for (let length = 0; length < bytes.length; length++) {
    if ((await verifyExport(inChunks(bytes.subarray(0, length)))).ok) passed.push(`cut to ${length}`)
  }
  for (const at of lines.keys()) {
    if ((await verify(lines.toSpliced(at, 1))).ok) passed.push(`without line ${at}`)
    // A delegation says the same twice.
    if (at !== 1 && (await verify(lines.toSpliced(at, 0, lines[at] ?? ''))).ok) passed.push(`line ${at} twice`)
  }
  expect(passed).toEqual([])
}, 600_000)

test.each<[string, () => Promise<readonly string[]>, RegExp]>([
  ['an empty file', async () => [], /^the file is empty$/],
  ['a text', async () => ['hello', 'world'], /^line 1: not the manifest of an evidence export$/],
  ['a line of 2 MiB', async () => ['x'.repeat(2 * 1024 * 1024)], /^line 1: the line is too long$/],
  [
    'a manifest of another key',
    async () => exportOf([await chainOf(1, 1)], { signer: newKey() }),
    /^line 1: the signature of the manifest does not verify$/,
  ],
  [
    'a delegation of another root',
    async () => exportOf([await chainOf(1, 1)], { rootKey: newKey() }),
    /^line 2: the signature does not verify$/,
  ],
  [
    'no delegation',
    async () => exportOf([await chainOf(1, 1)], { delegations: [] }),
    /^line 1: no delegation for the key that signs manifests was valid/,
  ],
  [
    'a delegation that had ended',
    async () => exportOf([await chainOf(1, 1)], { delegation: { notAfter: 1_795_608_005_000 } }),
    /^line 1: no delegation/,
  ],
  [
    'a delegation for orders',
    async () => exportOf([await chainOf(1, 1)], { delegation: { purpose: 'orders' } }),
    /^line 1: no delegation/,
  ],
  [
    'a root that is no key',
    async () => exportOf([await chainOf(1, 1)], { manifest: { root: 'AAAA' } }),
    /^line 1: not a SubjectPublicKeyInfo:/,
  ],
  [
    'an epoch whose key is none',
    async () =>
      exportOf([await chainOf(1, 1)], {
        manifest: { epochs: [{ epoch: 1, key: 'AAAA', batches: 1, lastSequence: 1 }] },
      }),
    /^line 1: not a SubjectPublicKeyInfo:/,
  ],
  [
    'an epoch twice in the manifest',
    async () => {
      const chain = await chainOf(1, 1)
      const epoch = { epoch: 1, key: spkiOf(chain.key), batches: 1, lastSequence: 1 }
      return exportOf([chain], { manifest: { epochs: [epoch, epoch] } })
    },
    /^line 1: the manifest names an epoch twice$/,
  ],
  [
    'a missing epoch',
    async () => [...(await exportOf([await chainOf(1, 1)])), ...(await chainOf(2, 1)).kept],
    /^line 4: the manifest has no key of epoch 2$/,
  ],
  [
    'a batch of another key',
    async () => {
      const other = await chainOf(1, 1)
      return (await exportOf([await chainOf(1, 1)])).with(2, other.kept[0] ?? '')
    },
    /^line 3: the signature does not verify$/,
  ],
  [
    'a batch of another device',
    async () => {
      const chain = new MadeChain(1)
      await chain.batch({ sub: 'dev_BBBBBBBBBBBBBBBBBBBBBA' })
      return exportOf([chain])
    },
    /^line 3: a batch of another device, dev_BBBBBBBBBBBBBBBBBBBBBA$/,
  ],
  [
    'another message of the device',
    async () => {
      const chain = await chainOf(1, 1)
      const lines = await exportOf([chain])
      return [...lines, await signed('attestation', { sub: 'x' }, chain.key.privateKey)]
    },
    /^line 4: the protected header is not the one of evidence$/,
  ],
  [
    'a batch left out in the middle',
    async () => (await exportOf([await chainOf(1, 12)])).toSpliced(5, 1),
    /^epoch 1: batch 4 is missing$/,
  ],
  [
    'several left out at the end',
    async () => (await exportOf([await chainOf(1, 12)])).slice(0, -2),
    /^epoch 1: 10 batches verify, and the manifest counts 12$/,
  ],
  [
    'the record of a gap left out',
    async () => (await exportOf([await gappy(1)])).toSpliced(4, 1),
    /^epoch 1: batches 3 to 5 are missing$/,
  ],
  [
    'a batch that does not follow',
    async () => {
      const chain = await chainOf(1, 2)
      chain.head = ZEROS
      await chain.batch()
      return exportOf([chain])
    },
    /^line 5: epoch 1: batch 3 does not follow the batch before it$/,
  ],
  [
    'a gap that begins behind another batch',
    async () => {
      const chain = await chainOf(1, 2)
      const gap = await chain.drop(2)
      await chain.batch({ gap: { ...gap, before: ZEROS } })
      return exportOf([chain])
    },
    /^epoch 1: batches 3 to 4 are missing$/,
  ],
  [
    'a gap that ends in another batch',
    async () => {
      const chain = await chainOf(1, 2)
      const gap = await chain.drop(2)
      await chain.batch({ gap: { ...gap, last: hashOf('another') } })
      return exportOf([chain])
    },
    /^line 5: epoch 1: batch 5 does not follow the batch before it$/,
  ],
  [
    'two batches with one sequence',
    async () => {
      const chain = await chainOf(1, 2)
      chain.sequence = 1
      chain.head = hashOf(chain.kept[0] ?? '')
      await chain.batch({ uptimeMs: 2 })
      return exportOf([chain])
    },
    /^line 5: epoch 1: a second batch has sequence 2$/,
  ],
  [
    'more batches than the manifest counts',
    async () => {
      const chain = await chainOf(1, 2)
      const epochs = [{ epoch: 1, key: spkiOf(chain.key), batches: 1, lastSequence: 1 }]
      return exportOf([chain], { manifest: { epochs } })
    },
    /^line 4: more batches of epoch 1 than the manifest counts$/,
  ],
])('%s does not verify, and the report says why', async (_, linesOf, words) => {
  const { ok, problems, problemCount } = await verify(await linesOf())
  const said = problems.map(({ line, message }) => (line === undefined ? message : `line ${line}: ${message}`))
  expect({ ok, said }).toEqual({ ok: false, said: expect.arrayContaining([expect.stringMatching(words)]) })
  expect(problemCount).toBe(said.length)
})

test('all faults are counted, and the first hundred named', async () => {
  const lines = await exportOf([await chainOf(1, 1)])
  const report = await verify([...lines, ...Array.from({ length: 250 }, () => 'spoilt')])
  expect(report).toMatchObject({ ok: false, problemCount: 250 })
  expect(report.problems).toHaveLength(100)
})

test('another root than the expected one is a problem', async () => {
  const lines = await exportOf([await chainOf(1, 1)])
  expect(await verify(lines, ZEROS)).toMatchObject({
    ok: false,
    root: { pin: ROOT_PIN, compared: true },
    problems: [{ message: expect.stringContaining('another directory made this file') }],
  })
  // Only the pin finds a complete file that was made with other keys.
  expect(await verify(lines)).toMatchObject({ ok: true, root: { compared: false } })
})

test('a batch of a later version verifies', async () => {
  const chain = new MadeChain(1)
  await chain.batch({ findings: [{ check: 'of.tomorrow', state: 'perhaps' }], news: { a: 1 } })
  expect(await verify(await exportOf([chain], { signer: SIGNER }))).toMatchObject({ ok: true })
})
