package report

import (
	"cmp"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// The layout is layered, from left to right. Its columns are cut by trust boundary: those of one boundary stand side by side, so that a
// boundary is a stripe. Within a boundary whoever calls stands left of whom it calls, as far as there are no circles, and a column has only so many
// boxes. What must pass a column goes through an item without a box there. Lines that lead to the same box and look the same share these items: they come together
// on their way, as rivers do, and few cross. The order within columns is found by medians, as in the method of Sugiyama, Tagawa and Toda; heights are the least squares of
// how far each item is from its neighbours, with nothing overlapping (pool adjacent violators). All of it is integer arithmetic in an order that only names decide, so
// that equal models give equal bytes on every machine.

const (
	boxHeight = 44
	rowGap    = 16  // between boxes of a column
	passGap   = 9   // beside an item without a box
	columnGap = 104 // between columns: room for curves and labels
	bandGap   = 34  // more, between columns of two boundaries
	bandPad   = 22  // from the edge of a boundary to its boxes
	topPad    = 58  // above the first box: titles of boundaries
	ordering  = 14  // sweeps that order columns
	settling  = 24  // sweeps that set heights
	laneHead  = 28  // above the boxes of a namespace or network: its title
	laneFoot  = 12  // below them
	laneGap   = 16  // between two
)

// A layoutItem is a box in its column, or the way of lines through a column.
type layoutItem struct {
	box         int // or -1
	column      int
	lane        int
	left, right []layoutEdge // to items of the columns beside it
	y           int          // its middle
	place       int          // in its column
}

type layoutEdge struct{ item, n int }

func (i *layoutItem) height() int {
	if i.box < 0 {
		return 2
	}
	return boxHeight
}

// layoutSpan is a column's place from left to right.
type layoutSpan struct{ left, right int }

// layOut gives the boxes, lines and bands of p their places.
func (p *picture) layOut() {
	column, bandOf := p.columns()
	items := make([]layoutItem, len(p.Boxes))
	columns := make([][]int, len(bandOf))
	for i := range p.Boxes {
		items[i] = layoutItem{box: i, column: column[i], lane: p.lane(i, i, i, bandOf[column[i]])}
		columns[column[i]] = append(columns[column[i]], i)
	}
	join := func(a, b int) { // a is left of b
		for k := range items[a].right {
			if items[a].right[k].item == b {
				items[a].right[k].n++
				for j := range items[b].left {
					if items[b].left[j].item == a {
						items[b].left[j].n++
					}
				}
				return
			}
		}
		items[a].right = append(items[a].right, layoutEdge{b, 1})
		items[b].left = append(items[b].left, layoutEdge{a, 1})
	}
	type way struct {
		to, column, lane int
		look             string
		back             bool
	}
	passes := map[way]int{}
	chains := make([][]int, len(p.Lines))
	for n := range p.Lines {
		l := &p.Lines[n]
		if l.Band >= 0 || l.From == l.To || column[l.From] == column[l.To] {
			continue
		}
		step := 1
		if column[l.From] > column[l.To] {
			step = -1
		}
		chain := []int{l.From}
		for c := column[l.From] + step; c != column[l.To]; c += step {
			w := way{l.To, c, p.lane(-1, l.From, l.To, bandOf[c]), l.Look, step < 0}
			i, ok := passes[w]
			if !ok {
				i = len(items)
				passes[w] = i
				items = append(items, layoutItem{box: -1, column: c, lane: w.lane})
				columns[c] = append(columns[c], i)
			}
			chain = append(chain, i)
		}
		chain = append(chain, l.To)
		for k := 1; k < len(chain); k++ {
			if step > 0 {
				join(chain[k-1], chain[k])
			} else {
				join(chain[k], chain[k-1])
			}
		}
		chains[n] = chain
	}
	order(items, columns)
	p.settle(items, columns, bandOf)
	p.place(items, columns, bandOf, chains)
}

// columns says in which column each box stands, and to which boundary each column belongs.
func (p *picture) columns() (column, bandOf []int) {
	column = make([]int, len(p.Boxes))
	// Boxes are about five times as wide as high with what is between them; the whole shall be somewhat wider than high.
	limit := max(7, isqrt(len(p.Boxes)*29/10))
	base := 0
	for band := range bandTitles {
		var members []int
		in := map[int]bool{}
		for i, b := range p.Boxes {
			if b.Band == band {
				members, in[i] = append(members, i), true
			}
		}
		if len(members) == 0 {
			continue
		}
		next, touched := map[int][]int{}, map[int]bool{}
		seen := map[[2]int]bool{}
		for _, l := range p.Lines {
			if l.Band >= 0 {
				continue
			}
			touched[l.From], touched[l.To] = true, true
			if k := [2]int{l.From, l.To}; in[l.From] && in[l.To] && l.From != l.To && !seen[k] {
				seen[k] = true
				next[l.From] = append(next[l.From], l.To)
			}
		}
		topo, forward := acyclic(members, next)
		before := map[int][]int{}
		for _, a := range members {
			for _, b := range forward[a] {
				before[b] = append(before[b], a)
			}
		}
		at, count := map[int]int{}, map[int]int{}
		for _, i := range topo {
			if len(next[i]) == 0 && len(before[i]) == 0 && !touched[i] {
				continue // below: it fills what is free
			}
			c := 0
			for _, a := range before[i] {
				c = max(c, at[a]+1)
			}
			for count[c] >= limit {
				c++
			}
			at[i] = c
			count[c]++
		}
		for k := len(topo) - 1; k >= 0; k-- { // whoever only calls stands close to whom it calls
			i := topo[k]
			if c, ok := at[i]; ok && len(before[i]) == 0 && len(forward[i]) > 0 {
				to := c
				for x := at[forward[i][0]] - 1; x > c; x-- {
					if count[x] < limit && !slices.ContainsFunc(forward[i], func(b int) bool { return at[b] <= x }) {
						to = x
						break
					}
				}
				count[c]--
				count[to]++
				at[i] = to
			}
		}
		width := 1
		for c, n := range count {
			if n > 0 {
				width = max(width, c+1)
			}
		}
		for _, i := range topo {
			if _, ok := at[i]; ok {
				continue
			}
			best := 0
			for c := range width {
				if count[c] < count[best] {
					best = c
				}
			}
			if count[best] >= limit {
				best = width
				width++
			}
			at[i] = best
			count[best]++
		}
		for _, i := range members {
			column[i] = base + at[i]
		}
		for range width {
			bandOf = append(bandOf, band)
		}
		base += width
	}
	return column, bandOf
}

// acyclic returns members in an order in which each stands before whom it leads to, and what each leads to after lines that close
// circles were turned round.
func acyclic(members []int, next map[int][]int) (topo []int, forward map[int][]int) {
	forward = map[int][]int{}
	into := map[int]int{}
	for _, m := range members {
		for _, b := range next[m] {
			into[b]++
		}
	}
	starts := slices.Clone(members)
	slices.SortStableFunc(starts, func(a, b int) int { // whom nobody calls first, then whoever calls more than it is called
		return cmp.Or(cmp.Compare(min(into[a], 1), min(into[b], 1)), cmp.Compare(into[a]-len(next[a]), into[b]-len(next[b])))
	})
	state := map[int]int{} // 1: on the way, 2: done
	var post []int
	type frame struct{ node, k int }
	for _, s := range starts {
		if state[s] != 0 {
			continue
		}
		state[s] = 1
		for stack := []frame{{s, 0}}; len(stack) > 0; {
			f := &stack[len(stack)-1]
			if f.k == len(next[f.node]) {
				state[f.node] = 2
				post = append(post, f.node)
				stack = stack[:len(stack)-1]
				continue
			}
			b := next[f.node][f.k]
			f.k++
			if state[b] == 1 {
				forward[b] = append(forward[b], f.node)
			} else {
				forward[f.node] = append(forward[f.node], b)
				if state[b] == 0 {
					state[b] = 1
					stack = append(stack, frame{b, 0})
				}
			}
		}
	}
	slices.Reverse(post)
	return post, forward
}

// order sorts the items of each column so that few lines cross.
func order(items []layoutItem, columns [][]int) {
	number := func() {
		for _, c := range columns {
			for k, i := range c {
				items[i].place = k
			}
		}
	}
	for _, c := range columns {
		byLane(items, c)
	}
	number()
	best, crossed := clones(columns), crossings(items, columns)
	for sweep := 0; sweep < ordering && crossed > 0; sweep++ {
		for step := range columns {
			c := step
			if sweep%2 == 1 {
				c = len(columns) - 1 - step
			}
			key := make(map[int]int, len(columns[c]))
			for _, i := range columns[c] {
				beside := items[i].left
				if sweep%2 == 1 {
					beside = items[i].right
				}
				key[i] = -1
				if sum, n := 0, 0; len(beside) > 0 {
					for _, e := range beside {
						sum, n = sum+1000*items[e.item].place*e.n, n+e.n
					}
					key[i] = sum / n
				}
			}
			byKey(columns[c], key)
			byLane(items, columns[c])
			for k, i := range columns[c] {
				items[i].place = k
			}
		}
		if n := crossings(items, columns); n < crossed {
			best, crossed = clones(columns), n
		}
	}
	for c := range columns {
		copy(columns[c], best[c])
	}
	number()
}

// byLane keeps those of one lane together.
func byLane(items []layoutItem, list []int) {
	slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(items[a].lane, items[b].lane) })
}

