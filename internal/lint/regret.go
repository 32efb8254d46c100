package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/diag"
	"github.com/stride-aws/stride/internal/lazyregexp"
	"github.com/stride-aws/stride/internal/value"
)

// regret collects what AWS takes and people are sorry for.
type regret struct {
	def  *asl.Definition
	tree value.Value
	opts Options
	list diag.List
}

// aboutStates and aboutMachines are the rules, by what they look at.
var (
	aboutStates = []func(r *regret, s *asl.State){
		(*regret).timeouts, (*regret).retries, (*regret).errorNames, (*regret).defaults, (*regret).expressTimes, (*regret).functions,
		(*regret).inlineFields, (*regret).payloads, (*regret).statesFields, (*regret).contextPaths,
	}
	aboutMachines = []func(r *regret, m *asl.Machine){(*regret).loops, (*regret).chains, (*regret).knownInputs}
)

func (r *regret) check() {
	r.tree = r.def.Tree
	if !r.tree.Defined() {
		r.tree = asl.ToValue(&r.def.Machine)
	}
	for _, pointer := range r.def.Duplicates() {
		r.find(DuplicateField, pointer, "%s stands twice in its object; the first is ignored", lastPart(pointer))
	}
	r.scopes(&r.def.Machine, nil)
	for _, m := range machines(&r.def.Machine) {
		for _, rule := range aboutMachines {
			rule(r, m)
		}
		for _, s := range m.States {
			for _, rule := range aboutStates {
				rule(r, s)
			}
		}
	}
}

// find adds a finding, with the severity and the fix of its code.
func (r *regret) find(code, pointer, format string, args ...any) {
	c, _ := Explain(code)
	r.list = append(r.list, &diag.Diagnostic{
		Code: code, Severity: c.Severity, Place: r.def.Place(pointer), Message: fmt.Sprintf(format, args...), Hint: c.Fix,
	})
}

// lookup is what stands at a pointer of the definition.
func (r *regret) lookup(pointer string) value.Value {
	x := r.tree
	for _, part := range strings.Split(pointer, "/")[1:] {
		if x.Kind() == value.Array {
			i := 0
			fmt.Sscan(part, &i)
			x = x.At(i)
			continue
		}
		x, _ = x.Get(pointerText.Replace(part))
	}
	return x
}

// waits says whether a Task waits for somebody: a callback, a job or an activity's worker.
func waits(s *asl.State) bool {
	return strings.HasSuffix(s.Resource, ".waitForTaskToken") || strings.Contains(s.Resource, ".sync") || strings.Contains(s.Resource, ":activity:")
}

func (r *regret) timeouts(s *asl.State) {
	if s.Type != asl.Task || s.TimeoutSeconds.Defined() || s.TimeoutSecondsPath.Defined() {
		return
	}
	switch {
	case waits(s) && !s.HeartbeatSeconds.Defined() && !s.HeartbeatSecondsPath.Defined():
		r.find(WaitWithoutTimeout, s.Pointer, "state %s waits for an answer, for up to a year if none comes", s.Name)
	case !waits(s):
		r.find(TaskWithoutTimeout, s.Pointer, "state %s has no TimeoutSeconds", s.Name)
	}
}

func (r *regret) retries(s *asl.State) {
	for _, retrier := range s.Retry {
		if retrier.MaxAttempts.Kind() == value.Number && retrier.MaxAttempts.Float() == 0 {
			continue
		}
		if retrier.JitterStrategy == "" {
			r.find(RetryWithoutJitter, retrier.Pointer, "state %s: many executions that fail together will retry together", s.Name)
		}
		if slices.Contains(retrier.ErrorEquals, "States.ALL") {
			r.find(RetryEverything, child(retrier.Pointer, "ErrorEquals"), "state %s retries every error, also those that will never go away", s.Name)
		}
	}
}

// statesErrors are the errors that AWS itself raises. States language, appendix A, and the developer guide, "Handling errors".
var statesErrors = []string{
	"States.ALL", "States.BranchFailed", "States.DataLimitExceeded", "States.ExceedToleratedFailureThreshold", "States.HeartbeatTimeout",
	"States.Http.Socket", "States.IntrinsicFailure", "States.ItemReaderFailed", "States.NoChoiceMatched", "States.ParameterPathFailure",
	"States.Permissions", "States.QueryEvaluationError", "States.ResultPathMatchFailure", "States.ResultWriterFailed", "States.Runtime",
	"States.TaskFailed", "States.Timeout",
}

