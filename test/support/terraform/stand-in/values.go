package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

const region = "eu-central-1"
const account = "123456789012"

// Texts of which more is expected than that they are some.
var texts = map[string]string{
	"account_id":         account,
	"address":            "made-up.abcdefghijkl." + region + ".rds.amazonaws.com",
	"endpoint":           "made-up.cluster-abcdefghijkl." + region + ".rds.amazonaws.com",
	"json":               "{}",
	"partition":          "aws",
	"region":             region,
	"aws_region/id":      region,
	"aws_region/name":    region,
	"resource_id":        "db-MADEUP",
	"dns_suffix":         "amazonaws.com",
	"aws_partition/id":   "aws",
	"aws_db_instance/id": "db-MADEUP",
}

// Something for each attribute, by its name and type.
func madeUp(typeName string) filler {
	var fill filler
	fill = func(name string, kind tftypes.Type) tftypes.Value {
		switch {
		case kind.Is(tftypes.String):
			return tftypes.NewValue(kind, text(typeName, name))
		case kind.Is(tftypes.Number):
			return tftypes.NewValue(kind, map[bool]int64{true: 5432, false: 1}[name == "port"])
		case kind.Is(tftypes.Bool):
			return tftypes.NewValue(kind, false)
		}
		switch of := kind.(type) {
		case tftypes.List:
			return tftypes.NewValue(kind, []tftypes.Value{fill(name, of.ElementType)})
		case tftypes.Set:
			return tftypes.NewValue(kind, []tftypes.Value{fill(name, of.ElementType)})
		case tftypes.Map:
			return tftypes.NewValue(kind, map[string]tftypes.Value{})
		case tftypes.Object:
			fields := map[string]tftypes.Value{}
			for field, one := range of.AttributeTypes {
				fields[field] = fill(field, one)
			}
			return tftypes.NewValue(kind, fields)
		}
		return tftypes.NewValue(kind, nil)
	}
	return fill
}

func text(typeName string, name string) string {
	for _, key := range []string{typeName + "/" + name, name} {
		if known, ok := texts[key]; ok {
			return known
		}
	}
	if name == "arn" || strings.HasSuffix(name, "_arn") {
		return "arn:aws:made-up:" + region + ":" + account + ":" + strings.TrimPrefix(typeName, "aws_") + "/made-up"
	}
	return "made-up"
}

// What archive_file of hashicorp/archive makes of a file or of texts: entries with the mode that is asked for and without a
// time, so that the same content gives the same bytes.
func makeArchive(of schema, config *tfprotov5.DynamicValue) (filler, error) {
	value, err := config.Unmarshal(of.toProtocol().ValueType())
	if err != nil {
		return nil, err
	}
	given := map[string]tftypes.Value{}
	if err := value.As(&given); err != nil {
		return nil, err
	}
	entries, err := entriesOf(given)
	if err != nil {
		return nil, err
	}
	content, err := zipped(entries, textOf(given["output_file_mode"]))
	if err != nil {
		return nil, err
	}
	path := textOf(given["output_path"])
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		return nil, err
	}
	hash := sha256.Sum256(content)
	other := madeUp("archive_file")
	return func(name string, kind tftypes.Type) tftypes.Value {
		if name == "output_base64sha256" {
			return tftypes.NewValue(kind, base64.StdEncoding.EncodeToString(hash[:]))
		}
		return other(name, kind)
	}, nil
}

type entry struct {
	name    string
	content []byte
}

func entriesOf(given map[string]tftypes.Value) ([]entry, error) {
	if file := textOf(given["source_file"]); file != "" {
		content, err := os.ReadFile(file)
		return []entry{{filepath.Base(file), content}}, err
	}
	sources := []tftypes.Value{}
	if err := given["source"].As(&sources); err != nil {
		return nil, err
	}
	entries := []entry{}
	for _, source := range sources {
		fields := map[string]tftypes.Value{}
		if err := source.As(&fields); err != nil {
			return nil, err
		}
		entries = append(entries, entry{textOf(fields["filename"]), []byte(textOf(fields["content"]))})
	}
	return entries, nil
}

func zipped(entries []entry, mode string) ([]byte, error) {
	var buffer bytes.Buffer
	writer := zip.NewWriter(&buffer)
	for _, one := range entries {
		header := &zip.FileHeader{Name: one.name, Method: zip.Deflate}
		header.SetModTime(time.Time{})
		header.SetMode(0o644)
		if bits, err := strconv.ParseUint(mode, 8, 32); err == nil {
			header.SetMode(os.FileMode(bits))
		}
		file, err := writer.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := file.Write(one.content); err != nil {
			return nil, err
		}
	}
	err := writer.Close()
	return buffer.Bytes(), err
}

func textOf(value tftypes.Value) string {
	text := ""
	if value.IsKnown() && !value.IsNull() {
		_ = value.As(&text)
	}
	return text
}
