package graph

import (
	"cmp"
	"math"
	"slices"
)

// The layered layout of Sugiyama, Tagawa and Toda (1981), for one level of a machine: cycles are broken, vertices get layers by
// longest path, edges that cross layers get a dummy vertex on each, crossings are reduced by medians, and x coordinates are
// balanced between neighbours without breaking the order.

const (
	gapX   = 28.0 // between vertices of a layer
	gapY   = 44.0 // between layers
	sweeps = 12   // rounds of crossing reduction and of balancing
)

type point struct{ X, Y float64 }

// box is the size of something to place.
type box struct{ w, h float64 }

type vertex struct {
	box
	layer    int
	x, y     float64 // the centre
	up, down []int   // neighbours in the layers next to it
	dummy    bool
}

type link struct{ from, to int }

type layered struct {
	v      []vertex
	layers [][]int
	height []float64 // of each layer
	chains [][]int   // of each link: its vertices from top to bottom, dummies included
	turned []bool    // the link points upwards
	loops  []bool    // the link begins and ends at one vertex
}

// layout places boxes that links connect. Vertex 0 comes first. It returns the centres and, for each link, the way it takes.
func layout(boxes []box, links []link) ([]point, [][]point, box) {
	l := &layered{v: make([]vertex, len(boxes))}
	for i, b := range boxes {
		l.v[i].box = b
	}
	l.breakCycles(links)
	l.rank(links)
	l.connect(links)
	l.reduceCrossings()
	l.place()
	return l.result(links, len(boxes))
}

// breakCycles turns the links that lead back to a vertex still being visited.
func (l *layered) breakCycles(links []link) {
	l.turned, l.loops = make([]bool, len(links)), make([]bool, len(links))
	out := make([][]int, len(l.v))
	for i, e := range links {
		out[e.from] = append(out[e.from], i)
	}
	const visiting, visited = 1, 2
	state := make([]int, len(l.v))
	type frame struct{ v, next int }
	for root := range l.v {
		if state[root] != 0 {
			continue
		}
		state[root] = visiting
		stack := []frame{{v: root}}
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.next == len(out[top.v]) {
				state[top.v] = visited
				stack = stack[:len(stack)-1]
				continue
			}
			i := out[top.v][top.next]
			top.next++
			to := links[i].to
			l.loops[i] = to == links[i].from
			switch state[to] {
			case visiting:
				l.turned[i] = !l.loops[i]
			case 0:
				state[to] = visiting
				stack = append(stack, frame{v: to})
			}
		}
	}
}

// ends are a link's vertices from top to bottom.
func (l *layered) ends(links []link, i int) (top, bottom int) {
	if l.turned[i] {
		return links[i].to, links[i].from
	}
	return links[i].from, links[i].to
}

