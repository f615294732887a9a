// A stand-in for providers of Terraform that cannot be had: it serves the schemas of the file `schema.json` beside it, in
// the form of `terraform providers schema -json`, and makes up what only the real one would know. So Terraform checks
// names, types and references of a configuration, plans it, and changes nothing anywhere.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"path/filepath"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5/tf5server"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Whatever is not written out below nobody asks of this provider.
type standIn struct {
	tfprotov5.ProviderServer
	schemas schemas
}

func main() {
	program, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(program), "schema.json"))
	if err != nil {
		log.Fatal(err)
	}
	given := schemas{}
	if err := json.Unmarshal(text, &given); err != nil {
		log.Fatal(err)
	}
	serve := func() tfprotov5.ProviderServer { return &standIn{schemas: given} }
	if err := tf5server.Serve("stand-in", serve); err != nil {
		log.Fatal(err)
	}
}

func (p *standIn) GetMetadata(context.Context, *tfprotov5.GetMetadataRequest) (*tfprotov5.GetMetadataResponse, error) {
	return &tfprotov5.GetMetadataResponse{}, nil
}

func (p *standIn) GetProviderSchema(context.Context, *tfprotov5.GetProviderSchemaRequest) (*tfprotov5.GetProviderSchemaResponse, error) {
	return &tfprotov5.GetProviderSchemaResponse{
		Provider:                 p.schemas.Provider.toProtocol(),
		ResourceSchemas:          toProtocol(p.schemas.Resources),
		DataSourceSchemas:        toProtocol(p.schemas.DataSources),
		EphemeralResourceSchemas: toProtocol(p.schemas.Ephemeral),
	}, nil
}

func (p *standIn) GetResourceIdentitySchemas(context.Context, *tfprotov5.GetResourceIdentitySchemasRequest) (*tfprotov5.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov5.GetResourceIdentitySchemasResponse{}, nil
}

func (p *standIn) GetFunctions(context.Context, *tfprotov5.GetFunctionsRequest) (*tfprotov5.GetFunctionsResponse, error) {
	return &tfprotov5.GetFunctionsResponse{}, nil
}

func (p *standIn) PrepareProviderConfig(_ context.Context, request *tfprotov5.PrepareProviderConfigRequest) (*tfprotov5.PrepareProviderConfigResponse, error) {
	return &tfprotov5.PrepareProviderConfigResponse{PreparedConfig: request.Config}, nil
}

func (p *standIn) ConfigureProvider(context.Context, *tfprotov5.ConfigureProviderRequest) (*tfprotov5.ConfigureProviderResponse, error) {
	return &tfprotov5.ConfigureProviderResponse{}, nil
}

func (p *standIn) StopProvider(context.Context, *tfprotov5.StopProviderRequest) (*tfprotov5.StopProviderResponse, error) {
	return &tfprotov5.StopProviderResponse{}, nil
}

func (p *standIn) ValidateResourceTypeConfig(context.Context, *tfprotov5.ValidateResourceTypeConfigRequest) (*tfprotov5.ValidateResourceTypeConfigResponse, error) {
	return &tfprotov5.ValidateResourceTypeConfigResponse{}, nil
}

func (p *standIn) ValidateDataSourceConfig(context.Context, *tfprotov5.ValidateDataSourceConfigRequest) (*tfprotov5.ValidateDataSourceConfigResponse, error) {
	return &tfprotov5.ValidateDataSourceConfigResponse{}, nil
}

func (p *standIn) ValidateEphemeralResourceConfig(context.Context, *tfprotov5.ValidateEphemeralResourceConfigRequest) (*tfprotov5.ValidateEphemeralResourceConfigResponse, error) {
	return &tfprotov5.ValidateEphemeralResourceConfigResponse{}, nil
}

// What the provider computes is known after the apply.
func (p *standIn) PlanResourceChange(_ context.Context, request *tfprotov5.PlanResourceChangeRequest) (*tfprotov5.PlanResourceChangeResponse, error) {
	schema := p.schemas.Resources[request.TypeName]
	isNew, err := request.PriorState.IsNull()
	if err != nil {
		return nil, err
	}
	if !isNew {
		return &tfprotov5.PlanResourceChangeResponse{PlannedState: request.ProposedNewState}, nil
	}
	planned, err := schema.completed(request.ProposedNewState, func(_ string, kind tftypes.Type) tftypes.Value {
		return tftypes.NewValue(kind, tftypes.UnknownValue)
	})
	return &tfprotov5.PlanResourceChangeResponse{PlannedState: planned}, err
}

func (p *standIn) ReadDataSource(_ context.Context, request *tfprotov5.ReadDataSourceRequest) (*tfprotov5.ReadDataSourceResponse, error) {
	fill := madeUp(request.TypeName)
	if request.TypeName == "archive_file" {
		made, err := makeArchive(p.schemas.DataSources[request.TypeName], request.Config)
		if err != nil {
			return nil, err
		}
		fill = made
	}
	state, err := p.schemas.DataSources[request.TypeName].completed(request.Config, fill)
	return &tfprotov5.ReadDataSourceResponse{State: state}, err
}

func (p *standIn) OpenEphemeralResource(_ context.Context, request *tfprotov5.OpenEphemeralResourceRequest) (*tfprotov5.OpenEphemeralResourceResponse, error) {
	result, err := p.schemas.Ephemeral[request.TypeName].completed(request.Config, madeUp(request.TypeName))
	return &tfprotov5.OpenEphemeralResourceResponse{Result: result}, err
}

func (p *standIn) CloseEphemeralResource(context.Context, *tfprotov5.CloseEphemeralResourceRequest) (*tfprotov5.CloseEphemeralResourceResponse, error) {
	return &tfprotov5.CloseEphemeralResourceResponse{}, nil
}
