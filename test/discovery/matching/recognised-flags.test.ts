import fc from 'fast-check'
import type { CatalogueEntry } from '../../../src/discovery/catalogue/catalogue.ts'
import { recognisedFlags } from '../../../src/discovery/matching/recognised-flags.ts'

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
/** Read by yargs, and told that some values decide. */
const YARGS: CatalogueEntry = {
  ...ENTRY,
  argumentParser: { is: 'yargs' },
  flags: [
    { flag: '--yolo', meaning: 'autonomy' },
    { flag: '-y', meaning: 'autonomy' },
    { flag: '-p', meaning: 'unattended' },
    { flag: '--approval-mode', values: ['yolo'], meaning: 'autonomy' },
    { flag: 'run', meaning: 'unattended' },
  ],
}
const BY_VALUE: CatalogueEntry = {
  ...ENTRY,
  flags: [
    { flag: '--settings', meaning: 'by-value' },
    { flag: '-p', meaning: 'by-value' },
    { flag: '-c', setting: 'profile', meaning: 'by-value' },
    { flag: '--allow-tool', values: ['shell'], meaning: 'autonomy' },
    { flag: '--allow-tool', meaning: 'by-value' },
    { flag: '-f', meaning: 'autonomy' },
    { flag: '-q', meaning: 'unattended' },
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

test.each<[string[], string[]]>([
  [
    ['-yp', 'hi'],
    ['-y', '-p'],
  ],
  [
    ['-py', 'hi'],
    ['-y', '-p'],
  ],
  [['-dyz'], ['-y']],
  // What has a value there is no switch that is on.
  [['-yp=hi'], ['-y']],
  [['-dy=true'], ['-y']],
  [['-dy=false'], []],
  [['-dy', 'false'], []],
  [['-dy5'], []],
  [['-y5'], []],
  [['--y'], ['-y']],
  [['--y=false'], []],
  [['--approvalMode', 'yolo'], ['--approval-mode=yolo']],
  [['--approvalMode=yolo'], ['--approval-mode=yolo']],
  [['--approval-mode=yolo'], ['--approval-mode=yolo']],
  [['--approvalMode', 's3cr3t'], []],
  [['--approvalmode', 'yolo', '--approvalModes', 'yolo', '--ApprovalMode', 'yolo'], []],
  [['--yolo', 'true'], ['--yolo']],
  [['--yolo', 'false'], []],
  [['--yolo=false', '--no-yolo'], []],
  [['--yolo', 'false', '--yolo'], ['--yolo']],
  [['--', '-yp', '--approvalMode=yolo'], []],
  [['---yolo', '-', '--', '--yolo'], []],
  [[`-${'z'.repeat(100_000)}`, `--${'z-'.repeat(50_000)}=`], []],
])('yargs reads %j: %j', (args, flags) => expect(recognisedFlags(YARGS, args)).toEqual(flags))

const ARGPARSE: CatalogueEntry = {
  ...ENTRY,
  argumentParser: { is: 'argparse' },
  flags: [
    { flag: '--yes-always', meaning: 'autonomy' },
    { flag: '--yes', meaning: 'autonomy' },
    { flag: '--agent', values: ['auto'], meaning: 'autonomy' },
    { flag: '--agent', meaning: 'by-value' },
    { flag: '--auto', meaning: 'noted' },
    { flag: '-p', meaning: 'unattended' },
  ],
}
test.each<[string[], string[]]>([
  [['--yes-always'], ['--yes-always']],
  [['--yes-al'], ['--yes-always']],
  [['--yes'], ['--yes']],
  [['--ye'], ['--yes']],
  [['--ag', 'auto'], ['--agent=auto']],
  [['--ag=auto'], ['--agent=auto']],
  [['--ag', 's3cr3t'], ['--agent']],
  [['--a', 'auto', '--', '--yes-al'], []],
  [['--yes-alwaysx', '--', '--=x', '-yes', '-a', 'auto'], []],
  [['--=auto', '-yes'], []],
  [['-ptext'], ['-p']],
])('argparse reads %j: %j', (args, flags) => expect(recognisedFlags(ARGPARSE, args)).toEqual(flags))

test.each<[string[], string[]]>([
  // Not so for others.
  [['--yolo', 'false'], ['--yolo']],
  [['--modeX', 'auto', '--y', '-yp'], []],
  [['-pfoo'], ['-p']],
  [['-xp'], []],
])('another parser reads %j: %j', (args, flags) => expect(recognisedFlags(ENTRY, args)).toEqual(flags))

test.each<[string[], string[]]>([
  [['--settings', '{"permissions":{"defaultMode":"bypassPermissions"}}'], ['--settings']],
  [['--settings=s3cr3t.json'], ['--settings']],
  [
    ['--settings', 'exec', 'exec'],
    ['--settings', 'exec'],
  ],
  [['--settings'], []],
  [['--settingsX', 's3cr3t', '--', '--settings', 'x'], []],
  [['-p', 's3cr3t'], ['-p']],
  [['-ps3cr3t'], ['-p']],
  [['-c', 'profile="s3cr3t"'], ['-c profile']],
  [['-c', 'model="s3cr3t"', '-c', 'profiles.a.policy="never"'], []],
  [['--allow-tool', 'shell'], ['--allow-tool=shell']],
  [['--allow-tool', 'shell(git:*)'], ['--allow-tool']],
  [
    ['--allow-tool=shell', '--allow-tool=s3cr3t'],
    ['--allow-tool=shell', '--allow-tool'],
  ],
  // Together behind one dash, where all are switches.
  [['-fq'], ['-f', '-q']],
  [['-qf'], ['-f', '-q']],
  [['-fz'], ['-f']],
  [['-zf'], []],
  [['-fp'], ['-f']],
  [['-pf', '-cf'], ['-p']],
])('of values that decide, reports only the flag, %j: %j', (args, flags) => {
  expect(recognisedFlags(BY_VALUE, args)).toEqual(flags)
})

test.each([
  ['yargs', YARGS, ['--yolo', '-y', '-p', '--approval-mode=yolo', 'run']],
  ['argparse', ARGPARSE, ['--yes-always', '--yes', '--agent=auto', '--agent', '--auto', '-p']],
  ['values', BY_VALUE, ['--settings', '-p', '-c profile', '--allow-tool=shell', '--allow-tool', '-f', '-q', 'exec']],
] as const)('says nothing that the catalogue does not spell: %s', (_, entry, spelled) => {
  const some = [
    '--approvalMode',
    '-yp',
    '-pfq',
    '--y=',
    'false',
    '-c',
    'profile=x',
    '--settings=',
    '-p',
    'shell',
    'run',
  ]
  const word = fc.oneof(fc.string(), fc.constantFrom(...some, ...spelled))
  const isSpelled = (flag: string) => (spelled as readonly string[]).includes(flag)
  fc.assert(fc.property(fc.array(word), (args) => recognisedFlags(entry, args).every(isSpelled)))
})
