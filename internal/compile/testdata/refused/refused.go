// Package refused has what the compiler refuses, with the expected message beside its cause.
package refused

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand"
	"net"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/stride-aws/stride/flow"
	"github.com/stride-aws/stride/flow/payload"
)

type Item struct {
	Name   string
	Count  int
	Small  int8
	Tags   []string
	hidden int
	At     time.Time
}

type Custom struct{ N int }

func (c Custom) MarshalJSON() ([]byte, error) { return []byte("1"), nil }

func Handle(_ context.Context, in Item) (Item, error)        { return in, nil }
func Unregistered(_ context.Context, in Item) (Item, error)  { return in, nil }
func Opaque(_ context.Context, in Item) (Custom, error)      { return Custom{}, nil }
func (Item) Method(_ context.Context, in Item) (Item, error) { return in, nil }

type Broken struct{ Why string }

func (e Broken) Error() string { return e.Why }

var errHidden = errors.New("hidden")

func HiddenError(c flow.Context, in Item) (Item, error) {
	out, err := flow.Call(c, Handle, in)
	if errors.Is(err, errHidden) { // want "a handler's main in Lambda cannot name errHidden, which is not exported; call it ErrHidden"
		return in, nil
	}
	return out, err
}

func ErrorValues(c flow.Context, in Item) (Item, error) {
	out, err := flow.Call(c, Handle, in)
	if errors.Is(err, Broken{Why: "rain"}) { // want "errors.Is compares what is in an error, and a state machine has only its name; ask for the type: errors.As"
		return in, nil
	}
	return out, err
}

func TwoErrorsOneName(c flow.Context, in Item) (Item, error) {
	out, err := flow.Call(c, Handle, in)
	if errors.Is(err, fs.ErrClosed) || errors.Is(err, net.ErrClosed) { // want "knows errors by their names, and ErrClosed is net.ErrClosed here and fs.ErrClosed elsewhere; name one of them otherwise"
		return in, nil
	}
	return out, err
}

var counter int

var table = map[string]int{"a": 1}

func Goroutine(c flow.Context, in Item) (Item, error) {
	go fmt.Println() // want "a goroutine cannot run inside a workflow; use flow.Parallel"
	return in, nil
}

func Channel(c flow.Context, in Item) (Item, error) {
	ch := make(chan int) // want "make of a chan int cannot run inside a workflow"
	ch <- 1              // want "a channel cannot be used inside a workflow"
	select {}            // want "a channel cannot be used inside a workflow"
}

func SharedMemory(c flow.Context, in Item) (Item, error) {
	counter++          // want "counter is a package variable that changes" "counter is a package variable: an execution has no shared memory"
	in.Count = counter // want "counter is a package variable that changes"
	in.Count += table[in.Name]
	return in, nil
}

func UnknownFunctions(c flow.Context, in Item) (Item, error) {
	in.Count = rand.Intn(3)          // want "rand.Intn is not known to the workflow language; choose in a handler"
	in.Name = os.Getenv("HOME")      // want "os.Getenv is not known to the workflow language"
	in.At = time.Now()               // want "time.Now is not known to the workflow language; use flow.Now"
	in.Name = strings.Title(in.Name) // want "strings.Title is not known"
	fmt.Println(in.Name)             // want "fmt.Println is not known"
	time.Sleep(time.Second)          // want "time.Sleep is not known to the workflow language; use flow.Sleep"
	var mu sync.Mutex
	mu.Lock() // want "Mutex.Lock is not known"
	return in, nil
}

func Bytes(c flow.Context, in Item) (Item, error) {
	in.Count = len(in.Name)          // want "len counts a string's bytes, which JSONata cannot; use utf8.RuneCountInString"
	in.Name = in.Name[1:]            // want "a part of a string has no safe form in JSONata"
	in.Count = int(in.Name[0])       // want "a string's bytes have no form in JSONata"
	in.Name = string(rune(in.Count)) // want "int may not fit into rune"
	return in, nil
}

func Numbers(c flow.Context, in Item) (Item, error) {
	in.Small = in.Small + 1                            // want "arithmetic on int8 wraps or rounds in Go, and does not in JSONata; use int"
	in.Count = 1 << 60                                 // want "the number 1152921504606846976 is past 2.53"
	in.Count = in.Count & 3                            // want "the operator & has no form in JSONata"
	in.Count <<= 2                                     // want "the operator <<= has no form in JSONata"
	in.Name = fmt.Sprintf("%g", float64(len(in.Tags))) // want "the verb %g has no exact form in JSONata for this argument; give it a precision: %.2f"
	in.Name = fmt.Sprintf("%v", in)                    // want "something in a refused.Item has no exact text in JSONata: .* write its fields" "the field hidden of refused.Item is not exported"
	return in, nil
}

func Hidden(c flow.Context, in Item) (Item, error) {
	in.Count = in.hidden // want "the field hidden of refused.Item is not exported, so that JSON has other fields and not it; export it, or keep it in a struct of which"
	o, err := flow.Call(c, Opaque, in)
	if err != nil {
		return in, err
	}
	in.Count = o.N // want "the fields of refused.Custom are not known in JSON"
	return in, nil
}

func Comparisons(c flow.Context, in Item) (bool, error) {
	other := in.At
	return in.At == other, nil // want "two texts of one time can differ; use Equal"
}

