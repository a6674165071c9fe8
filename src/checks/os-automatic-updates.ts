import { check } from './check.ts'

export const osAutomaticUpdates = check('os.automatic-updates', {
  weight: 'advisory',
  passes: 'updates are installed automatically',
  systems: { linux: 'apt, dnf', macos: 'Software Update', windows: 'policies, services' },
  panels: { windows: 'start ms-settings:windowsupdate' },
  minutes: 5,
  english: {
    title: 'Security updates install automatically',
    problem: 'Security updates are not installed automatically',
    why: 'Updates that wait for a person often arrive too late.',
    person: {
      any: 'it is not known how this system installs updates automatically',
      macos: 'surety does not change how this system installs updates',
      windows: 'surety does not change how this system installs updates',
    },
    steps: {
      any: ['Turn on automatic security updates in the package manager of this system.'],
      debian: ['Run: sudo apt install unattended-upgrades', 'Run: sudo surety fix os.automatic-updates --yes'],
      fedora: [
        'Run: sudo dnf install dnf-automatic',
        'Set apply_updates = yes in /etc/dnf/automatic.conf.',
        'Run: sudo systemctl enable --now dnf-automatic.timer',
      ],
      windows: [
        'Open Settings > Windows Update.',
        'Choose "Resume updates" if updates are paused.',
        'If the settings say that your organisation manages them, ask your support.',
      ],
      macos: [
        'Open System Settings > General > Software Update.',
        'Click the (i) beside "Automatic Updates".',
        'Turn on all settings there.',
      ],
    },
  },
  german: {
    title: 'Sicherheitsupdates werden automatisch installiert',
    problem: 'Sicherheitsupdates werden nicht automatisch installiert',
    why: 'Updates, die auf einen Menschen warten, kommen oft zu spät.',
    person: {
      any: 'es ist nicht bekannt, wie dieses System Updates automatisch installiert.',
      macos: 'surety ändert nicht, wie dieses System Updates installiert.',
      windows: 'surety ändert nicht, wie dieses System Updates installiert.',
    },
    steps: {
      any: ['Schalten Sie automatische Sicherheitsupdates in der Paketverwaltung dieses Systems ein.'],
      debian: [
        'Führen Sie aus: sudo apt install unattended-upgrades',
        'Führen Sie aus: sudo surety fix os.automatic-updates --yes',
      ],
      fedora: [
        'Führen Sie aus: sudo dnf install dnf-automatic',
        'Setzen Sie apply_updates = yes in /etc/dnf/automatic.conf.',
        'Führen Sie aus: sudo systemctl enable --now dnf-automatic.timer',
      ],
      windows: [
        'Öffnen Sie Einstellungen > Windows Update.',
        'Wählen Sie „Updates fortsetzen“, wenn Updates angehalten sind.',
        'Steht dort, dass Ihre Organisation sie verwaltet, fragen Sie Ihren Support.',
      ],
      macos: [
        'Öffnen Sie Systemeinstellungen > Allgemein > Softwareupdate.',
        'Klicken Sie auf das (i) neben „Automatische Updates“.',
        'Schalten Sie alle Einstellungen dort ein.',
      ],
    },
  },
})
