package qr

import (
	"image"
	"math"
	"slices"
)

// point is a place in a picture, in pixels; the centre of the first pixel is (0.5, 0.5).
type point struct{ x, y float64 }

func (p point) plus(q point) point       { return point{p.x + q.x, p.y + q.y} }
func (p point) minus(q point) point      { return point{p.x - q.x, p.y - q.y} }
func (p point) times(f float64) point    { return point{p.x * f, p.y * f} }
func (p point) distance(q point) float64 { return math.Hypot(p.x-q.x, p.y-q.y) }

// corners are the centres of the three finder patterns of a code, and of the one that a fourth corner would have.
type corners struct{ topLeft, topRight, bottomLeft, bottomRight point }

// projection maps the unit square to the quadrilateral of four corners (Heckbert, Fundamentals of Texture Mapping, 1989, 2.2.3).
type projection struct{ a, b, c, d, e, f, g, h float64 }

// project returns the map of the corners, or false when they do not lie like those of a square that somebody sees.
func (q corners) project() (projection, bool) {
	d1, d2 := q.topRight.minus(q.bottomRight), q.bottomLeft.minus(q.bottomRight)
	s := q.topLeft.minus(q.topRight).plus(q.bottomRight).minus(q.bottomLeft)
	det := d1.x*d2.y - d2.x*d1.y
	if math.Abs(det) < 1 {
		return projection{}, false
	}
	g := (s.x*d2.y - d2.x*s.y) / det
	h := (d1.x*s.y - s.x*d1.y) / det
	const farther = -0.7 // a side that is seen three times smaller than the other one
	if g < farther || h < farther || g+h < farther {
		return projection{}, false
	}
	return projection{
		a: q.topRight.x - q.topLeft.x + g*q.topRight.x, b: q.bottomLeft.x - q.topLeft.x + h*q.bottomLeft.x, c: q.topLeft.x,
		d: q.topRight.y - q.topLeft.y + g*q.topRight.y, e: q.bottomLeft.y - q.topLeft.y + h*q.bottomLeft.y, f: q.topLeft.y,
		g: g, h: h,
	}, true
}

func (p *projection) at(u, v float64) point {
	w := p.g*u + p.h*v + 1
	return point{(p.a*u + p.b*v + p.c) / w, (p.d*u + p.e*v + p.f) / w}
}

// grid is a code of dim × dim modules in a picture.
type grid struct {
	gray  *image.Gray
	dim   int
	known []module // the ones that every code of this size has alike
	corners
}

// module is one whose colour is known.
type module struct {
	x, y  int
	black bool
}

// shade returns the light at the centre of a module, 0 to 255: the mean of the nearest pixels. Outside of the picture it is grey.
func (g *grid) shade(p *projection, x, y float64) float64 {
	span := float64(g.dim - 7)
	at := p.at((x-3)/span, (y-3)/span)
	left, top := at.x-0.5, at.y-0.5
	ix, iy := int(left), int(top)
	if left < 0 || top < 0 || ix+1 >= g.gray.Rect.Dx() || iy+1 >= g.gray.Rect.Dy() {
		return 128
	}
	fx, fy := left-float64(ix), top-float64(iy)
	row := g.gray.Pix[iy*g.gray.Stride+ix:]
	below := row[g.gray.Stride:]
	return (float64(row[0])*(1-fx)+float64(row[1])*fx)*(1-fy) + (float64(below[0])*(1-fx)+float64(below[1])*fx)*fy
}

// score says how well the known modules fit: how much lighter the white ones are than the black ones.
func (g *grid) score(q corners, known []module) float64 {
	p, ok := q.project()
	if !ok {
		return math.Inf(-1)
	}
	var sum [2]float64
	var count [2]float64
	for _, m := range known {
		i := 0
		if m.black {
			i = 1
		}
		sum[i] += g.shade(&p, float64(m.x), float64(m.y))
		count[i]++
	}
	return sum[0]/count[0] - sum[1]/count[1]
}

// fit moves the corners to where the known modules fit best: first the fourth one, which nothing has shown yet, then all of them by
// fractions of a module. It gives up where even the best is no code of this size: there the patterns far from the corners are much
// paler than the finder patterns.
func (g *grid) fit(module float64) bool {
	g.bottomRight = g.topRight.plus(g.bottomLeft).minus(g.topLeft)
	distant := g.distant()
	contrast := g.contrast()
	pale := g.score(g.corners, distant)
	if pale < 0.95*contrast { // else it is seen from straight above
		pale = g.search(distant)
	}
	if pale < 0.25*contrast {
		return false
	}
	best := g.score(g.corners, g.known)
	for _, step := range []float64{0.6, 0.3, 0.15} {
		for range 3 {
			before := best
			best = g.descend(step*module, best)
			if best == before {
				break
			}
		}
	}
	return true
}

// contrast returns how much lighter white is than black around the finder patterns, wherever in them each is.
func (g *grid) contrast() float64 {
	p, ok := g.project()
	if !ok {
		return math.Inf(1)
	}
	var shades [finderModules]float64
	for i, m := range g.known[:finderModules] {
		shades[i] = g.shade(&p, float64(m.x), float64(m.y))
	}
	slices.Sort(shades[:])
	const tenth = finderModules / 10
	return shades[finderModules-1-tenth] - shades[tenth]
}

