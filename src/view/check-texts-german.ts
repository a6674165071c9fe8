import type { Check } from '../protocol/finding.ts'
import type { CheckText } from './check-text.ts'

/** The texts of all checks in German. `check-texts-english.ts` has the same members. */
export const GERMAN_CHECKS: Readonly<Record<Check, CheckText>> = {
  'disk.root-encrypted': {
    title: 'Die Systemplatte ist verschlüsselt',
    why: 'Ohne Verschlüsselung kann jeder, der den Laptop oder seine Platte mitnimmt, alle Dateien lesen.',
    steps: {
      any: [
        'Ein installiertes System lässt sich nicht gefahrlos nachträglich verschlüsseln.',
        'Sichern Sie Ihre Dateien.',
        'Bitten Sie Ihren Support um eine Neuinstallation mit verschlüsselter Platte.',
      ],
      debian: [
        'Sichern Sie Ihre Dateien.',
        'Installieren Sie neu, und wählen Sie „Geführt - gesamte Platte mit verschlüsseltem LVM“.',
        'Spielen Sie Ihre Dateien zurück.',
      ],
      fedora: [
        'Sichern Sie Ihre Dateien.',
        'Installieren Sie neu, und wählen Sie „Meine Daten verschlüsseln“.',
        'Spielen Sie Ihre Dateien zurück.',
      ],
    },
    minutes: 120,
  },
  'disk.fixed-encrypted': {
    title: 'Alle eingebauten Platten und der Swap sind verschlüsselt',
    why: 'Dateien und Speicherinhalte auf einer zweiten Platte oder im Swap sind sonst für jeden lesbar, der sie ausbaut.',
    steps: {
      any: [
        'Sichern Sie die Dateien des genannten Datenträgers.',
        'Formatieren Sie ihn als root: cryptsetup luksFormat GERÄT (das löscht alles darauf).',
        'Tragen Sie ihn in /etc/crypttab und /etc/fstab ein, und spielen Sie die Dateien zurück.',
      ],
    },
    minutes: 60,
  },
  'boot.secure-boot': {
    title: 'Secure Boot ist eingeschaltet',
    why: 'Ohne Secure Boot kann ein veränderter Bootloader oder Kernel laufen, bevor ein Schutz startet.',
    steps: {
      any: [
        'Notieren Sie den Wiederherstellungsschlüssel einer verschlüsselten Platte: Ihr TPM kann einmal das Entsperren verweigern.',
        'Öffnen Sie die Firmware-Einstellungen: systemctl reboot --firmware-setup',
        'Stellen Sie „Secure Boot“ auf „Enabled“, speichern Sie, und starten Sie neu.',
      ],
    },
    minutes: 10,
  },
  'boot.setup-mode': {
    title: 'Die Firmware hat ihre Secure-Boot-Schlüssel',
    why: 'Im Setup-Modus kann jedes Programm mit root-Rechten eigene Boot-Schlüssel einspielen.',
    steps: {
      any: [
        'Öffnen Sie die Firmware-Einstellungen: systemctl reboot --firmware-setup',
        'Wählen Sie unter „Secure Boot“ „Restore factory keys“ oder „Install default keys“, speichern Sie, und starten Sie neu.',
      ],
    },
    minutes: 10,
  },
  'boot.kernel-lockdown': {
    title: 'Der Kernel ist gesperrt (Lockdown)',
    why: 'Ohne Lockdown kann ein Programm mit root-Rechten den laufenden Kernel ändern und sich darin verstecken.',
    steps: {
      any: [
        'Schalten Sie zuerst Secure Boot ein: die meisten Distributionen sperren den Kernel dann selbst.',
        'Sonst ergänzen Sie lockdown=integrity bei GRUB_CMDLINE_LINUX in /etc/default/grub, aktualisieren GRUB und starten neu.',
      ],
      debian: [
        'Schalten Sie zuerst Secure Boot ein: Debian sperrt den Kernel dann selbst.',
        'Sonst ergänzen Sie lockdown=integrity bei GRUB_CMDLINE_LINUX in /etc/default/grub.',
        'Führen Sie aus: sudo update-grub',
        'Starten Sie neu.',
      ],
    },
    minutes: 10,
  },
  'boot.system-integrity': {
    title: 'Der Systemintegritätsschutz ist eingeschaltet',
    why: 'Ohne ihn kann ein Programm mit root-Rechten das System selbst ändern und sich darin verstecken.',
    steps: {
      any: ['Fragen Sie Ihren Support: nur macOS hat den Systemintegritätsschutz.'],
    },
    minutes: 15,
  },
  'tpm.present': {
    title: 'Ein TPM 2.0 ist vorhanden',
    why: 'Nur Schlüssel in einem TPM beweisen, dass ein Bericht von diesem Laptop kommt.',
    steps: {
      any: [
        'Öffnen Sie die Firmware-Einstellungen: systemctl reboot --firmware-setup',
        'Schalten Sie unter „Security“ „TPM“, „Intel PTT“ oder „AMD fTPM“ ein, speichern Sie, und starten Sie neu.',
        'Fehlt diese Einstellung, fragen Sie Ihren Support: vielleicht hat der Laptop kein TPM.',
      ],
    },
    minutes: 10,
  },
  'os.supported': {
    title: 'Das System bekommt noch Updates',
    why: 'Nach dem Ende der Unterstützung bleiben bekannte Sicherheitslücken offen.',
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
    },
    minutes: 90,
  },
  'os.security-updates': {
    title: 'Sicherheitsupdates sind installiert',
    why: 'Angreifer nutzen Lücken, deren Updates veröffentlicht, aber nicht installiert sind.',
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
    },
    minutes: 15,
  },
  'os.automatic-updates': {
    title: 'Sicherheitsupdates werden automatisch installiert',
    why: 'Updates, die auf einen Menschen warten, kommen oft zu spät.',
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
    },
    minutes: 5,
  },
  'os.reboot-pending': {
    title: 'Kein Update wartet auf einen Neustart',
    why: 'Ein installiertes Update schützt erst nach dem Neustart, den es verlangt.',
    steps: {
      any: ['Sichern Sie Ihre Arbeit.', 'Starten Sie neu.'],
    },
    minutes: 5,
  },
  'os.memory-integrity': {
    title: 'Die Speicherintegrität ist eingeschaltet',
    why: 'Ohne sie kann ein übernommener Treiber den Code des Kernels ändern.',
    steps: {
      any: ['Fragen Sie Ihren Support: nur Windows hat die Speicherintegrität.'],
    },
    minutes: 10,
  },
  'os.application-origin': {
    title: 'Fremde Programme werden vor dem Start geprüft',
    why: 'Die meiste Schadsoftware ist ein Programm, das jemand herunterlädt und öffnet.',
    steps: {
      any: ['Fragen Sie Ihren Support: nur Windows und macOS prüfen die Herkunft von Programmen.'],
    },
    minutes: 5,
  },
  'protection.antivirus': {
    title: 'Ein Virenschutz läuft und ist aktuell',
    why: 'Bekannte Schadsoftware hält nur ein Programm auf, das läuft und sie kennt.',
    steps: {
      any: [
        'Starten Sie den installierten Virenschutz, und lassen Sie ihn mit dem System starten.',
        'Gibt es keinen, fragen Sie Ihren Support, welchen Ihre Firma verwendet.',
      ],
    },
    minutes: 10,
  },
  'network.firewall': {
    title: 'Eine Firewall filtert eingehende Verbindungen',
    why: 'Ohne Firewall erreicht jeder im selben Netz jedes Programm, das auf Verbindungen wartet.',
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
    },
    minutes: 5,
  },
  'network.smb1': {
    title: 'Kein Server spricht SMB 1',
    why: 'SMB 1 hat bekannte Lücken, durch die sich Würmer in Netzen verbreiten.',
    steps: {
      any: [
        'Entfernen Sie „server min protocol“ aus /etc/samba/smb.conf, oder setzen Sie es auf SMB2.',
        'Führen Sie aus: sudo systemctl restart smbd (oder smb)',
      ],
    },
    minutes: 5,
  },
  'access.mandatory-access-control': {
    title: 'Das System schränkt Programme ein',
    why: 'Ein eingeschränktes Programm, das übernommen wird, erreicht nur, was es braucht.',
    steps: {
      any: ['Schalten Sie die Zugriffskontrolle Ihrer Distribution ein: AppArmor oder SELinux.'],
      debian: [
        'Führen Sie aus: sudo apt install apparmor apparmor-profiles',
        'Führen Sie aus: sudo systemctl enable --now apparmor',
        'Starten Sie neu.',
      ],
      fedora: ['Setzen Sie SELINUX=enforcing in /etc/selinux/config.', 'Starten Sie neu.'],
    },
    minutes: 10,
  },
  'access.ssh-root-login': {
    title: 'Root kann sich nicht mit Passwort über SSH anmelden',
    why: 'Das Passwort von root lässt sich aus dem Netz erraten und öffnet den ganzen Laptop.',
    steps: {
      any: [
        'Stellen Sie sicher, dass Sie sich als anderer Benutzer oder mit einem Schlüssel anmelden können.',
        'Setzen Sie PermitRootLogin prohibit-password in /etc/ssh/sshd_config und in dessen Match-Blöcken.',
        'Führen Sie aus: sudo systemctl reload ssh (oder sshd)',
      ],
    },
    minutes: 5,
  },
  'access.administrators': {
    title: 'Administratoren brauchen ein Passwort, und nur root ist root',
    why: 'Ein Administrator ohne Passwort gibt den Laptop jedem, der tippen kann.',
    steps: {
      any: [
        'Setzen Sie für jedes genannte Konto ein Passwort: sudo passwd NAME',
        'Geben Sie einem zweiten Konto mit der Benutzernummer 0 eine andere, oder entfernen Sie es.',
        'Nehmen Sie unnötige Administratorrechte weg: sudo gpasswd --delete NAME sudo',
      ],
    },
    minutes: 5,
  },
  'access.elevation': {
    title: 'Wer Administrator wird, braucht ein Passwort',
    why: 'Sonst kann jedes Programm, das Sie starten, den ganzen Laptop ändern.',
    steps: {
      any: [
        'Suchen Sie die genannte Regel in /etc/sudoers oder /etc/sudoers.d.',
        'Führen Sie aus: sudo visudo',
        'Entfernen Sie NOPASSWD und !authenticate aus dieser Regel.',
      ],
    },
    minutes: 5,
  },
  'access.guest-account': {
    title: 'Kein Gast kann dieses Gerät benutzen',
    why: 'Ein Gast benutzt den Laptop und sein Netz, ohne dass man weiß, wer es war.',
    steps: {
      any: [
        'Entfernen Sie das genannte Konto: sudo userdel NAME',
        'Bei LightDM setzen Sie allow-guest=false unter [Seat:*] in /etc/lightdm/lightdm.conf.',
      ],
    },
    minutes: 5,
  },
  'access.automatic-login': {
    title: 'Niemand wird ohne Passwort angemeldet',
    why: 'Mit automatischer Anmeldung hat jeder, der den Laptop einschaltet, Ihre Dateien und Konten.',
    steps: {
      any: [
        'Stellen Sie sicher, dass Sie Ihr Passwort kennen.',
        'Schalten Sie die automatische Anmeldung in den Einstellungen Ihres Benutzerkontos aus.',
        'Entfernen Sie den genannten Benutzer aus den Einstellungen des genannten Anmeldebildschirms.',
      ],
    },
    minutes: 5,
  },
  'access.remote-login': {
    title: 'Niemand kann sich aus dem Netz mit Passwort anmelden',
    why: 'Passwörter lassen sich aus dem Netz erraten.',
    steps: {
      any: [
        'Stellen Sie sicher, dass Sie sich mit einem Schlüssel anmelden können, wenn Sie über SSH an diesem Laptop arbeiten.',
        'Setzen Sie PasswordAuthentication no und KbdInteractiveAuthentication no in /etc/ssh/sshd_config.',
        'Führen Sie aus: sudo systemctl reload ssh (oder sshd)',
      ],
    },
    minutes: 5,
  },
  'access.credential-guard': {
    title: 'Credential Guard ist eingeschaltet',
    why: 'Ohne ihn kann ein Administrator die Passwörter und Tickets anderer aus dem Speicher lesen.',
    steps: {
      any: ['Fragen Sie Ihren Support: nur Windows hat Credential Guard.'],
    },
    minutes: 10,
  },
  'session.screen-lock': {
    title: 'Der Bildschirm sperrt sich selbst',
    why: 'Ein offener Bildschirm gibt Ihre Dateien und Konten jedem, der vorbeikommt.',
    steps: {
      any: [
        'Schalten Sie die automatische Bildschirmsperre in den Einstellungen Ihres Desktops ein.',
        'Sperren Sie nach höchstens 10 Minuten, mit Passwort zum Entsperren.',
      ],
      gnome: ['Führen Sie aus: surety fix session.screen-lock --yes'],
      kde: [
        'Öffnen Sie „Bildschirmsperre“ in den Systemeinstellungen.',
        'Sperren Sie automatisch nach höchstens 10 Minuten, und verlangen Sie das Passwort sofort.',
      ],
    },
    minutes: 2,
  },
  'management.mdm': {
    title: 'Das Gerät ist bei einer Geräteverwaltung angemeldet',
    why: 'Ein verwaltetes Gerät bekommt die Einstellungen Ihrer Firma, die seine Daten schützen kann, wenn es verloren geht.',
    steps: {
      any: ['Fragen Sie Ihren Support, wie Sie dieses Gerät anmelden.'],
    },
    minutes: 15,
  },
  'enforcement.freeze': {
    title: 'Agenten auf diesem Gerät lassen sich anhalten',
    why: 'Ein Agent, den der Kernel nicht einfrieren kann, arbeitet vielleicht weiter, während man ihn anhalten will.',
    steps: {
      any: [
        'Bitten Sie einen Administrator des Verzeichnisses um eine neue Übung. Schlägt sie wieder fehl, fragen Sie Ihren Support.',
      ],
    },
    minutes: 15,
  },
}
