import { OS_SUPPORT, OS_SUPPORT_AS_OF, type OsSupport } from '../../../src/posture/linux/os/os-support.ts'
import { checkOsSupported } from '../../../src/posture/linux/os/os-supported.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { machine } from '../fake-components.ts'

async function on(day: string, release: string) {
  return checkOsSupported(
    machine({ '/etc/os-release': release }, {}, { clock: new FakeClock(Date.parse(`${day}T12:00:00Z`)) }),
  )
}

const DEBIAN11 = 'ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\n'

test('Debian 11 on the last day of its long-term support and on the day after', async () => {
  expect([await on('2026-08-31', DEBIAN11), await on('2026-09-01', DEBIAN11)]).toEqual([
    { state: 'pass', detail: 'Debian GNU/Linux 11 (bullseye) is supported until 2026-08-31 (long-term support).' },
    {
      state: 'fail',
      detail:
        'The support of Debian GNU/Linux 11 (bullseye) ended on 2026-08-31: holes found since then stay open. Move to a newer release.',
    },
  ])
})

test.each([
  ['RHEL by its major version', '2026-11-25', 'ID="rhel"\nVERSION_ID="9.4"\n', 'pass'],
  ['RHEL 7, which only ELS mends', '2026-11-25', 'ID="rhel"\nVERSION_ID="7.9"\n', 'unknown'],
  ['CentOS Stream 8', '2026-11-25', 'ID="centos"\nVERSION_ID="8"\n', 'fail'],
  ['CentOS Stream 9', '2026-11-25', 'ID="centos"\nVERSION_ID="9"\n', 'pass'],
  ['AlmaLinux 8, whose sources disagree', '2026-11-25', 'ID="almalinux"\nVERSION_ID="8.10"\n', 'unknown'],
  ['CentOS 7', '2026-11-25', 'ID="centos"\nVERSION_ID="7"\n', 'fail'],
  ['Ubuntu 20.04, which only Pro mends', '2026-11-25', 'ID=ubuntu\nVERSION_ID="20.04"\n', 'unknown'],
  ['Ubuntu 16.04, which nobody mends', '2026-11-25', 'ID=ubuntu\nVERSION_ID="16.04"\n', 'fail'],
  ['an interim Ubuntu', '2026-11-25', 'ID=ubuntu\nVERSION_ID="25.10"\n', 'fail'],
  ['Ubuntu 2 is not Ubuntu 22.04', '2026-11-25', 'ID=ubuntu\nVERSION_ID="2"\n', 'unknown'],
  ['Debian 1 is not Debian 11', '2026-11-25', 'ID=debian\nVERSION_ID="1"\n', 'unknown'],
  ['Leap 15.6 by its minor version', '2026-11-25', 'ID="opensuse-leap"\nVERSION_ID="15.6"\n', 'fail'],
  ['Arch', '2026-11-25', 'ID=arch\n', 'pass'],
  ['Debian testing', '2026-11-25', 'ID=debian\nPRETTY_NAME="Debian GNU/Linux forky/sid"\n', 'unknown'],
  ['a Fedora that says its end', '2026-11-25', 'ID=fedora\nVERSION_ID=44\nSUPPORT_END=2027-05-19\n', 'pass'],
  ['a Fedora past the end it says', '2027-05-20', 'ID=fedora\nVERSION_ID=44\nSUPPORT_END=2027-05-19\n', 'fail'],
  ['a Fedora that does not say', '2026-11-25', 'ID=fedora\nVERSION_ID=44\n', 'unknown'],
  ['an end that is no day', '2026-11-25', 'ID=fedora\nVERSION_ID=44\nSUPPORT_END=never\n', 'unknown'],
  ['a release not known', '2026-11-25', 'ID=mylinux\nVERSION_ID=1\n', 'unknown'],
  ['nothing', '2026-11-25', '', 'unknown'],
])('%s', async (_, day, release, state) => {
  expect((await on(day, release)).state).toBe(state)
})

test('every row of the table names a public source and real days', () => {
  expect(OS_SUPPORT.flatMap(faults)).toEqual([])
  expect(new Set(OS_SUPPORT.map(({ id, version }) => `${id} ${version}`)).size).toBe(OS_SUPPORT.length)
  expect(isPlausibleDay(OS_SUPPORT_AS_OF)).toBe(true)
})

test.each([
  ['a day that no month has', { ends: '2026-02-30' }, ['debian 99: ends 2026-02-30']],
  ['a day of another age', { ends: '1999-12-31' }, ['debian 99: ends 1999-12-31']],
  ['a source that is no address', { source: 'from memory' }, ['debian 99: source from memory']],
  [
    'paid support that ends before the free one',
    { paid: { ends: '2025-12-31', by: 'somebody' } },
    ['debian 99: paid until 2025-12-31'],
  ],
])('the check of the table finds %s', (_, wrong, found) => {
  const row = { id: 'debian', version: '99', ends: '2026-08-31', source: 'https://debian.example/' }
  expect(faults({ ...row, ...wrong })).toEqual(found)
})

function faults({ id, version, ends, paid, source }: OsSupport): string[] {
  return [
    ...(isPlausibleDay(ends) ? [] : [`ends ${ends}`]),
    ...(paid === undefined || (isPlausibleDay(paid.ends) && paid.ends > ends) ? [] : [`paid until ${paid.ends}`]),
    ...(/^https:\/\/\S{4,}/.test(source) ? [] : [`source ${source}`]),
  ].map((fault) => `${id} ${version}: ${fault}`)
}

/** No release we know ended before 2015 or is promised support for more than fifteen years. */
function isPlausibleDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day) && day > '2015' && day < '2041'
}
