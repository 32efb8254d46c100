package jsonata

import (
	"github.com/stride-aws/stride/internal/jsonata/picture"
	"github.com/stride-aws/stride/internal/value"
)

var timeFunctions = []definition{
	{"now", "<s?s?:s>", 2, now},
	{"millis", "<:n>", 0, millis},
	{"toMillis", "<s-s?:n>", 2, toMillis},
	{"fromMillis", "<n-s?s?:s>", 3, fromMillis},
}

func now(r *run, args []value.Value) (value.Value, error) {
	return r.formatTime(float64(r.now().UnixMilli()), argument(args, 0), argument(args, 1))
}

func millis(r *run, _ []value.Value) (value.Value, error) {
	return value.OfFloat(float64(r.now().UnixMilli())), nil
}

func fromMillis(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	return r.formatTime(args[0].Float(), argument(args, 1), argument(args, 2))
}

func (r *run) formatTime(millis float64, pic, zone value.Value) (value.Value, error) {
	if err := r.take(pictureSize * len(pic.Str())); err != nil {
		return nothing, err
	}
	p, z := picture.ISO8601, picture.UTC
	if pic.Defined() {
		p = pic.Str()
	}
	if zone.Defined() {
		z = zone.Str()
	}
	s, err := picture.FormatDateTime(millis, p, z)
	return value.OfString(s), pictureError(err)
}

func toMillis(r *run, args []value.Value) (value.Value, error) {
	if !args[0].Defined() {
		return nothing, nil
	}
	pic := argument(args, 1)
	if err := r.take(pictureSize * (len(args[0].Str()) + len(pic.Str()))); err != nil {
		return nothing, err
	}
	if !pic.Defined() {
		ms, err := picture.ParseISO8601(args[0].Str())
		return number(ms), pictureError(err)
	}
	ms, ok, err := picture.ParseDateTime(args[0].Str(), pic.Str(), float64(r.now().UnixMilli()))
	if !ok || err != nil {
		return nothing, pictureError(err)
	}
	return number(ms), nil
}