func SharedItems(c flow.Context, in Item) ([]string, error) {
	tags, first := in.Tags, in.Tags[:1]
	tags[0] = "x"  // want "the slice in tags may be held by another variable, which would see the change in Go and does not in JSON: line \\d+ hands it on; copy it with slices.Clone first"
	first[0] = "y" // want "the slice in first may be held by another variable"
	own := slices.Clone(in.Tags)
	for _, tag := range own {
		own[0] = tag // want "this may change an item of own that a later round of the loop reads; go over slices.Clone.own., or over its indices alone"
	}
	for i, tag := range own[1:] {
		own[i] = tag // want "this may change an item of own.1:. that a later round"
	}
	for _, tag := range own {
		slices.Reverse(own) // want "this may change an item of own that a later round"
		own[0] += tag       // want "this may change an item of own that a later round"
	}
	return own, nil
}

func SharedArray(c flow.Context, in Item) ([]int, error) {
	counts := [3]int{1, 2, 3}
	part := counts[1:] // want "this points to counts, which is assigned to elsewhere"
	counts[2] = in.Count
	return part, nil
}

func LazyItems(c flow.Context, in Item) ([]string, error) {
	own := slices.Clone(in.Tags)
	seq := slices.Values(own)
	own[0] = "z" // want "the slice in own may be held by another variable"
	return slices.Sorted(seq), nil
}

func MadeOfArrays(c flow.Context, in Item) ([][2]int, error) {
	pairs := make([][2]int, in.Count)            // want "make of a slice of arrays has no form in JSONata, which would join them"
	more := make([]string, in.Count, 2*in.Count) // want "whether this capacity is enough is not known; leave it out"
	_ = more
	return pairs, nil
}

func TangledPlaces(c flow.Context, in Item) (Item, error) {
	m := map[int]int{}
	in.Count, m[in.Count] = 1, 2       // want "this reads in.Count, which the same statement assigns; assign them in two statements"
	in.Tags, in.Tags[0] = nil, in.Name // want "this reads in.Tags, which the same statement assigns"
	return in, nil
}

func Texts(c flow.Context, in Item) (Item, error) {
	in.Count = strings.Index(in.Name, "x")          // want "strings.Index is not known to the workflow language; it counts bytes: use strings.Contains or strings.Cut"
	in.Name = strings.Trim(in.Name, in.Tags[0])     // want "strings.Trim needs constant characters"
	in.Name = fmt.Sprintf("%v", []float64{1})       // want "something in a ..float64 has no exact text in JSONata: floats, pointers, times, and what has a method for its text; write its items in a loop"
	in.Name = fmt.Sprintf("%05s %d", in.Tags[0], 1) // want "the verb %05s has no exact form"
	if strings.EqualFold(in.Tags[1], in.Tags[0]) {  // want "strings.EqualFold has a form in JSONata for a constant of ASCII only; compare what strings.ToLower makes of both"
		return in, nil
	}
	var b strings.Builder
	n, _ := b.WriteString(in.Name) // want "what strings.Builder.WriteString returns has no form in JSONata; make the call a statement of its own"
	in.Count = n + b.Len()         // want "strings.Builder.Len is not known to the workflow language; it counts bytes"
	fmt.Fprintln(os.Stderr, "x")   // want "os.Stderr is a variable of another module" "fmt.Fprintln writes to what is no strings.Builder"
	p := &b                        // want "this points to b, which is assigned to elsewhere"
	p.WriteString("x")             // want "the pointer in p may be held by another variable"
	in.Name = b.String()
	return in, nil
}

func Times(c flow.Context, in Item) (Item, error) {
	in.Name = in.At.Format("02 Jan MST")                       // want "the part MST of a layout has no exact form in JSONata"
	in.Name += in.At.Format(in.Tags[0])                        // want "Format needs a constant layout"
	in.At = in.At.Truncate(time.Duration(in.Count))            // want "Truncate needs a constant of whole milliseconds"
	made := time.Date(2024, 1, 1, 0, 0, 0, in.Count, time.UTC) // want "time.Date needs constant nanoseconds that are whole milliseconds; use 0"
	local := time.Date(2024, 1, 1, 0, 0, 0, 0, time.Local)     // want "time.Local is a variable of another module" "the rules of this time zone are not known to a state machine; use time.UTC"
	parsed, _ := time.Parse(time.RFC1123, in.Name)             // want "time.Parse needs a constant layout of 2006, 01, 02, 15, 04, 05 and Z07:00, and this one has .*; use time.RFC3339, time.DateTime or time.DateOnly"
	_, _, _ = made, local, parsed
	return in, nil
}

func ChangedSlices(c flow.Context, in Item) ([]string, error) {
	tags := slices.Clone(in.Tags)
	less := slices.Delete(tags, 0, 1)    // want "slices.Delete changes the slice that it is given; assign its result to the same variable"
	in.Count = len(slices.Compact(tags)) // want "slices.Compact changes the slice that it is given"
	{
		tags := slices.Insert(tags, 0, "x") // want "slices.Insert changes the slice that it is given"
		in.Name = tags[0]
	}
	same := in.Tags
	in.Tags = slices.Delete(in.Tags, 0, 1) // want "the slice in in may be held by another variable"
	rows := map[string][]string{}
	maps.Copy(rows, map[string][]string{"a": same})
	rows["a"][0] = "y" // want "the slice in rows may be held by another variable"
	return append(same, less...), nil
}

