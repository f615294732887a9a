package main

import (
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Of one provider, in the words of `terraform providers schema -json`:
// https://developer.hashicorp.com/terraform/cli/commands/providers/schema
type schemas struct {
	Provider    schema            `json:"provider"`
	Resources   map[string]schema `json:"resource_schemas"`
	DataSources map[string]schema `json:"data_source_schemas"`
	Ephemeral   map[string]schema `json:"ephemeral_resource_schemas"`
}

type schema struct {
	Version int64 `json:"version"`
	Block   block `json:"block"`
}

type block struct {
	Attributes map[string]attribute `json:"attributes"`
	Blocks     map[string]nested    `json:"block_types"`
}

type attribute struct {
	Type      json.RawMessage `json:"type"`
	Required  bool            `json:"required"`
	Optional  bool            `json:"optional"`
	Computed  bool            `json:"computed"`
	WriteOnly bool            `json:"write_only"`
}

type nested struct {
	Mode     string `json:"nesting_mode"`
	Block    block  `json:"block"`
	MinItems int64  `json:"min_items"`
	MaxItems int64  `json:"max_items"`
}

var modes = map[string]tfprotov5.SchemaNestedBlockNestingMode{
	"single": tfprotov5.SchemaNestedBlockNestingModeSingle,
	"list":   tfprotov5.SchemaNestedBlockNestingModeList,
	"set":    tfprotov5.SchemaNestedBlockNestingModeSet,
	"map":    tfprotov5.SchemaNestedBlockNestingModeMap,
}

func toProtocol(given map[string]schema) map[string]*tfprotov5.Schema {
	all := map[string]*tfprotov5.Schema{}
	for name, one := range given {
		all[name] = one.toProtocol()
	}
	return all
}

func (s schema) toProtocol() *tfprotov5.Schema {
	return &tfprotov5.Schema{Version: s.Version, Block: s.Block.toProtocol()}
}

func (b block) toProtocol() *tfprotov5.SchemaBlock {
	result := &tfprotov5.SchemaBlock{}
	for name, one := range b.Attributes {
		result.Attributes = append(result.Attributes, &tfprotov5.SchemaAttribute{
			Name: name, Type: one.kind(), Required: one.Required, Optional: one.Optional, Computed: one.Computed, WriteOnly: one.WriteOnly,
		})
	}
	for name, one := range b.Blocks {
		result.BlockTypes = append(result.BlockTypes, &tfprotov5.SchemaNestedBlock{
			TypeName: name, Block: one.Block.toProtocol(), Nesting: modes[one.Mode], MinItems: one.MinItems, MaxItems: one.MaxItems,
		})
	}
	return result
}

func (a attribute) kind() tftypes.Type {
	kind, err := tftypes.ParseJSONType(a.Type)
	if err != nil {
		panic(fmt.Sprintf("%s: %s", a.Type, err))
	}
	return kind
}

// A value for an attribute that the configuration leaves open.
type filler func(name string, kind tftypes.Type) tftypes.Value

// The value with everything filled in that is computed and not given.
func (s schema) completed(given *tfprotov5.DynamicValue, fill filler) (*tfprotov5.DynamicValue, error) {
	kind := s.toProtocol().ValueType()
	value, err := given.Unmarshal(kind)
	if err != nil || value.IsNull() {
		return given, err
	}
	full, err := s.Block.complete(value, fill)
	if err != nil {
		return nil, err
	}
	result, err := tfprotov5.NewDynamicValue(kind, full)
	return &result, err
}

func (b block) complete(value tftypes.Value, fill filler) (tftypes.Value, error) {
	if value.IsNull() || !value.IsKnown() {
		return value, nil
	}
	fields := map[string]tftypes.Value{}
	if err := value.As(&fields); err != nil {
		return value, err
	}
	for name, one := range b.Attributes {
		if one.Computed && fields[name].IsNull() {
			fields[name] = fill(name, one.kind())
		}
		if one.WriteOnly {
			fields[name] = tftypes.NewValue(one.kind(), nil)
		}
	}
	for name, one := range b.Blocks {
		full, err := one.complete(fields[name], fill)
		if err != nil {
			return value, err
		}
		fields[name] = full
	}
	return tftypes.NewValue(value.Type(), fields), nil
}

func (n nested) complete(value tftypes.Value, fill filler) (tftypes.Value, error) {
	if value.IsNull() || !value.IsKnown() {
		return value, nil
	}
	switch n.Mode {
	case "single":
		return n.Block.complete(value, fill)
	case "map":
		entries := map[string]tftypes.Value{}
		if err := value.As(&entries); err != nil {
			return value, err
		}
		for key, entry := range entries {
			full, err := n.Block.complete(entry, fill)
			if err != nil {
				return value, err
			}
			entries[key] = full
		}
		return tftypes.NewValue(value.Type(), entries), nil
	default:
		items := []tftypes.Value{}
		if err := value.As(&items); err != nil {
			return value, err
		}
		for index, item := range items {
			full, err := n.Block.complete(item, fill)
			if err != nil {
				return value, err
			}
			items[index] = full
		}
		return tftypes.NewValue(value.Type(), items), nil
	}
}
