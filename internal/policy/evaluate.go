package policy

import "strings"

// Request is one call that somebody wants to make.
type Request struct {
	Action   string            // "lambda:InvokeFunction"
	Resource string            // an ARN, or "*" for calls about no resource; "": some resource, which only an Allow is asked about
	Context  map[string]string // condition keys and their values: "aws:SourceAccount"
}

// Decision is what documents say about a request.
type Decision uint8

const (
	ImplicitDeny Decision = iota // nothing allows it
	Allow
	ExplicitDeny // a Deny statement matches
)

// Decide evaluates identity policies: an explicit Deny wins, else any Allow, else the request is denied.
// AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func Decide(documents []*Document, r Request) Decision {
	decision := ImplicitDeny
	for _, d := range documents {
		for i := range d.Statement {
			s := &d.Statement[i]
			if !s.matches(r) {
				continue
			}
			if s.Effect == "Deny" {
				return ExplicitDeny
			}
			decision = Allow
		}
	}
	return decision
}

// Assumable is whether a trust document lets the service assume the role.
func Assumable(trust *Document, service string, context map[string]string) bool {
	for _, s := range trust.Statement {
		if s.Effect == "Allow" && matchAny(s.Principal["Service"], service) && matchAny(s.Action, "sts:AssumeRole") &&
			conditionsHold(s.Condition, context) {
			return true
		}
	}
	return false
}

func (s *Statement) matches(r Request) bool {
	action := matchFold(s.Action, r.Action) || len(s.NotAction) > 0 && !matchFold(s.NotAction, r.Action)
	if r.Resource == "" && s.Effect == "Allow" {
		return action && conditionsHold(s.Condition, r.Context)
	}
	resource := matchAny(s.Resource, r.Resource) || len(s.NotResource) > 0 && !matchAny(s.NotResource, r.Resource)
	return action && resource && conditionsHold(s.Condition, r.Context)
}

func matchAny(patterns []string, text string) bool {
	for _, p := range patterns {
		if Match(p, text) {
			return true
		}
	}
	return false
}

// matchFold is matchAny for actions, whose case does not matter.
func matchFold(patterns []string, action string) bool {
	for _, p := range patterns {
		if Match(strings.ToLower(p), strings.ToLower(action)) {
			return true
		}
	}
	return false
}

// Match is whether text fits an IAM pattern: * is any run of characters, ? any single one.
func Match(pattern, text string) bool {
	star, mark := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]) && pattern[p] != '*':
			p, t = p+1, t+1
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// conditionsHold evaluates the operators that stride's own documents and common hand-written ones use. An operator that is not
// known here never holds, so that nothing is allowed by a condition nobody checked.
func conditionsHold(conditions map[string]Condition, context map[string]string) bool {
	for operator, keys := range conditions {
		base, ifExists := strings.CutSuffix(operator, "IfExists")
		for key, values := range keys {
			actual, present := context[key]
			if !present && ifExists {
				continue
			}
			if !holds(base, values, actual, present) {
				return false
			}
		}
	}
	return true
}

func holds(operator string, values []string, actual string, present bool) bool {
	any := func(equal func(a, b string) bool) bool {
		for _, v := range values {
			if equal(v, actual) {
				return true
			}
		}
		return false
	}
	same := func(a, b string) bool { return a == b }
	switch operator {
	case "StringEquals":
		return present && any(same)
	case "StringEqualsIgnoreCase":
		return present && any(strings.EqualFold)
	case "StringLike", "ArnLike", "ArnEquals":
		return present && any(Match)
	case "StringNotEquals":
		return !present || !any(same)
	case "StringNotLike", "ArnNotLike", "ArnNotEquals":
		return !present || !any(Match)
	case "Bool":
		return present && any(strings.EqualFold)
	case "Null":
		return any(func(v, _ string) bool { return (v == "true") == !present })
	}
	return false
}