func CopiedItems(c flow.Context, in Item) (Item, error) {
	tags := slices.Clone(in.Tags)
	copy(tags[1:], in.Tags)         // want "copy needs a whole slice that is in a variable; assign the items in a loop"
	if copy(tags, in.Tags)+1 == 2 { // want "copy changes what it is given, and stands inside an expression; make the call a statement"
		in.Count = 1
	}
	same := in.Tags
	copy(in.Tags, tags) // want "the slice in in may be held by another variable"
	rows := [][]string{nil}
	copy(rows, [][]string{same})
	rows[0][0] = "x"                                // want "the slice in rows may be held by another variable"
	all := maps.Collect(slices.All(tags))           // want "maps.Collect gathers the entries of maps.All only" "slices.All is not known"
	in.Count, _ = slices.BinarySearch(tags, all[0]) // want "slices.BinarySearch is not known to the workflow language; use slices.Index"
	in.Name = same[0]
	return in, nil
}

func Handlers(c flow.Context, in Item) (Item, error) {
	out, err := flow.Call(c, Unregistered, in) // want "refused.Unregistered is not registered with workflow Handlers; add flow.Function.refused.Unregistered. to it"
	if err != nil {
		return out, err
	}
	out, err = flow.Call(c, in.Method, in) // want "a handler must be a function of a package; move it to lambdas/NAME"
	if err != nil {
		return out, err
	}
	return flow.Call(c, func(ctx context.Context, in Item) (Item, error) { return in, nil }, in) // want "a handler must be a function of a package"
}

func Unbounded(c flow.Context, in Item) (Item, error) {
	return flow.Await(c, Handle, func(flow.Token) Item { return in }) // want "nothing bounds how long this step waits; add flow.Timeout or flow.Heartbeat"
}

func WrongContext(c flow.Context, in Item) ([]Item, error) {
	return flow.Map(c, []Item{in}, func(inner flow.Context, it Item) (Item, error) {
		return flow.Call(c, Handle, it) // want "the Context is that of another branch"
	})
}

func MapWrites(c flow.Context, in Item) (Item, error) {
	_, err := flow.Map(c, in.Tags, func(c flow.Context, tag string) (int, error) { // want "in is assigned inside the Map: iterations run at the same time; return the value"
		in.Name = tag
		return 0, nil
	})
	return in, err
}

func ParallelWrites(c flow.Context, in Item) (Item, error) {
	var out Item
	err := flow.Parallel(c,
		func(c flow.Context) (err error) { out, err = flow.Call(c, Handle, in); return err },
		func(c flow.Context) (err error) { out, err = flow.Call(c, Handle, in); return err }, // want "out is assigned by two branches of this Parallel; give each branch a variable or a field of its own"
	)
	return out, err
}

type Pair struct{ A, B Item }

func ParallelFields(c flow.Context, in Item) (Pair, error) {
	var p Pair
	err := flow.Parallel(c,
		func(c flow.Context) (err error) { p.A, err = flow.Call(c, Handle, in); return err },
		func(c flow.Context) (err error) { p.A.Name = "x"; p.B, err = flow.Call(c, Handle, in); return err }, // want "p.A.Name is assigned by two branches of this Parallel"
		func(c flow.Context) error { p.B.Count = p.A.Count; return nil },                                     // want "p.B.Count is assigned by two branches" "this branch reads p.A.Count, which another branch assigns at the same time"
	)
	return p, err
}

func ParallelRace(c flow.Context, in Item) (Item, error) {
	var out Item
	err := flow.Parallel(c,
		func(c flow.Context) (err error) { out, err = flow.Call(c, Handle, in); return err },
		func(c flow.Context) error { _, err := flow.Call(c, Handle, out); return err }, // want "this branch reads out, which another branch assigns at the same time; read it after the Parallel"
	)
	return out, err
}

func StepInExpression(c flow.Context, in Item) (Item, error) {
	in.Count = one(c) + 1 // want "a step stands inside an expression; assign its result to a variable first"
	return in, nil
}

func one(c flow.Context) int { flow.Sleep(c, time.Second); return 1 }

func Recursion(c flow.Context, in Item) (Item, error) {
	return recurse(c, in)
}

func recurse(c flow.Context, in Item) (Item, error) {
	if in.Count == 0 {
		return flow.Call(c, Handle, in)
	}
	return recurse(c, in) // want "recurse calls itself: a state machine has no stack; use a loop, or a workflow of its own with flow.Run"
}

func TypeSwitch(c flow.Context, in Item) (Item, error) {
	var v any = in
	switch v.(type) { // want "a type switch cannot run inside a workflow"
	case Item:
	}
	_ = v.(Item) // want "a type assertion cannot run inside a workflow"
	return in, nil
}

func ErrorFields(c flow.Context, in Item) (string, error) {
	_, err := flow.Call(c, Handle, in)
	var broken Broken
	if errors.As(err, &broken) {
		return broken.Why, nil // want "an error's fields stay in the handler"
	}
	return "", err
}

