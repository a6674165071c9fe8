import { ENROLMENT, LINUX } from './installed-names.ts'
import type { MdmFile } from './mdm-file.ts'
import type { MdmValue, MdmValues } from './mdm-settings.ts'

/** A role for Debian, Fedora and their like. JSON is YAML, so values are written as JSON. */
export function ansibleRole(values: MdmValues): readonly MdmFile[] {
  const role = 'roles/surety'
  return [
    { name: 'surety.yml', text: PLAYBOOK },
    { name: `${role}/meta/main.yml`, text: META },
    { name: `${role}/defaults/main.yml`, text: defaults(values) },
    { name: `${role}/handlers/main.yml`, text: HANDLERS },
    { name: `${role}/tasks/main.yml`, text: TASKS },
  ]
}

const PLAYBOOK = `---
- name: Install Surety on laptops
  hosts: laptops
  become: true
  roles:
    - role: surety
`

const META = `---
galaxy_info:
  role_name: surety
  description: Installs suretyd from a repository that the host knows, enrols it and manages its settings
  license: Apache-2.0
  min_ansible_version: "2.14"
  platforms:
    - name: Debian
      versions: [all]
    - name: Fedora
      versions: [all]
dependencies: []
`

function defaults(values: MdmValues): string {
  const rows = Object.entries(values).map(([key, value]) => `  ${JSON.stringify(key)}: ${yamlValue(value)}`)
  return `---
# The enrolment string of a new device. Keep it in a vault.
surety_enrolment: ""

# Settings of the managed policy, by key.
surety_settings:${rows.length === 0 ? ' {}' : `\n${rows.join('\n')}`}
`
}

/** JSON, with the spaces that yamllint wants in a list. Ansible runs templates in texts, but for those with this tag. */
function yamlValue(value: MdmValue): string {
  if (typeof value === 'object') return `[${value.map(yamlValue).join(', ')}]`
  const json = JSON.stringify(value)
  return typeof value === 'string' && /\{[{%#]/.test(value) ? `!unsafe ${json}` : json
}

const HANDLERS = `---
- name: Restart suretyd
  ansible.builtin.systemd_service:
    name: ${LINUX.service}
    state: restarted
`

const TASKS = `---
- name: Make the folder of settings
  ansible.builtin.file:
    path: "{{ item }}"
    state: directory
    owner: root
    group: root
    mode: "0755"
  loop:
    - /etc/surety
    - /etc/surety/managed.d

- name: Write the settings
  ansible.builtin.copy:
    dest: /etc/surety/managed.d/${LINUX.settingsFile}
    content: "{{ surety_settings | to_nice_json }}\\n"
    owner: root
    group: root
    mode: "0644"
  notify: Restart suretyd

- name: See whether the device is enrolled
  ansible.builtin.command:
    argv: [surety, status, --json]
  register: surety_before
  changed_when: false
  failed_when: false

- name: Write the enrolment string of a new device
  ansible.builtin.copy:
    dest: /etc/surety/${ENROLMENT}
    content: "{{ surety_enrolment }}\\n"
    owner: root
    group: root
    mode: "0600"
    follow: false
  no_log: true
  # 2: there is no surety yet, 3: not enrolled.
  when: surety_enrolment | length > 0 and surety_before.rc in [2, 3]

- name: Install Surety
  ansible.builtin.package:
    name: ${LINUX.packageName}
    state: present

- name: Start suretyd
  ansible.builtin.systemd_service:
    name: ${LINUX.service}
    enabled: true
    state: started

- name: Apply settings now
  ansible.builtin.meta: flush_handlers

- name: Ask suretyd
  ansible.builtin.command:
    argv: [surety, status, --json]
  register: surety_status
  changed_when: false
  # 3: not enrolled, 4: not compliant, 5: agents are stopped. All of them are answers.
  failed_when: surety_status.rc not in [0, 3, 4, 5]
  until: surety_status.rc in [0, 3, 4, 5]
  retries: 10
  delay: 3
`
