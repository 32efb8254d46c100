package asl

// Walk calls visit for each state of m and of the machines inside its states, a state before what it holds. The machine is the
// one that the state stands in.
func Walk(m *Machine, visit func(in *Machine, s *State)) {
	for _, s := range m.States {
		visit(m, s)
		for _, branch := range s.Branches {
			Walk(branch, visit)
		}
		if s.Processor != nil {
			Walk(s.Processor, visit)
		}
	}
}

// Language is the query language that s is evaluated in: its own, else that of the definition, else JSONPath.
func (d *Definition) Language(s *State) string {
	switch {
	case s.QueryLanguage != "":
		return s.QueryLanguage
	case d.QueryLanguage != "":
		return d.QueryLanguage
	}
	return JSONPath
}

// Distributed says whether s is a Map whose iterations run as child executions.
func (s *State) Distributed() bool {
	return s.Processor != nil && s.Processor.ProcessorConfig != nil && s.Processor.ProcessorConfig.Mode == "DISTRIBUTED"
}
