package cloudwatch

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/stride-aws/stride/internal/epoch"
	"github.com/stride-aws/stride/internal/server/wire"
	"github.com/stride-aws/stride/internal/store"
)

// Dimension is part of a metric's name.
type Dimension struct{ Name, Value string }

// point is what was measured within a second, which is the shortest period: several values, or one. at is when the last was.
type point struct {
	at               time.Time
	sum, least, most float64
	count            float64
}

// mostPoints is how many seconds with values a metric keeps.
const mostPoints = 100_000

func key(namespace, name string, dimensions []Dimension) string {
	if len(dimensions) > 1 {
		dimensions = slices.SortedFunc(slices.Values(dimensions), func(a, b Dimension) int { return strings.Compare(a.Name, b.Name) })
	}
	key := namespace + "\x00" + name
	for _, d := range dimensions {
		key += "\x00" + d.Name + "\x00" + d.Value
	}
	return key
}

func (a *alarm) key() string { return key(a.Namespace, a.MetricName, a.Dimensions) }

// Put adds a measurement, as services do for their own metrics.
func (s *Service) Put(account, region, namespace, name string, dimensions []Dimension, at time.Time, v float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(scope{account, region}, key(namespace, name, dimensions), point{at, v, v, v, 1})
}

// put adds a measurement to a metric, and files it. s.mu is held.
func (s *Service) put(in scope, key string, p point) {
	sum, dropped := s.at(in.account, in.name).put(key, p)
	changes := []store.Change{sum.change(in, key)}
	for _, old := range dropped {
		changes = append(changes, store.Change{Table: pointTable, Key: old.key(in, key)})
	}
	s.store.Write(changes...)
}

// put adds p to what was measured in its second, and returns that, and what there is no room for any more.
func (r *region) put(key string, p point) (sum point, dropped []point) {
	points := r.metrics[key]
	i, found := slices.BinarySearchFunc(points, p, func(a, b point) int { return cmp.Compare(a.at.Unix(), b.at.Unix()) })
	if found {
		points[i].add(p)
		return points[i], nil
	}
	points = slices.Insert(points, i, p)
	beyond := max(0, len(points)-mostPoints)
	r.metrics[key] = points[beyond:]
	return p, points[:beyond]
}

func (p *point) add(other point) {
	p.sum, p.count = p.sum+other.sum, p.count+other.count
	p.least, p.most = min(p.least, other.least), max(p.most, other.most)
	if other.at.After(p.at) {
		p.at = other.at
	}
}

type datum struct {
	MetricName      string
	Dimensions      []Dimension
	Timestamp       *epoch.Time
	Value           float64
	Values, Counts  []float64
	StatisticValues *struct{ SampleCount, Sum, Minimum, Maximum float64 }
}

// check wants numbers.
func (d *datum) check() error {
	given := append(slices.Clone(d.Values), d.Value)
	if v := d.StatisticValues; v != nil {
		given = append(given, v.SampleCount, v.Sum, v.Minimum, v.Maximum)
	}
	for _, v := range given {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return wire.Errorf("InvalidParameterValue", "The value %v for parameter MetricData.member.1.Value is invalid.", v)
		}
	}
	return nil
}

// points are what d says of the time at: statistics or a value, and values, each as often as it was counted.
func (d *datum) points(at time.Time) []point {
	var points []point
	switch v := d.StatisticValues; {
	case v != nil:
		points = append(points, point{at, v.Sum, v.Minimum, v.Maximum, v.SampleCount})
	case len(d.Values) == 0:
		points = append(points, point{at, d.Value, d.Value, d.Value, 1})
	}
	for i, v := range d.Values {
		n := 1.0
		if i < len(d.Counts) {
			n = d.Counts[i]
		}
		points = append(points, point{at, v * n, v, v, n})
	}
	return points
}