// byKey sorts list by key; those without one (-1) keep their places.
func byKey(list []int, key map[int]int) {
	var some []int
	for _, i := range list {
		if key[i] >= 0 {
			some = append(some, i)
		}
	}
	slices.SortStableFunc(some, func(a, b int) int { return key[a] - key[b] })
	k := 0
	for n, i := range list {
		if key[i] >= 0 {
			list[n] = some[k]
			k++
		}
	}
}

func clones(columns [][]int) [][]int {
	out := make([][]int, len(columns))
	for i, c := range columns {
		out[i] = slices.Clone(c)
	}
	return out
}

// crossings counts the pairs of lines that cross, by their number.
func crossings(items []layoutItem, columns [][]int) (sum int) {
	for c := 0; c+1 < len(columns); c++ {
		tree := make([]int, len(columns[c+1])+1)
		all := 0
		for _, i := range columns[c] {
			for _, e := range items[i].right { // those that began above, and end below
				below := all
				for k := items[e.item].place + 1; k > 0; k &= k - 1 {
					below -= tree[k]
				}
				sum += below * e.n
			}
			for _, e := range items[i].right {
				all += e.n
				for k := items[e.item].place + 1; k < len(tree); k += k & -k {
					tree[k] += e.n
				}
			}
		}
	}
	return sum
}

