package graph

import (
	"math"
	"slices"
)

// The x coordinates of Brandes and Köpf, "Fast and Simple Horizontal Coordinate Assignment" (2001): vertices are aligned with a
// median neighbour into blocks, and blocks packed, four times: towards the upper and the lower neighbours, from the left and from
// the right. The mean of the two middle results is taken. So long links run straight, and nothing overlaps.

// alignment is one of the four.
type alignment struct {
	l          *layered
	layers     [][]int // in the order in which they are aligned, each from the side from which it is packed
	neighbours func(v int) []arc
	position   []int // of each vertex in its layer
	root       []int // of each vertex: the first of its block
	next       []int // of each vertex: the one below in its block, the root below the last
	x          []float64
}

// columns are the x coordinates of all vertices.
func (l *layered) columns() []float64 {
	conflicts := l.conflicts()
	var all [4][]float64
	for i := range all {
		a := &alignment{l: l, layers: cloneLayers(l.layers), neighbours: func(v int) []arc { return l.v[v].up }}
		if i >= 2 {
			slices.Reverse(a.layers)
			a.neighbours = func(v int) []arc { return l.v[v].down }
		}
		fromRight := i%2 == 1
		if fromRight {
			for _, layer := range a.layers {
				slices.Reverse(layer)
			}
		}
		a.align(conflicts)
		a.pack()
		if fromRight {
			for v := range a.x {
				a.x[v] = -a.x[v]
			}
		}
		all[i] = a.x
	}
	l.match(&all)
	x := make([]float64, len(l.v))
	for v := range x {
		four := []float64{all[0][v], all[1][v], all[2][v], all[3][v]}
		slices.Sort(four)
		x[v] = (four[1] + four[2]) / 2
	}
	return x
}

// match moves the four results so that they stand where the narrowest does: those from the left at its left, the others at its right.
func (l *layered) match(all *[4][]float64) {
	var left, right [4]float64
	narrowest := 0
	for i, x := range all {
		left[i], right[i] = math.Inf(1), math.Inf(-1)
		for v := range x {
			left[i], right[i] = min(left[i], x[v]-l.v[v].w/2), max(right[i], x[v]+l.v[v].w/2)
		}
		if right[i]-left[i] < right[narrowest]-left[narrowest] {
			narrowest = i
		}
	}
	for i, x := range all {
		by := left[narrowest] - left[i]
		if i%2 == 1 {
			by = right[narrowest] - right[i]
		}
		for v := range x {
			x[v] += by
		}
	}
}

// conflicts are the links between neighbouring layers that cross a part of a long link, which is to run straight.
func (l *layered) conflicts() map[[2]int]bool {
	position := l.positions(l.layers)
	found := map[[2]int]bool{}
	for i := 1; i < len(l.layers); i++ {
		left, from := 0, 0
		for k, v := range l.layers[i] {
			inner := l.inner(v)
			if inner < 0 && k < len(l.layers[i])-1 {
				continue
			}
			right := len(l.layers[i-1])
			if inner >= 0 {
				right = position[inner]
			}
			for _, u := range l.layers[i][from : k+1] {
				for _, a := range l.v[u].up {
					if at := position[a.to]; (at < left || at > right) && !(l.v[u].dummy && l.v[a.to].dummy) {
						found[[2]int{a.to, u}] = true
					}
				}
			}
			left, from = right, k+1
		}
	}
	return found
}

// inner is the dummy above the dummy v, -1 where there are no two.
func (l *layered) inner(v int) int {
	if l.v[v].dummy && len(l.v[v].up) > 0 && l.v[l.v[v].up[0].to].dummy {
		return l.v[v].up[0].to
	}
	return -1
}

func (l *layered) positions(layers [][]int) []int {
	position := make([]int, len(l.v))
	for _, layer := range layers {
		for i, v := range layer {
			position[v] = i
		}
	}
	return position
}

// align makes the blocks: a vertex joins the block of a median neighbour, unless that would cross another block's link.
func (a *alignment) align(conflicts map[[2]int]bool) {
	a.position = a.l.positions(a.layers)
	a.root, a.next = make([]int, len(a.l.v)), make([]int, len(a.l.v))
	for v := range a.root {
		a.root[v], a.next[v] = v, v
	}
	for _, layer := range a.layers {
		last := -1
		for _, v := range layer {
			for _, w := range a.medians(v) {
				crosses := conflicts[[2]int{w, v}] || conflicts[[2]int{v, w}]
				if a.next[v] == v && last < a.position[w] && !crosses {
					a.next[w], a.root[v] = v, a.root[w]
					a.next[v] = a.root[v]
					last = a.position[w]
				}
			}
		}
	}
}

// medians are the one or two neighbours in the middle of those on the main way, of all where there is none.
func (a *alignment) medians(v int) []int {
	var on, all []int
	for _, n := range a.neighbours(v) {
		all = append(all, n.to)
		if !n.side {
			on = append(on, n.to)
		}
	}
	if len(on) == 0 {
		on = all
	}
	if len(on) == 0 {
		return nil
	}
	slices.SortFunc(on, func(x, y int) int { return a.position[x] - a.position[y] })
	return on[(len(on)-1)/2 : len(on)/2+1]
}

// pack places the blocks as far to the left as those beside them let it, then moves each to the right up to its next one.
func (a *alignment) pack() {
	type side struct {
		block int
		apart float64
	}
	left, right := make([][]side, len(a.root)), make([][]side, len(a.root))
	for _, layer := range a.layers {
		for i := 1; i < len(layer); i++ {
			u, v := layer[i-1], layer[i]
			apart := (a.l.v[u].w+a.l.v[v].w)/2 + a.l.apart(u, v)
			left[a.root[v]] = append(left[a.root[v]], side{a.root[u], apart})
			right[a.root[u]] = append(right[a.root[u]], side{a.root[v], apart})
		}
	}
	at := make([]float64, len(a.root))
	order := a.order(func(b int) []int {
		var list []int
		for _, s := range left[b] {
			list = append(list, s.block)
		}
		return list
	})
	for _, b := range order {
		for _, s := range left[b] {
			at[b] = max(at[b], at[s.block]+s.apart)
		}
	}
	for _, b := range slices.Backward(order) {
		free := math.Inf(1)
		for _, s := range right[b] {
			free = min(free, at[s.block]-s.apart)
		}
		if !math.IsInf(free, 1) {
			at[b] = max(at[b], free)
		}
	}
	a.x = make([]float64, len(a.root))
	for v := range a.x {
		a.x[v] = at[a.root[v]]
	}
}

// order are the blocks, each after those that are left of it.
func (a *alignment) order(left func(block int) []int) []int {
	var order []int
	seen := make([]bool, len(a.root))
	var visit func(b int)
	visit = func(b int) {
		if seen[b] {
			return
		}
		seen[b] = true
		for _, other := range left(b) {
			visit(other)
		}
		order = append(order, b)
	}
	for v, root := range a.root {
		if v == root {
			visit(v)
		}
	}
	return order
}

// apart is the space between two neighbours in a layer: links that pass need less than states.
func (l *layered) apart(u, v int) float64 {
	if l.v[u].dummy && l.v[v].dummy {
		return gapX / 2
	}
	return gapX
}
