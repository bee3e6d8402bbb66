package qr

import (
	"cmp"
	"image"
	"math"
	"slices"
)

// finder is what may be a finder pattern: the three squares in one another in a corner of a code.
type finder struct {
	point
	module float64 // pixels
	count  int     // rows in which it was seen
}

// blackWhite is a picture of two colours, true for black.
type blackWhite struct {
	width, height int
	pix           []bool
}

// light is what a pixel is compared with: the mean of the blocks around its own, 80 of which make the picture's longer side.
type light struct{ reach, percent int }

// lights returns two kinds: with the first the noise of even surfaces stays white, with the second a code beside something dark is
// seen.
func lights() []light { return []light{{4, 92}, {1, 98}} }

// binarize calls black what is darker than the light around.
func (l light) binarize(gray *image.Gray) *blackWhite {
	const across = 80
	reach, percent := l.reach, l.percent
	width, height := gray.Rect.Dx(), gray.Rect.Dy()
	block := max(max(width, height)/across, 4)
	columns, rows := (width+block-1)/block, (height+block-1)/block
	sums := make([]int, (columns+1)*(rows+1)) // of all above and to the left
	counts := make([]int, len(sums))
	for y := range height {
		line := gray.Pix[y*gray.Stride : y*gray.Stride+width]
		at := (y/block+1)*(columns+1) + 1
		for x := 0; x < width; x += block {
			part := line[x:min(x+block, width)]
			sum := 0
			for _, v := range part {
				sum += int(v)
			}
			sums[at] += sum
			counts[at] += len(part)
			at++
		}
	}
	for y := 1; y <= rows; y++ {
		for x := 1; x <= columns; x++ {
			at, above := y*(columns+1)+x, (y-1)*(columns+1)+x
			sums[at] += sums[at-1] + sums[above] - sums[above-1]
			counts[at] += counts[at-1] + counts[above] - counts[above-1]
		}
	}
	out := &blackWhite{width: width, height: height, pix: make([]bool, width*height)}
	around := func(table []int, x, y int) int {
		left, right, top, bottom := max(x-reach, 0), min(x+reach+1, columns), max(y-reach, 0), min(y+reach+1, rows)
		return table[bottom*(columns+1)+right] - table[bottom*(columns+1)+left] - table[top*(columns+1)+right] + table[top*(columns+1)+left]
	}
	borders := make([]uint8, columns)
	for y := range height {
		if y%block == 0 {
			for x := range borders {
				borders[x] = uint8(around(sums, x, y/block) * percent / 100 / around(counts, x, y/block)) // below 255
			}
		}
		line, to := gray.Pix[y*gray.Stride:y*gray.Stride+width], out.pix[y*width:(y+1)*width]
		for i, border := range borders {
			for x := i * block; x < min((i+1)*block, width); x++ {
				to[x] = line[x] < border
			}
		}
	}
	return out
}

// finders returns what may be finder patterns, at most maxFinders, the most often seen first.
func (b *blackWhite) finders() []finder {
	var found []finder
	const every = 2 // rows: the smallest pattern is seven high
	for y := every - 1; y < b.height; y += every {
		var runs [5]int // the lengths of the last five: black, white, black, white, black
		line := b.pix[y*b.width : (y+1)*b.width]
		for x := 0; x < b.width; {
			from, black := x, line[x]
			for x < b.width && line[x] == black {
				x++
			}
			runs = [5]int{runs[1], runs[2], runs[3], runs[4], x - from}
			if black && from > 0 && pattern(runs) {
				found = b.confirm(found, runs, x, y)
			}
			if len(found) >= maxFinders {
				return found
			}
		}
	}
	slices.SortStableFunc(found, func(p, q finder) int { return cmp.Compare(q.count, p.count) })
	return found
}

// pattern reports whether runs are as 1 : 1 : 3 : 1 : 1.
func pattern(runs [5]int) bool {
	total := 0
	for _, n := range runs {
		if n == 0 {
			return false
		}
		total += n
	}
	if total < 7 {
		return false
	}
	module := float64(total) / 7
	for i, n := range runs {
		want, slack := module, module*0.6
		if i == 2 {
			want, slack = 3*module, module*1.3
		}
		if math.Abs(float64(n)-want) > slack {
			return false
		}
	}
	return true
}

