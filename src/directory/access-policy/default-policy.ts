/** The access policy of a directory that was given no other. */
export const DEFAULT_ACCESS_TEXT = `// An agent acts for its owner, on a compliant device, inside its scope, before its end, and not while it is stopped.
// Nothing is allowed unless a "permit" says so, and a "forbid" always wins.
// A stop in force needs no rule: only a "permit" with @stopped("allow") counts while one concerns the agent or its device.

@id("agents")
permit (principal, action, resource) when { context has agent };

@id("registered")
@because("the agent is not registered and active")
@possible("register the agent, or activate its registration")
forbid (principal, action, resource) when { context has agent } unless { context.agent.state == "active" };

@id("owner")
@because("the agent acts for its owner only, and this is another person")
@possible("ask for the owner of the agent, or transfer its registration")
forbid (principal, action, resource) when { context has agent }
unless { context.agent has owner && context.agent.owner == principal };

@id("device")
@because("the device is not compliant, or was not named")
@possible("name the device, and fix what its verdict says")
forbid (principal, action, resource) when { context has agent }
unless { context has device && context.device.compliant };

@id("on-device")
@because("the device does not report this agent")
@possible("ask for the device on which the agent runs")
forbid (principal, action, resource) when { context has agent } unless { context.agent.onDevice };

@id("scope")
@because("the resource is not in the scope of the agent")
@possible("add the resource to the scope of the registration")
forbid (principal, action, resource) when { context has agent }
unless {
  (resource is Application && context.agent.applications.contains(resource.name)) ||
  (resource is DataSet && context.agent.dataSets.contains(resource.name)) ||
  (resource is Tool && context.agent.tools.contains(resource.name))
};

@id("end")
@because("the registration of the agent has ended")
@possible("give the registration a later end")
forbid (principal, action, resource)
when { context has agent && context.agent has expiresAt && context.agent.expiresAt <= context.now };
`
