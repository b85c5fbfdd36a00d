// Package prompts holds the prompt files: one folder for each role, one file for each prompt.
package prompts

import "embed"

// FS holds the prompt files by role.
//
//go:embed interviewer grader listener
var FS embed.FS
