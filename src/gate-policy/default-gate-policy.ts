/** The policy of a gate that was given no other. */
export const DEFAULT_GATE_TEXT = `// An agent may do what its person may do, except for what is below.
// A "forbid" always wins. With @ask a person can approve that one action. With @never nothing lifts the rule.

@id("usual")
permit (principal, action, resource);

@id("surety-files")
@because("an agent may not change what holds agents to account")
@possible("ask an administrator")
@never("true")
forbid (principal, action in [Action::"write", Action::"shell"], resource)
when {
  context.writes.containsAny([
    "/etc/surety", "/var/lib/surety", "/usr/lib/surety", "/run/surety", "/var/run/surety", "/usr/bin/surety",
    "/usr/lib/systemd/system/suretyd.service", "/lib/systemd/system/suretyd.service",
    "/etc/systemd/system/suretyd.service", "/etc/systemd/system/suretyd.service.d"
  ])
};

@id("hook-files")
@because("these files make agents ask before they act")
@possible("ask an administrator")
@never("true")
forbid (principal, action in [Action::"write", Action::"shell"], resource)
when {
  context.writes.containsAny([
    "/etc/claude-code", "/etc/codex", "/etc/github-copilot", "/etc/cursor", "/etc/gemini-cli", "/etc/windsurf"
  ])
};

@id("stops-surety")
@because("an agent may not stop or remove what holds agents to account")
@possible("ask an administrator")
@never("true")
forbid (principal, action == Action::"shell", resource)
when {
  (context.programs.containsAny(["systemctl", "service", "pkill", "killall", "kill", "skill", "snap"]) &&
    (context.commandLower like "*suretyd*" || context.words.containsAny(["surety", "surety*", "surety.*"])) &&
    (!context.programs.contains("systemctl") || context.words.containsAny(
      ["stop", "disable", "mask", "kill", "edit", "revert", "restart", "isolate", "set-property", "freeze", "clean"]))) ||
  (context.words.containsAny(["surety", "surety*"]) &&
    ((context.programs.containsAny(["apt", "apt-get", "aptitude", "dnf", "yum", "zypper"]) &&
      context.words.containsAny(["remove", "purge", "autoremove", "erase"])) ||
      (context.programs.containsAny(["dpkg", "rpm"]) &&
        context.words.containsAny(["-r", "-P", "-e", "--remove", "--purge", "--erase"])))) ||
  (context.programs.contains("surety") && context.words.containsAll(["hooks", "uninstall"]))
};

@id("whole-disk")
@because("the command can destroy a disk, the system or a whole home")
@possible("name the folder that is meant, below the working folder")
@never("true")
forbid (principal, action == Action::"shell", resource)
when { context.isSweeping || context.programs.containsAny(["mkfs", "wipefs", "blkdiscard"]) };

@id("destroys-data")
@because("the command deletes data that others use")
@possible("wait for the approval of the agent's owner")
@ask("owner")
forbid (principal, action == Action::"shell", resource)
when {
  (context.programs.containsAny(["psql", "mysql", "mariadb", "sqlite3", "mongosh", "sqlcmd"]) &&
    (context.commandLower like "*drop *" || context.commandLower like "*drop/\\**" || context.commandLower like "*truncate *" ||
      context.commandLower like "*delete from*" || context.commandLower like "*dropdatabase*")) ||
  context.programs.contains("dropdb") ||
  (context.programs.containsAny(["terraform", "tofu", "pulumi"]) && context.words.containsAny(["destroy", "-destroy"])) ||
  (context.programs.contains("kubectl") && context.words.contains("delete")) ||
  (context.programs.containsAny(["aws", "gcloud", "az"]) && context.words.containsAny(["delete", "rm", "terminate-instances", "delete-db-instance"]))
};

@id("rewrites-history")
@because("the command overwrites what others have pushed")
@possible("push without --force, or wait for the approval of the agent's owner")
@ask("owner")
forbid (principal, action == Action::"shell", resource)
when {
  context.programs.contains("git") && context.words.contains("push") &&
  context.words.containsAny(["-f", "--force", "--force-with-lease", "--mirror", "--delete"])
};

@id("keys-of-people")
@because("the file lets others sign in as this person")
@possible("wait for the approval of the agent's owner")
@ask("owner")
forbid (principal, action == Action::"write", resource is File)
when { context.names.containsAny([".ssh", ".gnupg", ".aws"]) };

@id("secrets")
@mark("secret")
permit (principal, action == Action::"read", resource is File)
when {
  resource.name like "*/.ssh/id_*" || resource.name like "*/.aws/credentials" || resource.name like "*/.env" ||
  resource.name like "*/.netrc" || resource.name like "*/.gnupg/*" || resource.name like "*/.kube/config"
};

@id("secrets-in-shells")
@mark("secret")
permit (principal, action == Action::"shell", resource)
when {
  context.names.containsAny([".aws", ".env", ".netrc", ".gnupg", ".kube"]) ||
  (context.names.contains(".ssh") &&
    !(context.programs.containsAny(["ssh", "scp", "sftp", "rsync"]) && context.words.contains("-i")) &&
    !context.programs.containsAny(["ssh-add", "ssh-keygen"]))
};

@id("network-after-secret")
@because("the agent has read a secret within the last ten minutes")
@possible("wait ten minutes, or for the approval of the agent's owner")
@ask("owner")
forbid (principal, action == Action::"network", resource) when { context.recent.contains("secret") };

@id("shell-network-after-secret")
@because("the agent has read a secret within the last ten minutes, or reads one in this command")
@possible("wait ten minutes, or for the approval of the agent's owner")
@ask("owner")
forbid (principal, action == Action::"shell", resource)
when {
  (context.recent.contains("secret") || context.names.containsAny([".aws", ".env", ".netrc", ".gnupg", ".kube"])) &&
  (context.programs.containsAny(["curl", "wget", "nc", "ncat", "netcat", "socat", "telnet", "ftp", "ssh", "scp", "sftp", "rsync"]) ||
    (context.programs.contains("git") && context.words.contains("push")) || context.names.containsAll(["dev", "tcp"]))
};
`