// confirm looks at a pattern that ends before x in row y also downwards and once more across, and adds it to those found.
func (b *blackWhite) confirm(found []finder, runs [5]int, x, y int) []finder {
	total := 0
	for _, n := range runs {
		total += n
	}
	cx := x - runs[4] - runs[3] - (runs[2]+1)/2
	down, cy, ok := b.cross(cx, y, 0, 1, total)
	if !ok {
		return found
	}
	wide, cx, ok := b.cross(cx, cy, 1, 0, total)
	if !ok || wide > 2*down || down > 2*wide {
		return found
	}
	p := finder{point{float64(cx) + 0.5, float64(cy) + 0.5}, float64(wide+down) / 14, 1}
	for i, q := range found {
		if p.distance(q.point) < 2*q.module && p.module < 1.5*q.module && q.module < 1.5*p.module {
			n := float64(q.count)
			mean := q.times(n / (n + 1)).plus(p.times(1 / (n + 1)))
			found[i] = finder{mean, (q.module*n + p.module) / (n + 1), q.count + 1}
			return found
		}
	}
	return append(found, p)
}

// cross measures the pattern through (x, y) in the direction (dx, dy): how long it is, and where its middle lies in that direction.
func (b *blackWhite) cross(x, y, dx, dy, longest int) (total, middle int, ok bool) {
	var runs [5]int
	walk := func(sign int, into [3]int) int {
		steps, px, py := 0, x, y
		if sign > 0 {
			px, py = x+dx, y+dy // the pixel itself is counted once
		}
		for i, run := range into {
			for px >= 0 && py >= 0 && px < b.width && py < b.height && b.pix[py*b.width+px] == (i%2 == 0) && steps <= 2*longest {
				runs[run]++
				steps++
				px, py = px+sign*dx, py+sign*dy
			}
		}
		return steps
	}
	before := walk(-1, [3]int{2, 1, 0})
	inner := runs[2]
	walk(+1, [3]int{2, 3, 4})
	if !pattern(runs) {
		return 0, 0, false
	}
	for _, n := range runs {
		total += n
	}
	start := x*dx + y*dy + 1 - before // of the whole pattern
	_ = inner
	return total, start + runs[0] + runs[1] + runs[2]/2, true
}

// maxTriples bounds how many places of a code are tried in one picture.
const maxTriples = 4

// triple is three finder patterns as they may belong to one code, and how far they are from being seen from straight above.
type triple struct {
	corners
	module, oddness float64
}

// triples returns the likeliest places of codes.
func triples(found []finder) []triple {
	found = found[:min(len(found), 24)]
	var out []triple
	for i, a := range found {
		for j, b := range found {
			for _, c := range found[j+1:] {
				if t, ok := arrange(a, b, c); ok && i != j && a != c {
					out = append(out, t)
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b triple) int { return cmp.Compare(a.oddness, b.oddness) })
	return out[:min(len(out), maxTriples)]
}

// arrange takes corner as the one between the two others.
func arrange(corner, b, c finder) (triple, bool) {
	right, down := b.minus(corner.point), c.minus(corner.point)
	if right.x*down.y-right.y*down.x < 0 {
		b, c, right, down = c, b, down, right
	}
	r, d := math.Hypot(right.x, right.y), math.Hypot(down.x, down.y)
	sizes := []float64{corner.module, b.module, c.module}
	spread := slices.Max(sizes) / slices.Min(sizes)
	angle := math.Abs(right.x*down.x+right.y*down.y) / (r * d)
	legs := max(r, d) / min(r, d)
	if spread > 2 || angle > 0.5 || legs > 1.8 || math.IsNaN(angle) {
		return triple{}, false
	}
	// a line through a square that is turned is longer than the square is wide
	lean := math.Abs(math.Atan2(right.y, right.x))
	lean = math.Mod(lean+math.Pi/4, math.Pi/2) - math.Pi/4
	module := (sizes[0] + sizes[1] + sizes[2]) / 3 * math.Cos(lean)
	modules := (r+d)/2/module + 7
	if modules < 17 || modules > 4*maxVersion+17+8 {
		return triple{}, false
	}
	seen := 3 / float64(min(corner.count, b.count, c.count))
	return triple{
		corners: corners{topLeft: corner.point, topRight: b.point, bottomLeft: c.point},
		module:  module, oddness: (spread - 1) + angle + (legs - 1) + seen*0.3,
	}, true
}
