package compile

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxStateName is how many characters a state's name may have. AWS: States language, 80 characters.
const maxStateName = 80

// names gives states and workflow variables names that are not taken.
type names struct {
	states    map[string]bool
	taken     map[string]bool
	variables map[variableOf]string
}

type variableOf struct {
	k key
	m *machine
}

func newNames() *names {
	n := &names{states: map[string]bool{}, taken: map[string]bool{"states": true}, variables: map[variableOf]string{}}
	for _, fn := range strings.Fields(builtins) {
		n.taken[fn] = true
	}
	return n
}

// builtins is JSONata's functions and AWS's: a variable of such a name would hide the function.
// https://docs.jsonata.org/2.x/overview.html, https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
const builtins = `abs append assert average base64decode base64encode boolean ceil clone contains count decodeUrl decodeUrlComponent
	distinct each encodeUrl encodeUrlComponent error eval exists filter floor formatBase formatInteger formatNumber fromMillis hash join
	keys length lookup lowercase map match max merge millis min not now number pad parse parseInteger partition power random range
	reduce replace reverse round shuffle sift single sort split spread sqrt string substring substringAfter substringBefore sum
	toMillis trim type uppercase uuid zip`

// state is name, or name with a number where it is taken.
func (n *names) state(name string) string {
	name = clip(placeholderLike.ReplaceAllString(name, "$$ {$1:"), maxStateName)
	unique := name
	for i := 2; n.states[unique]; i++ {
		suffix := " " + strconv.Itoa(i)
		unique = clip(name, maxStateName-len(suffix)) + suffix
	}
	n.states[unique] = true
	return unique
}

func clip(s string, max int) string {
	if utf8.RuneCountInString(s) <= max {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:max-1])) + "…"
}

// variable is the workflow variable of a Go variable in a machine. Names are used once in a definition: a variable of an inner
// machine cannot have the name of an outer one's. AWS: Passing data between states with variables, scope.
func (n *names) variable(k key, m *machine) string {
	if name := n.assigned(k, m); name != "" {
		return name
	}
	name := n.parameter(k.v.Name())
	n.variables[variableOf{k, m}] = name
	return name
}

// assigned is the name that variable has given, "" where it has not.
func (n *names) assigned(k key, m *machine) string { return n.variables[variableOf{k, m}] }

// parameter is a name for a parameter of a JSONata function that no variable and no other parameter has.
func (n *names) parameter(base string) string {
	name := numbered(base, n.taken)
	n.taken[name] = true
	return name
}

// numbered is name, or name with a number where it is taken.
func numbered(name string, taken map[string]bool) string {
	unique := name
	for i := 2; taken[unique]; i++ {
		unique = name + strconv.Itoa(i)
	}
	return unique
}
