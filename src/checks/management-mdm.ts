import { check } from './check.ts'

export const managementMdm = check('management.mdm', {
  weight: 'advisory',
  passes: 'the device is enrolled with a device management (macOS, Windows)',
  systems: { linux: { absent: 'Linux has no device management of its own' }, macos: 'enrolment', windows: 'enrolment' },
  panels: { windows: 'start ms-settings:workplace' },
  minutes: 15,
  english: {
    title: 'The device is enrolled with a device management',
    problem: 'This device has no device management',
    why: 'A managed device gets the settings of your company, which can protect its data when it is lost.',
    person: { any: 'only your company can enrol this device' },
    steps: {
      any: ['Ask your support how to enrol this device.'],
      windows: [
        'Open Settings > Accounts > Access work or school.',
        'Choose "Connect", and sign in with the account of your company.',
      ],
      macos: [
        'Open the enrolment page or profile that your support names.',
        'Open System Settings > General > Device Management, and install the profile.',
      ],
    },
  },
  german: {
    title: 'Das Gerät ist bei einer Geräteverwaltung angemeldet',
    problem: 'Dieses Gerät hat keine Geräteverwaltung',
    why: 'Ein verwaltetes Gerät bekommt die Einstellungen Ihrer Firma, die seine Daten schützen kann, wenn es verloren geht.',
    person: { any: 'nur Ihre Firma kann dieses Gerät anmelden.' },
    steps: {
      any: ['Fragen Sie Ihren Support, wie Sie dieses Gerät anmelden.'],
      windows: [
        'Öffnen Sie Einstellungen > Konten > Auf Arbeits- oder Schulkonto zugreifen.',
        'Wählen Sie „Verbinden“, und melden Sie sich mit dem Konto Ihrer Firma an.',
      ],
      macos: [
        'Öffnen Sie die Anmeldeseite oder das Profil, das Ihr Support nennt.',
        'Öffnen Sie Systemeinstellungen > Allgemein > Geräteverwaltung, und installieren Sie das Profil.',
      ],
    },
  },
})
