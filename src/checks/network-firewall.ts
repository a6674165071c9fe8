import { check } from './check.ts'

export const networkFirewall = check('network.firewall', {
  weight: 'required',
  passes: 'a firewall is on',
  systems: { linux: 'nftables', macos: 'application firewall', windows: 'Windows Firewall' },
  panels: { windows: 'start windowsdefender:' },
  minutes: 5,
  english: {
    title: 'A firewall filters incoming connections',
    problem: 'The firewall is off',
    why: 'Without a firewall, everyone in the same network can reach every program that listens.',
    person: { any: 'a wrong rule can cut you off from this device' },
    steps: {
      any: [
        'Check which services others must reach, such as SSH.',
        'Turn on the firewall of this system, and allow only these services.',
      ],
      debian: [
        'Run: sudo apt install ufw',
        'If you work on this laptop over SSH, run first: sudo ufw allow OpenSSH',
        'Run: sudo ufw default deny incoming',
        'Run: sudo ufw enable',
      ],
      fedora: ['Run: sudo systemctl enable --now firewalld'],
      windows: [
        'Open Windows Security > Firewall & network protection.',
        'Turn on the firewall of each network: domain, private and public.',
      ],
      macos: ['Open System Settings > Network > Firewall.', 'Turn it on.'],
    },
  },
  german: {
    title: 'Eine Firewall filtert eingehende Verbindungen',
    problem: 'Die Firewall ist ausgeschaltet',
    why: 'Ohne Firewall erreicht jeder im selben Netz jedes Programm, das auf Verbindungen wartet.',
    person: { any: 'eine falsche Regel kann Sie von diesem Gerät aussperren.' },
    steps: {
      any: [
        'Klären Sie, welche Dienste andere erreichen müssen, zum Beispiel SSH.',
        'Schalten Sie die Firewall dieses Systems ein, und erlauben Sie nur diese Dienste.',
      ],
      debian: [
        'Führen Sie aus: sudo apt install ufw',
        'Arbeiten Sie über SSH an diesem Laptop, dann zuerst: sudo ufw allow OpenSSH',
        'Führen Sie aus: sudo ufw default deny incoming',
        'Führen Sie aus: sudo ufw enable',
      ],
      fedora: ['Führen Sie aus: sudo systemctl enable --now firewalld'],
      windows: [
        'Öffnen Sie Windows-Sicherheit > Firewall & Netzwerkschutz.',
        'Schalten Sie die Firewall jedes Netzes ein: Domäne, privat und öffentlich.',
      ],
      macos: ['Öffnen Sie Systemeinstellungen > Netzwerk > Firewall.', 'Schalten Sie sie ein.'],
    },
  },
})
