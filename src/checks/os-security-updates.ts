import { check } from './check.ts'

export const osSecurityUpdates = check('os.security-updates', {
  weight: 'required',
  passes: 'no security update waits',
  systems: { linux: 'apt, dnf', macos: 'Software Update', windows: 'Windows Update' },
  panels: { windows: 'start ms-settings:windowsupdate' },
  minutes: 15,
  english: {
    title: 'Security updates are installed',
    problem: 'Security updates wait to be installed',
    why: 'Attackers use holes whose updates are published but not installed.',
    person: { any: 'updates can restart services and need your decision when' },
    steps: {
      any: ['Install all updates with the package manager.', 'Start again if the kernel was updated.'],
      debian: ['Run: sudo apt update', 'Run: sudo apt upgrade', 'Start again if the kernel was updated.'],
      fedora: ['Run: sudo dnf upgrade --refresh', 'Start again if the kernel was updated.'],
      windows: [
        'Open Settings > Windows Update.',
        'Choose "Check for updates", and install all of them.',
        'Start again when Windows asks for it.',
      ],
      macos: [
        'Open System Settings > General > Software Update.',
        'Install all updates, and start again when macOS asks for it.',
      ],
    },
  },
  german: {
    title: 'Sicherheitsupdates sind installiert',
    problem: 'Sicherheitsupdates sind nicht installiert',
    why: 'Angreifer nutzen Lücken, deren Updates veröffentlicht, aber nicht installiert sind.',
    person: { any: 'Updates können Dienste neu starten: Sie entscheiden, wann.' },
    steps: {
      any: [
        'Installieren Sie alle Updates mit der Paketverwaltung.',
        'Starten Sie neu, wenn der Kernel aktualisiert wurde.',
      ],
      debian: [
        'Führen Sie aus: sudo apt update',
        'Führen Sie aus: sudo apt upgrade',
        'Starten Sie neu, wenn der Kernel aktualisiert wurde.',
      ],
      fedora: ['Führen Sie aus: sudo dnf upgrade --refresh', 'Starten Sie neu, wenn der Kernel aktualisiert wurde.'],
      windows: [
        'Öffnen Sie Einstellungen > Windows Update.',
        'Wählen Sie „Nach Updates suchen“, und installieren Sie alle.',
        'Starten Sie neu, wenn Windows danach fragt.',
      ],
      macos: [
        'Öffnen Sie Systemeinstellungen > Allgemein > Softwareupdate.',
        'Installieren Sie alle Updates, und starten Sie neu, wenn macOS danach fragt.',
      ],
    },
  },
})
