package reading

import "strings"

// irregular maps past forms and participles to their verbs.
var irregular = func() map[string]string {
	m := map[string]string{}
	for _, row := range strings.Split(`be was were been;become became;begin began begun;bend bent;bet;bind bound;bite bit bitten;bleed bled;blow blew blown;break broke broken;bring brought;build built;
burn burnt;buy bought;catch caught;choose chose chosen;come came;cost;cut;deal dealt;dig dug;do did done;draw drew drawn;drive drove driven;drink drank drunk;eat ate eaten;fall fell fallen;feed fed;feel felt;
fight fought;find found;fly flew flown;forget forgot forgotten;forgive forgave forgiven;freeze froze frozen;get got gotten;give gave given;go went gone;grow grew grown;hang hung;have had;hear heard;hide hid hidden;
hit;hold held;hurt;keep kept;know knew known;lay laid;lead led;learn learnt;leave left;lend lent;let;lie lay lain;light lit;lose lost;make made;mean meant;meet met;mistake mistook mistaken;overcome overcame;
pay paid;put;quit;read;rewrite rewrote rewritten;ride rode ridden;ring rang rung;rise rose risen;run ran;say said;see saw seen;seek sought;sell sold;send sent;set;shake shook shaken;show showed shown;shrink shrank shrunk;
shut;sing sang sung;sink sank sunk;sit sat;sleep slept;slide slid;speak spoke spoken;spend spent;split;spread;stand stood;steal stole stolen;stick stuck;strike struck;swear swore sworn;sweep swept;swim swam;swing swung;
take took taken;teach taught;tear tore torn;tell told;think thought;throw threw thrown;understand understood;undertake undertook undertaken;wake woke woken;wear wore worn;win won;wind wound;withdraw withdrew withdrawn;
write wrote written;rebuild rebuilt;redo redid redone;rerun reran;reset;upset;oversee oversaw overseen;outgrow outgrew;undo undid undone;forecast;broadcast;override overrode overridden;withhold withheld;uphold upheld`, ";") {
		f := strings.Fields(row)
		for _, form := range f[1:] {
			m[form] = f[0]
		}
	}
	return m
}()

// sameForm are verbs whose past looks like their present.
var sameForm = set("bet cost cut hit hurt let put quit read set shut split spread reset upset forecast broadcast rerun")

// stative are verbs that describe rather than act.
var stative = set("be have know feel think believe want need like love understand seem work live belong own mean hope remember realize realise join start see hear notice learn find become enjoy expect struggle face lack")

// vague are actions that say nothing of what was done.
var vague = set("help support assist contribute participate involve work handle manage deal fix improve optimize optimise solve resolve address")

var notVerbs = set("need speed feed seed bleed red bed indeed exceed proceed succeed unused hundred sacred naked wicked")

// pastVerb reports whether a word looks like a finite past form or a participle.
func pastVerb(w string) bool {
	if notVerbs[w] {
		return false
	}
	if _, ok := irregular[w]; ok || sameForm[w] {
		return true
	}
	return len(w) > 3 && strings.HasSuffix(w, "ed")
}

// base is the verb of a past form.
func base(w string) string {
	if b, ok := irregular[w]; ok {
		return b
	}
	if sameForm[w] || !strings.HasSuffix(w, "ed") {
		return w
	}
	b := strings.TrimSuffix(w, "ed")
	switch {
	case strings.HasSuffix(b, "i"):
		return b[:len(b)-1] + "y"
	case len(b) > 3 && b[len(b)-1] == b[len(b)-2] && !strings.HasSuffix(b, "ss") && !strings.HasSuffix(b, "ll"):
		return b[:len(b)-1]
	case stative[b+"e"] || vague[b+"e"]:
		return b + "e"
	}
	return b
}

var adverbs = set("also then just first quickly immediately finally eventually personally even only still never always later soon carefully simply actually really already once often initially manually directly myself again now successfully therefore gradually instead subsequently further next")

var auxiliaries = set("was were is are be been being am have has had do does did will would can could may might must shall should")

// cue is a set of expressions with a weight for each part.
type cue struct {
	re         string
	s, t, a, r float64
}

