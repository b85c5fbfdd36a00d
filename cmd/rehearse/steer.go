package main

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"rehearse/server/index"
	"rehearse/server/interview"
)

// postingName is how files are called that describe a job.
var postingName = regexp.MustCompile(`(?i)(?:^|[^a-z])(?:job|jd|posting|vacancy|role|position)(?:[^a-z]|$)`)

// Limits on what of a job description is read.
const (
	postingPassages = 200
	postingLines    = 80
)

// posting are the lines of the candidate's job descriptions: of files in their own material that are called so.
func (l *library) posting(ctx context.Context) []string {
	const asks = "responsibilities requirements qualifications skills experience security"
	found, err := l.Index.Search(ctx, asks, index.SearchOptions{K: postingPassages, Origins: interview.OriginIndex | interview.OriginMaterial | interview.OriginUpload})
	if err != nil {
		l.log.Debug("no job description is read", "err", err)
		return nil
	}
	var out []string
	for _, p := range found {
		name := p.Path[strings.LastIndexAny(p.Path, `/\`)+1:]
		if !postingName.MatchString(name) && !postingName.MatchString(p.Title) {
			continue
		}
		for line := range strings.Lines(p.Text) {
			line = strings.Trim(line, " \t\r\n-*•·")
			if interview.CountWords(line) >= 3 && len(out) < postingLines {
				out = append(out, line)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// steer says how near an item is to the candidate's job description, or nil when there is none. It chooses among items;
// what the description says is never told of the candidate.
func (l *library) steer(v *voices) func(context.Context) func(*interview.Item) float64 {
	return func(ctx context.Context) func(*interview.Item) float64 {
		lines := l.posting(ctx)
		table, err := v.table()
		if len(lines) == 0 || err != nil {
			return nil
		}
		return func(it *interview.Item) float64 {
			near := table.Near(it.Title + ". " + strings.Join(it.Skills, ", ") + ". " + it.Prompt.Main)
			best := 0.0
			for _, line := range lines {
				best = max(best, near(line))
			}
			return best
		}
	}
}
