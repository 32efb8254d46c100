package local

import "strings"

// arn is what an ARN of Step Functions says.
type arn struct {
	text            string
	partition       string
	region, account string
	kind            string // "stateMachine", "execution", "express", "activity", "mapRun"
	name            string // the machine's, or the activity's
	label           string // of a Distributed Map, after "/"
	rest            string // version or alias, execution's name; of "express" also the id
}

func parseARN(text string) (arn, error) {
	if !strings.HasPrefix(text, "arn:") {
		return arn{}, invalidArn("Invalid ARN prefix: " + text)
	}
	p := strings.SplitN(text, ":", 8)
	if len(p) < 7 || p[2] != "states" || p[6] == "" {
		return arn{}, invalidArn("Invalid ARN: " + text)
	}
	a := arn{text: text, partition: p[1], region: p[3], account: p[4], kind: p[5], name: p[6]}
	if len(p) == 8 {
		a.rest = p[7]
	}
	a.name, a.label, _ = strings.Cut(a.name, "/")
	return a, nil
}

// arnOf reads an ARN that must be of one of the kinds.
func arnOf(text string, kinds ...string) (arn, error) {
	a, err := parseARN(text)
	if err != nil {
		return a, err
	}
	for _, k := range kinds {
		if a.kind == k {
			return a, nil
		}
	}
	return a, invalidArn("Resource type not valid in this context: " + a.kind)
}

func (s *Service) arn(kind, rest string) string {
	return "arn:aws:states:" + s.region + ":" + s.account + ":" + kind + ":" + rest
}

// here tells whether an ARN is of this account and region.
func (s *Service) here(a arn) bool { return a.region == s.region && a.account == s.account }

// longestName is how many characters a name may have. AWS: Name, 1 to 80.
const longestName = 80

// checkName holds the rule for names of machines, executions and activities. AWS: CreateStateMachine, name: no white space,
// brackets, wildcards, special or control characters.
func checkName(name string) error {
	if name == "" {
		var v violations
		v.add("", "name", "Member must have length greater than or equal to 1")
		return v.err()
	}
	for _, c := range name {
		if !nameRune(c) {
			return invalidName(name)
		}
	}
	if len([]rune(name)) > longestName {
		var v violations
		v.optional("name", name, longestName)
		return v.err()
	}
	return nil
}

func nameRune(c rune) bool {
	switch {
	case c <= 0x20, c >= 0x7f && c <= 0x9f, c == 0xfffe, c == 0xffff, c == '\u2028', c == '\u2029':
		return false
	}
	return !strings.ContainsRune("<>{}[]?*\"#%\\^|~`$&,;:/", c)
}
