package reading

import "strings"

// irregularRows are irregular verbs: the verb, its past, its participle where that differs.
const irregularRows = `be was were been;become became;begin began begun;bend bent;bet;bind bound;bite bit bitten;bleed bled;blow blew blown;break broke broken;bring brought;build built;
burn burnt;buy bought;catch caught;choose chose chosen;come came;cost;cut;deal dealt;dig dug;do did done;draw drew drawn;drive drove driven;drink drank drunk;eat ate eaten;fall fell fallen;feed fed;feel felt;
fight fought;find found;fly flew flown;forget forgot forgotten;forgive forgave forgiven;freeze froze frozen;get got gotten;give gave given;go went gone;grow grew grown;hang hung;have had;hear heard;hide hid hidden;
hit;hold held;hurt;keep kept;know knew known;lay laid;lead led;learn learnt;leave left;lend lent;let;lie lay lain;light lit;lose lost;make made;mean meant;meet met;mistake mistook mistaken;overcome overcame;
pay paid;put;quit;read;rewrite rewrote rewritten;ride rode ridden;ring rang rung;rise rose risen;run ran;say said;see saw seen;seek sought;sell sold;send sent;set;shake shook shaken;show showed shown;shrink shrank shrunk;
shut;sing sang sung;sink sank sunk;sit sat;sleep slept;slide slid;speak spoke spoken;spend spent;split;spread;stand stood;steal stole stolen;stick stuck;strike struck;swear swore sworn;sweep swept;swim swam;swing swung;
take took taken;teach taught;tear tore torn;tell told;think thought;throw threw thrown;understand understood;undertake undertook undertaken;wake woke woken;wear wore worn;win won;wind wound;withdraw withdrew withdrawn;
write wrote written;rebuild rebuilt;redo redid redone;rerun reran;reset;upset;oversee oversaw overseen;outgrow outgrew;undo undid undone;forecast;broadcast;override overrode overridden;withhold withheld;uphold upheld;befall befell befallen;breed bred;burst;cast;cling clung;creep crept;foresee foresaw foreseen;forgo forwent forgone;grind ground;kneel knelt;leap leapt;misread;
mislead misled;misunderstand misunderstood;overhear overheard;oversleep overslept;overtake overtook overtaken;partake partook;prove proved proven;rid;sew sewed sewn;shed;shoot shot;sling slung;smell smelt;sow sowed sown;
speed sped;spell spelt;spill spilt;spin spun;spoil spoilt;spring sprang sprung;sting stung;stride strode;string strung;strive strove;swell swelled swollen;thrust;tread trod;weave wove woven;weep wept;retell retold;rethink rethought;
reteach retaught;resell resold;remake remade;retake retook;relearn relearnt;dream dreamt;lean leant;arise arose arisen;awake awoke;beat beaten;behold beheld;bid;foretell foretold;outdo outdid outdone;outsell outsold;preset;proofread;shine shone;slay slew;sink sunk`

// irregular maps past forms and participles to their verbs.
var irregular = func() map[string]string {
	m := map[string]string{}
	for row := range strings.SplitSeq(irregularRows, ";") {
		f := strings.Fields(row)
		for _, form := range f[1:] {
			m[form] = f[0]
		}
	}
	return m
}()

func stems(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[stem(w)] = true
	}
	return m
}

// sameForm are verbs whose past looks like their present.
var sameForm = set("bet cost cut hit hurt let put quit read set shut split spread reset upset forecast broadcast rerun")

// stative are verbs that describe rather than act.
var stative = stems("be have know feel think believe want need like love understand seem work live belong own mean hope remember realize realise join start see hear notice learn find become enjoy expect struggle face lack")

// vague are actions that say nothing of what was done.
var vague = stems("help support assist contribute participate involve work handle manage deal fix improve optimize optimise solve resolve address")

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
