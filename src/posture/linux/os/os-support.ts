/** When the support of each release ends: a dated table. Releases whose day we do not know are left out on purpose. */

export interface OsSupport {
  /** ID of os-release. */
  readonly id: string
  /** VERSION_ID of os-release; without a point it stands for all its minor versions. */
  readonly version: string
  /** Last day of free security updates, ISO 8601. */
  readonly ends: string
  /** Who brings the updates at the end, when it is not the ordinary team. */
  readonly by?: string
  /** Updates after `ends` for those who pay or sign up. */
  readonly paid?: { readonly ends: string; readonly by: string }
  /** Where the day is from. */
  readonly source: string
}

/** The day of the oldest of the sources: what was announced later is not in the table. */
export const OS_SUPPORT_AS_OF = '2026-04-25'

export const ROLLING_RELEASES: ReadonlySet<string> = new Set([
  ...['arch', 'archarm', 'artix', 'cachyos', 'endeavouros', 'garuda', 'gentoo', 'kali', 'manjaro'],
  ...['opensuse-tumbleweed', 'solus', 'void'],
])

/** State of 2026-04-25. */
const DISTRO_INFO = 'https://packages.debian.org/trixie/distro-info-data, version 0.66+deb13u2'
/** State of 2026-08-22. */
const END_OF_LIFE =
  'https://github.com/endoflife-date/endoflife.date/blob/a70eca337600e7d721dc48112c271f98661d208b/products'
const ALMA = `${END_OF_LIFE}/almalinux.md`
const CENTOS = `${END_OF_LIFE}/centos.md`
const CENTOS_STREAM = `${END_OF_LIFE}/centos-stream.md`
const FEDORA = `${END_OF_LIFE}/fedora.md`
const LEAP = `${END_OF_LIFE}/opensuse.md`
const MINT = `${END_OF_LIFE}/linuxmint.md`
const REDHAT = `${END_OF_LIFE}/rhel.md`
const ROCKY = `${END_OF_LIFE}/rocky-linux.md`
const SUSE = `${END_OF_LIFE}/sles.md`

const LTS = 'long-term support'

export const OS_SUPPORT: readonly OsSupport[] = [
  { id: 'debian', version: '9', ends: '2022-06-30', by: LTS, source: DISTRO_INFO },
  { id: 'debian', version: '10', ends: '2024-06-30', by: LTS, source: DISTRO_INFO },
  { id: 'debian', version: '11', ends: '2026-08-31', by: LTS, source: DISTRO_INFO },
  { id: 'debian', version: '12', ends: '2028-06-30', by: LTS, source: DISTRO_INFO },
  { id: 'debian', version: '13', ends: '2030-06-30', by: LTS, source: DISTRO_INFO },

  ubuntuLts('16.04', '2021-04-30', '2026-04-23'),
  ubuntuLts('18.04', '2023-05-31', '2028-04-26'),
  ubuntuLts('20.04', '2025-05-29', '2030-04-23'),
  ubuntuLts('22.04', '2027-06-01', '2032-04-21'),
  ubuntuLts('24.04', '2029-05-31', '2034-04-25'),
  ubuntuLts('26.04', '2031-05-29', '2036-04-23'),
  { id: 'ubuntu', version: '22.10', ends: '2023-07-20', source: DISTRO_INFO },
  { id: 'ubuntu', version: '23.04', ends: '2024-01-25', source: DISTRO_INFO },
  { id: 'ubuntu', version: '23.10', ends: '2024-07-11', source: DISTRO_INFO },
  { id: 'ubuntu', version: '24.10', ends: '2025-07-10', source: DISTRO_INFO },
  { id: 'ubuntu', version: '25.04', ends: '2026-01-15', source: DISTRO_INFO },
  { id: 'ubuntu', version: '25.10', ends: '2026-07-09', source: DISTRO_INFO },
  { id: 'ubuntu', version: '26.10', ends: '2027-07-15', source: DISTRO_INFO },

  // Mint names the month; we count to its last day.
  { id: 'linuxmint', version: '20', ends: '2025-04-30', source: MINT },
  { id: 'linuxmint', version: '21', ends: '2027-04-30', source: MINT },
  { id: 'linuxmint', version: '22', ends: '2029-04-30', source: MINT },

  // Later releases of Fedora say SUPPORT_END in os-release.
  { id: 'fedora', version: '38', ends: '2024-05-21', source: FEDORA },
  { id: 'fedora', version: '39', ends: '2024-11-26', source: FEDORA },
  { id: 'fedora', version: '40', ends: '2025-05-13', source: FEDORA },

  { id: 'rhel', version: '7', ends: '2024-06-30', paid: { ends: '2029-05-31', by: 'Red Hat ELS' }, source: REDHAT },
  { id: 'rhel', version: '8', ends: '2029-05-31', source: REDHAT },
  { id: 'rhel', version: '9', ends: '2032-05-31', source: REDHAT },
  { id: 'rhel', version: '10', ends: '2035-05-31', source: REDHAT },
  { id: 'centos', version: '7', ends: '2024-06-30', source: CENTOS },
  // CentOS Linux 8 ended on 2021-12-31 and bears the same name and number as Stream 8, which ended last.
  { id: 'centos', version: '8', ends: '2024-05-31', source: CENTOS_STREAM },
  { id: 'centos', version: '9', ends: '2027-05-31', source: CENTOS_STREAM },
  { id: 'centos', version: '10', ends: '2030-05-31', source: CENTOS_STREAM },
  // Left out: AlmaLinux 8, whose end is told as 2029-03-01 and as 2029-05-31.
  { id: 'almalinux', version: '9', ends: '2032-05-31', source: ALMA },
  { id: 'almalinux', version: '10', ends: '2035-05-31', source: ALMA },
  { id: 'rocky', version: '8', ends: '2029-05-31', source: ROCKY },
  { id: 'rocky', version: '9', ends: '2032-05-31', source: ROCKY },
  { id: 'rocky', version: '10', ends: '2035-05-31', source: ROCKY },

  { id: 'opensuse-leap', version: '15.4', ends: '2023-12-07', source: LEAP },
  { id: 'opensuse-leap', version: '15.5', ends: '2024-12-31', source: LEAP },
  { id: 'opensuse-leap', version: '15.6', ends: '2026-04-30', source: LEAP },
  { id: 'opensuse-leap', version: '16.0', ends: '2027-10-31', source: LEAP },
  { id: 'sles', version: '15.5', ends: '2024-12-31', paid: { ends: '2027-12-31', by: 'SUSE LTSS' }, source: SUSE },
  { id: 'sles', version: '15.6', ends: '2025-12-31', paid: { ends: '2028-12-31', by: 'SUSE LTSS' }, source: SUSE },
  { id: 'sles', version: '15.7', ends: '2031-07-31', paid: { ends: '2034-07-31', by: 'SUSE LTSS' }, source: SUSE },
  { id: 'sles', version: '16.0', ends: '2027-11-30', paid: { ends: '2030-11-30', by: 'SUSE LTS' }, source: SUSE },
]

function ubuntuLts(version: string, ends: string, proEnds: string): OsSupport {
  return { id: 'ubuntu', version, ends, paid: { ends: proEnds, by: 'Ubuntu Pro' }, source: DISTRO_INFO }
}
