package qr_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"testing"
)

const (
	frameWidth  = 1280
	frameHeight = 720
)

// camera is a made camera: it looks at a code from a place that a hand takes, and moves a little between its frames.
type camera struct {
	r              *rand.Rand
	module         float64 // pixels to a module
	turn           float64 // radians
	tiltX, tiltY   float64 // perspective: how much nearer one edge is
	x, y           float64 // where the centre of the code is
	black, white   float64
	slope          float64 // of the light from left to right
	blur, noise    float64 // pixels; shades
	quality        int     // of the JPEG
	backgroundWave float64
}

// newCamera takes a place for codes of a side in modules, the quiet zone included: 4 pixels to a module or more, as far as it fits.
func newCamera(r *rand.Rand, side int) *camera {
	between := func(a, b float64) float64 { return a + (b-a)*r.Float64() }
	c := &camera{r: r}
	c.module = between(4, min(9, 480/float64(side)))
	c.turn = between(-20, 20) * math.Pi / 180
	c.tiltX, c.tiltY = between(-0.12, 0.12), between(-0.12, 0.12)
	for inside := false; !inside; {
		c.x, c.y = between(0, frameWidth), between(0, frameHeight)
		inside = c.sees(float64(side) / 2)
	}
	c.black, c.white = between(15, 70), between(150, 240)
	c.slope = between(-0.15, 0.15)
	c.blur, c.noise = between(0.3, 1.2), between(2, 9)
	c.quality = 60 + r.IntN(31)
	c.backgroundWave = between(30, 120)
	return c
}

// sees reports whether all of a code with half a side is in the picture.
func (c *camera) sees(half float64) bool {
	sin, cos := math.Sincos(c.turn)
	for _, corner := range [][2]float64{{-half, -half}, {half, -half}, {half, half}, {-half, half}} {
		near := (c.tiltX*corner[0] + c.tiltY*corner[1]) / half
		u, v := corner[0]*c.module/(1-near), corner[1]*c.module/(1-near)
		x, y := c.x+cos*u-sin*v, c.y+sin*u+cos*v
		if x < 10 || y < 10 || x > frameWidth-10 || y > frameHeight-10 {
			return false
		}
	}
	return true
}

// move is what a hand does within a fifth of a second.
func (c *camera) move() {
	c.turn += c.r.NormFloat64() * 0.015
	c.x += c.r.NormFloat64() * 3
	c.y += c.r.NormFloat64() * 3
	c.module = max(4, c.module*(1+c.r.NormFloat64()*0.01))
	c.tiltX += c.r.NormFloat64() * 0.01
	c.tiltY += c.r.NormFloat64() * 0.01
	c.blur = min(max(c.blur*(1+c.r.NormFloat64()*0.2), 0.3), 1.2)
}

// frame returns what the camera sees of a code of which one pixel is one module; nil is a room without a code.
func (c *camera) frame(t testing.TB, code *image.Paletted) image.Image {
	t.Helper()
	light := make([]float64, frameWidth*frameHeight)
	sin, cos := math.Sincos(c.turn)
	for y := range frameHeight {
		for x := range frameWidth {
			light[y*frameWidth+x] = c.sample(x, y, sin, cos, code)
		}
	}
	soften(light, c.blur)
	gray := image.NewGray(image.Rect(0, 0, frameWidth, frameHeight))
	for i, v := range light {
		v *= 1 + c.slope*(float64(i%frameWidth)/frameWidth*2-1)
		// the sum of uniform numbers is quicker than a normal one, and near enough
		n := c.r.Uint64()
		v += (float64(n&0xffff) + float64(n>>16&0xffff) + float64(n>>32&0xffff) - 98302.5) / 32768 * c.noise
		gray.Pix[i] = uint8(min(max(v, 0), 255))
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, gray, &jpeg.Options{Quality: c.quality}); err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(&out)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// sample is the light at the centre of a pixel, averaged over four places in it where that matters.
func (c *camera) sample(x, y int, sin, cos float64, code *image.Paletted) float64 {
	const fine = 2
	sum := 0.0
	for i := range fine * fine {
		px := float64(x) + (float64(i%fine)+0.5)/fine - c.x
		py := float64(y) + (float64(i/fine)+0.5)/fine - c.y
		u, v := cos*px+sin*py, cos*py-sin*px
		if code != nil {
			half := float64(code.Rect.Dx()) / 2
			w := 1 + (c.tiltX*u+c.tiltY*v)/(half*c.module)
			u, v = u/(w*c.module)+half, v/(w*c.module)+half
			if u >= 0 && v >= 0 && u < 2*half && v < 2*half {
				if code.Pix[int(v)*code.Stride+int(u)] == 1 {
					sum += c.black
				} else {
					sum += c.white
				}
				continue
			}
		}
		if i == 0 { // here and, but for the code's border, all around
			w := 110 + 50*math.Sin(px/c.backgroundWave) + 40*math.Cos(py/c.backgroundWave*1.7)
			if (x/170+y/130)%3 == 0 {
				w -= 50
			}
			return w
		}
		sum += 110
	}
	return sum / (fine * fine)
}

// soften is a Gaussian blur of sigma pixels.
func soften(light []float64, sigma float64) {
	radius := int(math.Ceil(2.5 * sigma))
	kernel, total := make([]float64, 2*radius+1), 0.0
	for i := range kernel {
		d := float64(i - radius)
		kernel[i] = math.Exp(-d * d / (2 * sigma * sigma))
		total += kernel[i]
	}
	pass := func(step, count, lines, stride int) {
		line := make([]float64, count)
		for l := range lines {
			at := l * stride
			for i := range count {
				line[i] = light[at+i*step]
			}
			for i := range count {
				sum := 0.0
				for k, weight := range kernel {
					sum += weight * line[min(max(i+k-radius, 0), count-1)]
				}
				light[at+i*step] = sum / total
			}
		}
	}
	pass(1, frameWidth, frameHeight, frameWidth)
	pass(frameWidth, frameHeight, frameWidth, 1)
}