func (r *regret) errorNames(s *asl.State) {
	check := func(names []string, pointer string) {
		for i, name := range names {
			if strings.HasPrefix(name, "States.") && !slices.Contains(statesErrors, name) && !strings.HasPrefix(name, "States.Http.") {
				r.find(UnknownStatesError, item(child(pointer, "ErrorEquals"), i), "no error is called %s", name)
			}
		}
	}
	for _, retrier := range s.Retry {
		check(retrier.ErrorEquals, retrier.Pointer)
	}
	for _, catcher := range s.Catch {
		check(catcher.ErrorEquals, catcher.Pointer)
	}
}

func (r *regret) defaults(s *asl.State) {
	if s.Type == asl.Choice && s.Default == "" {
		r.find(ChoiceWithoutDefault, s.Pointer, "state %s fails with States.NoChoiceMatched where no rule holds", s.Name)
	}
}

// maxExpress is how long an Express execution may take. AWS: quotas, "5 minutes".
const maxExpress = 300

func (r *regret) expressTimes(s *asl.State) {
	if r.opts.Type != "EXPRESS" {
		return
	}
	if s.Type == asl.Wait && s.Seconds.Kind() == value.Number && s.Seconds.Float() >= maxExpress {
		r.find(ExpressTooLong, child(s.Pointer, "Seconds"), "state %s waits %s s; an Express execution ends after %d s", s.Name, s.Seconds, maxExpress)
	}
	if s.Type == asl.Wait && s.Timestamp.Defined() {
		r.find(ExpressTooLong, child(s.Pointer, "Timestamp"), "state %s waits for a date; an Express execution ends after %d s", s.Name, maxExpress)
	}
}

// functions looks at the Lambda functions that a Task names.
func (r *regret) functions(s *asl.State) {
	name, pointer := s.Resource, child(s.Pointer, "Resource")
	for _, field := range []string{"Parameters", "Arguments"} {
		if arguments := r.lookup(child(s.Pointer, field)); isInvoke(s) && has(arguments, "FunctionName") {
			x, _ := arguments.Get("FunctionName")
			name, pointer = x.Str(), child(child(s.Pointer, field), "FunctionName")
		}
	}
	if unqualified.MatchString(name) {
		r.find(UnpinnedFunction, pointer, "state %s calls whatever version of the function is newest, also in executions that run already", s.Name)
	}
}

var unqualified = lazyregexp.New(`^arn:[^:]+:lambda:[^:]*:[^:]*:function:[^:]+(:\$LATEST)?$`)

func isInvoke(s *asl.State) bool {
	m := integrationARN.FindStringSubmatch(s.Resource)
	return m != nil && m[1] == "lambda:invoke"
}

func isLambda(s *asl.State) bool {
	return s.Type == asl.Task && (isInvoke(s) || strings.Contains(s.Resource, ":lambda:"))
}

// distributedFields are a Map's that do nothing in an inline one.
var distributedFields = []string{"ItemReader", "ItemBatcher", "ResultWriter", "Label"}

func (r *regret) inlineFields(s *asl.State) {
	if s.Type != asl.Map || s.Distributed() {
		return
	}
	for _, name := range distributedFields {
		if has(r.lookup(s.Pointer), name) {
			r.find(DistributedOnly, child(s.Pointer, name), "state %s: %s has no effect in an inline Map", s.Name, name)
		}
	}
}

func (r *regret) payloads(s *asl.State) {
	narrowed := s.ResultSelector.Defined() || s.ResultPath.Kind() == value.Null || s.OutputPath.Defined() || s.Output.Defined()
	wanted := narrowed || s.Assign.Defined()
	switch {
	case s.Distributed() && !s.ResultWriter.Defined() && !wanted:
		r.find(LargeResults, s.Pointer, "state %s gathers the results of all its iterations; past 262,144 bytes the execution fails", s.Name)
	case s.Type == asl.Task && isInvoke(s) && !waits(s) && !narrowed:
		r.find(WholeResponse, s.Pointer, "state %s passes on the whole answer of lambda:invoke, headers and all", s.Name)
	}
}