// cues are forms that speak for a part. They are about how something is said, in any trade.
var cues = []cue{
	// situation: where and when, what was going on, states
	{`^(?:in|during|at|while|when|back in|about|around|early in|late in|last)\b`, 1.1, 0.1, 0, 0},
	{`\b(?:in my (?:previous|last|current|former|first|old|prior)|when i (?:was|worked|joined|started)|while (?:i was |working|serving|interning|volunteering)|i was working|i worked (?:as|at|for|in|on)|at the time|at that time|last (?:year|summer|spring|winter|autumn|fall|month)|(?:a|two|three|few|couple of) years? ago|my (?:former|previous|last) (?:role|job|company|team|employer|position))\b`, 1.9, 0, -0.3, -0.4},
	{`\bthere (?:was|were|had been)\b`, 1.2, 0, -0.3, -0.1},
	{`\b(?:was|were) \w+ing\b`, 0.8, 0, -0.1, -0.4},
	{`\b(?:had|'d) (?:been|always|already|just|recently|never) ?\w*`, 0.7, 0, -0.2, 0},
	{`\b(?:problem|issue|complain\w*|outage|incident|backlog|shortage|deadline was|behind schedule|understaffed|conflict|bottleneck|turnover|confus\w+|frustrat\w+|unhappy|overwhelmed|struggl\w+|short-staffed)\b`, 0.7, 0, -0.2, -0.5},
	{`^(?:the|our|one|a|an|my|this|some|every|each|several|many|most|two|three|customers|people|nobody|no one|it|they)\b`, 0.5, 0, -0.3, 0.35},
	{`\bwe (?:had|were|used|ran|sold|relied|faced|operated|served|got|received|lost|hosted)\b`, 0.9, 0, -0.5, -0.3},
	{`\b(?:kept|used to|would (?:often|sometimes|regularly))\b`, 0.6, 0, -0.2, -0.3},
	// task: what one was to do
	{`\b(?:i was|i'd been|i had been|we were|was|were) (?:\w+ )?(?:asked|tasked|told|assigned|expected|responsible|in charge|appointed|accountable|answerable|supposed|required|charged|given|chosen|selected|picked|brought in|hired|put in charge)\b`, 0, 2.6, -0.9, -0.6},
	{`\b(?:my|our|the) (?:\w+ )?(?:job|task|goal|role|responsibility|responsibilities|objective|mission|assignment|mandate|challenge|aim|target|duty|remit|brief|part) (?:was|were|became|included|is)\b`, 0, 2.8, -0.9, -0.6},
	{`\b(?:i|we|it|someone|somebody) (?:\w+ )?(?:needed|had|wanted|have|set out|aimed|hoped) to\b`, 0, 1.7, -0.4, -0.6},
	{`\b(?:it was (?:up to me|my (?:job|call|responsibility|turn))|fell to me|fell on me|landed on (?:me|my)|was mine|on my shoulders|i (?:owned|own|volunteered|took ownership|took responsibility|took it upon myself|had to|agreed to take|was to)|left to me|answer for)\b`, 0, 1.8, 0, -0.5},
	{`\b(?:asked|told|wanted|expected|needed|required|assigned|tasked|gave) (?:me|us)\b`, 0, 2.0, -0.5, -0.4},
	{`\b(?:by|before|within) (?:the end of |the |next )?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|deadline|launch|week|month|quarter|year|christmas|semester|\w+ (?:days|weeks|months|hours))\b`, 0, 0.8, -0.2, 0.4},
	{`\b(?:without (?:\w+ing|any|more|extra)|so that (?:we|they|the)|no later than|at least|at most)\b`, 0, 0.5, 0, -0.1},
	{`\b(?:someone|somebody) had to\b`, 0.2, 1.5, -0.4, -0.4},
	// action: steps, decisions, means
	{`^(?:first|second|third|then|next|after (?:that|this|talking|\w+ing)|to (?:do|make|get|start|begin|solve|fix|address|understand)|once|instead|so i|so we|from there|meanwhile|together|before \w+ing|by \w+ing|using|rather than|having|starting|working|knowing|i)\b`, -0.6, -0.2, 0.9, -0.2},
	{`\b(?:step by step|one by one|each (?:day|week|morning|evening)|every (?:day|morning|evening|week)|daily|weekly)\b`, 0.1, 0, 0.4, 0},
	{`\b(?:because|so that|in order to|by \w+ing|instead of|rather than|which meant)\b`, 0, 0.1, 0.45, 0},
	{`\b(?:decided|considered|rejected|chose|proposed|suggested|asked|convinced|persuaded|explained|negotiated|prioriti[sz]ed)\b`, 0, 0, 0.7, -0.2},
	// result: change, time passed, figures, what others did, what stayed
	{`^(?:as a result|in the end|ultimately|eventually|by the end|by the time|within|after (?:two|three|four|six|a|one|the) (?:\w+ )?(?:days?|weeks?|months?|quarters?|years?)|at the end|over the (?:next|following)|since (?:then|that)|afterwards?|today|the (?:result|outcome|following|next)|since|looking back|in hindsight|from that|from then|that (?:year|quarter|month|season)|a (?:week|month|year) later|\w+ (?:weeks|months|years|days) later)\b`, -0.5, -0.3, -0.5, 2.2},
	{`\b(?:as a result|result(?:ed|ing) in|led to|paid off|turned out|ended up|thanks to (?:this|that|these))\b`, -0.3, -0.3, -0.3, 1.6},
	{`\b(?:increas|decreas|reduc|drop|f[ae]ll|ros[e]|r[io]s(?:e|en|ing)|grew|improv|doubl|tripl|halv|cut|sav|shrank|shrunk|went (?:up|down|from)|gain|boost|exceed|surpass|earn|recover)\w*\b[^.]*(?:\d|percent|half|third|quarter|twice|double)`, -0.4, -0.4, 0.1, 2.0},
	{`\bfrom [^.]{0,40}\d[^.]{0,30}\bto\b[^.]{0,25}\d`, -0.2, -0.4, 0, 1.6},
	{`\b(?:increased|decreased|reduced|dropped|fell|rose|grew|improved|exceeded|succeeded|won|met (?:the|our) (?:deadline|goal|target)|on time|under budget|ahead of (?:schedule|time)|successful(?:ly)?|went (?:live|smoothly|well|down|up)|stopped (?:\w+ing)|no longer|never (?:happened|came|had|again)|without (?:a|any) (?:\w+ )?(?:incident|complaint|problem|issue|error|delay)|passed|finished|shipped|launched|completed|delivered|recovered|stayed|remained)\b`, -0.2, -0.2, 0.0, 1.1},
	{`\b(?:praised|thanked|promoted|awarded|recogni[sz]ed|commended|congratulated|complimented|adopted|renewed|still (?:use|uses|used|run|runs|in use)|are still|is still|became (?:the|a|our) (?:standard|default|template|norm|practice)|positive (?:feedback|review)|feedback was|satisfied|happy with|pleased|impressed|grateful)\b`, -0.2, -0.4, -0.5, 1.7},
	{`\b(?:i (?:also )?(?:learned|learnt|realised|realized|now|still)|taught me|the lesson|lesson|since then|in hindsight|looking back|if i (?:did|had|could)|would do differently|next time|ever since|these days|nowadays)\b`, -0.4, -0.4, -0.6, 2.0},
	{`\b(?:manager|boss|director|supervisor|client|customers?|principal|team|professor|coach|parents?|she|he|they) (?:later |even |then |both |also )?(?:asked me to|thanked|said|told me|praised|started using|adopted|approved|agreed|loved|accepted|offered|decided to (?:keep|use|roll|adopt|renew))\b`, 0, 0, 0, 0.8},
	// other
	{`^(?:yes|sure|ok|okay|thanks|thank you|good question|great question|hi|hello|well)\b`, -0.8, -0.8, -0.8, -0.8},
	{`\b(?:i(?:'d| would| will|'ll) (?:like to |love to )?(?:talk about|tell you|share|describe|give you)|let me (?:tell|share|describe|give|think)|an example (?:is|of|that)|one example|one time|the (?:story|example) i|that(?:'s| is) (?:my|the) story)\b`, 0.3, -0.6, -1.0, -0.6},
}