func Namesakes(c flow.Context, in Item) (Item, error) {
	_, err := flow.Call(c, Handle, in)
	var pointed *Broken
	if errors.As(err, &pointed) {
		return in, nil
	}
	var broken Broken
	if errors.As(err, &broken) { // want "the state machine knows errors by their names, and Broken is refused.Broken here and .refused.Broken elsewhere; name one of them otherwise"
		return in, nil
	}
	return in, Broken{Why: "rain"} // want "the state machine knows errors by their names, and Broken is refused.Broken here and .refused.Broken elsewhere; name one of them otherwise"
}

func UnfailedErrors(c flow.Context, in Item) (bool, error) {
	var err error
	if in.Count > 1 {
		err = errors.New("many")
	}
	if _, err := flow.Call(c, Handle, in); err != nil {
		return false, err
	}
	return errors.Is(err, flow.ErrTaskFailed), nil // want "this error may be one that the workflow makes, in which errors.Is finds no States.TaskFailed; ask in the if behind the step, or errors.As for its type"
}

func ConditionalUndo(c flow.Context, in Item) (Item, error) {
	if in.Count > 1 {
		flow.OnFailure(c, func(c flow.Context) error { _, err := flow.Call(c, Handle, in); return err })
	}
	return flow.Call(c, Handle, in) // want "whether a compensation is registered depends on the way here"
}

func Characters(c flow.Context, in Item) (Item, error) {
	for range in.Name { // want "a loop with steps goes over a slice or a number: a string's characters have no form in JSONata; go over strings.Split or strings.Fields"
		in.Count++
	}
	return flow.Call(c, Handle, in)
}

func MapOrder(c flow.Context, in Item) (Item, error) {
	for k := range map[string]int{"a": 1} { // want "a loop with steps goes over a slice or a number: in Go a map's keys"
		if _, err := flow.Call(c, Handle, Item{Name: k}); err != nil {
			return in, err
		}
	}
	return in, nil
}

func WhileWithoutSteps(c flow.Context, in Item) (int, error) {
	return halvings(in.Count), nil
}

func halvings(n int) int {
	count := 0
	for n > 1 { // want "a loop without steps needs a range; write for range, or for i := a; i < b; i\\+\\+, or compute it in a handler"
		n /= 2
		count++
	}
	return count
}

func Goto(c flow.Context, in Item) (Item, error) {
again:
	in, err := flow.Call(c, Handle, in)
	if err != nil {
		goto again // want "goto has no form in a state machine"
	}
	return in, nil
}

func Options(c flow.Context, in Item) (Item, error) {
	n := in.Count
	return flow.Call(c, Handle, in, flow.Retry{MaxAttempts: n}, // want "MaxAttempts cannot be computed"
		flow.MaxConcurrency(3)) // want "this step has no option MaxConcurrency"
}

func PointerWrites(c flow.Context, in Item) (*Item, error) {
	p := &Item{Name: in.Name}
	q := p
	q.Name = "x" // want "the pointer in q may be held by another variable, which would see the change in Go and does not in JSON: line [0-9]+ hands it on; use a variable of the struct's type"
	p.Count = 1  // want "the pointer in p may be held by another variable, .*: line [0-9]+ hands it on"
	var none *Item
	none.Name = "y" // want "none is nil here, and Go panics; make it first: none = &refused.Item{}"
	items := []*Item{p}
	for _, it := range items {
		it.Count++ // want "the pointer in it may be held by another variable"
	}
	both(p, p) // want "both changes p, and is given it twice"
	list := []*Item{}
	list = kept(list, &in)  // want "kept changes what it points to and hands it on"
	in.Count = raise(p) + 1 // want "raise changes what it is given, and stands inside an expression; make the call a statement of its own"
	_ = list
	return p, nil
}

func both(a, b *Item) { a.Count, b.Name = 1, "" }

func raise(p *Item) int {
	p.Count++
	return p.Count
}

func kept(list []*Item, it *Item) []*Item {
	it.Count++
	return append(list, it)
}

func LaterWrites(c flow.Context, in Item) (*Item, error) {
	p := &Item{Name: in.Name}
	defer func() {
		p.Count = 1 // want "the pointer in p may be held by another variable"
		_, _ = flow.Call(c, Handle, *p)
	}()
	return p, nil
}

func SharedParts(c flow.Context, in []*Item) (*Item, error) {
	got, err := flow.Map(c, in, func(c flow.Context, it *Item) (*Item, error) {
		it.Count++ // want "the pointer in it is held by the caller too, who would see the change in Go and does not in JSON; change a variable of your own, and return it"
		return it, nil
	})
	if err != nil {
		return nil, err
	}
	first := got[0]
	first.Count = 2 // want "the pointer in first may be held by another variable"
	return first, nil
}

func ClosureWrites(c flow.Context, in Item) (Item, error) {
	n := 0
	count := func() { n++ }
	count() // want "this function assigns n, a variable around it, and has no steps; return the value"
	in.Count = n
	return in, nil
}

func DeferArguments(c flow.Context, in Item) (Item, error) {
	defer flow.Call(c, Handle, in) // want "Go evaluates the arguments of a deferred call now, and in changes later"
	in.Name = "changed"
	return in, nil
}

