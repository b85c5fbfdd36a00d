// Package knowledge holds the shipped packs, the formats and the word table, as files.
package knowledge

import (
	"embed"
	"io/fs"
)

//go:embed all:packs formats
var files embed.FS

//go:embed embed/table.bin
var words string

// Words is the word table of the builtin embedder, as a file; embed/README.md says what is in it.
func Words() string { return words }

// Formats are the plans of interviews, a YAML file each.
func Formats() fs.FS { return under("formats") }

// Pack is the folder of a shipped pack; one that is not shipped is an empty folder.
func Pack(id string) fs.FS { return under("packs/" + id) }

// Flagship is the id of the pack that is used when none is named.
const Flagship = "amazon-appsec"

// Packs are the ids of the shipped packs, in order.
func Packs() []string {
	dirs, err := fs.ReadDir(files, "packs")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	var out []string
	for _, d := range dirs {
		out = append(out, d.Name())
	}
	return out
}

func under(dir string) fs.FS {
	sub, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // only for a name that is no path
	}
	return sub
}
