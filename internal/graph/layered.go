package graph

import (
	"cmp"
	"math"
	"slices"
)

// The layered layout of Sugiyama, Tagawa and Toda (1981), for one level of a machine: cycles are broken, vertices get layers by
// longest path, edges that cross layers get a dummy vertex on each, crossings are reduced by medians and by swapping neighbours;
// columns.go computes x coordinates.

const (
	gapX     = 28.0 // between vertices of a layer
	gapY     = 44.0 // between layers
	gapLabel = 18.0 // above and below a layer that holds labels and passing links alone
	passing  = 12.0 // the width that a link takes on its way through a layer
	sweeps   = 12   // rounds of crossing reduction
)

// Point is a place in the picture.
type Point struct{ X, Y float64 }

// box is the size of something to place.
type box struct{ w, h float64 }

type vertex struct {
	box
	layer    int
	x, y     float64 // the centre
	up, down []arc   // neighbours in the layers next to it
	dummy    bool
}

// arc leads to a neighbour. One on the side need not be in line with where it comes from.
type arc struct {
	to   int
	side bool
}

type link struct {
	from, to int
	label    box  // zero where it has none
	side     bool // not the main way
}

type layered struct {
	v      []vertex
	layers [][]int
	top    []float64 // of each layer
	height []float64
	chains [][]int // of each link: its vertices from top to bottom, dummies included
	turned []bool  // the link points upwards
	loops  []bool  // the link begins and ends at one vertex
	span   int     // from a layer of states to the next: 2 where labels have layers of their own between
}

// route is the way that a link takes, and the centre of its label.
type route struct {
	way   []Point
	label Point
}

// layout places boxes that links connect. Vertex 0 comes first. It returns the centres and the route of each link.
func layout(boxes []box, links []link) ([]Point, []route, box) {
	l := &layered{v: make([]vertex, len(boxes)), span: 1}
	if slices.ContainsFunc(links, func(e link) bool { return e.label.w > 0 }) {
		l.span = 2
	}
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
			l.v[to].layer = max(l.v[to].layer, l.v[v].layer+l.span)
			if indegree[to]--; indegree[to] == 0 {
				ready = append(ready, to)
			}
		}
	}
}

// connect makes the chains of links and fills the layers.
func (l *layered) connect(links []link) {
	l.chains = make([][]int, len(links))
	for i, e := range links {
		if l.loops[i] {
			continue
		}
		l.chains[i] = l.chain(links, i)
		for j := 1; j < len(l.chains[i]); j++ {
			a, b := l.chains[i][j-1], l.chains[i][j]
			l.v[a].down, l.v[b].up = append(l.v[a].down, arc{b, e.side}), append(l.v[b].up, arc{a, e.side})
		}
	}
	for i := range l.v {
		for len(l.layers) <= l.v[i].layer {
			l.layers = append(l.layers, nil)
		}
		l.layers[l.v[i].layer] = append(l.layers[l.v[i].layer], i)
	}
}

// chain is link i's vertices from top to bottom, with a new one in each layer that it passes. The one nearest to where it begins
// holds its label.
func (l *layered) chain(links []link, i int) []int {
	top, bottom := l.ends(links, i)
	chain := []int{top}
	for layer := l.v[top].layer + 1; layer < l.v[bottom].layer; layer++ {
		l.v = append(l.v, vertex{layer: layer, dummy: true, box: box{w: passing}})
		chain = append(chain, len(l.v)-1)
	}
	chain = append(chain, bottom)
	if label := links[i].label; label.w > 0 {
		l.v[chain[l.labelled(i, len(chain))]].box = label
	}
	return chain
}

// labelled is which vertex of link i's chain of n holds its label.
func (l *layered) labelled(i, n int) int {
	if l.turned[i] {
		return n - 2
	}
	return 1
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
			neighbours := func(v int) []arc { return l.v[v].up }
			if sweep%2 == 1 {
				i = len(l.layers) - 1 - k
				neighbours = func(v int) []arc { return l.v[v].down }
			}
			sortByMedian(l.layers[i], neighbours, position)
			note(l.layers[i])
		}
		l.transpose(position)
		if n := l.crossings(position); n < fewest {
			best, fewest = cloneLayers(l.layers), n
		}
	}
	l.layers = best
}

// transpose swaps neighbours for as long as links cross less often for it.
func (l *layered) transpose(position []int) {
	for better, rounds := true, 0; better && rounds < sweeps; rounds++ {
		better = false
		for _, layer := range l.layers {
			for i := 1; i < len(layer); i++ {
				a, b := layer[i-1], layer[i]
				before := crossed(l.v[a].up, l.v[b].up, position) + crossed(l.v[a].down, l.v[b].down, position)
				after := crossed(l.v[b].up, l.v[a].up, position) + crossed(l.v[b].down, l.v[a].down, position)
				if after < before {
					layer[i-1], layer[i] = b, a
					position[a], position[b] = i, i-1
					better = true
				}
			}
		}
	}
}

// crossed counts the crossings between the links of two vertices, of which the first stands left.
func crossed(left, right []arc, position []int) int {
	n := 0
	for _, a := range left {
		for _, b := range right {
			if position[a.to] > position[b.to] {
				n++
			}
		}
	}
	return n
}

func cloneLayers(layers [][]int) [][]int {
	c := make([][]int, len(layers))
	for i := range layers {
		c[i] = slices.Clone(layers[i])
	}
	return c
}