func Fallthrough(c flow.Context, in Item) (Item, error) {
	switch in.Count {
	case 1:
		in.Name = "one"
		fallthrough // want "fallthrough has no form in a state machine"
	default:
		in.Count = 2
	}
	return in, nil
}

func SharedPointer(c flow.Context, in Item) (int, error) {
	it := in
	p := &it // want "this points to it, which is assigned to elsewhere: JSON has no shared values; copy it into a variable of its own"
	it.Count = 99
	return p.Count, nil
}

func SharedMap(c flow.Context, in Item) (int, error) {
	m := map[string]int{"a": 1}
	n := m
	n["a"] = 5                     // want "the map in n may be held by another variable, .*; make a map here, or copy it with maps.Clone"
	return m["a"] + filled(m), nil // want "filled changes what it is given, and stands inside an expression"
}

func filled(m map[string]int) int {
	m["b"] = 1
	return m["b"]
}

func WhichFunction(c flow.Context, in Item) (int, error) {
	f := func(n int) int { return n + 1 }
	if in.Count > 1 {
		f = func(n int) int { return n * 10 }
	}
	return f(3), nil // want "which function this is, is not known when it is compiled; name the function here"
}

func CutNumbers(c flow.Context, in Item) (int, error) {
	in.Small = int8(in.Count)      // want "int may not fit into int8: Go would cut it, and JSON does not; use int or float64"
	in.Count = int(uint(in.Count)) // want "int may not fit into uint"
	return in.Count, nil
}

var settings = Item{Name: "x"}

func init() { settings.Name = "y" }

func ChangedPart(c flow.Context, in Item) (string, error) {
	return settings.Name, nil // want "settings is a package variable that changes"
}

func OwnText(c flow.Context, in Item) (string, error) {
	d := time.Duration(in.Count)
	return fmt.Sprintf("%v %d", d, 1), nil // want "the text of a time.Duration is what its method String makes, which a state machine cannot call; convert the value"
}

func TooManyArguments(c flow.Context, in Item) (string, error) {
	return fmt.Sprintf("%s", in.Name, in.Count), nil // want "fmt.Sprintf has more arguments than verbs"
}

func Nameless(c flow.Context, in Item) (string, error) {
	if in.Count == 1 {
		return "", errNameless // want "the error in errNameless has no name that a state machine could match; make it with flow.Fail, which takes a name, or as an error type"
	}
	_, err := flow.Call(c, Handle, in)
	_, again := flow.Call(c, Handle, in)
	return in.Name, fmt.Errorf("%w, %w", err, again) // want "fmt.Errorf with more than one %w makes an error that has no one name; use %w for the error that names it, and %v for others"
}

var errNameless = errors.New("nobody knows")

func Joined(c flow.Context, in Item) (string, error) {
	_, err := flow.Call(c, Handle, in)
	for range in.Count {
		_, again := flow.Call(c, Handle, in)
		err = errors.Join(err, again)
	}
	all := errors.Join(err, flow.Fail("Mine", ""))
	if errors.Is(all, flow.ErrTimeout) { // want "this error is several, of which a state machine keeps one name; test the errors before they are joined"
		return fmt.Sprintf("%x", in.Name), nil // want "the verb %x has no exact form in JSONata for this argument; use %s, %d, %t or %v"
	}
	list := []error{err}
	list = append(list, all) // want "this error is several, of which a state machine keeps one name; join them at the end"
	return "", list[0]
}

func NoJob(c flow.Context, in Item) (string, error) {
	_, err := flow.Sync[string](c, (*sns.Client).Publish, &sns.PublishInput{}) // want "Step Functions cannot wait for what Publish starts; use flow.Do, and a loop"
	return "", err
}

func Cells(c flow.Context, in Item) ([]int, error) {
	from := flow.Objects(in.Name, "p")                                                                                      // want "flow.Objects is not known to the workflow language; write it where the step is that it is for"
	if _, err := flow.MapS3(c, from, func(c flow.Context, o flow.Object) (int, error) { return o.Size, nil }); err != nil { // want "where the items come from must be written here"
		return nil, err
	}
	return flow.MapS3(c, flow.CSV[Item]("b", "k"), func(c flow.Context, it Item) (int, error) { // want "the cells of a CSV file are text, and Count is no string" "and Small is no string" "and Tags is no string" "and At is no string"
		out, err := flow.Await(c, Handle, func(flow.Token) Item { return it }, flow.Timeout(time.Second)) // want "an Express child cannot hold a step that waits for a task token; leave flow.ExpressChildren out"
		return out.Count, err
	}, flow.ExpressChildren())
}

type Letter struct{ Text flow.Ref[Item] }

func ReadRef(c flow.Context, in Letter) (string, error) {
	text, err := in.Text.Get() // want "the value of a flow.Ref may be in S3, where a workflow cannot read it; read it in a handler"
	if err != nil {
		return "", err
	}
	return text.Name, nil
}

func MakeRef(c flow.Context, in Item) (Letter, error) {
	return Letter{payload.Of(in)}, nil // want "a workflow cannot make a flow.Ref: its value may have to go to S3; make it in a handler"
}

func RefLiteral(c flow.Context, in Item) (Letter, error) {
	return Letter{flow.Ref[Item]{}}, nil // want "a literal of type flow.Ref.* has no form in JSON; make it in a handler"
}