// settle gives items their heights: each as near to its neighbours as the others of its column, and the lanes, let it.
func (p *picture) settle(items []layoutItem, columns [][]int, bandOf []int) {
	total := func(c []int) (h int) {
		for k, i := range c {
			if k > 0 {
				h += apart(&items[c[k-1]], &items[i])
			}
		}
		return h
	}
	// A piece is what stands in one lane of a column. Outside of all lanes, a column is one piece from top to bottom.
	type piece struct {
		items []int
		lane  int // -1 outside
	}
	pieces := make([][]piece, len(columns))
	high := make([]int, len(p.Lanes)+1)
	used := make([]bool, len(p.Lanes)+1)
	outside := 0
	for c, list := range columns {
		if len(p.Lanes) > 0 && (bandOf[c] == bandOutside || bandOf[c] == bandBeyond) {
			pieces[c] = []piece{{list, -1}}
			outside = max(outside, total(list))
			continue
		}
		for from, to := 0, 0; from < len(list); from = to {
			for to = from; to < len(list) && items[list[to]].lane == items[list[from]].lane; to++ {
			}
			lane := items[list[from]].lane
			pieces[c] = append(pieces[c], piece{list[from:to], lane})
			high[lane], used[lane] = max(high[lane], total(list[from:to])), true
		}
	}
	top := make([]int, len(high))
	y := 0
	for l := range high {
		if !used[l] {
			continue
		}
		if len(p.Lanes) > 0 && l < len(p.Lanes) {
			y += laneHead
		}
		top[l] = y
		if l < len(p.Lanes) {
			p.Lanes[l].Y, p.Lanes[l].H = y-laneHead, laneHead+high[l]+boxHeight+laneFoot
			y += laneFoot
		}
		y += high[l] + boxHeight + laneGap
	}
	highest := max(outside, y-laneGap-boxHeight, 0)
	bounds := func(x piece) (from, height int) {
		if x.lane < 0 {
			return 0, highest
		}
		return top[x.lane], high[x.lane]
	}
	for _, list := range pieces {
		for _, x := range list {
			from, height := bounds(x)
			y := from + (height-total(x.items))/2
			for k, i := range x.items {
				if k > 0 {
					y += apart(&items[x.items[k-1]], &items[i])
				}
				items[i].y = y
			}
		}
	}
	for sweep := range settling {
		for step := range columns {
			c := step
			if sweep%2 == 1 {
				c = len(columns) - 1 - step
			}
			for _, x := range pieces[c] {
				from, height := bounds(x)
				stack(items, x.items, from, height)
			}
		}
	}
}

