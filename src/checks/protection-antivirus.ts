import { check } from './check.ts'

export const protectionAntivirus = check('protection.antivirus', {
  weight: 'advisory',
  passes: 'an antivirus program runs and is up to date',
  systems: { linux: 'known products', macos: 'XProtect', windows: 'Security Center, Defender' },
  panels: { windows: 'start windowsdefender:' },
  minutes: 10,
  english: {
    title: 'An antivirus program runs and is up to date',
    problem: 'No up-to-date antivirus program runs',
    why: 'Known malware is stopped only by a program that runs and knows it.',
    person: { any: 'only a person knows which product your company uses' },
    steps: {
      any: [
        'Start the installed antivirus program, and set it to start with the system.',
        'If there is none, ask your support which one your company uses.',
      ],
      windows: [
        'Open Windows Security > Virus & threat protection.',
        'Turn on real-time protection, or open the named product and turn it on.',
        'Choose "Protection updates", and check for updates.',
      ],
      macos: [
        'Open System Settings > General > Software Update.',
        'Click the (i) beside "Automatic Updates".',
        'Turn on "Install Security Responses and system files".',
      ],
    },
  },
  german: {
    title: 'Ein Virenschutz läuft und ist aktuell',
    problem: 'Kein aktueller Virenschutz läuft',
    why: 'Bekannte Schadsoftware hält nur ein Programm auf, das läuft und sie kennt.',
    person: { any: 'nur Ihre Firma weiß, welches Produkt sie benutzt.' },
    steps: {
      any: [
        'Starten Sie den installierten Virenschutz, und lassen Sie ihn mit dem System starten.',
        'Gibt es keinen, fragen Sie Ihren Support, welchen Ihre Firma verwendet.',
      ],
      windows: [
        'Öffnen Sie Windows-Sicherheit > Viren- & Bedrohungsschutz.',
        'Schalten Sie den Echtzeitschutz ein, oder öffnen Sie das genannte Produkt und schalten Sie es ein.',
        'Wählen Sie „Schutzupdates“, und suchen Sie nach Updates.',
      ],
      macos: [
        'Öffnen Sie Systemeinstellungen > Allgemein > Softwareupdate.',
        'Klicken Sie auf das (i) neben „Automatische Updates“.',
        'Schalten Sie „Sicherheitsmaßnahmen und Systemdateien installieren“ ein.',
      ],
    },
  },
})