func RefText(c flow.Context, in Letter) (string, error) {
	return fmt.Sprint(in.Text), nil // want "the verb %v has no exact form"
}

func MapEntries(c flow.Context, in Item) (map[string]int, error) {
	var none map[string]int
	none[in.Name] = 1 // want "none is nil here, and Go panics on an assignment to a nil map; make it first: none = map.string.int{}"
	byShare := map[float64]int{}
	byShare[0.5]++ // want "the keys of a map must be strings or whole numbers in JSON"
	m, k := map[string]int{}, in.Name
	k, m[k] = "other", 1 // want "this reads k, which the same statement assigns; assign them in two statements"
	return m, nil
}

func RawBytes(c flow.Context, in []byte) (string, error) {
	out, err := flow.Do(c, (*sqs.Client).SendMessage, &sqs.SendMessageInput{
		MessageAttributes: map[string]sqstypes.MessageAttributeValue{"raw": {BinaryValue: in}}, // want "Step Functions sends text as the bytes of a request; write .*byte.text., or call a handler"
	})
	if err != nil {
		return "", err
	}
	var boxed any = out.MessageId
	return *boxed.(*string), nil // want "a type assertion cannot run inside a workflow: JSON has no Go types"
}

func StandardLibrary(c flow.Context, in Item) (Item, error) {
	in.Tags = slices.Collect(maps.Keys(table))                   // want "the order of what slices.Collect gathers here is not known; use slices.Sorted"
	if _, err := strconv.ParseInt(in.Name, 16, 64); err != nil { // want "strconv.ParseInt has a form in JSONata for base 10 and 64 bits only"
		return in, nil
	}
	_, err := strconv.Atoi(in.Name)
	if errors.Is(err, strconv.ErrSyntax) { // want "a .strconv.NumError does not have the name of the error inside it; ask for the type"
		return in, nil
	}
	clear(in.Tags) // want "clear of a slice has no form in JSONata; make a new slice"
	in.Count = slices.Index([]Item{in}[0].Tags, in.Name)
	return in, nil
}

func Sorts(c flow.Context, in Item) ([]Item, error) {
	list := []Item{in, {Name: "x"}}
	slices.SortFunc(list, func(a, b Item) int { return cmp.Compare(a.Count, b.Count) }) // want "in which order slices.SortFunc leaves items that compare equal is not known; use slices.SortStableFunc, which keeps their order"
	sort.Slice(list, func(i, j int) bool { return list[i].Count < list[j].Count })      // want "in which order sort.Slice leaves items that compare equal is not known; use sort.SliceStable"
	sort.SliceStable(list, func(i, j int) bool { return i < j })                        // want "the order depends on where the items are; compare the items alone"
	slices.Sort([]int{in.Count, 1})                                                     // want "slices.Sort needs a slice that is in a variable"
	tags := in.Tags
	slices.Sort(tags) // want "the slice in tags may be held by another variable, .*; copy it with slices.Clone first"
	in.Tags = append(in.Tags, "x")
	return list, nil
}

type Counted struct {
	Marks map[string]int
	Items []*Item
}

func (s *Counted) mark(key string) { s.Marks[key]++ }

func picked(list []*Item) *Item { return list[0] }

func BehindPointers(c flow.Context, in Counted) (map[string]int, error) {
	marks := in.Marks
	in.mark("a") // want "the map in in may be held by another variable, .*: line [0-9]+ hands it on; make a map here"
	first := picked(in.Items)
	in.Items[0].Count = first.Count + 1 // want "the pointer in in may be held by another variable"
	return marks, nil
}

func ReturnedFunction(c flow.Context, in Item) (int, error) {
	add := adder(in.Count)
	return add(2), nil
}

func adder(n int) func(int) int {
	return func(m int) int { return m + n } // want "the value of n is not known where this function is called; hand it to the function as an argument"
}

func TypeSwitchHelper(c flow.Context, in Item) (int, error) {
	return measured(in), nil
}

func measured(v any) int {
	switch v := v.(type) { // want "a type switch cannot run inside a workflow"
	case Item:
		return v.Count
	}
	return 0
}

func GotoHelper(c flow.Context, in Item) (int, error) {
	return jumped(in.Count), nil
}

func jumped(n int) int {
again:
	n++
	if n < 3 {
		goto again // want "goto has no form in a state machine"
	}
	return n
}

func RecursiveLiteral(c flow.Context, in Item) (int, error) {
	var down func(n int) int
	down = func(n int) int {
		if n < 1 {
			return 0
		}
		return down(n-1) + 1 // want "down calls itself: a state machine has no stack; use a loop"
	}
	return down(in.Count), nil
}

func RecursiveSteps(c flow.Context, in Item) (Item, error) {
	var again func(c flow.Context, n int) (Item, error)
	again = func(c flow.Context, n int) (Item, error) {
		if n < 1 {
			return flow.Call(c, Handle, in)
		}
		return again(c, n-1) // want "again calls itself: a state machine has no stack; use a loop"
	}
	return again(c, in.Count)
}

func DeferInHelper(c flow.Context, in Item) (int, error) {
	return tidied(in.Count), nil
}

