package flow

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/stride-aws/stride/flow/internal/native"
)

// Source is where MapS3 and MapToS3 have their items from: Objects, CSV, JSONArray, JSONLines, Inventory, Items, or one of these
// InBatches. AWS: ItemReader and ItemBatcher.
type Source[T any] struct {
	read func(*native.Run) ([]T, error)
}

// Object is an S3 object of a listing.
type Object struct {
	Key          string `json:"Key"`
	Size         int    `json:"Size"` // bytes
	ETag         string `json:"Etag"`
	LastModified int    `json:"LastModified"` // seconds since 1970
	StorageClass string `json:"StorageClass"`
}

// Objects are the objects of a bucket whose keys begin with prefix. AWS: s3:listObjectsV2.
func Objects(bucket, prefix string) Source[Object] {
	return Source[Object]{func(run *native.Run) ([]Object, error) {
		var page struct{ Contents []Object }
		err := storage(run, "s3:listObjectsV2", map[string]string{"Bucket": bucket, "Prefix": prefix}, &page)
		return page.Contents, err
	}}
}

// CSV are the rows of a file. Its first line names the columns, unless headers does. T is a struct of strings, or a
// map[string]string: every cell is text.
func CSV[T any](bucket, key string, headers ...string) Source[T] {
	return Source[T]{func(run *native.Run) ([]T, error) {
		text, err := fetch(run, bucket, key)
		if err != nil {
			return nil, err
		}
		return rows[T](text, headers)
	}}
}

func rows[T any](text string, headers []string) ([]T, error) {
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(headers) == 0 && len(records) > 0 {
		headers, records = records[0], records[1:]
	}
	var items []T
	for _, record := range records {
		cells := map[string]string{}
		for i, cell := range record {
			if i < len(headers) {
				cells[headers[i]] = cell
			}
		}
		item, err := convert[T](cells)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// convert is v as JSON makes a T of it.
func convert[T any](v any) (T, error) {
	var out T
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	return out, err
}

// JSONArray are the items of a file that is one JSON array.
func JSONArray[T any](bucket, key string) Source[T] {
	return Source[T]{func(run *native.Run) ([]T, error) {
		text, err := fetch(run, bucket, key)
		if err != nil {
			return nil, err
		}
		var items []T
		if err := json.Unmarshal([]byte(text), &items); err != nil {
			return nil, &Failure{Name: string(ErrItemReader), Cause: err.Error()}
		}
		return items, nil
	}}
}

// JSONLines are the lines of a file, each of which is JSON.
func JSONLines[T any](bucket, key string) Source[T] {
	return Source[T]{func(run *native.Run) ([]T, error) {
		text, err := fetch(run, bucket, key)
		if err != nil {
			return nil, err
		}
		var items []T
		for line := range strings.Lines(text) {
			var item T
			if strings.TrimSpace(line) == "" {
				continue
			}
			if err := json.Unmarshal([]byte(line), &item); err != nil {
				return nil, &Failure{Name: string(ErrItemReader), Cause: err.Error()}
			}
			items = append(items, item)
		}
		return items, nil
	}}
}

// Inventory are the rows that the files of an S3 inventory's manifest.json hold; T is as for CSV.
func Inventory[T any](bucket, manifest string) Source[T] {
	return Source[T]{func(run *native.Run) ([]T, error) {
		text, err := fetch(run, bucket, manifest)
		if err != nil {
			return nil, err
		}
		var m struct {
			FileSchema string `json:"fileSchema"`
			Files      []struct {
				Key string `json:"key"`
			} `json:"files"`
		}
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			return nil, fmt.Errorf("manifest %s/%s: %w", bucket, manifest, err)
		}
		headers := strings.Split(strings.ReplaceAll(m.FileSchema, " ", ""), ",")
		var items []T
		for _, file := range m.Files {
			text, err := fetch(run, bucket, file.Key)
			if err != nil {
				return nil, err
			}
			more, err := rows[T](text, headers)
			if err != nil {
				return nil, err
			}
			items = append(items, more...)
		}
		return items, nil
	}}
}

// Items are the items of a slice.
func Items[T any](items []T) Source[T] {
	return Source[T]{func(*native.Run) ([]T, error) { return items, nil }}
}

// InBatches are the items of a source in groups of at most n. AWS: ItemBatcher, MaxItemsPerBatch.
func InBatches[T any](from Source[T], n int) Source[[]T] {
	return Source[[]T]{func(run *native.Run) ([][]T, error) {
		items, err := from.read(run)
		if err != nil {
			return nil, err
		}
		return slices.Collect(slices.Chunk(items, n)), nil
	}}
}

// MapS3 is Distributed over the items of a source, which Step Functions itself reads: up to millions, none of which has to fit
// into the workflow. Not in Express workflows. AWS: Map state, DISTRIBUTED, with an ItemReader.
func MapS3[T, O any](c Context, from Source[T], fn func(Context, T) (O, error), opts ...Option) ([]O, error) {
	items, err := from.read(c.run)
	if err != nil {
		return nil, err
	}
	return Distributed(c, first(items, opts), fn, opts...)
}

// first is the items that MaxItems lets through.
func first[T any](items []T, opts []Option) []T {
	if n := settings(opts).MaxItems; n > 0 && n < len(items) {
		return items[:n]
	}
	return items
}

// Results is a place in S3 for the results of MapToS3.
type Results struct{ Bucket, Prefix string }

// Written says where MapToS3 has put its results: Key is the manifest, which names the files.
type Written struct{ Bucket, Key string }

// mapRunID is the id of every map run natively, and in tests.
const mapRunID = "00000000-0000-4000-8000-000000000000"

// MapToS3 is MapS3 whose results Step Functions writes to S3, where they have no limit. AWS: ResultWriter.
func MapToS3[T, O any](c Context, from Source[T], fn func(Context, T) (O, error), to Results, opts ...Option) (Written, error) {
	var w Written
	if _, err := MapS3(c, from, fn, opts...); err != nil {
		return w, err
	}
	w.Bucket, w.Key = to.Bucket, mapRunID+"/manifest.json"
	if to.Prefix != "" {
		w.Key = strings.TrimSuffix(to.Prefix, "/") + "/" + w.Key
	}
	return w, nil
}