// search looks for the fourth corner module by module, and returns how well the best place fits.
func (g *grid) search(distant []module) float64 {
	side := float64(g.dim - 7)
	right, down := g.topRight.minus(g.topLeft).times(1/side), g.bottomLeft.minus(g.topLeft).times(1/side)
	guess, reach, best := g.bottomRight, max(g.dim/6, 3), math.Inf(-1)
	for i := -reach; i <= reach; i++ {
		for j := -reach; j <= reach; j++ {
			q := g.corners
			q.bottomRight = guess.plus(right.times(float64(i))).plus(down.times(float64(j)))
			if s := g.score(q, distant); s > best {
				best, g.bottomRight = s, q.bottomRight
			}
		}
	}
	return best
}

// descend moves each corner by a step where that fits better.
func (g *grid) descend(step, best float64) float64 {
	for corner := range 4 {
		for _, by := range []point{{step, 0}, {-step, 0}, {0, step}, {0, -step}} {
			q := g.corners
			at := [4]*point{&q.topLeft, &q.topRight, &q.bottomLeft, &q.bottomRight}[corner]
			*at = at.plus(by)
			if s := g.score(q, g.known); s > best {
				best, g.corners = s, q
			}
		}
	}
	return best
}

// distant returns the known modules that say where the fourth corner is: the timing patterns and the last alignment pattern.
func (g *grid) distant() []module {
	var out []module
	for _, m := range g.known {
		timing := (m.x == 6 || m.y == 6) && m.x > 7 && m.x < g.dim-8 || (m.x == 6 || m.y == 6) && m.y > 7 && m.y < g.dim-8
		if timing || m.x >= g.dim-9 && m.y >= g.dim-9 {
			out = append(out, m)
		}
	}
	return out
}

// finderModules is how many of the known modules, the first, are those of the finder patterns, which are three of 8 × 8 with their borders.
const finderModules = 3 * 8 * 8

// knownModules returns the modules of the finder, timing and alignment patterns of a code of a version (ISO/IEC 18004, 6.3).
func knownModules(version int) []module {
	dim := 17 + 4*version
	var out []module
	ring := func(cx, cy, radius int, white ...int) {
		for y := cy - radius; y <= cy+radius; y++ {
			for x := cx - radius; x <= cx+radius; x++ {
				if x < 0 || y < 0 || x >= dim || y >= dim {
					continue
				}
				black := true
				for _, w := range white {
					black = black && max(abs(x-cx), abs(y-cy)) != w
				}
				out = append(out, module{x, y, black})
			}
		}
	}
	for _, c := range [...][2]int{{3, 3}, {dim - 4, 3}, {3, dim - 4}} {
		ring(c[0], c[1], 4, 2, 4)
	}
	for i := 8; i < dim-8; i++ {
		out = append(out, module{i, 6, i%2 == 0}, module{6, i, i%2 == 0})
	}
	at := alignments(version)
	for i, y := range at {
		for j, x := range at {
			last := len(at) - 1
			if i == 0 && j == 0 || i == 0 && j == last || i == last && j == 0 {
				continue // there a finder pattern is
			}
			ring(x, y, 2, 1)
		}
	}
	return out
}

// alignments returns the centres of the alignment patterns of a version, in both directions (ISO/IEC 18004, annex E).
func alignments(version int) []int {
	if version == 1 {
		return nil
	}
	count := version/7 + 2
	step := (version*8 + count*3 + 5) / (count*4 - 4) * 2
	out := make([]int, count)
	out[0] = 6
	for i, at := count-1, 4*version+10; i > 0; i, at = i-1, at-step {
		out[i] = at
	}
	return out
}

func abs(n int) int { return max(n, -n) }

// read returns the modules, true for black: each is compared with the light around it.
func (g *grid) read() [][]bool {
	p, ok := g.project()
	if !ok {
		return nil
	}
	light := make([][]float64, g.dim)
	for y := range light {
		light[y] = make([]float64, g.dim)
		for x := range light[y] {
			fx, fy := float64(x), float64(y)
			sum := 2 * g.shade(&p, fx, fy)
			for _, d := range [][2]float64{{0.2, 0}, {-0.2, 0}, {0, 0.2}, {0, -0.2}} {
				sum += g.shade(&p, fx+d[0], fy+d[1])
			}
			light[y][x] = sum / 6
		}
	}
	return g.threshold(light)
}

// threshold takes as the border between black and white the middle between the means of both, among the modules around.
func (g *grid) threshold(light [][]float64) [][]bool {
	const reach = 5
	border := func(x, y int) float64 {
		left, right, top, bottom := max(x-reach, 0), min(x+reach, g.dim-1), max(y-reach, 0), min(y+reach, g.dim-1)
		mean := 0.0
		for _, row := range light[top : bottom+1] {
			for _, v := range row[left : right+1] {
				mean += v
			}
		}
		mean /= float64((right - left + 1) * (bottom - top + 1))
		var sum, count [2]float64
		for _, row := range light[top : bottom+1] {
			for _, v := range row[left : right+1] {
				i := 0
				if v > mean {
					i = 1
				}
				sum[i] += v
				count[i]++
			}
		}
		if count[0] == 0 || count[1] == 0 {
			return mean
		}
		return (sum[0]/count[0] + sum[1]/count[1]) / 2
	}
	out := make([][]bool, g.dim)
	for y := range out {
		out[y] = make([]bool, g.dim)
		for x := range out[y] {
			out[y][x] = light[y][x] < border(x, y)
		}
	}
	return out
}
