import { check } from './check.ts'

export const osSupported = check('os.supported', {
  weight: 'required',
  passes: 'the vendor still supports this release',
  systems: { linux: 'dated table', macos: 'dated table', windows: 'dated table' },
  panels: { windows: 'start ms-settings:windowsupdate' },
  minutes: 90,
  english: {
    title: 'The system still gets updates',
    problem: 'This system gets no more updates',
    why: 'After the end of support, known security holes stay open.',
    person: { any: 'an upgrade of the whole system needs a backup and time' },
    steps: {
      any: ['Back up your files.', 'Upgrade to a supported release of your distribution.'],
      debian: [
        'Back up your files.',
        'Read the release notes of the next release: https://www.debian.org/releases/stable/releasenotes',
        'Follow their chapter on upgrades.',
      ],
      fedora: [
        'Back up your files.',
        'Follow: https://docs.fedoraproject.org/en-US/quick-docs/upgrading-fedora-offline/',
      ],
      windows: [
        'Back up your files.',
        'Open Settings > Windows Update, and install the newest feature update.',
        'If none is offered, ask your support: this laptop may be too old for it.',
      ],
      macos: [
        'Back up your files with Time Machine.',
        'Open System Settings > General > Software Update, and install the newest macOS.',
        'If none is offered, ask your support: this Mac may be too old for it.',
      ],
    },
  },
  german: {
    title: 'Das System bekommt noch Updates',
    problem: 'Dieses System bekommt keine Updates mehr',
    why: 'Nach dem Ende der Unterstützung bleiben bekannte Sicherheitslücken offen.',
    person: { any: 'ein Wechsel des ganzen Systems braucht eine Sicherung und Zeit.' },
    steps: {
      any: ['Sichern Sie Ihre Dateien.', 'Wechseln Sie auf eine unterstützte Version Ihrer Distribution.'],
      debian: [
        'Sichern Sie Ihre Dateien.',
        'Lesen Sie die Hinweise zur nächsten Version: https://www.debian.org/releases/stable/releasenotes',
        'Folgen Sie dem Kapitel über Upgrades.',
      ],
      fedora: [
        'Sichern Sie Ihre Dateien.',
        'Folgen Sie: https://docs.fedoraproject.org/en-US/quick-docs/upgrading-fedora-offline/',
      ],
      windows: [
        'Sichern Sie Ihre Dateien.',
        'Öffnen Sie Einstellungen > Windows Update, und installieren Sie das neueste Funktionsupdate.',
        'Wird keines angeboten, fragen Sie Ihren Support: vielleicht ist der Laptop zu alt dafür.',
      ],
      macos: [
        'Sichern Sie Ihre Dateien mit Time Machine.',
        'Öffnen Sie Systemeinstellungen > Allgemein > Softwareupdate, und installieren Sie das neueste macOS.',
        'Wird keines angeboten, fragen Sie Ihren Support: vielleicht ist der Mac zu alt dafür.',
      ],
    },
  },
})