// apart is how far the middles of two items that stand one below the other must be from each other at least.
func apart(a, b *layoutItem) int {
	gap := rowGap
	if a.box < 0 || b.box < 0 {
		gap = passGap
	}
	return (a.height()+b.height())/2 + gap
}

// stack moves the items of a column to where they are nearest to their neighbours, between top and highest below it.
func stack(items []layoutItem, column []int, top, highest int) {
	type block struct{ sum, weight, first int }
	var blocks []block
	offset := 0
	offsets := make([]int, len(column))
	for k, i := range column {
		if k > 0 {
			offset += apart(&items[column[k-1]], &items[i])
		}
		offsets[k] = offset
		want, weight := items[i].y, 1
		sum, n := 0, 0
		for _, side := range [][]layoutEdge{items[i].left, items[i].right} {
			for _, e := range side {
				w := min(e.n, 4)
				if items[i].box < 0 && items[e.item].box < 0 {
					w *= 8 // long lines are straight
				}
				sum, n = sum+w*items[e.item].y, n+w
			}
		}
		if n > 0 {
			want, weight = sum/n, 4*n
		}
		blocks = append(blocks, block{(want - offset) * weight, weight, k})
		for m := len(blocks); m > 1 && blocks[m-2].sum*blocks[m-1].weight > blocks[m-1].sum*blocks[m-2].weight; m = len(blocks) {
			blocks[m-2] = block{blocks[m-2].sum + blocks[m-1].sum, blocks[m-2].weight + blocks[m-1].weight, blocks[m-2].first}
			blocks = blocks[:m-1]
		}
	}
	for m, b := range blocks {
		end := len(column)
		if m+1 < len(blocks) {
			end = blocks[m+1].first
		}
		// No column is higher than the highest must be, so every block has room within it.
		y := min(max(b.sum/b.weight, top), top+highest-offset)
		for k := b.first; k < end; k++ {
			items[column[k]].y = y + offsets[k]
		}
	}
}

