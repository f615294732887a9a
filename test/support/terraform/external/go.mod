module external

go 1.13

require github.com/hashicorp/terraform-plugin-sdk v1.0.0
