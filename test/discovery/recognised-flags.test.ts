import fc from 'fast-check'
import type { CatalogueEntry } from '../../src/discovery/catalogue/catalogue.ts'
import { recognisedFlags } from '../../src/discovery/recognised-flags.ts'

const ENTRY: CatalogueEntry = {
  id: 'x',
  name: 'X',
  vendor: 'V',
  kind: 'cli-agent',
  sources: ['s'],
  flags: [
    { flag: '--yolo', meaning: 'autonomy' },
    { flag: '-p', meaning: 'unattended' },
    { flag: '--mode', values: ['auto'], meaning: 'autonomy' },
    { flag: 'exec', meaning: 'unattended' },
  ],
}

test.each<[string[], string[]]>([
  [
    ['--yolo', '-p', 'delete all'],
    ['--yolo', '-p'],
  ],
  [['--mode', 'auto'], ['--mode=auto']],
  [['--mode=auto'], ['--mode=auto']],
  [['--mode', 'plan'], []],
  [['--mode=s3cr3t'], []],
  [['--yolo=1', '--yolog', 'x--yolo'], []],
  [['-a', 'exec'], ['exec']],
  [['run', 'exec'], []],
  [['--', '--yolo'], []],
])('%j: %j', (args, flags) => expect(recognisedFlags(ENTRY, args)).toEqual(flags))

test('says nothing that the catalogue does not spell', () => {
  const spelled = ['--yolo', '-p', '--mode=auto', 'exec']
  const word = fc.oneof(fc.string(), fc.constantFrom(...spelled, '--mode', 'auto'))
  fc.assert(fc.property(fc.array(word), (args) => recognisedFlags(ENTRY, args).every((flag) => spelled.includes(flag))))
})
