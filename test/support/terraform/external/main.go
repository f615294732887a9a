// A stand-in for the provider hashicorp/external, whose Go module no proxy gives: its one data source, with the protocol
// that the documentation describes (https://registry.terraform.io/providers/hashicorp/external/latest/docs/data-sources/external).
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os/exec"

	"github.com/hashicorp/terraform-plugin-sdk/helper/schema"
	"github.com/hashicorp/terraform-plugin-sdk/plugin"
	"github.com/hashicorp/terraform-plugin-sdk/terraform"
)

func main() {
	plugin.Serve(&plugin.ServeOpts{ProviderFunc: func() terraform.ResourceProvider {
		return &schema.Provider{DataSourcesMap: map[string]*schema.Resource{"external": external()}}
	}})
}

func external() *schema.Resource {
	text := &schema.Schema{Type: schema.TypeString}
	return &schema.Resource{
		Read: read,
		Schema: map[string]*schema.Schema{
			"program":     {Type: schema.TypeList, Required: true, Elem: text},
			"working_dir": {Type: schema.TypeString, Optional: true, Default: ""},
			"query":       {Type: schema.TypeMap, Optional: true, Elem: text},
			"result":      {Type: schema.TypeMap, Computed: true, Elem: text},
		},
	}
}

// The query is JSON on standard input; the answer is an object of texts, and anything else, or another exit code, an error.
func read(data *schema.ResourceData, _ interface{}) error {
	program := []string{}
	for _, word := range data.Get("program").([]interface{}) {
		program = append(program, word.(string))
	}
	query, err := json.Marshal(data.Get("query"))
	if err != nil {
		return err
	}
	command := exec.Command(program[0], program[1:]...)
	command.Dir = data.Get("working_dir").(string)
	command.Stdin = bytes.NewReader(query)
	var errors bytes.Buffer
	command.Stderr = &errors
	answer, err := command.Output()
	if err != nil {
		return fmt.Errorf("failed to execute %q: %s: %s", program[0], err, errors.String())
	}
	result := map[string]string{}
	if err := json.Unmarshal(answer, &result); err != nil {
		return fmt.Errorf("command %q produced invalid JSON: %s", program[0], err)
	}
	hash := sha256.Sum256(append(query, answer...))
	data.SetId(hex.EncodeToString(hash[:]))
	return data.Set("result", result)
}
