package jsonata

// Reference is a place where an expression reads its context.
type Reference struct {
	Text     string // "$", "$$", a field's name, "*", "**" or "%"
	Position int    // in UTF-16 units, just past it
}

// ContextReads are the places where the expression reads the context that it is evaluated with: $, $$, and field names that no
// path leads to. Step Functions gives expressions no context and refuses such ones when a state machine is created (AWS:
// transforming-data, "no $ or $$ at the top level, no unqualified field names"; the input is $states.input). Inside a path, a
// predicate, a sort, a grouping or a transform the context is what these are about, and all of them are fine.
func (e *Expr) ContextReads() []Reference {
	var found []Reference
	e.syntax.contextReads(&found)
	return found
}

func (s *syntax) contextReads(found *[]Reference) {
	switch s.kind {
	case kindName, kindWord, kindWildcard, kindDescendants, kindParent:
		*found = append(*found, Reference{s.text, s.pos})
	case kindVariable:
		if s.text == "" || s.text == "$" {
			*found = append(*found, Reference{"$" + s.text, s.pos})
		}
	case kindFilter, kindGroup, kindSort:
		s.lhs.contextReads(found)
	case kindTransform:
	case kindLambda:
		s.rhs.contextReads(found)
	case kindBinary:
		s.lhs.contextReads(found)
		if s.text != "." && s.text != "@" && s.text != "#" {
			s.rhs.contextReads(found)
		}
	default:
		s.children(func(child *syntax) { child.contextReads(found) })
	}
}