// rank gives each vertex the layer below all that lead to it.
func (l *layered) rank(links []link) {
	indegree := make([]int, len(l.v))
	out := make([][]int, len(l.v))
	for i := range links {
		if l.loops[i] {
			continue
		}
		top, bottom := l.ends(links, i)
		out[top] = append(out[top], bottom)
		indegree[bottom]++
	}
	var ready []int
	for i := range l.v {
		if indegree[i] == 0 {
			ready = append(ready, i)
		}
	}
	for len(ready) > 0 {
		v := ready[0]
		ready = ready[1:]
		for _, to := range out[v] {
			l.v[to].layer = max(l.v[to].layer, l.v[v].layer+1)
			if indegree[to]--; indegree[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
}

// connect makes the chains of links and fills the layers.
func (l *layered) connect(links []link) {
	l.chains = make([][]int, len(links))
	for i := range links {
		if l.loops[i] {
			continue
		}
		top, bottom := l.ends(links, i)
		chain := []int{top}
		for layer := l.v[top].layer + 1; layer < l.v[bottom].layer; layer++ {
			l.v = append(l.v, vertex{layer: layer, dummy: true, box: box{w: 12}})
			chain = append(chain, len(l.v)-1)
		}
		chain = append(chain, bottom)
		for j := 1; j < len(chain); j++ {
			l.v[chain[j-1]].down = append(l.v[chain[j-1]].down, chain[j])
			l.v[chain[j]].up = append(l.v[chain[j]].up, chain[j-1])
		}
		l.chains[i] = chain
	}
	for i := range l.v {
		for len(l.layers) <= l.v[i].layer {
			l.layers = append(l.layers, nil)
		}
		l.layers[l.v[i].layer] = append(l.layers[l.v[i].layer], i)
	}
}

// reduceCrossings orders each layer by the medians of its neighbours, downwards and upwards in turn, and keeps the best order.
func (l *layered) reduceCrossings() {
	position := make([]int, len(l.v))
	note := func(layer []int) {
		for i, v := range layer {
			position[v] = i
		}
	}
	for _, layer := range l.layers {
		note(layer)
	}
	best, fewest := cloneLayers(l.layers), l.crossings(position)
	for sweep := 0; sweep < sweeps && fewest > 0; sweep++ {
		for k := 1; k < len(l.layers); k++ {
			i := k
			neighbours := func(v int) []int { return l.v[v].up }
			if sweep%2 == 1 {
				i = len(l.layers) - 1 - k
				neighbours = func(v int) []int { return l.v[v].down }
			}
			sortByMedian(l.layers[i], neighbours, position)
			note(l.layers[i])
		}
		if n := l.crossings(position); n < fewest {
			best, fewest = cloneLayers(l.layers), n
		}
	}
	l.layers = best
}

func cloneLayers(layers [][]int) [][]int {
	c := make([][]int, len(layers))
	for i := range layers {
		c[i] = slices.Clone(layers[i])
	}
	return c
}

func sortByMedian(layer []int, neighbours func(int) []int, position []int) {
	type weighed struct {
		v      int
		median float64
	}
	list := make([]weighed, len(layer))
	for i, v := range layer {
		list[i] = weighed{v, float64(i)} // who has no neighbours stays where it is
		at := make([]int, 0, 4)
		for _, n := range neighbours(v) {
			at = append(at, position[n])
		}
		if len(at) > 0 {
			slices.Sort(at)
			list[i].median = float64(at[(len(at)-1)/2]+at[len(at)/2]) / 2
		}
	}
	slices.SortStableFunc(list, func(a, b weighed) int { return cmp.Compare(a.median, b.median) })
	for i := range list {
		layer[i] = list[i].v
	}
}

// crossings counts the pairs of links between neighbouring layers that cross: inversions, counted by insertion.
func (l *layered) crossings(position []int) int {
	count := 0
	for _, layer := range l.layers {
		ordered := slices.Clone(layer)
		slices.SortFunc(ordered, func(a, b int) int { return position[a] - position[b] })
		var ends []int // sorted positions of the lower ends so far
		for _, v := range ordered {
			below := make([]int, len(l.v[v].down))
			for i, to := range l.v[v].down {
				below[i] = position[to]
				at, _ := slices.BinarySearch(ends, below[i]+1)
				count += len(ends) - at
			}
			ends = append(ends, below...)
			slices.Sort(ends)
		}
	}
	return count
}

// place computes coordinates.
func (l *layered) place() {
	y := 0.0
	for _, layer := range l.layers {
		height := 0.0
		for _, v := range layer {
			height = max(height, l.v[v].h)
		}
		for _, v := range layer {
			l.v[v].y = y + height/2
		}
		l.height = append(l.height, height)
		y += height + gapY
	}
	for _, layer := range l.layers {
		l.pack(layer, func(int) float64 { return 0 })
	}
	for sweep := range sweeps {
		for k := range l.layers {
			if sweep%2 == 0 {
				l.pack(l.layers[k], func(v int) float64 { return l.centre(v, l.v[v].up) })
			} else {
				l.pack(l.layers[len(l.layers)-1-k], func(v int) float64 { return l.centre(v, l.v[v].down) })
			}
		}
	}
}

// centre is where a vertex wants to be for its neighbours' sake. Dummies pull harder, so that long links run straight.
func (l *layered) centre(v int, neighbours []int) float64 {
	if len(neighbours) == 0 {
		return l.v[v].x
	}
	sum, weight := 0.0, 0.0
	for _, n := range neighbours {
		w := 1.0
		if l.v[n].dummy && l.v[v].dummy {
			w = 4
		}
		sum += w * l.v[n].x
		weight += w
	}
	return sum / weight
}

// pack moves the vertices of a layer as near as possible to where they want to be, in their order and without overlap: neighbours
// that would collide form a block, which stands at the mean of what its members want (pool adjacent violators).
func (l *layered) pack(layer []int, wish func(int) float64) {
	type block struct {
		sum    float64 // of wishes, each less its offset in the block
		n      float64
		offset float64 // width so far
		from   int
	}
	at := func(b block) float64 { return b.sum / b.n }
	var blocks []block
	for i, v := range layer {
		b := block{sum: wish(v), n: 1, from: i}
		for len(blocks) > 0 {
			last := blocks[len(blocks)-1]
			tail := layer[b.from-1]
			distance := last.offset + (l.v[tail].w+l.v[layer[b.from]].w)/2 + gapX
			if at(last)+distance <= at(b) {
				break
			}
			b = block{sum: last.sum + b.sum - distance*b.n, n: last.n + b.n, offset: distance + b.offset, from: last.from}
			blocks = blocks[:len(blocks)-1]
		}
		blocks = append(blocks, b)
	}
	for k, b := range blocks {
		end := len(layer)
		if k+1 < len(blocks) {
			end = blocks[k+1].from
		}
		x := at(b)
		for i := b.from; i < end; i++ {
			if i > b.from {
				x += (l.v[layer[i-1]].w+l.v[layer[i]].w)/2 + gapX
			}
			l.v[layer[i]].x = x
		}
	}
}

// result moves everything to positive coordinates and reads the ways of the links off the chains.
func (l *layered) result(links []link, n int) ([]point, [][]point, box) {
	left, right, bottom := math.Inf(1), math.Inf(-1), 0.0
	for i := range l.v {
		v := &l.v[i]
		left, right = min(left, v.x-v.w/2), max(right, v.x+v.w/2)
		bottom = max(bottom, v.y+v.h/2)
	}
	centres := make([]point, n)
	for i := range l.v {
		l.v[i].x -= left
		if i < n {
			centres[i] = point{l.v[i].x, l.v[i].y}
		}
	}
	size := box{right - left, bottom}
	ways := make([][]point, len(links))
	for i, e := range links {
		if l.loops[i] {
			ways[i] = l.loop(e.from)
			size.w = max(size.w, l.v[e.from].x+l.v[e.from].w/2+gapX)
			continue
		}
		ways[i] = l.way(l.chains[i])
		if l.turned[i] {
			slices.Reverse(ways[i])
		}
	}
	return centres, ways, size
}

func (l *layered) way(chain []int) []point {
	top, bottom := l.v[chain[0]], l.v[chain[len(chain)-1]]
	way := []point{{top.x, top.y + top.h/2}}
	for _, i := range chain[1 : len(chain)-1] { // straight past the whole layer, whatever stands beside
		v := l.v[i]
		half := l.height[v.layer] / 2
		way = append(way, point{v.x, v.y - half}, point{v.x, v.y + half})
	}
	return append(way, point{bottom.x, bottom.y - bottom.h/2})
}

func (l *layered) loop(v int) []point {
	b := l.v[v]
	right := b.x + b.w/2
	return []point{{right, b.y - b.h/4}, {right + gapX*0.7, b.y - b.h/4}, {right + gapX*0.7, b.y + b.h/4}, {right, b.y + b.h/4}}
}
