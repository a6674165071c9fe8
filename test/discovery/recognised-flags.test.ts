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
    { flag: '-a', values: ['never'], meaning: 'autonomy' },
    { flag: '-c', setting: 'policy', values: ['never'], meaning: 'autonomy' },
    { flag: 'exec', meaning: 'unattended' },
  ],
  folderFlags: [{ flag: '--cd', means: 'works-in' }],
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
  [['--', '--yolo'], []],
  // A switch, said aloud to be on or off.
  [
    ['--yolo=true', '-p=true'],
    ['--yolo', '-p'],
  ],
  [['--yolo=false', '-p='], []],
  // A value in the same word, as short flags have it.
  [['-anever'], ['-a=never']],
  [['-a=never'], ['-a=never']],
  [['-annever', '-A', 'never', '--mode-auto', '--modeauto'], []],
  // A flag that sets settings.
  [['-c', 'policy="never"'], ['-c policy=never']],
  [['-c', " policy = 'never' "], ['-c policy=never']],
  [['-cpolicy=never'], ['-c policy=never']],
  [['-c=policy=never'], ['-c policy=never']],
  [['-c', 'policy=ask', '-c', 'policy=never'], ['-c policy=never']],
  [['-c', 'policy="never'], []],
  [['-c', 'policy=never # s3cr3t'], []],
  [['-c', 'other.policy=never', '-c', 'never', '-c'], []],
  [['-c', 'policy', 'policy=never'], []],
  // The first word.
  [['exec', 'run'], ['exec']],
  [['-x', 'exec'], ['exec']],
  [['-m', 'o3', 'exec'], ['exec']],
  [['-m=o3', '--cd', '/srv', 'exec'], ['exec']],
  [
    ['--yolo', 'exec'],
    ['--yolo', 'exec'],
  ],
  [['run', 'exec'], []],
  [['--yolo', 'run', 'exec'], ['--yolo']],
  [['-m=o3', 'run', 'exec'], []],
  [['-m', 'o3', 'run', 'exec'], []],
  [['--cd', 'exec', 'run'], []],
  [['--mode', 'exec'], []],
])('%j: %j', (args, flags) => expect(recognisedFlags(ENTRY, args)).toEqual(flags))

test('says nothing that the catalogue does not spell', () => {
  const spelled = ['--yolo', '-p', '--mode=auto', '-a=never', '-c policy=never', 'exec']
  const word = fc.oneof(fc.string(), fc.constantFrom(...spelled, '--mode', 'auto', '-a', '-c', 'policy="never"'))
  fc.assert(fc.property(fc.array(word), (args) => recognisedFlags(ENTRY, args).every((flag) => spelled.includes(flag))))
})
