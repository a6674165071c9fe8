import { check } from './check.ts'

export const osApplicationOrigin = check('os.application-origin', {
  weight: 'advisory',
  passes: 'the system checks where programs are from before they first run (macOS, Windows)',
  systems: {
    linux: { absent: 'Linux does not mark programs with their origin' },
    macos: 'Gatekeeper',
    windows: 'SmartScreen',
  },
  panels: { windows: 'start windowsdefender:' },
  minutes: 5,
  english: {
    title: 'Programs from elsewhere are checked before they run',
    problem: 'Programs from elsewhere are not checked',
    why: 'Most malware is a program that a person downloads and opens.',
    person: { any: 'only a person knows which programs are needed' },
    steps: {
      any: ['Ask your support: only Windows and macOS check the origin of programs.'],
      windows: [
        'Open Windows Security > App & browser control > Reputation-based protection settings.',
        'Turn on "Check apps and files".',
      ],
      macos: [
        'Open System Settings > Privacy & Security.',
        'Under "Allow applications from", choose "App Store & Known Developers".',
      ],
    },
  },
  german: {
    title: 'Fremde Programme werden vor dem Start geprüft',
    problem: 'Fremde Programme werden vor dem Start nicht geprüft',
    why: 'Die meiste Schadsoftware ist ein Programm, das jemand herunterlädt und öffnet.',
    person: { any: 'nur Sie wissen, welche Programme gebraucht werden.' },
    steps: {
      any: ['Fragen Sie Ihren Support: nur Windows und macOS prüfen die Herkunft von Programmen.'],
      windows: [
        'Öffnen Sie Windows-Sicherheit > App- & Browsersteuerung > Einstellungen für zuverlässigkeitsbasierten Schutz.',
        'Schalten Sie „Apps und Dateien überprüfen“ ein.',
      ],
      macos: [
        'Öffnen Sie Systemeinstellungen > Datenschutz & Sicherheit.',
        'Wählen Sie unter „Apps erlauben von“ „App Store und verifizierte Entwickler“.',
      ],
    },
  },
})
