package machine

import (
	"strconv"
	"strings"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

// writerSpec is ResultWriter: where the results of a distributed Map go, and in which form.
type writerSpec struct {
	resource       string // "": the results stay in the state's output
	arguments      *template
	transformation string // NONE, COMPACT, FLATTEN
	lines          bool   // JSONL
}

func compileWriter(v value.Value, inJSONata bool) (*writerSpec, error) {
	if v.Kind() != value.Object || v.Len() == 0 {
		return nil, nil
	}
	resource, _ := v.Get("Resource")
	config, _ := v.Get("WriterConfig")
	form, _ := config.Get("OutputType")
	transformation, _ := config.Get("Transformation")
	w := &writerSpec{resource: resource.Str(), transformation: transformation.Str(), lines: form.Str() == "JSONL"}
	if w.transformation == "" {
		w.transformation = "COMPACT"
		if w.exports() {
			w.transformation = "NONE"
		}
	}
	var err error
	w.arguments, err = argumentsOf(v, inJSONata, "ResultWriter")
	return w, err
}

func (w *writerSpec) exports() bool { return w != nil && w.resource != "" }

// transform is the results in the form that WriterConfig asks for; a Map without a ResultWriter has them COMPACT. AWS:
// "ResultWriter (Map)": NONE keeps what is known of each child execution, COMPACT its output, FLATTEN also the items of outputs
// that are arrays; of a child that failed, all keep what NONE does.
func (w *writerSpec) transform(children []childRun) []value.Value {
	transformation := "COMPACT"
	if w != nil {
		transformation = w.transformation
	}
	out := make([]value.Value, 0, len(children))
	for i := range children {
		c := &children[i]
		switch v := c.result.Output; {
		case transformation == "NONE" || c.result.Status != Succeeded:
			out = append(out, c.describe())
		case transformation == "FLATTEN" && v.Kind() == value.Array:
			out = append(out, v.Items()...)
		default:
			out = append(out, v)
		}
	}
	return out
}

// describe is a child execution as result files have it.
func (c *childRun) describe() value.Value {
	included := object(member("Included", value.True))
	members := []value.Member{str("ExecutionArn", c.exec.ARN), str("Input", c.exec.Input.String()), member("InputDetails", included),
		str("Name", c.exec.Name)}
	if c.result.Status == Succeeded {
		members = append(members, str("Output", c.result.Output.String()), member("OutputDetails", included))
	} else {
		members = append(members, str("Error", c.result.Error.String()), str("Cause", c.result.Cause.String()))
	}
	members = append(members, member("RedriveCount", value.OfInt(0)))
	if c.result.Status == Succeeded {
		members = append(members, str("RedriveStatus", "NOT_REDRIVABLE"),
			str("RedriveStatusReason", "Execution is SUCCEEDED and cannot be redriven"))
	} else {
		members = append(members, str("RedriveStatus", "REDRIVABLE_BY_MAP_RUN"))
	}
	return value.OfObject(append(members, str("StartDate", timestamp(c.exec.StartTime)), str("StateMachineArn", c.exec.MachineARN),
		str("Status", string(c.result.Status)), str("StopDate", timestamp(c.result.Time))))
}

// A writing is the results of a map run on their way into a bucket: one file for those that succeeded, one for those that
// failed, and the manifest that names them.
type writing struct {
	run            *mapRun
	bucket, prefix string
	todo           []value.Value // requests
	manifest       string        // its key
}

func (m *mapRun) write() {
	a := &activation{run: m.owner.run, strand: m.owner, input: m.owner.effective}
	where, err := m.spec.writer.arguments.eval(a)
	if err != nil {
		m.owner.fail(m.owner.fault(err))
		return
	}
	bucket, _ := where.Get("Bucket")
	prefix, _ := where.Get("Prefix")
	w := &writing{run: m, bucket: bucket.Str(), prefix: strings.TrimSuffix(prefix.Str(), "/")}
	if w.prefix != "" {
		w.prefix += "/"
	}
	w.prefix += m.id + "/"
	w.plan()
	w.step(history.Text{})
}

// plan lists the objects to write; the manifest is the last.
func (w *writing) plan() {
	var good, bad []childRun
	for _, c := range w.run.children {
		if c.result.Status == Succeeded {
			good = append(good, c)
		} else {
			bad = append(bad, c)
		}
	}
	files := object(member("FAILED", w.file("FAILED", bad)), member("PENDING", value.OfArray(nil)), member("SUCCEEDED", w.file("SUCCEEDED", good)))
	w.manifest = w.prefix + "manifest.json"
	w.put(w.manifest, object(str("DestinationBucket", w.bucket), str("MapRunArn", w.run.info.ARN), member("ResultFiles", files)).String())
}

// file adds a file of results and is its entry in the manifest.
func (w *writing) file(kind string, children []childRun) value.Value {
	if len(children) == 0 {
		return value.OfArray(nil)
	}
	spec := w.run.spec.writer
	results := spec.transform(children)
	key, body := w.prefix+kind+"_0.json", value.OfArray(results).String()
	if spec.lines {
		key += "l"
		lines := make([]string, len(results))
		for i, v := range results {
			lines[i] = v.String()
		}
		body = strings.Join(lines, "\n")
	}
	w.put(key, body)
	return value.OfArray([]value.Value{object(str("Key", key), member("Size", value.OfNumberText(strconv.Itoa(len(body)))))})
}

func (w *writing) put(key, body string) {
	w.todo = append(w.todo, object(str("Bucket", w.bucket), str("Key", key), str("Body", body)))
}

// step writes the next object; after the last the state has its result.
func (w *writing) step(history.Text) {
	if len(w.todo) > 0 {
		next := w.todo[0]
		w.todo = w.todo[1:]
		w.run.call(w.run.spec.writer.resource, next, w.step, w.failed)
		return
	}
	w.run.info.Items.ResultsWritten, w.run.info.Children.ResultsWritten = w.run.info.Items.Total, w.run.info.Children.Total
	w.run.succeed(object(str("MapRunArn", w.run.info.ARN),
		member("ResultWriterDetails", object(str("Bucket", w.bucket), str("Key", w.manifest)))))
}

func (w *writing) failed(f Failure) {
	cause := f.Cause
	if !cause.Present() {
		cause = history.Verbatim(f.Error)
	}
	w.run.fail(&failure{name: errResultWriter, cause: cause})
}
