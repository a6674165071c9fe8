/** When the support of each build of Windows ends: a dated table. Days that we do not know are left out on purpose. */

/** `home`: Home, Pro, Pro Education, Pro for Workstations. `enterprise`: Enterprise, Education, IoT Enterprise. */
export type EditionFamily = 'home' | 'enterprise' | 'ltsc' | 'iot-ltsc' | 'server'

export interface WindowsSupport {
  readonly build: number
  readonly version: string
  /** Last day of free security updates, ISO 8601. */
  readonly ends: Readonly<Partial<Record<EditionFamily, string>>>
  /** Updates after that for those who pay or sign up. */
  readonly paid?: { readonly ends: string; readonly by: string }
  readonly source: string
}

/** The day of the newest source. */
export const WINDOWS_SUPPORT_AS_OF = '2026-11-04'

/** State of its revision ed9e2eba. */
const END_OF_LIFE = 'https://endoflife.date/windows'
const END_OF_LIFE_SERVER = 'https://endoflife.date/windows-server'
/** Servicing of 24 months for Home and Pro, 36 for Enterprise and Education. State of 2026-06-02. */
const VERSION_25H2 = 'https://learn.microsoft.com/lifecycle/products/windows-11-home-and-pro'
/** State of 2026-11-04. */
const RELEASE_INFORMATION = 'https://learn.microsoft.com/windows/release-health/windows11-release-information'

export const WINDOWS_SUPPORT: readonly WindowsSupport[] = [
  client(10240, '10 1507', '2017-05-09', '2017-05-09', { ltsc: '2025-10-14' }),
  client(10586, '10 1511', '2017-10-10', '2017-10-10'),
  client(14393, '10 1607', '2018-04-10', '2019-04-09', { ltsc: '2026-10-13' }),
  client(15063, '10 1703', '2018-10-09', '2019-10-08'),
  client(16299, '10 1709', '2019-04-09', '2020-10-13'),
  client(17134, '10 1803', '2019-11-12', '2021-05-11'),
  client(17763, '10 1809', '2020-11-10', '2021-05-11', { ltsc: '2029-01-09' }),
  client(18362, '10 1903', '2020-12-08', '2020-12-08'),
  client(18363, '10 1909', '2021-05-11', '2022-05-10'),
  client(19041, '10 2004', '2021-12-14', '2021-12-14'),
  client(19042, '10 20H2', '2022-05-10', '2023-05-09'),
  client(19043, '10 21H1', '2022-12-13', '2022-12-13'),
  client(19044, '10 21H2', '2023-06-13', '2024-06-11', { ltsc: '2027-01-12', 'iot-ltsc': '2032-01-13' }),
  {
    ...client(19045, '10 22H2', '2025-10-14', '2025-10-14'),
    paid: { ends: '2028-10-10', by: 'Extended Security Updates' },
  },
  client(22000, '11 21H2', '2023-10-10', '2024-10-08'),
  client(22621, '11 22H2', '2024-10-08', '2025-10-14'),
  client(22631, '11 23H2', '2025-11-11', '2026-11-10'),
  client(26100, '11 24H2', '2026-10-13', '2027-10-12', { ltsc: '2029-10-09', 'iot-ltsc': '2034-10-10' }),
  { ...client(26200, '11 25H2', '2027-10-12', '2028-10-10'), source: VERSION_25H2 },
  { ...client(28000, '11 26H1', '2028-03-14', '2029-03-13'), source: RELEASE_INFORMATION },
  // Left out: the day of Enterprise and Education, which our source does not name.
  { build: 26300, version: '11 26H2', ends: { home: '2028-10-10' }, source: RELEASE_INFORMATION },

  server(14393, 'Server 2016', '2027-01-12'),
  server(17763, 'Server 2019', '2029-01-09'),
  server(20348, 'Server 2022', '2031-10-14'),
  server(25398, 'Server 23H2', '2025-10-24'),
  server(26100, 'Server 2025', '2034-10-10'),
]

function client(
  build: number,
  version: string,
  home: string,
  enterprise: string,
  more: WindowsSupport['ends'] = {},
): WindowsSupport {
  return { build, version, ends: { home, enterprise, ...more }, source: END_OF_LIFE }
}

function server(build: number, version: string, ends: string): WindowsSupport {
  return { build, version, ends: { server: ends }, source: END_OF_LIFE_SERVER }
}

const HOME = ['Core', 'CoreSingleLanguage', 'CoreCountrySpecific', 'Professional', 'ProfessionalEducation']
const ENTERPRISE = ['Enterprise', 'Education', 'IoTEnterprise', 'ServerRdsh', 'EnterpriseG']

/** @param edition `EditionID` of the registry; editions for Europe end with `N`. */
export function editionFamily(edition: string, installation: string | undefined): EditionFamily | undefined {
  if (installation?.startsWith('Server')) return 'server'
  const plain = edition.replace(/N$/, '')
  if ([...HOME, 'ProfessionalWorkstation', 'CloudEdition'].includes(plain)) return 'home'
  if (ENTERPRISE.includes(plain)) return 'enterprise'
  if (plain === 'EnterpriseS') return 'ltsc'
  return plain === 'IoTEnterpriseS' ? 'iot-ltsc' : undefined
}
