package reading

import "rehearse/server/interview"

// InRole returns where a reply to a listener's question meets it, and where it gives way although it should not.
func InRole(q interview.RoleQuestion, reply string) (met, yielded []Span) {
	p := Prepare(reply)
	return p.Find(q.Met, nil), p.Find(q.Yields, nil)
}
