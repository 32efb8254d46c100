package history

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/stride-aws/stride/internal/value"
)

// Packed is the history of an execution that is over, in a fraction of its memory: what an event says beside its texts takes some
// ten bytes, and a payload that many events carry is kept once. Any page of it is unpacked in the same time.
type Packed struct {
	n      int
	start  time.Time
	data   []byte
	index  []uint32 // where in data every pageOf-th event begins
	texts  []Text
	names  []string
	assign [][]value.Member
}

// pageOf is how many events lie between two entries of a Packed's index.
const pageOf = 64

// Pack packs events, which must be in order.
func Pack(events []*Event) *Packed {
	p := &packer{Packed: &Packed{n: len(events)}}
	if len(events) > 0 {
		p.start = events[0].Time
	}
	for i, e := range events {
		if i%pageOf == 0 {
			p.index = append(p.index, uint32(len(p.data)))
		}
		p.event(e)
	}
	p.data = slices.Clip(p.data)
	p.texts, p.names = slices.Clip(p.texts), slices.Clip(p.names)
	return p.Packed
}

// Len is how many events there are.
func (p *Packed) Len() int { return p.n }

// Events are the events from i up to j.
func (p *Packed) Events(i, j int) []*Event {
	if j = min(j, p.n); i >= j {
		return nil
	}
	r := &unpacker{Packed: p, at: int(p.index[i/pageOf])}
	for range i % pageOf {
		r.event()
	}
	events := make([]*Event, j-i)
	for k := range events {
		events[k] = r.event()
	}
	return events
}

// The fields of Details, by type, in the order of their bits.
func (d *Details) packedNames() [12]*string {
	return [...]*string{&d.Name, &d.RoleARN, &d.AliasARN, &d.VersionARN, &d.Resource, &d.ResourceType, &d.Region, &d.CredentialsARN,
		&d.WorkerName, &d.MapRunARN, &d.Location, &d.State}
}

func (d *Details) packedTexts() [5]*Text {
	return [...]*Text{&d.Input, &d.Output, &d.Parameters, &d.Error, &d.Cause}
}

func (d *Details) packedNumbers() [5]*int64 {
	return [...]*int64{&d.Index, &d.Length, &d.TimeoutSeconds, &d.HeartbeatSeconds, &d.RedriveCount}
}

// Bits of an event's mask: names from 0, texts from 12, numbers from 17.
const (
	textBits    = 12
	numberBits  = 17
	assignBit   = 22
	detailsBit  = 23
	lookBack    = 8 // texts that are searched for one that is the same
	lookBackAll = 64
)

type packer struct{ *Packed }

func (p *packer) number(n int64) { p.data = binary.AppendVarint(p.data, n) }

func (p *packer) event(e *Event) {
	p.number(e.ID)
	p.number(e.PreviousID)
	p.number(int64(e.Time.Sub(p.start)))
	p.number(p.name(string(e.Type)))
	d := e.Details
	if d == nil {
		p.number(0)
		return
	}
	names, texts, numbers := d.packedNames(), d.packedTexts(), d.packedNumbers()
	mask := int64(1) << detailsBit
	for i, s := range names {
		if *s != "" {
			mask |= 1 << i
		}
	}
	for i, t := range texts {
		if t.Present() {
			mask |= 1 << (textBits + i)
		}
	}
	for i, n := range numbers {
		if *n != 0 {
			mask |= 1 << (numberBits + i)
		}
	}
	if len(d.AssignedVariables) > 0 {
		mask |= 1 << assignBit
	}
	p.number(mask)
	p.fields(mask, d)
}

func (p *packer) fields(mask int64, d *Details) {
	for i, s := range d.packedNames() {
		if mask&(1<<i) != 0 {
			p.number(p.name(*s))
		}
	}
	for i, t := range d.packedTexts() {
		if mask&(1<<(textBits+i)) != 0 {
			p.number(p.text(*t))
		}
	}
	for i, n := range d.packedNumbers() {
		if mask&(1<<(numberBits+i)) != 0 {
			p.number(*n)
		}
	}
	if mask&(1<<assignBit) != 0 {
		p.assign = append(p.assign, d.AssignedVariables)
		p.number(int64(len(p.assign) - 1))
	}
}

func (p *packer) name(s string) int64 {
	from := max(0, len(p.names)-lookBackAll)
	if i := slices.Index(p.names[from:], s); i >= 0 {
		return int64(from + i)
	}
	p.names = append(p.names, s)
	return int64(len(p.names) - 1)
}

// text finds a text that is the same value, not merely an equal one: comparing payloads would cost more than it saves.
func (p *packer) text(t Text) int64 {
	from := max(0, len(p.texts)-lookBack)
	if i := slices.Index(p.texts[from:], t); i >= 0 {
		return int64(from + i)
	}
	p.texts = append(p.texts, t)
	return int64(len(p.texts) - 1)
}

type unpacker struct {
	*Packed
	at int
}

func (r *unpacker) number() int64 {
	n, size := binary.Varint(r.data[r.at:])
	r.at += size
	return n
}

func (r *unpacker) event() *Event {
	e := &Event{ID: r.number(), PreviousID: r.number()}
	e.Time = r.start.Add(time.Duration(r.number()))
	e.Type = Type(r.names[r.number()])
	mask := r.number()
	if mask == 0 {
		return e
	}
	d := &Details{}
	e.Details = d
	for i, s := range d.packedNames() {
		if mask&(1<<i) != 0 {
			*s = r.names[r.number()]
		}
	}
	for i, t := range d.packedTexts() {
		if mask&(1<<(textBits+i)) != 0 {
			*t = r.texts[r.number()]
		}
	}
	for i, n := range d.packedNumbers() {
		if mask&(1<<(numberBits+i)) != 0 {
			*n = r.number()
		}
	}
	if mask&(1<<assignBit) != 0 {
		d.AssignedVariables = r.assign[r.number()]
	}
	return e
}
