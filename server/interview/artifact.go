package interview

import (
	"encoding/json"
	"strconv"
	"strings"
)

// FindingRow is one finding of a code review. Lines are from 1, inclusive.
type FindingRow struct {
	StartLine int    `json:"start_line"`
	EndLine   int    `json:"end_line"`
	Issue     string `json:"issue"`
	Impact    string `json:"impact"`
	Fix       string `json:"fix"`
	Severity  string `json:"severity"`
	CWE       CWE    `json:"cwe"`
}

// CWE is a weakness number as people type it: 89, "89" or "CWE-89"; empty is allowed.
type CWE string

// UnmarshalJSON takes a number or a string.
func (c *CWE) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err == nil {
		*c = CWE(s)
		return nil
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*c = CWE(n.String())
	return nil
}

// Number is the weakness number, 0 where none was given.
func (c CWE) Number() int {
	n, err := strconv.Atoi(strings.TrimLeft(strings.ToLower(strings.TrimSpace(string(c))), "cwe- "))
	if err != nil {
		return 0
	}
	return n
}

// ThreatRow is one threat in the four-slot grammar of AWS's Threat Composer (source, prerequisite,
// action, impact on an asset), with the component and what is done about it.
type ThreatRow struct {
	Source       string `json:"source"`
	Prerequisite string `json:"prerequisite"`
	Action       string `json:"action"`
	Impact       string `json:"impact"`
	Asset        string `json:"asset"`
	Component    string `json:"component"`
	Mitigation   string `json:"mitigation"`
	Residual     string `json:"residual"`
}

// ModelRow is one element of the candidate's model. Kind is component, boundary, asset or assumption.
type ModelRow struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	Note string `json:"note"`
}

// RankingRow is one place of a ranking, first is worst.
type RankingRow struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
}

// VerdictRow is a verdict on one alert or change.
type VerdictRow struct {
	ID      string `json:"id"`
	Verdict string `json:"verdict"`
	Reason  string `json:"reason"`
}

// RowText is everything a row says in words, each field a sentence of its own.
func RowText(raw json.RawMessage) string {
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		return ""
	}
	var out []string
	for _, key := range []string{"source", "prerequisite", "action", "impact", "asset", "component", "issue", "fix", "severity", "mitigation", "residual", "kind", "name", "note", "id", "verdict", "reason"} {
		if s, ok := fields[key].(string); ok && s != "" {
			out = append(out, strings.TrimRight(s, ". "))
		}
	}
	return strings.Join(out, ". ")
}
