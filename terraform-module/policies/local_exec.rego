# Denies null_resource and local-exec in a plan, except what rds-provision has of them at a source that is named here.
package main

import rego.v1

# The release that was reviewed. Another one is another line, in a commit that is reviewed as well.
allowed_sources := {"git::https://example.com/rds-provision.git//terraform-module?ref=v1.0.0"}

allowed_resources := {"null_resource.audit", "null_resource.provision", "terraform_data.application", "terraform_data.stack"}

# What node_command may be. A caller that computes it is denied too.
allowed_programs := {"node"}

# The root, and every module that is called from anywhere, as its call has it.
modules contains {"name": "root", "call": {}, "resources": object.get(root, "resources", [])} if {
	root := input.configuration.root_module
}

modules contains {"name": name, "call": call, "resources": object.get(call.module, "resources", [])} if {
	walk(input.configuration.root_module, [path, call])
	path[count(path) - 2] == "module_calls"
	name := path[count(path) - 1]
}

forbidden(resource) if resource.type == "null_resource"

forbidden(resource) if {
	some provisioner in resource.provisioners
	provisioner.type == "local-exec"
}

allowed(module, resource) if {
	module.call.source in allowed_sources
	resource.address in allowed_resources
	program := object.get(module.call, ["expressions", "node_command"], {"constant_value": "node"})
	program.constant_value in allowed_programs
}

deny contains message if {
	some module in modules
	some resource in module.resources
	forbidden(resource)
	not allowed(module, resource)
	message := sprintf("%s: %s is a null_resource or runs local-exec, and is not allowed to.", [module.name, resource.address])
}
