variable "declaration_json" {
  description = "The output `declaration_json` of the module that provisions."
  type        = string
}

variable "provision_id" {
  description = "Its output `provision_id`: unknown while a provisioning is pending, so that the server is looked at after it. A change that is pending, or a first creation, is no drift."
  type        = string
}

variable "node_command" {
  description = "The program `node`, as for the module that provisions."
  type        = string
  default     = "node"
}