func tidied(n int) (m int) {
	defer func() { m++ }() // want "this statement has no form in a state machine"
	for {                  // want "a loop without steps needs a range"
		n++
		if n > 3 {
			break
		}
	}
	return n
}

func ComplexNumbers(c flow.Context, in Item) (complex128, error) {
	return complex(1, 2), nil // want "a complex number has no form in JSON; use a struct of two numbers"
}

// Flat has fields that JSON keeps in ways of its own.
type Flat struct {
	*Terms
	Rate float64 `json:",string"`
	Due  Grace   `json:",omitzero"`
}

type Terms struct{ Days int }

type Grace struct{ Hours int }

func (g Grace) IsZero() bool { return g.Hours < 2 }

type inner struct{ n int }

type Outer struct{ Inner *inner }

func Private(c flow.Context, in Outer) ([]inner, error) { // want "no field of refused.inner is exported: nothing of it crosses as JSON"
	n, err := flow.Activity[inner](c, "count", in.Inner.n, flow.Timeout(time.Hour)) // want "no field of refused.inner is exported"
	return []inner{n}, err
}

func Flattened(c flow.Context, in Flat) (Flat, error) {
	if in.Terms != nil && in.Days == 1 { // want "the field Terms comes by an embedded pointer, which JSON flattens" "the field Days comes by an embedded pointer"
		return Flat{}, nil
	}
	in.Rate++                          // want "the field Rate is a text in JSON"
	in.Due = Grace{Hours: 1}           // want "the field Due is left out of JSON where its method IsZero says so"
	out := Flat{Rate: 2}               // want "the field Rate is a text in JSON"
	out = Flat{Terms: &Terms{Days: 1}} // want "the field Terms comes by an embedded pointer"
	return out, nil
}

func DeferTraps(c flow.Context, in Item) (Item, error) {
	defer note(c, flow.Now(c)) // want "Go evaluates the arguments of a deferred call now, a state machine when it is made; keep the time in a variable first"
	defer in.say(c)            // want "Go evaluates the arguments of a deferred call now, and in changes later"
	say := func(c flow.Context) {}
	defer say(c) // want "Go evaluates the arguments of a deferred call now, and say changes later"
	say = func(c flow.Context) { flow.Sleep(c, time.Second) }
	say(c)
	in.Name = "changed"
	return in, nil
}

func note(c flow.Context, at time.Time) { flow.SleepUntil(c, at) }

func (it Item) say(c flow.Context) { _, _ = flow.Call(c, Handle, it) }

func ConditionalDefer(c flow.Context, in Item) (Item, error) {
	if in.Count > 1 {
		defer flow.Call(c, Handle, in)
	}
	return flow.Call(c, Handle, in) // want "whether an earlier call is deferred depends on the way here; defer it on every way"
}

func raiseAll(items ...*Item) {
	items[0].Count++ // want "the pointer in items is held by the caller too" "the slice in items is held by the caller too"
}

func VariadicPointers(c flow.Context, in Item) (Item, error) {
	p := &Item{}
	raiseAll(p) // want "raiseAll changes what this argument points to, one of any number; give it a slice"
	return *p, nil
}

type Textual struct {
	N json.Number `json:"n"`
}

func JSONNumbers(c flow.Context, in Textual) (Textual, error) {
	if string(in.N) == "3" { // want "a json.Number cannot become a string in JSON"
		return in, nil
	}
	return Textual{N: "5"}, nil // want "a json.Number has no form as a constant"
}

type Level int

func (l Level) MarshalText() ([]byte, error) { return []byte("level"), nil }

const High Level = 2

func OwnJSON(c flow.Context, in Level) (Level, error) {
	if in > 1 { // want "values of type refused.Level have no order in JSON" "the JSON of a refused.Level is what its own method makes; make the value in a handler"
		return in, nil
	}
	in += in               // want "values of type refused.Level have no arithmetic in JSONata; compute it in a handler"
	in++                   // want "values of type refused.Level have no arithmetic in JSONata"
	in = min(in, in)       // want "values of type refused.Level have no order in JSON"
	in = Level(len("two")) // want "the JSON of a refused.Level is what its own method makes"
	n := 2
	in = Level(n)    // want "the JSON of a refused.Level is what its own method makes"
	return High, nil // want "the JSON of a refused.Level is what its own method makes"
}

func ByteSlices(c flow.Context, in []byte) ([]byte, error) {
	if slices.Contains(in, 'x') { // want "a ..byte is a text in JSON, whose bytes have no form in JSONata; work with bytes in a handler"
		return slices.Clone(in), nil
	}
	return append(in, 'x'), nil // want "a ..byte is a text in JSON, whose bytes have no form in JSONata"
}

func Negations(c flow.Context, in Item) (float64, error) {
	in.Small = -in.Small // want "arithmetic on int8 wraps or rounds in Go, and does not in JSONata; use int"
	f := float32(0.1)
	if f > 0.2 { // want "values of type float32 have no order in JSON"
		return 0, nil
	}
	return float64(f), nil // want "a float32 cannot become a float64 in JSON"
}

func NilErrors(c flow.Context, in Item) (Item, error) {
	var any1 any
	if in.Count > 1 {
		any1 = &in
	}
	if any1 == nil { // want "JSON does not tell a nil interface from one that holds nil; compare before the value becomes any"
		return in, nil
	}
	return in, problem(in)
}

