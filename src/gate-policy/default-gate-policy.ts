/** The policy of a gate that was given no other. */
export const DEFAULT_GATE_TEXT = `// An agent may do what its person may do, except for what is below.
// A "forbid" always wins. With @ask a person can approve that one action. With @never nothing lifts the rule.

@id("usual")
permit (principal, action, resource);

@id("surety-files")
@because("an agent may not change what holds agents to account")
@possible("ask an administrator")
@never("true")
forbid (principal, action == Action::"write", resource is File)
when { resource.name like "/etc/surety/*" || resource.name like "/var/lib/surety/*" || resource.name like "/usr/lib/surety/*" };

@id("whole-disk")
@because("the command can destroy a disk or a whole home")
@possible("name the folder that is meant, below the working folder")
@never("true")
forbid (principal, action == Action::"shell", resource)
when {
  (context.programs.contains("rm") && context.words.containsAny(["-r", "-R", "--recursive"]) &&
    context.words.containsAny(["/", "/*", "~", "~/", "~/*", "$HOME", "$HOME/", "$HOME/*", "\${HOME}", "/home", "/etc", "/usr", "/var"])) ||
  context.programs.containsAny(["mkfs", "mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "wipefs", "blkdiscard"]) ||
  (context.programs.contains("dd") && context.command like "*of=/dev/*")
};

@id("destroys-data")
@because("the command deletes data that others use")
@possible("wait for the approval of the agent's owner")
@ask("owner")
forbid (principal, action == Action::"shell", resource)
when {
  (context.programs.containsAny(["psql", "mysql", "mariadb", "sqlite3", "mongosh", "sqlcmd"]) &&
    (context.command like "*DROP *" || context.command like "*drop *" || context.command like "*TRUNCATE *" ||
      context.command like "*truncate *" || context.command like "*DELETE FROM*" || context.command like "*delete from*")) ||
  (context.programs.containsAny(["terraform", "tofu", "pulumi"]) && context.words.contains("destroy")) ||
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
when { resource.name like "*/.ssh/*" || resource.name like "*/.gnupg/*" || resource.name like "*/.aws/*" };

@id("secrets")
@mark("secret")
permit (principal, action == Action::"read", resource is File)
when {
  resource.name like "*/.ssh/id_*" || resource.name like "*/.aws/credentials" || resource.name like "*/.env" ||
  resource.name like "*/.netrc" || resource.name like "*/.gnupg/*" || resource.name like "*/.kube/config"
};

@id("network-after-secret")
@because("the agent has read a secret within the last ten minutes")
@possible("wait ten minutes, or for the approval of the agent's owner")
@ask("owner")
forbid (principal, action == Action::"network", resource) when { context.recent.contains("secret") };
`
