package machine

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

func mustCompile(t testing.TB, definition string) *Program {
	t.Helper()
	def, err := asl.Parse(definition, "")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(def)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustParse(t testing.TB, text string) value.Value {
	t.Helper()
	v, err := value.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// echo answers each task with its input.
func echo(_ context.Context, task *Task, r Replier) { r.Succeeded(history.JSON(task.Input)) }

func runBench(b *testing.B, p *Program, input value.Value) {
	start := time.Now()
	env := &Env{StartTask: echo}
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		exec := &Execution{ARN: testARN, StartTime: start, Input: input, Express: true}
		if res := p.Run(ctx, exec, env); res.Status != Succeeded {
			b.Fatalf("%s %s: %s", res.Status, res.Error, res.Cause)
		}
	}
}

func perSecond(b *testing.B, n int, unit string) {
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), unit)
}

// payload is a JSON object of about n bytes.
func payload(n int) string {
	var b strings.Builder
	b.WriteString(`{"id":"order-1","n":0,"total":1200.5,"items":[`)
	for i := 0; b.Len() < n-60; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"sku":"sku-%d","quantity":%d,"price":9.99}`, i, i)
	}
	b.WriteString(`]}`)
	return b.String()
}

const fiveStates = `{"StartAt":"A","States":{
	"A":{"Type":"Pass","Next":"B"},
	"B":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":"f","Payload.$":"$"},"ResultSelector":{"id.$":"$.Payload.id"},"ResultPath":"$.task","Next":"C"},
	"C":{"Type":"Choice","Choices":[{"Variable":"$.total","NumericGreaterThan":1000,"Next":"D"}],"Default":"E"},
	"D":{"Type":"Pass","Parameters":{"id.$":"$.id","total.$":"$.total","large":true},"ResultPath":"$.summary","Next":"E"},
	"E":{"Type":"Succeed"}}}`

const fiveStatesJSONata = `{"QueryLanguage":"JSONata","StartAt":"A","States":{
	"A":{"Type":"Pass","Assign":{"id":"{% $states.input.id %}"},"Next":"B"},
	"B":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"FunctionName":"f","Payload":"{% $states.input %}"},"Output":"{% $states.result.Payload %}","Next":"C"},
	"C":{"Type":"Choice","Choices":[{"Condition":"{% $states.input.total > 1000 %}","Next":"D"}],"Default":"E"},
	"D":{"Type":"Pass","Output":{"id":"{% $id %}","total":"{% $states.input.total %}","large":true},"Next":"E"},
	"E":{"Type":"Succeed"}}}`

// BenchmarkExpress is a 5-state Express workflow with a payload of 1 KB, decoded and encoded. Goal: 100,000/s on two cores.
func BenchmarkExpress(b *testing.B) {
	for name, definition := range map[string]string{"JSONPath": fiveStates, "JSONata": fiveStatesJSONata} {
		b.Run(name, func(b *testing.B) {
			p := mustCompile(b, definition)
			text := payload(1024)
			env := &Env{StartTask: echo}
			start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				var out []byte
				for pb.Next() {
					input, _ := value.Parse(text)
					res := p.Run(context.Background(), &Execution{ARN: testARN, StartTime: start, Input: input, Express: true}, env)
					if res.Status != Succeeded {
						b.Fatalf("%s %s: %s", res.Status, res.Error, res.Cause)
					}
					out = res.Output.AppendJSON(out[:0])
				}
			})
			perSecond(b, 1, "executions/s")
		})
	}
}

// BenchmarkByHand is what a person would write in place of the 5-state workflow, with encoding/json and structs. Goal: Express
// takes at most three times as long.
func BenchmarkByHand(b *testing.B) {
	type item struct {
		SKU      string  `json:"sku"`
		Quantity int     `json:"quantity"`
		Price    float64 `json:"price"`
	}
	type summary struct {
		ID    string  `json:"id"`
		Total float64 `json:"total"`
		Large bool    `json:"large"`
	}
	type order struct {
		ID      string            `json:"id"`
		N       int               `json:"n"`
		Total   float64           `json:"total"`
		Items   []item            `json:"items"`
		Task    map[string]string `json:"task"`
		Summary *summary          `json:"summary,omitempty"`
	}
	call := func(o order) map[string]string { return map[string]string{"id": o.ID} }
	text := []byte(payload(1024))
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			var o order
			if err := json.Unmarshal(text, &o); err != nil {
				b.Fatal(err)
			}
			o.Task = call(o)
			if o.Total > 1000 {
				o.Summary = &summary{o.ID, o.Total, true}
			}
			if _, err := json.Marshal(o); err != nil {
				b.Fatal(err)
			}
		}
	})
	perSecond(b, 1, "executions/s")
}

// BenchmarkStandard is the same workflow with its history kept and printed.
func BenchmarkStandard(b *testing.B) {
	p := mustCompile(b, fiveStates)
	input := mustParse(b, payload(1024))
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var events []*history.Event
	var out []byte
	env := &Env{StartTask: echo, Emit: func(e *history.Event) { events = append(events, e) }}
	b.ReportAllocs()
	for b.Loop() {
		events, out = events[:0], out[:0]
		p.Run(context.Background(), &Execution{ARN: testARN, StartTime: start, Input: input}, env)
		for _, e := range events {
			out = e.AppendAPI(out, true)
		}
	}
	perSecond(b, len(events), "events/s")
}

// BenchmarkDistributed goes over 10,000 items in child executions.
func BenchmarkDistributed(b *testing.B) {
	p := mustCompile(b, distributed("", passItem))
	items := make([]value.Value, 10_000)
	for i := range items {
		items[i] = value.OfInt(int64(i))
	}
	runBench(b, p, value.OfArray(items))
}

// BenchmarkChain is a chain of 100 Pass states. Goal: 1,000,000 transitions/s.
func BenchmarkChain(b *testing.B) {
	for _, language := range []string{"JSONPath", "JSONata"} {
		b.Run(language, func(b *testing.B) {
			var states []string
			for i := range 100 {
				end := `"End":true`
				if i < 99 {
					end = fmt.Sprintf(`"Next":"S%d"`, i+1)
				}
				states = append(states, fmt.Sprintf(`"S%d":{"Type":"Pass",%s}`, i, end))
			}
			p := mustCompile(b, `{"QueryLanguage":"`+language+`","StartAt":"S0","States":{`+strings.Join(states, ",")+`}}`)
			runBench(b, p, mustParse(b, payload(1024)))
			perSecond(b, 100, "transitions/s")
		})
	}
}

const loopJSONPath = `{"StartAt":"Add","States":{
	"Add":{"Type":"Pass","Parameters":{"n.$":"States.MathAdd($.n, 1)"},"Next":"More"},
	"More":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericLessThan":1000,"Next":"Add"}],"Default":"Done"},
	"Done":{"Type":"Succeed"}}}`

// BenchmarkLoop counts to 1000 with a Choice. Goal: 1,000,000 transitions/s.
func BenchmarkLoop(b *testing.B) {
	for name, definition := range map[string]string{
		"JSONPath": loopJSONPath,
		"JSONata": `{"QueryLanguage":"JSONata","StartAt":"Init","States":{
			"Init":{"Type":"Pass","Assign":{"n":0},"Next":"Add"},
			"Add":{"Type":"Pass","Assign":{"n":"{% $n + 1 %}"},"Next":"More"},
			"More":{"Type":"Choice","Choices":[{"Condition":"{% $n < 1000 %}","Next":"Add"}],"Default":"Done"},
			"Done":{"Type":"Succeed"}}}`,
	} {
		b.Run(name, func(b *testing.B) {
			runBench(b, mustCompile(b, definition), mustParse(b, `{"n":0}`))
			perSecond(b, 2000, "transitions/s")
		})
	}
}

// BenchmarkMap goes over 10,000 items. Goal: 50 ms.
func BenchmarkMap(b *testing.B) {
	p := mustCompile(b, `{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true}}}`)
	items := make([]value.Value, 10_000)
	for i := range items {
		items[i] = value.OfInt(int64(i))
	}
	runBench(b, p, value.OfArray(items))
}

// BenchmarkParallel has 10 branches. Goal: 15,000 executions/s.
func BenchmarkParallel(b *testing.B) {
	branch := `{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}`
	p := mustCompile(b, `{"StartAt":"M","States":{"M":{"Type":"Parallel","Branches":[`+strings.Repeat(branch+",", 9)+branch+`],"End":true}}}`)
	runBench(b, p, mustParse(b, payload(1024)))
	perSecond(b, 1, "executions/s")
}

// BenchmarkCarry takes 200 KB through 20 states, decoded and encoded; Plain only decodes and encodes. Goal: at most twice Plain.
func BenchmarkCarry(b *testing.B) {
	var states []string
	for i := range 20 {
		end := `"End":true`
		if i < 19 {
			end = fmt.Sprintf(`"Next":"S%d"`, i+1)
		}
		states = append(states, fmt.Sprintf(`"S%d":{"Type":"Pass","Result":%d,"ResultPath":"$.n",%s}`, i, i, end))
	}
	p := mustCompile(b, `{"StartAt":"S0","States":{`+strings.Join(states, ",")+`}}`)
	text := payload(200_000)
	var out []byte
	b.Run("Plain", func(b *testing.B) {
		for b.Loop() {
			out = mustParse(b, text).AppendJSON(out[:0])
		}
	})
	b.Run("TwentyStates", func(b *testing.B) {
		for b.Loop() {
			res := p.Run(context.Background(), &Execution{ARN: testARN, StartTime: time.Unix(0, 0), Input: mustParse(b, text)}, nil)
			out = res.Output.AppendJSON(out[:0])
		}
	})
}
