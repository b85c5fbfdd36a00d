// Package knowledge holds the shipped packs and the formats, as files.
package knowledge

import "embed"

// FS holds packs/ and formats/.
//
//go:embed all:packs formats
var FS embed.FS