func problem(in Item) error {
	var p *Serious
	if in.Count > 1 {
		p = &Serious{}
	}
	return p // want "a nil .refused.Serious makes an error that is not nil in Go, and none in JSON; return nil itself"
}

type Serious struct{}

func (*Serious) Error() string { return "serious" }

func ReturnedPointers(c flow.Context, in Item) ([]*Item, error) {
	in.Count++
	again, other := twice(in)
	again.Count = 2
	both := []*Item{again, other, raised(in)}
	return both, nil
}

func twice(in Item) (*Item, *Item) {
	in.Count++
	return &in, &in // want "this points to in, which is assigned to elsewhere" "this points to in, which is assigned to elsewhere"
}

func raised(in Item) *Item {
	raise := func() { in.Count++ }
	raise()    // want "this function assigns in, a variable around it"
	return &in // want "this points to in, which is assigned to elsewhere"
}

type Renamed struct {
	Title string `json:"title"`
	Count int
}

type Titled struct {
	Title string `json:"name"`
	Count int
}

type Covered struct {
	Titled
	Name string `json:"name"`
}

func (t Titled) heading() string { return t.Title }

func OtherNames(c flow.Context, in Renamed) (Covered, error) {
	other := Titled(in)           // want "the fields of a refused.Renamed have other names in JSON than those of a refused.Titled; copy the fields one by one"
	out := Covered{Titled: other} // want "the field Titled has a field Title that is not in the JSON of refused.Covered, where another has its name; give the fields different names in JSON"
	out.Name = out.heading()      // want "Titled.Title, which the method heading may read, is not in the JSON of refused.Covered: another field has its name"
	return out, nil
}

func Forks(c flow.Context, in Item) ([]string, error) {
	a := append(in.Tags, "a") // want "this may share memory with what is appended to in.Tags in line [0-9]+, in Go and not in JSON; append to a copy: append.slices.Clip.in.Tags., "
	in.Tags = append(in.Tags, "b")
	cut := append(in.Tags[:1], "c") // want "this writes over what in.Tags has there, in Go and not in JSON"
	var rows [][]string
	for i := range in.Count {
		rows = append(rows, append(a, strconv.Itoa(i))) // want "this may share memory with what is appended to a in line [0-9]+"
	}
	either := []string{"x"}
	if in.Count > 1 {
		return append(either, a...), nil
	} else {
		either = append(either, cut...)
	}
	return append(either, rows[0]...), nil
}

func Cuts(c flow.Context, in Item) ([]string, error) {
	first := in.Tags[:1]
	first = append(first, "a") // want "this writes over what in.Tags has there, in Go and not in JSON; append to a copy: append.slices.Clip.first., "
	all := []string{"x", "y"}
	kept := all
	all = all[:1]
	all = append(all, "z")                             // want "all"
	return append(kept, append(first, all...)...), nil // want "this writes over"
}

func FailedParallel(c flow.Context, in Item) (Item, error) {
	var a Item
	b := "none"
	err := flow.Parallel(c,
		func(c flow.Context) (err error) { a, err = flow.Call(c, Handle, in); return err },
		func(c flow.Context) error { b = "set"; return nil },
	)
	if errors.Is(err, flow.ErrTimeout) {
		return Item{Name: b}, nil // want "b is assigned in a Parallel that may have failed here: what its branches had done by then is lost; read it only where the Parallel's error is nil"
	}
	return a, err
}

func CapturedWrites(c flow.Context, in Item) (int, error) {
	n := 0
	add := func(c flow.Context, it Item) error {
		out, err := flow.Call(c, Handle, it)
		n += out.Count
		return err
	}
	defer flow.Call(c, Handle, Item{Count: n}) // want "Go evaluates the arguments of a deferred call now, and n changes later" "n is assigned in a Parallel that may have failed here"
	err := flow.Parallel(c,
		func(c flow.Context) error { return add(c, in) },
		func(c flow.Context) error { return add(c, in) }, // want "n is assigned by two branches of this Parallel"
	)
	if err != nil {
		return 0, err
	}
	_, err = flow.Map(c, in.Tags, func(c flow.Context, tag string) (int, error) { return 0, add(c, Item{Name: tag}) }) // want "n is assigned inside the Map: iterations run at the same time"
	return n, err
}

func RefusedOnce(c flow.Context, in Item) (Item, error) {
	if _, err := time.Parse(in.Name, in.Name); err != nil { // want "time.Parse needs a constant layout"
		return in, flow.Fail("BadTime", err.Error())
	}
	return in, nil
}

var (
	stock  = map[string]int{"a": 1}
	labels = []string{"x"}
)

func init() {
	m := stock
	m["a"] = 7
	relabel(labels)
}

func relabel(list []string) { list[0] = "y" }

func HeldElsewhere(c flow.Context, in Item) (string, error) {
	in.Count = stock[in.Name] // want "stock is a package variable that changes"
	return labels[0], nil     // want "labels is a package variable that changes"
}

var overwritten = []string{"x", "y"}

func init() {
	list := overwritten
	list = append(list[:1], "z")
}

func OverwrittenBehind(c flow.Context, in Item) (string, error) {
	return overwritten[1], nil // want "overwritten is a package variable that changes"
}