func sortByMedian(layer []int, neighbours func(int) []arc, position []int) {
	type weighed struct {
		v      int
		median float64
	}
	list := make([]weighed, len(layer))
	for i, v := range layer {
		list[i] = weighed{v, float64(i)} // who has no neighbours stays where it is
		at := make([]int, 0, 4)
		for _, n := range neighbours(v) {
			at = append(at, position[n.to])
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
				below[i] = position[to.to]
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
	l.stack()
	for v, x := range l.columns() {
		l.v[v].x = x
	}
}

// stack puts layers below one another. What is in a layer begins at its top.
func (l *layered) stack() {
	y := 0.0
	for i, layer := range l.layers {
		height := 0.0
		for _, v := range layer {
			height = max(height, l.v[v].h)
		}
		for _, v := range layer {
			l.v[v].y = y + l.v[v].h/2
		}
		l.top, l.height = append(l.top, y), append(l.height, height)
		y += height + l.gap(i)
	}
}

// gap is the space below layer i.
func (l *layered) gap(i int) float64 {
	if l.span == 1 {
		return gapY
	}
	between := i // the layer of labels above or below the gap
	if i%2 == 0 {
		between++
	}
	if between < len(l.layers) && slices.ContainsFunc(l.layers[between], func(v int) bool { return l.v[v].h > 0 }) {
		return gapLabel
	}
	return gapY / 2
}

// result moves everything to positive coordinates and reads the routes of the links off the chains.
func (l *layered) result(links []link, n int) ([]Point, []route, box) {
	left, right, bottom := math.Inf(1), math.Inf(-1), 0.0
	for i := range l.v {
		v := &l.v[i]
		left, right = min(left, v.x-v.w/2), max(right, v.x+v.w/2)
		bottom = max(bottom, v.y+v.h/2)
	}
	centres := make([]Point, n)
	for i := range l.v {
		l.v[i].x -= left
		if i < n {
			centres[i] = Point{l.v[i].x, l.v[i].y}
		}
	}
	size := box{right - left, bottom}
	below, above := l.ports()
	routes := make([]route, len(links))
	for i, e := range links {
		if l.loops[i] {
			routes[i] = l.loop(e)
			size.w = max(size.w, routes[i].label.X+e.label.w/2, l.v[e.from].x+l.v[e.from].w/2+gapX)
			continue
		}
		routes[i] = l.route(i, below[i], above[i])
	}
	return centres, routes, size
}

// portGap is the space between the links that leave or reach a vertex.
const portGap = 12.0

// ports are how far from the middle each link leaves the vertex above and reaches the one below: side by side, in the order of
// where they come from; one that runs straight does so.
func (l *layered) ports() (below, above []float64) {
	below, above = make([]float64, len(l.chains)), make([]float64, len(l.chains))
	out, in := make([][]port, len(l.v)), make([][]port, len(l.v))
	for i, chain := range l.chains {
		if n := len(chain); n > 0 {
			out[chain[0]] = append(out[chain[0]], port{i, l.v[chain[1]].x})
			in[chain[n-1]] = append(in[chain[n-1]], port{i, l.v[chain[n-2]].x})
		}
	}
	for v := range l.v {
		l.spread(v, out[v], below)
		l.spread(v, in[v], above)
	}
	return below, above
}

// port is where a link meets a vertex, and the x of where it comes from.
type port struct {
	link int
	x    float64
}

func (l *layered) spread(v int, ports []port, offset []float64) {
	if len(ports) < 2 {
		return
	}
	slices.SortStableFunc(ports, func(a, b port) int { return cmp.Compare(a.x, b.x) })
	middle := float64(len(ports)-1) / 2
	for i, p := range ports {
		if math.Abs(p.x-l.v[v].x) < 1 {
			middle = float64(i)
		}
	}
	room := l.v[v].w/2 - 10
	gap := min(portGap, room/max(1, middle, float64(len(ports)-1)-middle))
	for i, p := range ports {
		offset[p.link] = (float64(i) - middle) * gap
	}
}

// route leaves its upper vertex at below and reaches its lower one at above.
func (l *layered) route(i int, below, above float64) route {
	chain := l.chains[i]
	top, bottom := l.v[chain[0]], l.v[chain[len(chain)-1]]
	top.x += below
	bottom.x += above
	way := []Point{{top.x, top.y + top.h/2}}
	down := func(v vertex) { // straight to the end of the layer, past whatever stands beside
		if end := l.top[v.layer] + l.height[v.layer]; way[len(way)-1].Y < end-1 {
			way = append(way, Point{v.x, end})
		}
	}
	down(top)
	for _, at := range chain[1 : len(chain)-1] {
		v := l.v[at]
		way = append(way, Point{v.x, l.top[v.layer]})
		down(v)
	}
	r := route{way: append(way, Point{bottom.x, bottom.y - bottom.h/2})}
	if len(chain) > 2 {
		at := l.v[chain[l.labelled(i, len(chain))]]
		r.label = Point{at.x, l.top[at.layer] + l.height[at.layer]/2}
	}
	if l.turned[i] {
		slices.Reverse(r.way)
	}
	return r
}

func (l *layered) loop(e link) route {
	b := l.v[e.from]
	right := b.x + b.w/2
	out := right + gapX*0.7
	return route{
		way:   []Point{{right, b.y - b.h/4}, {out, b.y - b.h/4}, {out, b.y + b.h/4}, {right, b.y + b.h/4}},
		label: Point{out + gapX/4 + e.label.w/2, b.y},
	}
}