func (s *Service) putData(c *wire.Call, in *struct {
	Namespace  string
	MetricData []datum
}) (any, error) {
	if in.Namespace == "" || strings.HasPrefix(in.Namespace, "AWS/") {
		return nil, wire.Errorf("InvalidParameterValue", "The value %s for parameter Namespace is invalid.", in.Namespace)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range in.MetricData {
		if err := d.check(); err != nil {
			return nil, err
		}
		at := s.now()
		if d.Timestamp != nil {
			at = d.Timestamp.Time
		}
		for _, p := range d.points(at) {
			s.put(scope{c.Account, c.Region}, key(in.Namespace, d.MetricName, d.Dimensions), p)
		}
	}
	return nil, nil
}

// statistics are what a period's points come to.
var statistics = map[string]func(point) float64{
	"Sum":         func(p point) float64 { return p.sum },
	"SampleCount": func(p point) float64 { return p.count },
	"Average":     func(p point) float64 { return p.sum / p.count },
	"Minimum":     func(p point) float64 { return p.least },
	"Maximum":     func(p point) float64 { return p.most },
}

var compare = map[string]func(v, threshold float64) bool{
	"GreaterThanThreshold":          func(v, t float64) bool { return v > t },
	"GreaterThanOrEqualToThreshold": func(v, t float64) bool { return v >= t },
	"LessThanThreshold":             func(v, t float64) bool { return v < t },
	"LessThanOrEqualToThreshold":    func(v, t float64) bool { return v <= t },
}

// between is what the points from one time to before another come to; ok is false where there are none.
func between(points []point, from, to time.Time) (sum point, ok bool) {
	sum = point{at: from, least: math.Inf(1), most: math.Inf(-1)}
	for _, p := range points {
		if !p.at.Before(from) && p.at.Before(to) {
			sum.add(p)
			ok = true
		}
	}
	return sum, ok
}

// evaluate sets the state from the last periods, the one under way among them: who waits for a failure sees it at once, and not
// when its period is over. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
func (a *alarm) evaluate(points []point, now time.Time) {
	if !a.forced.IsZero() && (len(points) == 0 || !points[len(points)-1].at.After(a.forced)) {
		return
	}
	a.forced = time.Time{}
	period := time.Duration(a.Period) * time.Second
	end := now.Truncate(period).Add(period)
	breaching, missing := 0, 0
	var values []string
	for i := range a.EvaluationPeriods {
		to := end.Add(-time.Duration(i) * period)
		p, ok := between(points, to.Add(-period), to)
		if !ok {
			missing++
			continue
		}
		v := statistics[a.Statistic](p)
		if compare[a.ComparisonOperator](v, a.Threshold) {
			breaching++
			values = append(values, fmt.Sprint(v))
		}
	}
	if a.TreatMissingData == "breaching" {
		breaching += missing
	}
	needed := a.DatapointsToAlarm
	if needed == 0 {
		needed = a.EvaluationPeriods
	}
	switch {
	case breaching >= needed:
		a.become(stateAlarm, fmt.Sprintf("Threshold Crossed: %d datapoints [%s] were %s (%v).", breaching, strings.Join(values, ", "),
			words(a.ComparisonOperator), a.Threshold), now)
	case missing < a.EvaluationPeriods || a.TreatMissingData == "notBreaching":
		a.become(stateOK, fmt.Sprintf("Threshold not crossed: %d of %d datapoints breach it.", breaching, a.EvaluationPeriods), now)
	case a.TreatMissingData != "ignore":
		a.become(stateUnknown, "Insufficient Data: no datapoints were received.", now)
	}
}

// words is "greater than the threshold" of an operator.
func words(operator string) string {
	var b strings.Builder
	for _, r := range strings.TrimSuffix(operator, "Threshold") {
		if r >= 'A' && r <= 'Z' && b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String()) + " the threshold"
}

type datapoint struct {
	Timestamp                                   epoch.Time
	Sum, SampleCount, Average, Minimum, Maximum *float64
}

func (s *Service) getStatistics(c *wire.Call, in *struct {
	Namespace, MetricName string
	Dimensions            []Dimension
	StartTime, EndTime    epoch.Time
	Period                int
	Statistics            []string
}) (any, error) {
	if in.Period < 1 {
		return nil, invalid("Period must be greater than 0")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	points := s.at(c.Account, c.Region).metrics[key(in.Namespace, in.MetricName, in.Dimensions)]
	out := struct {
		Label      string
		Datapoints []datapoint
	}{in.MetricName, []datapoint{}}
	period := time.Duration(in.Period) * time.Second
	for from := in.StartTime.Truncate(period); from.Before(in.EndTime.Time); from = from.Add(period) {
		p, ok := between(points, from, from.Add(period))
		if !ok {
			continue
		}
		d := datapoint{Timestamp: epoch.Of(from)}
		for name, field := range map[string]**float64{"Sum": &d.Sum, "SampleCount": &d.SampleCount, "Average": &d.Average, "Minimum": &d.Minimum, "Maximum": &d.Maximum} {
			if slices.Contains(in.Statistics, name) {
				*field = new(statistics[name](p))
			}
		}
		out.Datapoints = append(out.Datapoints, d)
	}
	return out, nil
}
