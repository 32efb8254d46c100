package machine

import (
	"slices"
	"strings"

	"github.com/stride-aws/stride/internal/asl"
	"github.com/stride-aws/stride/internal/history"
	"github.com/stride-aws/stride/internal/value"
)

// mapSpec is what a Map does, inline or distributed.
type mapSpec struct {
	processor    *machine
	itemsPath    *pathField
	items        *template // JSONata Items
	itemSelector *template
	concurrency  *valueField
	distributed  *distributedSpec // nil: inline
}

func (c *compiler) mapSpec(s *asl.State, inJSONata bool) (*mapSpec, error) {
	m := &mapSpec{}
	var err error
	if m.processor, err = c.machine(s.Processor); err != nil {
		return nil, err
	}
	if m.itemsPath, err = compilePathField(s.ItemsPath); err != nil {
		return nil, err
	}
	if inJSONata {
		if m.items, err = compileTemplate(s.Items, true, "Items"); err != nil {
			return nil, err
		}
	}
	selector, field := s.ItemSelector, "ItemSelector"
	if !selector.Defined() {
		selector, field = s.Parameters, "Parameters"
	}
	if m.itemSelector, err = compileTemplate(selector, inJSONata, field); err != nil {
		return nil, err
	}
	if m.concurrency, err = compileValueField("MaxConcurrency", s.MaxConcurrency, s.MaxConcurrencyPath, inJSONata); err != nil {
		return nil, err
	}
	if s.Distributed() {
		m.distributed, err = c.distributedSpec(s, m, inJSONata)
	}
	return m, err
}

// startMap starts the iterations, or the map run.
func (s *strand) startMap() error {
	m := s.state.fan
	a := &activation{run: s.run, strand: s, input: s.effective}
	var items value.Value
	var err error
	if m.distributed == nil || m.distributed.reader == nil {
		if items, err = m.evalItems(a); err != nil {
			return err
		}
	}
	if d := s.data(); d != nil && m.itemsPath != nil {
		d.AfterItemsPath = items
	}
	limit, err := m.concurrency.integer(a)
	if err != nil {
		return err
	}
	if handled, err := s.inspectMap(a, items, limit); handled || err != nil {
		return err
	}
	var d *history.Details
	if s.run.recording {
		d = &history.Details{Length: int64(items.Len())}
	}
	s.prev = s.run.emit(s.prev, history.MapStateStarted, d)
	if m.distributed != nil {
		return s.startMapRun(a, items, limit)
	}
	return s.startIterations(items.Items(), limit)
}

// inspectMap does the work of a mocked Map.
func (s *strand) inspectMap(a *activation, items value.Value, limit int) (bool, error) {
	d := s.data()
	if d == nil {
		return false, nil
	}
	d.MaxConcurrency = &limit
	if err := s.inspectItems(a, d, items); err != nil {
		return true, err
	}
	if spec := s.state.fan.distributed; spec != nil {
		count, err := spec.toleratedCount.integer(a)
		if err != nil {
			return true, err
		}
		percent, err := spec.toleratedPercentage.percentage(a)
		if err != nil {
			return true, err
		}
		if spec.toleratedCount != nil {
			d.ToleratedFailureCount = &count
		}
		if spec.toleratedPercentage != nil {
			d.ToleratedFailurePercentage = &percent
		}
	}
	return s.inspected()
}

// inspectItems notes what a Map makes of its items. AWS: InspectionData, afterItemsPointer, afterItemSelector, afterItemBatcher.
func (s *strand) inspectItems(a *activation, d *Inspection, items value.Value) error {
	m := s.state.fan
	if m.distributed != nil && m.distributed.reader != nil {
		items = s.run.inspector.test.ReaderData
		if pointer := m.distributed.reader.text("ItemsPointer"); pointer != "" && items.Defined() {
			items = atPointer(items, pointer)
			d.AfterItemsPointer = items
		}
	}
	list := slices.Clone(itemList(items))
	if m.itemSelector != nil && items.Defined() {
		for i, item := range mapItems(items, "") {
			input, err := m.itemInput(s, &item)
			if err != nil {
				return err
			}
			list[i] = input
		}
		d.AfterItemSelector = value.OfArray(list)
	}
	if m.distributed == nil || m.distributed.batcher == nil || !items.Defined() {
		return nil
	}
	batches, err := m.distributed.batcher.batch(a, list)
	d.AfterItemBatcher = value.OfArray(batches)
	return err
}

// evalItems is the array that the Map goes over. In a distributed Map it may also be an object.
func (m *mapSpec) evalItems(a *activation) (value.Value, error) {
	switch {
	case m.items != nil:
		return m.evalItemsField(a)
	case a.strand.state.jsonata:
		if a.input.Kind() != value.Array {
			return a.input, &queryError{reason: "Map state input must be an array but was: " + a.input.String()}
		}
		return a.input, nil
	}
	items, path := a.input, "$"
	if m.itemsPath != nil {
		v, err := m.itemsPath.eval(a)
		if err != nil {
			return v, err
		}
		items = v
		path = strings.TrimPrefix(m.itemsPath.path.text, "$") // a path into the context object shows one '$'
		if !strings.HasPrefix(path, "$") {
			path = "$" + path
		}
	}
	if items.Kind() != value.Array && !(m.distributed != nil && items.Kind() == value.Object) {
		return items, runtimeErrorf("Reference path \"%s\" must point to array.", path)
	}
	return items, nil
}

func (m *mapSpec) evalItemsField(a *activation) (value.Value, error) {
	v, err := m.items.eval(a)
	if err != nil || v.Kind() == value.Array || m.distributed != nil && v.Kind() == value.Object {
		return v, err
	}
	if j, ok := m.items.expr.(*jsonataExpr); ok {
		return v, unexpectedType(j, "array", v)
	}
	return v, &queryError{reason: "Map state input must be an array but was: " + v.String()}
}

// itemInput is what an iteration gets for its item.
func (m *mapSpec) itemInput(s *strand, item *mapItem) (value.Value, error) {
	if m.itemSelector == nil {
		return item.input, nil
	}
	return m.itemSelector.eval(&activation{run: s.run, strand: s, input: s.effective, item: item})
}
