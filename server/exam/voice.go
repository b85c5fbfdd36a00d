package exam

import "rehearse/server/interview"

// VoiceBriefs are follow-ups with the exchange they belong to, by which a model's voice is tried: whether it can say
// one thing back in the candidate's own words. They are used for nothing else.
func VoiceBriefs() []interview.Brief {
	var out []interview.Brief
	for i, b := range []struct{ asked, said, anchor, question string }{
		{"Tell me about a time you found a flaw that nobody had asked you to look for.", "Our invoices went through a cache. I noticed that two customers had the same invoice number on one page, so I dumped the keys and saw that the tenant was missing from them.", "the tenant was missing from them", "How did you know it worked?"},
		{"Describe a deadline you could not keep.", "We wanted to have the login service moved by May. I had counted nine clients, and there were fourteen, because three mobile apps used an old address. I told the director two weeks before.", "I had counted nine clients", "What did that cost you?"},
		{"When did you disagree with a decision?", "The team wanted to buy a scanner. I said that we did not even look at the findings of the one we had, and I showed that 300 of them were older than a year.", "300 of them were older than a year", "Who disagreed, and what did they say?"},
		{"Tell me about something you made simpler.", "Every release needed a form of forty questions. I read two years of answers and found that only six questions had ever changed a decision, so I cut the others.", "I read two years of answers", "What else did you consider, and why not?"},
		{"Tell me about a time you had to learn something quickly.", "I was handed a Kubernetes cluster on a Friday. I read the audit log over the weekend and wrote down every service account that could list secrets.", "I read the audit log over the weekend", "What would you do differently?"},
		{"How would you keep one customer from reading another one's documents?", "I would put the tenant into the path and check it in the service that hands out the links, and not in the page, because the page is in the attacker's hands.", "check it in the service that hands out the links", "What could still go wrong there?"},
		{"Tell me about a time you helped somebody else grow.", "A new colleague was afraid of the on-call phone. I sat beside her for three nights and let her take every call, and after that she wrote the runbook herself.", "I sat beside her for three nights", "How do you know that it lasted?"},
		{"What would you look at first in this change?", "The upload takes the file name from the request and joins it to the folder. I would send dots and slashes and see where the file lands.", "takes the file name from the request", "Why is your fix enough?"},
		{"Tell me about a mistake.", "I rotated the database password at noon and forgot the batch job. It failed at night, and 2,000 orders were sent a day late.", "forgot the batch job", "What changed because of it?"},
		{"When did you act with little information?", "Somebody posted that our token endpoint leaked. I turned off the old client within ten minutes although nobody could confirm it, since only our own tests used it.", "I turned off the old client within ten minutes", "What would have made you wait?"},
	} {
		out = append(out, interview.Brief{Name: "Mara Lindqvist", Role: "Senior Security Engineer", Question: b.question, Anchors: []string{b.anchor}, Seed: uint64(i + 1),
			Exchange: []interview.Line{{Text: b.asked}, {Candidate: true, Text: b.said}}})
	}
	return out
}
