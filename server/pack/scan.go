package pack

import (
	"encoding/json"
	"path"

	"rehearse/server/interview"
)

// sarif is what a triage set needs of SARIF 2.1.0, the exchange format of scanners (OASIS, 2020).
type sarif struct {
	Version string `json:"version"`
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name    string `json:"name"`
				Version string `json:"version"`
			} `json:"driver"`
		} `json:"tool"`
		Results []struct {
			RuleID  string `json:"ruleId"`
			Level   string `json:"level"`
			Message struct {
				Text string `json:"text"`
			} `json:"message"`
			Locations []struct {
				Physical struct {
					Artifact struct {
						URI string `json:"uri"`
					} `json:"artifactLocation"`
					Region struct {
						StartLine int `json:"startLine"`
						EndLine   int `json:"endLine"`
					} `json:"region"`
				} `json:"physicalLocation"`
			} `json:"locations"`
			Properties struct {
				ID string `json:"id"`
			} `json:"properties"`
		} `json:"results"`
	} `json:"runs"`
}

// scans reads the scanner's output of every triage set and says which snippet each alert points into. It comes after
// all items were read.
func (l *loader) scans(p *interview.Pack) {
	for _, id := range sortedKeys(p.Items) {
		scan := p.Items[id].Assets.Scan
		if scan == nil {
			continue
		}
		file := path.Join(l.dirs[id], "item.yaml")
		raw := l.text(file, "assets.scan.file", scan.File)
		if raw == "" {
			continue
		}
		at := path.Join(l.dirs[id], scan.File)
		var log sarif
		if err := json.Unmarshal([]byte(raw), &log); err != nil {
			l.fail(at, "", "is not JSON as SARIF wants it: %v", err)
			continue
		}
		if log.Version != "2.1.0" || len(log.Runs) != 1 {
			l.fail(at, "version", "one run of SARIF 2.1.0 is wanted, this is %q with %d", log.Version, len(log.Runs))
			continue
		}
		run := log.Runs[0]
		scan.Tool, scan.Version = run.Tool.Driver.Name, run.Tool.Driver.Version
		owner := map[string]string{} // of files, by name
		for _, s := range scan.Snippets {
			if it := p.Items[s]; it != nil && it.Assets.Code != nil {
				owner[it.Assets.Code.File] = s
			}
		}
		for _, r := range run.Results {
			a := interview.Alert{ID: r.Properties.ID, Rule: r.RuleID, Level: r.Level, Message: r.Message.Text}
			if len(r.Locations) == 1 {
				loc := r.Locations[0].Physical
				a.File = loc.Artifact.URI
				a.Lines = [2]int{loc.Region.StartLine, max(loc.Region.StartLine, loc.Region.EndLine)}
			}
			a.Item = owner[path.Base(a.File)]
			scan.Alerts = append(scan.Alerts, a)
		}
	}
}
