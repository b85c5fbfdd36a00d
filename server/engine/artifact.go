package engine

import (
	"context"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"rehearse/server/interview"
	"rehearse/server/strict"
)

// rowTypes are the rows of each kind of artifact.
var rowTypes = map[string]reflect.Type{
	"findings": reflect.TypeFor[interview.FindingRow](),
	"threats":  reflect.TypeFor[interview.ThreatRow](),
	"model":    reflect.TypeFor[interview.ModelRow](),
	"ranking":  reflect.TypeFor[interview.RankingRow](),
	"verdict":  reflect.TypeFor[interview.VerdictRow](),

	interview.ArtifactSource: reflect.TypeFor[interview.SourceRow](),
}

// artifact saves rows beside the open turn, exactly as they were typed, after each was checked against its kind and
// against the block that it is for.
func (s *session) artifact(ctx context.Context, cmd interview.Command) (int64, error) {
	turn, err := s.openTurn(cmd.Turn)
	if err != nil {
		return 0, err
	}
	if _, ok := rowTypes[cmd.Kind]; !ok {
		return 0, interview.FieldError("kind", "kind is findings, threats, model, ranking, verdict or source, not %q", strict.Short(cmd.Kind))
	}
	b := s.st.Block(turn.Block)
	switch {
	case len(b.Artifacts) == 0:
		return 0, interview.FieldError("kind", "this question takes no rows; say it in your answer")
	case !slices.Contains(b.Artifacts, cmd.Kind):
		return 0, interview.FieldError("kind", "this question takes %s, not %s", strings.Join(b.Artifacts, " and "), cmd.Kind)
	case len(cmd.Rows) > interview.MaxRows:
		return 0, interview.Errorf(interview.CodeTooLarge, "%d rows; at most %d are taken. Nothing was changed", len(cmd.Rows), interview.MaxRows)
	}
	lines := 0 // of the code that is shown; 0 where there is none
	if item := s.e.Pack.Items[b.Item]; item != nil && item.Assets.Code != nil {
		lines = strings.Count(item.Assets.Code.Text, "\n")
	}
	most := interview.MaxCell
	if cmd.Kind == interview.ArtifactSource {
		most = interview.MaxSource
		if len(cmd.Rows) != 1 {
			return 0, interview.FieldError("rows", "source is one row with the whole text, not %d rows. Nothing was changed", len(cmd.Rows))
		}
	}
	for i, raw := range cmd.Rows {
		if len(raw) > most {
			return 0, interview.Errorf(interview.CodeTooLarge, "row %d is longer than %d bytes. Nothing was changed", i+1, most)
		}
		if wrong := checkRow(cmd.Kind, raw, lines, b.IDs); wrong != "" {
			return 0, interview.FieldError("rows", "row %d of %s: %s. Nothing was changed", i+1, cmd.Kind, wrong)
		}
	}
	return s.append(ctx, cmd.ID, interview.NewEvent(interview.EvArtifactSaved, interview.ArtifactSaved{Turn: cmd.Turn, Kind: cmd.Kind, Rows: append([]json.RawMessage{}, cmd.Rows...)}))
}

// checkRow says what is wrong with a row of a kind; empty means nothing. Lines is the length of the code
// shown, 0 for none; ids are those the block gave, if any.
func checkRow(kind string, raw json.RawMessage, lines int, ids []interview.Label) string {
	typ, ok := rowTypes[kind]
	if !ok {
		return "there are no rows of this kind"
	}
	row := reflect.New(typ)
	if err := strict.Decode("row", raw, row.Interface()); err != nil {
		return interview.AsError(err).Message
	}
	if row.Elem().IsZero() {
		return "it is empty; leave it out"
	}
	switch r := row.Interface().(type) {
	case *interview.FindingRow:
		return findingProblem(r, lines)
	case *interview.ModelRow:
		switch {
		case !slices.Contains([]string{"component", "boundary", "asset", "assumption"}, r.Kind):
			return "kind is component, boundary, asset or assumption, not \"" + strict.Short(r.Kind) + "\""
		case blank(r.Name) && blank(r.Note):
			return "it has neither a name nor a note"
		}
	case *interview.RankingRow:
		return idProblem(r.ID, ids)
	case *interview.VerdictRow:
		return idProblem(r.ID, ids)
	case *interview.SourceRow:
		return sourceProblem(r)
	}
	return ""
}

// cweForm is how people write the number of a weakness.
var cweForm = regexp.MustCompile(`(?i)^\s*(cwe[- ]?)?0*[1-9][0-9]{0,4}\s*$`)

// severities are the words of the table in the page.
var severities = []string{"critical", "high", "medium", "low", "info"}

func findingProblem(r *interview.FindingRow, lines int) string {
	switch {
	case r.StartLine < 0 || r.EndLine < 0:
		return "lines are counted from 1"
	case r.StartLine == 0 && r.EndLine > 0:
		return "it has a last line and no first one"
	case r.EndLine > 0 && r.EndLine < r.StartLine:
		return "its last line comes before its first one"
	case lines > 0 && max(r.StartLine, r.EndLine) > lines:
		return interview.Counted(lines, "the code has %d line", "the code has %d lines")
	case !blank(r.Severity) && !slices.Contains(severities, strings.ToLower(strings.TrimSpace(r.Severity))):
		return "severity is critical, high, medium, low or info, not \"" + strict.Short(r.Severity) + "\""
	case !blank(string(r.CWE)) && !cweForm.MatchString(string(r.CWE)):
		return "a CWE looks like CWE-89 or 89, not \"" + strict.Short(string(r.CWE)) + "\""
	}
	return ""
}

func idProblem(id string, ids []interview.Label) string {
	switch {
	case blank(id):
		return "it does not say what it is about"
	case len(ids) > 0 && !slices.ContainsFunc(ids, func(l interview.Label) bool { return l.ID == id }):
		return "there is no \"" + strict.Short(id) + "\" here"
	}
	return ""
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }
