# Denies a plan in which an application of a guarded environment is to get CREATEDB that it had not: a login that makes
# databases of its own is a decision for people.
package main

import rego.v1

guarded_environments := {"prod"}

# Terraform takes these texts for the value too.
yes := {true, "true", "1"}

# What rds-provision wants of each module call, before and after: readable entries by application.
declarations contains change if {
	some change in input.resource_changes
	change.type == "terraform_data"
	change.name == "declaration"
	guarded(change.change)
}

guarded(change) if change.after.triggers_replace["(all applications)"].environment in guarded_environments

# Whose environment is not known before the apply may be guarded.
guarded(change) if change.after_unknown.triggers_replace == true

guarded(change) if change.after_unknown.triggers_replace["(all applications)"].environment

had(change, application) if change.change.before.triggers_replace[application].can_create_databases in yes

deny contains message if {
	some change in declarations
	some application, entry in change.change.after.triggers_replace
	entry.can_create_databases in yes
	not had(change, application)
	message := sprintf("%s: %s is to get can_create_databases.", [change.address, application])
}

# Nobody can tell what is known only after the apply: an entry, or all of them.
deny contains message if {
	some change in declarations
	some application, unknown in change.change.after_unknown.triggers_replace
	hidden(unknown)
	not had(change, application)
	message := sprintf("%s: whether %s is to get can_create_databases is not known before the apply.", [change.address, application])
}

deny contains message if {
	some change in declarations
	change.change.after_unknown.triggers_replace == true
	message := sprintf("%s: who is to get can_create_databases is not known before the apply.", [change.address])
}

hidden(unknown) if unknown == true

hidden(unknown) if unknown.can_create_databases