// place turns columns and heights into coordinates, and draws the lines.
func (p *picture) place(items []layoutItem, columns [][]int, bandOf []int, chains [][]int) {
	spans := make([]layoutSpan, len(columns))
	x := 12
	bottom := 0
	for c := range columns {
		wide := 120
		for _, i := range columns[c] {
			if b := items[i].box; b >= 0 {
				wide = max(wide, p.Boxes[b].W)
			}
			bottom = max(bottom, items[i].y+topPad+boxHeight)
		}
		if c == 0 || bandOf[c] != bandOf[c-1] {
			if c > 0 {
				x += bandGap - columnGap + columnGap/2
			}
			p.Bands = append(p.Bands, pictureBand{Band: bandOf[c], X: x})
			x += bandPad
		}
		spans[c] = layoutSpan{x, x + wide}
		b := &p.Bands[len(p.Bands)-1]
		b.W = x + wide + bandPad - b.X
		b.W = max(b.W, 8*len(bandTitles[b.Band])+24)
		x += wide + columnGap
		if c+1 < len(columns) && bandOf[c+1] != bandOf[c] {
			x = max(x, b.X+b.W+columnGap-bandPad)
		}
	}
	for i := range items {
		it := &items[i]
		it.y += topPad + boxHeight/2
		if it.box >= 0 {
			b := &p.Boxes[it.box]
			s := spans[it.column]
			b.H = boxHeight
			b.X, b.Y = s.left+(s.right-s.left-b.W)/2, it.y-boxHeight/2
		}
	}
	p.H = bottom + bandPad + 8
	for n := range p.Lanes {
		l := &p.Lanes[n]
		left, right := 0, 0
		for _, b := range p.Boxes {
			if b.Lane == n && b.Band != bandOutside && b.Band != bandBeyond {
				if right == 0 || b.X < left {
					left = b.X
				}
				right = max(right, b.X+b.W)
			}
		}
		l.X, l.W, l.Y = left-14, max(right-left+28, 7*utf8.RuneCountInString(l.Title)+28), l.Y+topPad
		p.H = max(p.H, l.Y+l.H+bandPad)
	}
	for i := range p.Bands {
		p.Bands[i].Y, p.Bands[i].H = 12, p.H-16
		p.W = max(p.W, p.Bands[i].X+p.Bands[i].W+12)
	}
	ports := p.ports(items, chains)
	for n := range p.Lines {
		l := &p.Lines[n]
		if l.Band >= 0 {
			for _, b := range p.Bands {
				if f := p.Boxes[l.From]; b.Band == l.Band {
					y := f.Y + f.H/2
					l.Points = []point{{f.X + f.W, y}, {b.X, y}}
				}
			}
			continue
		}
		chain := chains[n]
		if chain == nil { // to itself, which is no line of two ends
			f := p.Boxes[l.From]
			l.Points = []point{{f.X + f.W, f.Y + f.H/3}, {f.X + f.W + 26, f.Y + f.H/2}, {f.X + f.W, f.Y + f.H*2/3}}
			continue
		}
		back := items[chain[0]].column > items[chain[len(chain)-1]].column
		edge := func(box int, right bool) int {
			if right {
				return p.Boxes[box].X + p.Boxes[box].W
			}
			return p.Boxes[box].X
		}
		out := ports[portKey{chain[0], chain[1], !back, ""}]
		l.Points = append(l.Points, point{edge(l.From, !back), out})
		for k, i := range chain {
			s := spans[items[i].column]
			a, b := s.left, s.right
			if back {
				a, b = b, a
			}
			switch {
			case k == 0:
				l.Points = append(l.Points, point{b, out})
			case k == len(chain)-1:
				in := ports[portKey{i, -1, back, l.Look}]
				l.Points = append(l.Points, point{a, in}, point{edge(l.To, back), in})
			default:
				l.Points = append(l.Points, point{a, items[i].y}, point{b, items[i].y})
			}
		}
	}
}

// portKey is where lines meet a box: those that leave it for one item, or those of one look that come to it, on one of its sides.
type portKey struct {
	item, other int
	right       bool
	look        string
}

// ports spreads what meets each side of a box over its height, in the order in which it comes.
func (p *picture) ports(items []layoutItem, chains [][]int) map[portKey]int {
	type port struct {
		key    portKey
		sum, n int
	}
	type side struct {
		item  int
		right bool
	}
	sides, found := map[side][]int{}, map[portKey]int{}
	var all []port
	add := func(k portKey, y int) {
		n, ok := found[k]
		if !ok {
			n = len(all)
			found[k] = n
			all = append(all, port{key: k})
			sides[side{k.item, k.right}] = append(sides[side{k.item, k.right}], n)
		}
		all[n].sum += y
		all[n].n++
	}
	for n, chain := range chains {
		if chain == nil {
			continue
		}
		last := len(chain) - 1
		back := items[chain[0]].column > items[chain[last]].column
		add(portKey{chain[0], chain[1], !back, ""}, items[chain[1]].y)
		add(portKey{chain[last], -1, back, p.Lines[n].Look}, items[chain[last-1]].y)
	}
	out := map[portKey]int{}
	for s, list := range sides {
		slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(all[a].sum/all[a].n, all[b].sum/all[b].n) })
		const room = boxHeight - 12
		gap := min(12, room/max(len(list)-1, 1))
		if len(list) == 1 {
			gap = 0
		}
		top := items[s.item].y - gap*(len(list)-1)/2
		for k, n := range list {
			out[all[n].key] = top + k*gap
		}
	}
	return out
}

// isqrt is the root of n, rounded down.
func isqrt(n int) int {
	if n <= 0 {
		return 0
	}
	x := 1 << ((bits.Len(uint(n)) + 1) / 2)
	for {
		y := (x + n/x) / 2
		if y >= x {
			return x
		}
		x = y
	}
}
