package value

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// benchDocument is a state's input as they are: objects of a handful of short members.
func benchDocument(items int) string {
	var texts []string
	for i := range items {
		texts = append(texts, fmt.Sprintf(`{"sku":"A-%d","qty":%d,"price":%d.5,"note":"say \"hi\"","tags":["x","y"],"dim":{"w":%d,"big":true}}`, i, i%7, i, i%3))
	}
	return `{"order":"o-1","items":[` + strings.Join(texts, ",") + `]}`
}

func BenchmarkJSON(b *testing.B) {
	for _, items := range []int{10, 2000} {
		text := benchDocument(items)
		v, err := Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		var x any
		if err := json.Unmarshal([]byte(text), &x); err != nil {
			b.Fatal(err)
		}
		size := fmt.Sprintf("%dKB", (len(text)+512)/1024)
		run := func(name string, do func() error) {
			b.Run(name, func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					if err := do(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		run("parse/"+size+"/stride", func() error { _, err := Parse(text); return err })
		run("parse/"+size+"/encoding-json", func() error { var x any; return json.Unmarshal([]byte(text), &x) })
		buf := make([]byte, 0, 2*len(text))
		run("print/"+size+"/stride", func() error { buf = v.AppendJSON(buf[:0]); return nil })
		run("print/"+size+"/encoding-json", func() error { _, err := json.Marshal(x); return err })
	}
}
