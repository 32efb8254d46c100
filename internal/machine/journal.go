package machine

import (
	"fmt"
	"time"

	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

// Append appends the input as JSON, one object without line breaks, for a journal that is kept outside of the process.
func (in Input) Append(dst []byte) []byte {
	members := []value.Member{str("kind", string(in.Kind)), str("time", in.Time.UTC().Format(time.RFC3339Nano))}
	if in.Seq != 0 {
		members = append(members, member("seq", value.OfInt(in.Seq)))
	}
	if in.Worker != "" {
		members = append(members, str("worker", in.Worker))
	}
	if in.Output.Present() {
		members = append(members, str("output", in.Output.String()))
	}
	if f := in.Failure; f != (Failure{}) {
		members = append(members, str("error", f.Error), member("stage", value.OfInt(int64(f.Stage))))
		if f.Cause.Present() {
			members = append(members, str("cause", f.Cause.String()))
		}
	}
	if in.Update != nil {
		members = append(members, member("update", in.Update.json()))
	}
	return value.OfObject(members).AppendJSON(dst)
}

func (u *MapRunUpdate) json() value.Value {
	members := []value.Member{str("arn", u.ARN)}
	if u.MaxConcurrency != nil {
		members = append(members, member("concurrency", value.OfInt(int64(*u.MaxConcurrency))))
	}
	if u.ToleratedFailureCount != nil {
		members = append(members, member("count", value.OfInt(int64(*u.ToleratedFailureCount))))
	}
	if u.ToleratedFailurePercentage != nil {
		members = append(members, member("percentage", value.OfFloat(*u.ToleratedFailurePercentage)))
	}
	return value.OfObject(members)
}

// ParseInput reads what Append wrote.
func ParseInput(text string) (Input, error) {
	v, err := value.Parse(text)
	if err != nil {
		return Input{}, fmt.Errorf("journal entry: %w", err)
	}
	get := func(name string) value.Value { x, _ := v.Get(name); return x }
	optional := func(name string) history.Text {
		if x, ok := v.Get(name); ok {
			return history.Verbatim(x.Str())
		}
		return history.Text{}
	}
	in := Input{Kind: InputKind(get("kind").Str()), Seq: int64(get("seq").Float()), Worker: get("worker").Str(), Output: optional("output"),
		Failure: Failure{Error: get("error").Str(), Cause: optional("cause"), Stage: Stage(get("stage").Float())}}
	if in.Time, err = time.Parse(time.RFC3339Nano, get("time").Str()); err != nil || in.Kind == "" {
		return Input{}, fmt.Errorf("journal entry %.80s has no kind or time", text)
	}
	if u, ok := v.Get("update"); ok {
		in.Update = updateOf(u)
	}
	return in, nil
}

func updateOf(v value.Value) *MapRunUpdate {
	arn, _ := v.Get("arn")
	u := &MapRunUpdate{ARN: arn.Str()}
	count := func(name string) *int {
		x, ok := v.Get(name)
		if !ok {
			return nil
		}
		n := int(x.Float())
		return &n
	}
	u.MaxConcurrency, u.ToleratedFailureCount = count("concurrency"), count("count")
	if x, ok := v.Get("percentage"); ok {
		p := x.Float()
		u.ToleratedFailurePercentage = &p
	}
	return u
}
