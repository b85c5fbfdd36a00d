// Package web holds the built page: lobby, interview and report. The page is built by
// `npm ci && npm run build` and committed, so that building the program needs no Node.
// It promises one file system, rooted at the built page. It serves nothing itself.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// FS is the built page: index.html and assets/.
func FS() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("web: dist is not embedded: " + err.Error()) // the embed directive above makes it impossible
	}
	return sub
}
